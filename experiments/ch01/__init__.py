"""The records of chapter 1."""
