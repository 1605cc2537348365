"""What makes the records: one module a record, by chapter. `python -m experiments` runs what is stale."""
