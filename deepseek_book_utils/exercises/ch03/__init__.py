"""Graders of chapter 3's exercises."""
