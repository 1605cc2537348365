"""The figures of chapter 6."""
