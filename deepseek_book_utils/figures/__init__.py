"""The figures that react: one module and one drawing each, by chapter."""
