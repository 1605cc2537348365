"""Networks that read one position after the other, or all at once."""
