"""The still pictures of chapter 2: what they say in words, and pixels that keep their signs."""

import numpy as np

from deepseek_book_utils.figures.ch02 import pictures

VALUES = {"w": 3, "x": 2, "b": -1, "wx": 6, "y": 5, "L": 1}
GRADIENTS = {"w": 4, "x": 6, "b": 2, "wx": 2, "y": 2, "L": 1}


def test_the_graph_shows_every_value_and_every_gradient() -> None:
    picture = pictures.graph_picture(VALUES, GRADIENTS)
    assert "w: value 3, gradient 4; x: value 2, gradient 6; b: value −1, gradient 2" in picture.text
    assert "y: value 5, gradient 2; L: value 1, gradient 1" in picture.text
    forward = pictures.graph_picture(VALUES)
    assert "w: value 3; x: value 2" in forward.text and "gradient" not in forward.text.split("boxes.")[1]


def test_weights_keep_sign_and_size() -> None:
    weights = np.zeros(64)
    weights[0], weights[9] = 2.0, -1.0
    picture = pictures.signs(weights)
    assert picture[0, 0, 3] == 1 and picture[1, 1, 3] == 0.5 and picture[7, 7, 3] == 0
    assert picture[0, 0, 2] > picture[0, 0, 0] and picture[1, 1, 0] > picture[1, 1, 2]  # blue, orange


def test_digits_are_named_in_words() -> None:
    digits = np.linspace(0, 1, 3 * 64).reshape(3, 64)
    assert pictures.ink(digits[2])[7, 7, 3] == 1 > pictures.ink(digits[0])[0, 0, 3] > 0
    assert "labels: 4, 0, 7." in pictures.digits_picture(digits, np.array([4, 0, 7])).text
    read = pictures.reading_picture(digits, digits, ["4", "0", "7"], digits[:1], ["7→9"])
    assert "read right: 4, 0, 7" in read.text and "misread: 7→9" in read.text
    assert read.html.count("<image") == 6  # a row is one image, drawn wide and narrow


def test_frames_of_the_cart_pole_end_with_the_last() -> None:
    observations = np.zeros((12, 4))
    observations[-1, 2] = 0.21
    picture = pictures.cart_pole_frames(observations, every=4)
    assert "at steps 0, 4, 8, 11" in picture.text and "leans by 12 degrees" in picture.text
    assert "for 11 steps" in picture.text


def test_the_policy_gradient_tells_its_numbers() -> None:
    probs, rewards = np.array([0.5, 0.3, 0.2]), np.array([1.0, 2.0, 5.0])
    exact = probs * (rewards - probs @ rewards)
    picture = pictures.policy_gradient_picture(probs, rewards, exact, {"weight R": {10: 0.5, 100: 0.16}})
    assert "gradients −0.55, −0.03, +0.58" in picture.text
    assert "weight R, 10 draws: 0.500, 100 draws: 0.160" in picture.text


def test_payoffs_are_told_row_by_row() -> None:
    tables = {"truth": np.array([[0.0, 1.0], [1.0, 8.0]]), "VDN": np.array([[-1.44, 2.4], [2.6, 6.4]])}
    picture = pictures.payoffs_picture(tables, title="A title", caption="")
    assert "truth: 0.0 1.0, 1.0 8.0; VDN: −1.4 2.4, 2.6 6.4" in picture.text
    assert ">8<" in picture.html and ">−1.4<" in picture.html
    assert "two streams" in pictures.dueling_picture().text
