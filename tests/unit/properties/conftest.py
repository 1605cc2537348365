"""Property tests draw the same cases every time, and as few as find a fault of a known kind."""

from hypothesis import settings

settings.register_profile("book", derandomize=True, database=None, deadline=None, max_examples=40)
settings.load_profile("book")
