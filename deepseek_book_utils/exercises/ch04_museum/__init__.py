"""The bug museum, first wing: policies that were to learn by PPO."""
