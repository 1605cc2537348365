"""The reacting figure on byte-pair encoding: a sentence after any number of merges."""

from collections.abc import Callable, Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, slider
from ...lm.tokenizers import NUMBER_OF, split_words

Cut = Callable[[int, str], int]  # merges, text -> how many tokens


def _sentence(name: str, text: str, tokens: int, count: int, theirs: int) -> str:
    return (
        f"{name}, {count} merges: {tokens} tokens for {len(text)} characters, which are "
        f"{len(text.encode())} bytes. DeepSeek's tokenizer takes {theirs}."
    )


def merges_figure(
    merges: Sequence[str],
    size: Cut,
    texts: Mapping[str, str],
    theirs: Mapping[str, Sequence[str]],
    start: int,
) -> Picture:
    """Texts by their names as the first k merges cut them, and DeepSeek's own pieces of each; `size` counts
    the tokens of a text after so many merges.

    Raises ValueError unless both have the same names.
    """
    if texts.keys() != theirs.keys():
        raise ValueError(f"Texts {sorted(texts)}, but pieces of {sorted(theirs)}: give both of each.")
    most = len(merges)
    rows = {
        name: {
            "bytes": [[NUMBER_OF[byte] for byte in word.encode()] for word in split_words(text)],
            "characters": len(text),
            "theirs": list(theirs[name]),
        }
        for name, text in texts.items()
    }
    names = list(texts)
    settings: list[Settings] = [{}, {"count": 0}, {"count": most}]
    settings += [{"text": name} for name in names[1:]] + [{"text": names[-1], "count": most}]
    says: list[tuple[Settings, str]] = []
    for change in settings:
        name, count = str(change.get("text", names[0])), int(change.get("count", start))
        says.append(
            (change, _sentence(name, texts[name], size(count, texts[name]), count, len(theirs[name])))
        )
    return figure(
        "merges",
        "Merges turn the frequent into one symbol, and the rest stays bytes",
        "Why does a sentence cost more in one language than in another?",
        [choice("text", "Sentence", names, names[0]), slider("count", "Merges", 0, most, 10, start)],
        asset("ch03/merges.js"),
        {
            "merges": [[ord(one) for one in pair] for pair in merges],
            "order": [NUMBER_OF[byte] for byte in range(256)],
            "texts": rows,
        },
        says=says,
        height=58,
        panel=True,
    )
