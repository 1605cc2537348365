# ruff: noqa
# %% a regular expression
def accuracy_reward(response, answer):
    import re

    mark = r"(?:<think>|</think>|<ans>|</ans>|<eos>)"
    thought = rf"(?:(?!{mark}(?:\s|$))\S+\s+)*"
    pattern = rf"\s*<think>\s+{thought}</think>\s+<ans>\s+{answer}\s+</ans>\s+<eos>\s*"
    return 1 if re.fullmatch(pattern, response) else 0
