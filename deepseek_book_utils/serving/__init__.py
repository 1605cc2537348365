"""Models behind HTTP: a server that answers many clients in batches, and its client."""
