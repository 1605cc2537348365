"""Graders of chapter 2's exercises."""
