"""Figures of one answer, or of a group of them, word by word."""
