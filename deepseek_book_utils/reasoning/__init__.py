"""DeepSeek-R1 in miniature: a language, a base model, rewards by rule, and
reinforcement learning on them.
"""
