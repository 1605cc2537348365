"""What if nobody tells you what was right: learning from rewards, by value and by
policy.
"""
