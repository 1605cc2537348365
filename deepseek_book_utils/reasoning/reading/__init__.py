"""Reading a text for the answer to a question."""
