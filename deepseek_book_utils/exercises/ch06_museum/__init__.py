"""The bug museum, second wing: a student that was to learn from a teacher."""
