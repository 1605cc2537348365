"""Mutants of `serving/` that are right too."""

from tests.equivalent_package_mutants.reasons import STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "serving/digits": {
        "answer_pictures: zip(digit.tolist(), sure.tolist(), strict=True) -> "
        "zip(digit.tolist(), sure.tolist())": STRICT,
        "answer_pictures: True -> False": STRICT,
    },
}
