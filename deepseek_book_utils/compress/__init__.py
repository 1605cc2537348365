"""A smaller model that does almost as well: what a large one teaches a small one."""
