"""Transfer learning: the lower layers of a network learn from plenty, the last layer
from a few labels.

The lower layers learn without any label: pixels are hidden, and the network fills them
in (a denoising autoencoder; Vincent et al., ICML 2008). The labels of other classes can
train them too, and the book compares both.

Left out of the paper: its layers are trained one by one, with a decoder that shares
their weights; here both learn together, under a linear decoder and the squared error.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .fitting import FitSettings, accuracy, fit


class TransferLearningModel(nn.Module):
    """Two fully connected layers that may be loaded, and one of the task's own."""

    def __init__(self, inputs: int, width: int, classes: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, width)
        self.second = nn.Linear(width, width)
        self.head = nn.Linear(width, classes)

    def features(self, images: Tensor) -> Tensor:
        """What the two lower layers say of images: (B, inputs) -> (B, width)."""
        return F.relu(self.second(F.relu(self.first(images))))

    def forward(self, images: Tensor) -> Tensor:
        """Logits of the classes: (B, inputs) -> (B, classes)."""
        return self.head(self.features(images))


def pretrain_without_labels(
    model: TransferLearningModel,
    images: Tensor,
    settings: FitSettings,
    seed: int,
    hidden: float = 0.5,
) -> list[float]:
    """Train the lower layers in place to fill in the `hidden` share of the pixels of
    images (N, inputs); returns the loss of every step. The head is not touched.

    Raises ValueError unless the share lies between 0 and 1.
    """
    if not 0 < hidden < 1:
        raise ValueError(f"hidden = {hidden} makes no sense: take 0 < hidden < 1.")
    dice = torch.Generator().manual_seed(seed)
    decoder = nn.Linear(model.second.out_features, images.shape[1])
    lower = [*model.first.parameters(), *model.second.parameters()]

    def loss_of(batch: Tensor) -> Tensor:
        whole = images[batch]
        shown = torch.rand(whole.shape, generator=dice) >= hidden
        # L = mean over pixels of (x - decoder(features(x with holes)))^2
        return F.mse_loss(decoder(model.features(whole * shown)), whole)

    parameters = [*lower, *decoder.parameters()]
    return fit(parameters, loss_of, len(images), settings, seed)


def load_layers(
    model: nn.Module, weights: Mapping[str, Tensor], layers: Sequence[str]
) -> list[str]:
    """Copy the weights of these layers into `model`; returns the names of all that was
    copied.

    Raises ValueError, before anything is copied, if the model has no such layer, or if
    one of its parameters is missing among the weights or has another shape there.
    """
    own = model.state_dict()  # shares the model's memory
    names: list[str] = []
    for layer in layers:
        found = [name for name in own if name.startswith(f"{layer}.")]
        if not found:
            raise ValueError(f"The model has no layer {layer!r}: it has {list(own)}.")
        names += found
    for name in names:
        if name not in weights:
            raise ValueError(
                f"Nothing was loaded. The weights have no {name!r}, only "
                f"{list(weights)}: rename them, or load other layers."
            )
        if weights[name].shape != own[name].shape:
            raise ValueError(
                f"Nothing was loaded. {name!r} has shape {tuple(weights[name].shape)} "
                f"among the weights and {tuple(own[name].shape)} in the model: take "
                "the sizes of the pretrained model."
            )
    with torch.no_grad():
        for name in names:
            own[name].copy_(weights[name])
    return names


class TransferLearningTrainer:
    """Loads the lower layers, freezes them or not, fine-tunes, validates."""

    def __init__(self, model: TransferLearningModel, settings: FitSettings) -> None:
        self.model, self.settings = model, settings

    def load(self, weights: Mapping[str, Tensor], frozen: bool) -> list[str]:
        """Copy both lower layers, and let them learn on unless `frozen`; returns the
        names of what was loaded. Raises ValueError if the weights do not fit.
        """
        loaded = load_layers(self.model, weights, ("first", "second"))
        for name in loaded:
            self.model.get_parameter(name).requires_grad_(not frozen)
        return loaded

    def fit(self, images: Tensor, labels: Tensor, seed: int) -> list[float]:
        """Train on images (N, inputs) and labels (N,); returns the loss of every step.

        Layers that were loaded frozen keep their weights.
        """

        def loss_of(batch: Tensor) -> Tensor:
            return F.cross_entropy(self.model(images[batch]), labels[batch])

        parameters = self.model.parameters()
        return fit(parameters, loss_of, len(images), self.settings, seed)

    def validate(self, images: Tensor, labels: Tensor) -> float:
        """Share of images (N, inputs) whose labels (N,) the model gives."""
        return accuracy(self.model, images, labels)


def few_of_each(
    labels: Tensor, order: Tensor, classes: Sequence[int], n: int
) -> Tensor:
    """The first `n` examples of every class, in this order: their numbers, (C n,).

    Raises ValueError if a class has fewer.
    """
    chosen = [order[labels[order] == kind][:n] for kind in classes]
    if any(len(numbers) < n for numbers in chosen):
        raise ValueError(f"Not every class has {n} examples: ask for fewer.")
    return torch.cat(chosen)
