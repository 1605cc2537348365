"""Graders of chapter 4's exercises."""
