"""`clone-cqrs execute` and `query`: one message from the terminal to its bus, and its outcome back."""
