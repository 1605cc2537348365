"""Several agents: together, and against each other."""
