"""Figures of chapter 1."""
