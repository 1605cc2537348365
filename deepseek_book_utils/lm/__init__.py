"""Language models: model, cache, sampling, decoding, pretraining; no task is here."""
