"""Learning what to do: actor-critic, PPO, TRPO, on many workers, in private."""
