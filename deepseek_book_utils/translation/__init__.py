"""Translating between English and Chinese what can be generated: numbers and dates."""
