"""Events: from the commit to the handler, and catching up."""
