"""Mutants of `translation/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, ONE, STRICT

SLOWER = "the same, slower"
LATE = "with one update after the warm-up or none, only the first factor is asked for, which is 1"

EQUIVALENT: dict[str, dict[str, str]] = {
    "translation/learning": {
        "train_translation: torch.optim.AdamW(model.parameters(), s.learning_rate, (0.9, 0.98), we… -> "
        "torch.optim.AdamW(model.parameters(), s.learning_rate, (0.9, 0.98), we…": SLOWER,
        "train_translation: True -> False": SLOWER,
        "train_translation: max(1, s.updates - s.warm_up) -> max(s.updates - s.warm_up, 1)": EITHER,
        "train_translation: 1 -> 2": LATE,
        "train_translation: 1 -> 0": LATE,
        "train_translation: alike(sources, targets, s.batch_size, dice) -> alike(targets, sources, "
        "s.batch_size, dice)": "the words of both are added",
        "train_translation: F.pad(source, (later, 0), value=TOKEN_ID[PADDING]) -> "
        "F.pad(source, (later, 0))": "padding is token 0, with which `pad` fills by itself",
        "train_translation: 0 -> 1": "nobody looks at padding behind a source",
        "train_translation: 0 -> -1 #2": ONE,
        "exact_match: zip(texts, examples, strict=True) -> zip(texts, examples)": STRICT,
        "exact_match: True -> False": STRICT,
    },
}
