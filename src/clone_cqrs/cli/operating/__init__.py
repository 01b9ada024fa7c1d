"""Commands for those who keep an application running."""
