"""The words of the search: Chinese without spaces, Greek letters, short names such as KL.

Sphinx finds a word that the index holds, or a part of one. Chinese has no spaces, so a sentence is one word
to it: the index also gets each sign and each pair of neighbours. A query of Chinese is taken as it stands if
it occurs anywhere; else those of its pairs that occur must stand on one page. A Greek letter stands in the
index under its name, because equations are written with `\\theta`.
"""

from __future__ import annotations

import json
import re
import unicodedata

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

CHINESE = re.compile(r"[\u3400-\u9fff]+")
MACRO = re.compile(r"\\(?:var)?([a-z]+)")  # of `\pi_\theta` pi, of `\varepsilon` epsilon
GREEK = {chr(code): unicodedata.name(chr(code)).split()[-1].lower() for code in range(0x3B1, 0x3CA)} | {
    "λ": "lambda",
    "ς": "sigma",
}
SPLITTER = r"""
const GREEK = __GREEK__;
var splitQuery = (query) => {
  const known = Object.keys(Search._index.terms);
  const occurs = (word) => known.some((one) => one.includes(word));
  const pieces = (word) => {
    if (!/[\u3400-\u9fff]/.test(word) || occurs(word)) return [word];
    const pairs = [...word].slice(1).map((sign, i) => word[i] + sign);
    const found = pairs.filter((pair) => known.includes(pair));
    return found.length ? found : [word];
  };
  return query.replace(/[\u03b1-\u03c9]/gu, (letter) => ` ${GREEK[letter]} `)
    .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu).filter((word) => word).flatMap(pieces);
};
"""


class SearchBook(SearchEnglish):
    """English words, Chinese signs and pairs of them, the names of Greek letters."""

    js_splitter_code = SPLITTER.replace("__GREEK__", json.dumps(GREEK, ensure_ascii=False))

    def split(self, input: str) -> list[str]:
        """Return the words of a text, those inside Chinese words and equations too."""
        found = super().split(input)
        for run in CHINESE.findall(input):
            found += [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
        found += MACRO.findall(input)
        return found + [GREEK[letter] for letter in input if letter in GREEK]


def setup(app: Sphinx) -> None:
    """Let the index of the site be made of these words."""
    app.add_search_language(SearchBook)
