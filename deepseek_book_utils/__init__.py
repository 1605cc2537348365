"""Companion package of *Dive into DeepSeek LLM*: its algorithms and its everyday tools."""

__version__ = "0.2.0"
