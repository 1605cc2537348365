"""Rewards that are shaped, or learned from labels."""
