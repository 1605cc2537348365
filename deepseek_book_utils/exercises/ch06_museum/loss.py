"""Grader of the bug museum's exhibit of a distillation loss (Hinton et al., arXiv 1503.02531)."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checking import Mistake, Wrong, ask, compare
from ..museum import UNCHANGED, Answer, Defect, Exhibit, gradients, visit

LOSS = Exhibit(
    lines=8,
    letters="ABCDEFGH",
    defects={
        5: Defect(
            "A",
            "What is done to the teacher's logits is done to the student's.",
            {"D": "It is a logarithm already. Compare the line with the teacher's."},
        ),
        6: Defect(
            "B",
            "`kl_div(input, target)` is KL(target ‖ input). Who is the target here?",
            {
                "A": "The logits are softened above. Here, look at the order.",
                "C": "The factor could stand here too. But this line has another defect: look at the order.",
                "D": "The first argument is a logarithm, the second a probability, as `kl_div` wants them.",
                "G": "`batchmean` sums over the classes and divides by the batch: that is the divergence.",
            },
        ),
        8: Defect(
            "C",
            "How large are the gradients of the two parts at a temperature of 10?",
            {"H": "`alpha` weighs the soft part, as asked. What becomes of that part as T grows?"},
        ),
    },
    innocent={
        3: "The teacher is not to move. The student's gradient comes through line 5.",
        4: "These are the paper's soft targets, equation 1.",
        7: "The paper takes the labels at a temperature of 1.",
    },
)
PARTS = {  # what is left to mend -> what to say
    "temperature": (
        "The student's logits are not softened: it is compared at T = 1 with a teacher at T.",
        "Divide both by the temperature.",
    ),
    "order": (
        "The divergence is the wrong way round: asked is KL(teacher ‖ student).",
        "In `kl_div(input, target)` the target is the teacher.",
    ),
    "square": (
        "T squared is missing: the higher the temperature, the less the soft part counts.",
        "The gradients of the soft part shrink as 1 / T².",
    ),
}


def distillation_loss(answer: Answer, seed: int) -> None:
    """Grades `(found, distillation_loss)`."""
    visit(LOSS, answer, mended_loss, seed)


def kl(p_logits: Tensor, q_logits: Tensor) -> Tensor:
    """KL(p ‖ q) of two softmaxes, the mean of a batch."""
    log_p, log_q = p_logits.log_softmax(dim=-1), q_logits.log_softmax(dim=-1)
    return F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)


def loss_with(left: tuple[str, ...], s: Tensor, t: Tensor, labels: Tensor, T: float, alpha: float) -> Tensor:
    """The loss of student's logits s and teacher's t, with those defects left in."""
    p, q = t / T, s if "temperature" in left else s / T
    soft = kl(q, p) if "order" in left else kl(p, q)
    square = 1.0 if "square" in left else T * T
    return alpha * square * soft + (1 - alpha) * F.cross_entropy(s, labels)


def loss_mistakes(s: Tensor, t: Tensor, labels: Tensor, T: float, alpha: float) -> Iterator[Mistake]:
    """What defects that are left, and new ones, would give."""
    for count in (1, 2, 3):
        for left in combinations(PARTS, count):
            says, hint = PARTS[left[0]]
            says = f"{UNCHANGED} {says}" if count == 3 else says
            hint = hint if count == 1 else f"{hint} It is not the last defect."
            yield Mistake(loss_with(left, s, t, labels, T, alpha), says, hint)
    soft, hard = alpha * T * T * kl(t / T, s / T), (1 - alpha) * F.cross_entropy(s, labels)
    p, q = (t / T).softmax(dim=-1), (s / T).softmax(dim=-1)
    yield Mistake(
        alpha * T * T * F.kl_div(q, p, reduction="batchmean") + hard,
        "`kl_div` wants the logarithm of the student's probability, and gets the probability.",
    )
    yield Mistake(
        alpha * T * T * F.cross_entropy(s / T, p) + hard,
        "This is the cross-entropy with the soft targets, as in the paper.",
        "Its gradient is the same, but asked is the divergence, which is 0 where both agree.",
    )
    softened = (1 - alpha) * F.cross_entropy(s / T, labels)
    yield Mistake(soft + softened, "The labels are taken at T = 1, and yours are softened as well.")
    swapped = (1 - alpha) / alpha * soft + alpha / (1 - alpha) * hard
    yield Mistake(swapped, "The weights have changed places: alpha is that of the soft part.")
    yield Mistake(soft / T + hard, "You multiply by T.", "The gradients shrink as 1 / T²: multiply by T².")
    yield Mistake(soft + T * T * hard, "T squared belongs to the soft part only.")
    classes, batch = s.shape[-1], s.shape[0]
    says = "The soft part is divided by the number of classes too."
    yield Mistake(soft / classes + hard, says, "`kl_div` needs `reduction='batchmean'`.")
    yield Mistake(soft * batch + hard, "The soft part is a sum over the batch, and the hard one a mean.")


def telling(
    batch: int, classes: int, T: float, alpha: float, scale: float, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Logits of student and teacher, and labels, for which no two mistakes give nearly the same loss."""
    while True:
        s, t = scale * torch.randn(2, batch, classes, generator=generator)
        labels = torch.randint(classes, (batch,), generator=generator)
        mistakes = [mistake.value for mistake in loss_mistakes(s, t, labels, T, alpha)]
        losses = torch.stack([*mistakes, loss_with((), s, t, labels, T, alpha)]).sort().values
        if scale > 100 or (losses.diff() > 1e-3 * losses[1:].abs()).all():
            return s, t, labels


def mended_loss(loss: Callable[..., Any], seed: int) -> None:
    """Grades `loss(student_logits, teacher_logits, labels, temperature, alpha)`: value and gradient."""
    generator = torch.Generator().manual_seed(seed)
    settings = ((6, 4, 3.0, 0.7, 2.0), (16, 10, 8.0, 0.2, 9.0), (5, 3, 0.5, 0.6, 300.0))
    for batch, classes, T, alpha, scale in settings:
        s, t, labels = telling(batch, classes, T, alpha, scale, generator)
        student, teacher = (logits.clone().requires_grad_() for logits in (s, t))
        got = ask(loss, student, teacher, labels, T, alpha)
        about = f" at T = {T:g} and alpha = {alpha:g}, with logits of about {scale:g}"
        if isinstance(got, Tensor) and got.numel() and not got.isfinite().all():
            raise Wrong(
                f"The loss is {got.flatten()[0]:g}{about}.",
                "`log_softmax`, not the logarithm of a softmax. And `kl_div` takes the logarithm first.",
            )
        expected = loss_with((), student, teacher.detach(), labels, T, alpha)
        mistakes = list(loss_mistakes(s, t, labels, T, alpha)) if scale < 100 else []
        compare(got, expected, mistakes, about)
        to_student, to_teacher = gradients(got, [student, teacher])
        if to_teacher.any():
            raise Wrong("The value is right, but a gradient flows into the teacher, which is not to move.")
        right = torch.autograd.grad(expected, student)[0]
        compare(to_student, right, [], f" in the student's gradient{about}", rtol=1e-3)
