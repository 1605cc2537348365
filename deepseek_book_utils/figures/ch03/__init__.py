"""The figures of chapter 3."""
