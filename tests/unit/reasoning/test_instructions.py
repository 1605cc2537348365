"""Lists and wishes: what they ask, what obeys, and what the corpus writes of them."""

import random
from dataclasses import replace

import pytest

from deepseek_book_utils.reasoning import instructions
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.corpus import CorpusSettings
from deepseek_book_utils.reasoning.instructions import (
    FORMS,
    INSTRUCTIONS,
    ORDERS,
    TONGUES,
    WIDER,
    WORDS,
    GeneralSettings,
    ListProblem,
    Wish,
    broken_form,
    decode_words,
    encode_words,
    general_document,
    held_out_lists,
    held_out_wishes,
    mixed_problems,
    obeys,
    parts,
    sample_list,
    sample_wider_page,
    sample_wish,
    steps_shown,
    written_answer,
)
from deepseek_book_utils.reasoning.language import VOCABULARY, Problem, held_out_problems, is_held_out

PROBLEM = Problem(9, ("*3", "-1"))
LIST = ListProblem("<reverse>", "<chinese>", Problem(0, ("+3", "*7", "-2"), first_label=10))
SHOW = Wish("<english>", "<show>", PROBLEM)


def answered(thought: str, answer: str) -> str:
    return f"<think> {thought}{' ' if thought else ''}</think> <ans> {answer} </ans> <eos>"


def test_the_words_of_the_miniature_keep_their_numbers() -> None:
    assert WORDS[: len(VOCABULARY)] == VOCABULARY and len(set(WORDS)) == len(WORDS)
    assert replace(MINIATURE, vocabulary=len(VOCABULARY) + 6) == WIDER
    text = f"<bos> {' '.join(INSTRUCTIONS)} a 3 ? 三"
    assert decode_words([*encode_words(text), 0, 0]) == text
    with pytest.raises(ValueError, match="'five' is no word"):
        encode_words("<bos> five")


def test_prompts() -> None:
    assert LIST.prompt == "<bos> <reverse> <chinese> k +3 l *7 a -2 ?"
    assert " ".join(LIST.answer) == "a 减二 l 乘七 k 加三"
    assert " ".join(replace(LIST, order="<forward>", tongue="<english>").answer) == "k +3 l *7 a -2"
    assert SHOW.prompt == "<bos> <english> <show> 9 a *3 b -1 ?"


@pytest.mark.parametrize(
    ("asked", "response", "obeyed"),
    [
        (LIST, answered("", "a 减二 l 乘七 k 加三"), True),
        (LIST, answered("9", "a 减二 l 乘七 k 加三"), True),  # thinking is allowed
        (LIST, answered("", "k 加三 l 乘七 a 减二"), False),  # forward
        (LIST, answered("", "a -2 l *7 k +3"), False),  # English
        (LIST, answered("", "a 减二 l 乘七"), False),
        (LIST, answered("", "a 减二 l 乘七 k 加三").removesuffix(" <eos>"), False),
        (SHOW, answered("9 a *3 7 b -1 6", "6"), True),
        (SHOW, answered("9 a *3 7 b -1 6", "5"), True),  # as in IFEval: the wish, not the answer
        (SHOW, answered("9 a *3 8 check 7 wait 9 a *3 7 b -1 6", "6"), True),
        (SHOW, answered("9 a *3 7", "6"), False),
        (SHOW, answered("9 b -1 8 a *3 4", "6"), False),
        (SHOW, answered("", "6"), False),
        (SHOW, answered("9 a *3 7 b -1 六", "6"), False),
        (SHOW, answered("9 a *3 7 b -1 6", "六"), False),
        (Wish("<chinese>", "<show>", PROBLEM), answered("九 a 乘三 七 b 减一 六", "六"), True),
        (Wish("<chinese>", "<brief>", PROBLEM), answered("", "六"), True),
        (Wish("<chinese>", "<brief>", PROBLEM), answered("", "6"), False),
        (Wish("<english>", "<brief>", PROBLEM), answered("", "6"), True),
        (Wish("<english>", "<brief>", PROBLEM), answered("", "a"), False),  # no word of the language
        (Wish("<english>", "<brief>", PROBLEM), answered("9", "6"), False),
        (Wish("<english>", "<brief>", PROBLEM), answered("", "6 六"), False),  # a word of the other one
        (Wish("<english>", "<brief>", PROBLEM), answered("", "a 6"), True),  # a label belongs to neither
    ],
)
def test_obeys(asked: ListProblem | Wish, response: str, obeyed: bool) -> None:
    assert obeys(response, asked) == obeyed


@pytest.mark.parametrize(
    "broken",
    [
        "<ans> 6 </ans> <eos>",
        "<think> 9 </think> 6 <eos>",
        "<think> 9 </think> <ans> </ans> <eos>",
        "<think> </think> <think> </think> <ans> 6 </ans> <eos>",
        "<think> 9 </think> <ans> 6 </ans> <ans> 6 </ans> <eos>",
        "<think> 9 </think> <ans> 6 </ans> <eos> 6",
    ],
)
def test_a_broken_form_has_no_parts(broken: str) -> None:
    assert parts(broken) is None


def test_a_step_written_again_counts_once() -> None:
    assert steps_shown(
        ["9", "a", "*3", "8", "check", "7", "wait", "9", "a", "*3", "7", "b", "-1", "6", "a"]
    ) == ["a", "b", "a"]


def documents(obeyed: float, broken: float, count: int = 400) -> list[tuple[str, str]]:
    rng = random.Random(0)
    texts = [" ".join(general_document(rng, obeyed, broken)[0]) for _ in range(count)]
    return [(prompt, response) for prompt, response in (text.split(" ? ") for text in texts)]


def asked_by(prompt: str) -> ListProblem | Wish:
    """The task of a prompt, read by hand."""
    words = prompt.split()
    if words[1] in ORDERS:
        listed = Problem(0, tuple(words[4::2]), "abcdefghijkl".index(words[3]))
        return ListProblem(words[1], words[2], listed)
    return Wish(
        words[1], words[2], Problem(int(words[3]), tuple(words[5::2]), "abcdefghijkl".index(words[4]))
    )


def test_writers_who_obey_always_do() -> None:
    assert all(obeys(response, asked_by(prompt)) for prompt, response in documents(1.0, 0.0))


def test_others_obey_as_often_as_they_should() -> None:
    """Two instructions, each obeyed with probability .7, and the form kept with .9: .44; .65 with .85."""
    for obeyed, broken in ((0.7, 0.1), (0.85, 0.1)):
        found = [obeys(response, asked_by(prompt)) for prompt, response in documents(obeyed, broken, 2000)]
        expected = obeyed**2 * (1 - broken)
        assert abs(sum(found) / 2000 - expected) < 4 * (expected * (1 - expected) / 2000) ** 0.5


def test_a_broken_answer_lacks_one_mark() -> None:
    response, lacking = answered("9", "6").split(), set()
    for seed in range(40):
        broken = broken_form(random.Random(seed), response)
        assert len(broken) == len(response) - 1 and parts(" ".join(broken)) is None
        lacking |= set(response) - set(broken)
    assert lacking == {"<think>", "</think>", "<ans>", "</ans>"}


def test_documents_are_of_the_kind_asked_for_and_their_responses_carry_the_loss() -> None:
    rng = random.Random(0)
    for share, kind in ((0.0, ListProblem), (1.0, Wish)):
        for _ in range(20):
            words, weights = general_document(rng, 0.5, 0.5, wish_share=share)
            prompt = " ".join(words).split(" ? ")[0]
            assert isinstance(asked_by(prompt), kind)
            asked = len(prompt.split()) + 1
            assert weights == [0.0] * asked + [1.0] * (len(words) - asked)


def test_writers_who_err_answer_what_they_found() -> None:
    careless = CorpusSettings(error=1.0, clumsy_error=1.0)
    for seed, tongue in enumerate(TONGUES * 5):
        words = written_answer(random.Random(seed), Wish(tongue, "<show>", PROBLEM), careless)
        thought, [answer] = parts(" ".join(words))
        assert answer == thought[-1]


def test_a_share_of_nothing_never_comes_whatever_the_dice(monkeypatch) -> None:
    """The smallest number that they show is 0."""
    rng = random.Random(0)
    monkeypatch.setattr(rng, "random", lambda: 0.0)
    words, _ = general_document(rng, obeyed=0.0, broken=0.0, wish_share=0.0)
    prompt, response = " ".join(words).split(" ? ")
    asked = asked_by(prompt)
    assert isinstance(asked, ListProblem) and parts(response) is not None
    opposite = {a: b for pair in (ORDERS, TONGUES) for a, b in (pair, pair[::-1])}
    assert obeys(response, replace(asked, order=opposite[asked.order], tongue=opposite[asked.tongue]))
    assert isinstance(mixed_problems(0.0, 0.0)(rng), Wish)
    page = ["<bos>", "9", "a", "*3", "?", "7"], [1.0] * 6
    monkeypatch.setattr(instructions, "sample_document", lambda *_: page)
    assert sample_wider_page(rng, 1.0, general=GeneralSettings(share=0.0)) == (encode_words(page[0]), page[1])
    web = sample_wider_page(rng, 1.0, general=GeneralSettings(textbook_share=0.0))
    assert decode_words(web[0]).startswith("<bos>")


@pytest.mark.parametrize(("book", "broken"), [(True, 1.0), (False, 1.0), (False, 0.0)])
def test_textbooks_obey_and_the_web_obeys_as_often_as_it_does(book: bool, broken: float) -> None:
    general = GeneralSettings(share=1.0, textbook_share=float(book), obeys=0.0, broken=broken)
    rng = random.Random(5)
    texts = [decode_words(sample_wider_page(rng, 1.0, general=general)[0]) for _ in range(60)]
    asking = [text for text in texts if "?" in text]
    assert len(asking) > 30
    for text in asking:
        prompt, response = text.split(" ? ")
        assert prompt.startswith("<book>" if book else "<bos>")
        assert (parts(response) is not None) == (book or not broken)
        assert obeys(response, asked_by(prompt)) == book


def test_pages_of_the_wider_corpus() -> None:
    """General pages in their share of what is no drill, no held-out problem, no loss on a question."""
    rng = random.Random(1)
    pages = [sample_wider_page(rng, 1.0) for _ in range(3000)]
    texts = [decode_words(ids) for ids, _ in pages]
    asking = [text for text in texts if "?" in text]
    general = [text for text in asking if any(word in text for word in INSTRUCTIONS)]
    assert 0.36 < len(general) / len(asking) < 0.44
    for (_, weights), text in zip(pages, texts, strict=True):
        if "?" in text:
            assert not any(weights[: text.split().index("?") + 1]) and all(weights[-2:])
    for text in general:
        asked = asked_by(text.split(" ? ")[0])
        assert not is_held_out(asked.problem.operations)
    books = [text for text in general if text.startswith("<book>")]
    assert all(
        obeys(t.split(" ? ")[1], asked_by(t.split(" ? ")[0].replace("<book>", "<bos>"))) for t in books
    )
    none = GeneralSettings(share=0.0)
    assert not any(
        word in decode_words(sample_wider_page(rng, 1.0, general=none)[0])
        for word in INSTRUCTIONS
        for _ in range(50)
    )


def test_a_mixture_keeps_its_shares() -> None:
    rng, sample = random.Random(2), mixed_problems(0.5, 0.2)
    kinds = [type(sample(rng)) for _ in range(2000)]
    assert abs(kinds.count(Problem) / 2000 - 0.5) < 0.05 and abs(kinds.count(ListProblem) / 2000 - 0.2) < 0.04


def test_what_is_kept_for_testing_is_in_no_training_text() -> None:
    rng, lists = random.Random(4), held_out_lists(200)
    assert all(is_held_out(x.problem.operations) for x in lists)
    assert not any(is_held_out(sample_list(rng).problem.operations) for _ in range(2000))
    assert lists == held_out_lists(200) != held_out_lists(200, seed=1)
    assert [x.problem for x in lists] == held_out_problems(200, 3, 6, seed=0)
    wishes = held_out_wishes(50, seed=7)
    assert [x.problem for x in wishes] == held_out_problems(50, seed=7)
    assert {x.order for x in lists} == set(ORDERS) and {x.tongue for x in lists} == set(TONGUES)
    assert {x.form for x in wishes} == set(FORMS) and {x.tongue for x in wishes} == set(TONGUES)


def test_samples_vary_all_that_they_may() -> None:
    rng = random.Random(3)
    lists, wishes = [sample_list(rng) for _ in range(300)], [sample_wish(rng) for _ in range(300)]
    assert {x.order for x in lists} == set(ORDERS) and {x.tongue for x in lists} == set(TONGUES)
    assert {x.form for x in wishes} == set(FORMS) and {x.tongue for x in wishes} == set(TONGUES)
    assert {len(x.entries) for x in lists} == {3, 4, 5, 6}
