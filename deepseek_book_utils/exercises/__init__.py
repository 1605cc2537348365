"""Exercises that grade themselves: the engine (`checking`) and the graders of each assignment."""
