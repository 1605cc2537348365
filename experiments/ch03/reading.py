"""Sorting first sentences of docstrings by their library: an encoder against a bag of words.

For every seed: another split of the sentences; a Transformer encoder, also on test sentences whose words
stand in random order; scikit-learn's logistic regression on counts of words, and naive Bayes on the same
counts.
"""

from functools import cache
from typing import Any

import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from torch import Tensor

from deepseek_book_utils.nn.docstrings import LIBRARIES, docstrings, numbered, vocabulary_of
from deepseek_book_utils.nn.encoder import EncoderSettings
from deepseek_book_utils.nn.fitting import FitSettings
from deepseek_book_utils.nn.reading import Classifier, fit_classifier, in_any_order
from experiments.measuring import Stopwatch

EACH, TESTED, WIDTH, HIDDEN = 600, 720, 48, 0.2
TRAINING = FitSettings(updates=200, batch_size=64, learning_rate=3e-3)
SETTINGS = {"each": EACH, "tested": TESTED, "width": WIDTH, "hidden": HIDDEN, "training": TRAINING}


@cache
def sentences() -> tuple[list[list[str]], list[int]]:
    """The same ones for every seed."""
    return docstrings(EACH)


def share(model: Classifier, tokens: Tensor, classes: Tensor) -> float:
    """Share of the texts whose class is found."""
    model.eval()
    with torch.no_grad():
        return (model(tokens).argmax(dim=1) == classes).float().mean().item()


def run_seed(seed: int) -> dict[str, Any]:
    """Accuracies on sentences that were held out; seconds are CPU seconds on one thread."""
    watch = Stopwatch()
    texts, libraries = sentences()
    order = torch.randperm(len(texts), generator=torch.Generator().manual_seed(seed)).tolist()
    test, train = order[:TESTED], order[TESTED:]
    vocabulary = vocabulary_of([texts[i] for i in train])
    tokens, classes = numbered(texts, vocabulary), torch.tensor(libraries)
    torch.manual_seed(seed)
    sizes = EncoderSettings(vocabulary=len(vocabulary) + 2, width=WIDTH, layers=1, expansion=2)
    model = Classifier(sizes, len(LIBRARIES))
    fit_classifier(model, tokens[train], classes[train], TRAINING, seed, HIDDEN)
    mixed = in_any_order(tokens[test], torch.Generator().manual_seed(seed))
    counter = CountVectorizer(token_pattern="[a-z]+")
    counts = counter.fit_transform([" ".join(texts[i]) for i in train])
    asked = counter.transform([" ".join(texts[i]) for i in test])
    said, right = classes[train].numpy(), classes[test].numpy()
    found = {
        "encoder": share(model, tokens[test], classes[test]),
        "encoder_train": share(model, tokens[train], classes[train]),
        "encoder_any_order": share(model, mixed, classes[test]),
        "bag": float(LogisticRegression(max_iter=300).fit(counts, said).score(asked, right)),
        "bayes": float(MultinomialNB(alpha=0.3).fit(counts, said).score(asked, right)),
        "sentences": len(texts),
        "seconds": watch.seconds(),
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
