"""The miniature's own task: chains of arithmetic in two languages, judged by rules and
written by a pen that slips.
"""

from functools import partial

from .evaluation import summarise
from .language import BOOK, EOS, PAD, TOKEN_ID, Problem, decode, encode, sample_problem
from .pen import Pen, slip_of_the_pen
from .rewards import RewardWeights, accuracy_reward, reward
from .tasks import Task


def arithmetic(
    rewards: RewardWeights = RewardWeights(),
    pen: Pen = Pen(),
    forbidden: tuple[str, ...] = (),
    textbook: bool = False,
) -> Task:
    """Problems of 3 to 7 steps, paid by these `rewards` and written by this `pen`,
    without the `forbidden` words.

    `textbook` opens the prompt with `<book>`: prompting instead of training.
    """

    def prompt(problem: Problem) -> list[int]:
        ids = encode(problem.prompt)
        return [TOKEN_ID[BOOK], *ids[1:]] if textbook else ids

    return Task(
        name=f"arithmetic {rewards} {pen} {forbidden=} {textbook=}",
        sample=sample_problem,
        encode=prompt,
        decode=decode,
        right=lambda text, problem: accuracy_reward(text, problem.answer) == 1,
        reward=lambda text, problem: reward(text, problem, rewards),
        measure=summarise,
        end=TOKEN_ID[EOS],
        pad=TOKEN_ID[PAD],
        alter=partial(slip_of_the_pen, pen=pen),
        forbidden=tuple(encode(forbidden)),
    )
