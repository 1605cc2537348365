"""Graders of chapter 5's exercises."""
