"""Processes that work together, and what crosses between them."""
