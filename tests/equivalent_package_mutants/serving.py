"""Mutants of `serving/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, ONE, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "serving/batching": {
        "take_batch: max(0.0, end - time.monotonic()) -> max(end - time.monotonic(), 0.0)": EITHER,
        "answer_batch: 0 -> -1": ONE,
    },
    "serving/digits": {
        "answer_pictures: zip(digit.tolist(), sure.tolist(), strict=True) -> "
        "zip(digit.tolist(), sure.tolist())": STRICT,
        "answer_pictures: True -> False": STRICT,
    },
}
