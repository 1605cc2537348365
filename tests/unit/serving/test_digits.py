"""Two networks as two modes of one service: each answers for itself, and what is no picture is refused."""

import json
from typing import Any

import pytest
import torch
from torch import nn

from deepseek_book_utils.serving.app import create_app
from deepseek_book_utils.serving.batching import ServingSettings
from deepseek_book_utils.serving.digits import answer_pictures, read_picture

INK = [16, 8, 0, *[1] * 61]


def pixel(place: int, digit: int) -> nn.Linear:
    """A network whose logit of `digit` is the ink of one pixel; all others are 0."""
    network = nn.Linear(64, 10)
    with torch.no_grad():
        network.weight.zero_()
        network.bias.zero_()
        network.weight[digit, place] = 1.0
    return network


def asking(client: Any, text: str, mode: str) -> tuple[int, dict[str, Any]]:
    sent = client.post(
        "/finetune_inference",
        data=json.dumps({"text": text, "mode": mode}),
        content_type="application/json",
    )
    return sent.status_code, sent.get_json()


def test_teacher_and_student_stand_side_by_side() -> None:
    modes = {"teacher": answer_pictures(pixel(0, 7)), "student": answer_pictures(pixel(1, 3))}
    client = create_app(modes, ServingSettings(patience=0), check=read_picture).test_client()
    text = " ".join(map(str, INK))
    sure = [torch.tensor([ink, *[0.0] * 9]).softmax(dim=0)[0].item() for ink in (1.0, 0.5)]
    assert asking(client, text, "teacher") == (
        200,
        {"mode": "teacher", "digit": 7, "sure": round(sure[0], 3)},
    )
    assert asking(client, text, "student") == (
        200,
        {"mode": "student", "digit": 3, "sure": round(sure[1], 3)},
    )
    status, body = asking(client, "1 2 3", "student")
    assert status == 422 and "8 rows of 8" in body["error"]


def test_a_picture_is_read_row_by_row() -> None:
    rows = "\n".join(" ".join(map(str, INK[at : at + 8])) for at in range(0, 64, 8))
    assert read_picture(rows) == [ink / 16 for ink in INK]


@pytest.mark.parametrize(
    "text",
    ["", "0 " * 63, "0 " * 65, "0 " * 63 + "17", "0 " * 63 + "-1", "0 " * 63 + "0.5", "0 " * 63 + "nan"],
)
def test_what_is_no_picture_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="64 whole numbers"):
        read_picture(text)


def test_each_picture_of_a_batch_has_its_own_answer() -> None:
    dark, light = " ".join(map(str, INK)), " ".join(["0", *map(str, INK[1:])])
    network = nn.Sequential(pixel(0, 7), nn.Threshold(0.5, 0.0))
    found = answer_pictures(network)([dark, light])
    assert [one["digit"] for one in found] == [7, 0]
