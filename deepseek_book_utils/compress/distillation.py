"""Knowledge distillation: a small network learns from what a large one says of a
picture, and not from its label alone.

Hinton et al. (arXiv 1503.02531): the teacher's answers are softened by a temperature,
so that small probabilities count. FitNets (Romero et al., arXiv 1412.6550): the student
also learns what the teacher's last hidden layer says, through a projection that is
thrown away after training. Left out: specialists, hints at several depths one after the
other, and the teacher's own training.

Letters: B batch, C classes, T temperature, z logits of the student, v logits of the
teacher.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..nn.schedules import cosine, warm_up
from ..settings import check_ranges


@dataclass(frozen=True)
class DistillSettings:
    """How a student learns; raises ValueError on values without sense."""

    temperature: float = 4.0  # softens both answers
    alpha: float = 0.9  # weight of the soft part; the labels get the rest
    features: float = 0.0  # weight of the hidden layer's part; 0 leaves it out
    updates: int = 600
    batch_size: int = 64
    learning_rate: float = 3e-3  # AdamW, without weight decay
    warm_up: int = 20  # updates in which the rate rises
    floor: float = 0.1  # the cosine ends at this part of the rate; 1 never falls
    max_grad_norm: float = 5.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            positive=("temperature", "learning_rate", "max_grad_norm"),
            fraction=("alpha", "floor"),
            not_negative=("features",),
            count=("updates", "batch_size", "warm_up"),
        )


def soft_loss(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """How far the student's softened answers are from the teacher's, times the square
    of the temperature; both logits (B, C).
    """
    log_q = (student / temperature).log_softmax(dim=-1)
    log_p = (teacher / temperature).log_softmax(dim=-1)
    # KL(p || q) = sum over classes of p (log p - log q), p_i = exp(v_i / T) / sum_j ...
    divergence = (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean()
    # its gradient shrinks as 1 / T^2                      Hinton et al. 2015, section 2
    return temperature**2 * divergence


def soft_gradient(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """The gradient of KL(p || q) by each picture's own logits, (B, C): no autograd, and
    no factor T^2.
    """
    q = (student / temperature).softmax(dim=-1)
    p = (teacher / temperature).softmax(dim=-1)
    # dKL / dz_i = (q_i - p_i) / T                            Hinton et al. 2015, eq. 2
    return (q - p) / temperature


def distillation_loss(
    student: Tensor,
    teacher: Tensor,
    labels: Tensor | None,
    temperature: float,
    alpha: float,
) -> Tensor:
    """alpha times the soft part and 1 - alpha times the cross-entropy with the labels
    (B,), which may be None where alpha is 1; both logits (B, C).
    """
    soft = soft_loss(student, teacher, temperature)
    if alpha == 1:
        return soft
    if labels is None:
        raise ValueError(f"alpha = {alpha} needs labels: give them, or take alpha = 1.")
    return alpha * soft + (1 - alpha) * F.cross_entropy(student, labels)


def hidden(network: nn.Sequential, images: Tensor) -> Tensor:
    """What the last hidden layer says of images (B, inputs): (B, width)."""
    return network[:-1](images)


def feature_loss(projected: Tensor, teacher: Tensor) -> Tensor:
    """Half the squared distance of the student's projected features from the teacher's,
    (B, width) both: the mean over pictures and channels.
    """
    # L = 1/2 ||u(x) - r(v(x))||^2                             Romero et al. 2015, eq. 3
    return F.mse_loss(projected, teacher) / 2


def distil(
    student: nn.Sequential,
    teacher: nn.Sequential,
    images: Tensor,
    labels: Tensor | None,
    settings: DistillSettings,
    seed: int,
) -> list[dict[str, float]]:
    """Train the student in place on images (N, inputs) and labels (N,), None if there
    are none; returns the loss and the length of the gradient at every update.

    The teacher stays as it is. Raises ValueError if labels are needed and missing.
    """
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # the same pictures all the time: the teacher says it once
        teacher_features = hidden(teacher, images)
        teacher_logits = teacher[-1](teacher_features)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        width = hidden(student, images[:1]).shape[1]
        projection = nn.Linear(width, teacher_features.shape[1])
    trained = [*student.parameters()]
    if settings.features:
        trained += projection.parameters()
    optimizer = torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=0)
    falling = max(1, settings.updates - settings.warm_up)
    after = partial(cosine, total=falling, floor=settings.floor)
    history: list[dict[str, float]] = []
    for update in range(settings.updates):
        batch = torch.randperm(len(images), generator=dice)[: settings.batch_size]
        seen = hidden(student, images[batch])
        loss = distillation_loss(
            student[-1](seen),
            teacher_logits[batch],
            None if labels is None else labels[batch],
            settings.temperature,
            settings.alpha,
        )
        if settings.features:
            told = feature_loss(projection(seen), teacher_features[batch])
            loss = loss + settings.features * told
        rate = warm_up(update, settings.warm_up, after)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * rate
        optimizer.zero_grad()
        loss.backward()
        length = torch.nn.utils.clip_grad_norm_(trained, settings.max_grad_norm)
        optimizer.step()
        history.append({"loss": loss.item(), "gradient": length.item()})
    return history


def distil_in_two_phases(
    student: nn.Sequential,
    teacher: nn.Sequential,
    pictures: Tensor,
    task: tuple[Tensor, Tensor],
    phases: tuple[DistillSettings, DistillSettings],
    seed: int,
) -> list[dict[str, float]]:
    """First the base: many pictures (N, inputs) without labels, where the teacher alone
    speaks. Then the task: images and labels, few perhaps. Returns both histories, one
    after the other.

    Raises ValueError if the first phase asks for labels.
    """
    base, fine = phases
    first = distil(student, teacher, pictures, None, base, seed)
    return first + distil(student, teacher, *task, fine, seed + 1)
