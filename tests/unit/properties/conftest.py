"""Property tests draw the same cases every time, and as few as find a fault of a known kind."""

import os

from hypothesis import Phase, settings

settings.register_profile("book", derandomize=True, database=None, deadline=None, max_examples=40)
settings.register_profile("mutants", settings.get_profile("book"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "book"))
