"""How a number that says "wrong" becomes a better parameter: gradients, optimisers,
schedules.
"""
