"""Private servers for the tests: real ones, on loopback, gone when the run ends."""
