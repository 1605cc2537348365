"""Learning what states and actions are worth: tables, models of a task, DQN."""
