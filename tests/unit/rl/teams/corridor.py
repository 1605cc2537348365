"""A corridor of six places: one begins at 0, a lamp hangs at 2, the end at 5 pays 1."""


class Corridor:
    states, actions, facts = 6, 2, 2
    subgoals = (lambda state: state == 2, lambda state: state == 5)

    def reset(self) -> int:
        self.place, self.steps = 0, 0
        return 0

    def step(self, action: int) -> tuple[int, float, bool, bool]:
        self.place, self.steps = max(0, self.place + 2 * action - 1), self.steps + 1
        over = self.place == 5
        return self.place, float(over), over, self.steps >= 60 and not over

    def fact(self, state: int) -> int:
        return int(state >= 2)
