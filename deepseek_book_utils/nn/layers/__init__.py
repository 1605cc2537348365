"""Layers, and what keeps a deep stack of them trainable."""
