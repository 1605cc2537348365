"""Grader of the exercise to chapter 4 about conjugate gradient, which never sees the matrix.

It counts the products that are asked for: who builds the matrix needs one for each parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare

Product = Callable[[Tensor], Tensor]
Solver = Callable[[Product, Tensor, int, float], Tensor]

# One step: x, r, p, A p, r.r before -> x, r, p, r.r after.
Update = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor, Tensor]]


@dataclass
class Counted:
    """A product with a matrix, which counts its calls, and those that only ask for a column."""

    matrix: Tensor  # (N, N)
    calls: int = 0
    units: int = 0

    def __call__(self, given: Any) -> Any:
        v = numeric(given)
        if not isinstance(v, Tensor) or v.shape != self.matrix.shape[:1]:
            shape = tuple(v.shape) if isinstance(v, Tensor) else type(v).__name__
            raise ValueError(f"product takes a vector of shape ({len(self.matrix)},), and got {shape}")
        self.calls += 1
        self.units += int(v.count_nonzero() == 1)
        product = self.matrix @ v.double()
        return product.numpy() if isinstance(given, np.ndarray) else product


def solve_by_products(answer: Solver, seed: int) -> None:
    """Grades `conjugate_gradient(product, b, steps, tolerance)`."""
    generator = torch.Generator().manual_seed(seed)
    for size, steps in ((4, 1), (6, 3), (40, 8)):
        matrix = _matrix(generator, torch.linspace(0.5, 5.0, size, dtype=torch.float64))
        b = torch.randn(size, generator=generator, dtype=torch.float64) + 0.3
        about = f" after {steps} steps with {size} parameters"
        got, product = _solution(answer, matrix, b, steps, 0.0)
        if product.calls > steps + 2:
            what = "You build the matrix" if product.units >= size else "That is too much work"
            raise Wrong(
                f"{what}: you ask for {product.calls} products, and {steps} steps need {steps}.",
                "One product a step, and keep it: it is used twice.",
            )
        compare(got, _steps(matrix, b, steps, _right), _mistakes(matrix, b, steps), about)
    _check_stop(answer, generator)


def _solution(
    answer: Solver, matrix: Tensor, b: Tensor, steps: int, tolerance: float
) -> tuple[Tensor, Counted]:
    """What the student's function returns, and the product that it used."""
    product, own = Counted(matrix), b.clone()
    got = as_tensor(numeric(ask(lambda: answer(product, own, steps, tolerance))), b.shape)
    if not torch.equal(own, b):
        raise Wrong(
            "You change the caller's `b` in place.",
            "`r = b.clone()`: two names of one tensor change together.",
        )
    return got, product


def _matrix(generator: torch.Generator, eigenvalues: Tensor) -> Tensor:
    """A symmetric matrix with these eigenvalues."""
    size = len(eigenvalues)
    q, _ = torch.linalg.qr(torch.randn(size, size, generator=generator, dtype=torch.float64))
    return q @ torch.diag(eigenvalues) @ q.T


def _check_stop(answer: Solver, generator: torch.Generator) -> None:
    """Three different eigenvalues: after three steps the residual is zero, up to rounding."""
    matrix = _matrix(generator, torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64).repeat(4))
    b = torch.randn(12, generator=generator, dtype=torch.float64) + 0.3
    got, product = _solution(answer, matrix, b, 30, 1e-6)
    early = [
        Mistake(
            _steps(matrix, b, steps, _right),
            "You stop too early: the residual is still larger than the tolerance.",
            "Look at the norm of r, after it has been updated.",
        )
        for steps in (0, 1, 2)
    ]
    compare(got, torch.linalg.solve(matrix, b), early, " where three steps solve it exactly", rtol=1e-3)
    if product.calls > 6:
        raise Wrong(
            f"You go on after the residual has fallen below the tolerance: {product.calls} products where 3 "
            "solve it.",
            "Stop as soon as the norm of r is below `tolerance`: later steps divide rounding by rounding.",
        )
    _check_tolerance(answer, generator)
    zero = torch.zeros(5, dtype=torch.float64)
    got, _ = _solution(answer, torch.eye(5, dtype=torch.float64), zero, 5, 1e-6)
    if not got.isfinite().all():
        raise Wrong(
            "For b = 0 you divide zero by zero. The solution is zero, and r is zero from the start.",
            "Test the residual before the first step too.",
        )
    compare(got, zero, [], " for b = 0")


def _check_tolerance(answer: Solver, generator: torch.Generator) -> None:
    """Tolerances between the norms of the residual after some steps, and away from their squares."""
    matrix = _matrix(generator, torch.linspace(0.5, 5.0, 12, dtype=torch.float64))
    b = 8 * torch.randn(12, generator=generator, dtype=torch.float64)
    for stop in (2, 4, 7):
        norms = [float((b - matrix @ _steps(matrix, b, n, _right)).norm()) for n in (stop - 1, stop)]
        tolerance = (norms[0] * norms[1]) ** 0.5
        got, _ = _solution(answer, matrix, b, 12, tolerance)
        other = {n: _steps(matrix, b, n, _right) for n in range(13)}
        hint = "Stop as soon as the norm of r, the root of r·r, is below `tolerance`."
        known = [
            Mistake(
                x, f"For a tolerance of {tolerance:.3g} you stop after {n} steps, and not after {stop}.", hint
            )
            for n, x in other.items()
            if n != stop
        ]
        compare(got, other[stop], known, f" for a tolerance of {tolerance:.3g}")


def _steps(matrix: Tensor, b: Tensor, steps: int, update: Update, start: Tensor | None = None) -> Tensor:
    x = torch.zeros_like(b) if start is None else start
    r = b if start is None else b - matrix @ x
    p, rr = r, r @ r
    for _ in range(steps):
        x, r, p, rr = update(x, r, p, matrix @ p, rr)
    return x


def _right(
    x: Tensor, r: Tensor, p: Tensor, product: Tensor, rr: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    alpha = rr / (p @ product)
    x, r = x + alpha * p, r - alpha * product
    return x, r, r + (r @ r) / rr * p, r @ r


def _variant(
    beta: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor | float] = lambda new, rr, r, old: new / rr,
    alpha: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda r, p, product, rr: rr / (p @ product),
    along: str = "p",
    residual: str = "right",
    scaled: str = "p",
) -> Update:
    """A step that is another in one place."""

    def update(
        x: Tensor, r: Tensor, p: Tensor, product: Tensor, rr: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        a = alpha(r, p, product, rr)
        x = x + a * (r if along == "r" else p)
        old = r
        r = {"right": r - a * product, "plus": r + a * product, "p": r - a * p, "kept": r}[residual]
        b = beta(r @ r, rr, r, old)
        new = {"p": r + b * p, "minus": r - b * p, "old r": r + b * old, "stale": old + b * p}[scaled]
        return x, r, new, r @ r

    return update


def _mistakes(matrix: Tensor, b: Tensor, steps: int) -> list[Mistake]:
    scheme = "alpha = r.r / p.Ap; x + alpha p; r - alpha Ap; beta = new r.r / old r.r; p = r + beta p."
    variants = [
        (
            _variant(beta=lambda new, rr, r, old: 0.0),
            "That is steepest descent: your direction forgets the one before.",
        ),
        (_variant(beta=lambda new, rr, r, old: rr / new), "Your beta is upside down: new r.r over old."),
        (
            _variant(beta=lambda new, rr, r, old: 1.0),
            "Your beta is always one. Is the old r.r still there when it is computed?",
        ),
        (
            _variant(beta=lambda new, rr, r, old: (new / rr).sqrt()),
            "Your beta is a ratio of norms. It is one of their squares.",
        ),
        (_variant(alpha=lambda r, p, product, rr: rr / (p @ p)), "Your alpha has no matrix below: p.Ap."),
        (
            _variant(alpha=lambda r, p, product, rr: (p @ p) / (p @ product)),
            "Your alpha has p.p above. It is r.r, and later the two differ.",
        ),
        (
            _variant(alpha=lambda r, p, product, rr: rr / (product @ product)),
            "Your alpha has Ap.Ap below. It is p.Ap.",
        ),
        (
            _variant(alpha=lambda r, p, product, rr: (p @ product) / rr),
            "Your alpha is upside down: r.r above, p.Ap below.",
        ),
        (_variant(alpha=lambda r, p, product, rr: rr.sqrt() / (p @ product)), "Your alpha has a norm above."),
        (_variant(along="r"), "You move x along the residual. It goes along p."),
        (_variant(residual="plus"), "You add to the residual. What is solved must be subtracted."),
        (_variant(residual="p"), "You subtract alpha p from the residual. It is alpha Ap."),
        (_variant(residual="kept"), "Your residual never changes."),
        (_variant(scaled="minus"), "You subtract beta p. It must be added."),
        (_variant(scaled="old r"), "Your new direction adds beta times the old residual. It is the old p."),
        (_variant(scaled="stale"), "Your new direction begins with the old residual. Update r first."),
    ]
    found = [Mistake(_steps(matrix, b, steps, update), said, scheme) for update, said in variants]
    right = _steps(matrix, b, steps, _right)
    found += [
        Mistake(
            _aliased(matrix, b, steps), "p and r are one tensor: an update in place changes both.", scheme
        ),
        Mistake(
            _steps(matrix, b, steps, _right, start=b),
            "You begin at x = b. Begin at zero, where the residual is b.",
        ),
        Mistake(b + right, "You begin at x = b, but with the residual of x = 0."),
        Mistake(-right, "Your solution has the wrong sign."),
        Mistake(b - matrix @ right, "You return the residual. Asked is x."),
        Mistake(torch.linalg.solve(matrix, b), f"You solve it to the end. Asked is x after {steps} steps."),
        Mistake(_steps(matrix, b, steps - 1, _right), "You take one step too few.", scheme),
        Mistake(_steps(matrix, b, steps + 1, _right), "You take one step too many.", scheme),
        Mistake(matrix @ b, "You multiply by A. Asked is to divide by it, so to speak."),
    ]
    return found


def _aliased(matrix: Tensor, b: Tensor, steps: int) -> Tensor:
    """`p = r`, and then `r -= ...`: the direction is spoilt by the update of the residual."""
    x, r = torch.zeros_like(b), b.clone()
    p, rr = r, r @ r
    for _ in range(steps):
        product = matrix @ p
        alpha = rr / (p @ product)
        x = x + alpha * p
        r -= alpha * product
        new = r @ r
        p = r + new / rr * p
        rr = new
    return x
