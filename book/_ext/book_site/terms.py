"""The glossary within reach: its letters, readable addresses of its entries, links from each first use.

A word is a term where the text marks it as one: its Chinese name stands beside it, it is emphasised, or it
has no everyday meaning, as *perplexity* has none. The first such place in a chapter leads to the glossary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from .accessible import CHINESE
from .chapter_header import is_chapter
from .kept import page_tree

GLOSSARY = "book/glossary"
# Terms that are words of every day as well: they are linked only where the text marks them.
EVERYDAY = (
    "action agent attention batch bubble byte cache channel coverage critic discount domain environment "
    "episode equilibrium exploration future gate group head kernel loss merge option parameter policy "
    "potential prefix process prompt queue rank reflection regression return reward router sampling scale "
    "seed span stage state termination thread token truncation value worker"
)
# What is no prose, or is a link already.
CLOSED = (nodes.literal, nodes.FixedTextElement, nodes.reference, nodes.title, nodes.math, nodes.math_block)
IN_BRACKETS = re.compile(r"\s*\(")


class ReadableAnchors(SphinxTransform):
    """Name the Chinese entries of a glossary after their English ones: `term-advantage-zh` for `term-12`."""

    default_priority = 400  # before the domains read the document

    def apply(self) -> None:
        """Rename the targets, and tell the index and the domain of the glossary."""
        known = self.env.get_domain("std").objects
        for item in self.document.findall(nodes.definition_list_item):
            english, *others = item.findall(nodes.term)
            for term in others:
                if re.fullmatch(r"term-\d+", old := next(iter(term["ids"]), "")):
                    new = f"{english['ids'][0]}-zh"
                    term["ids"] = [new]
                    self.document.ids[new] = self.document.ids.pop(old)
                    known["term", term_name(term)] = (self.env.docname, new)
                    for index in term.findall(addnodes.index):
                        index["entries"] = [(*one[:2], new, *one[3:]) for one in index["entries"]]


class Letters(SphinxTransform):
    """Put a row of letters above a glossary; each leads to the first term with this letter."""

    default_priority = 410  # after the names of the entries

    def apply(self) -> None:
        """Insert the row."""
        for glossary in list(self.document.findall(addnodes.glossary)):
            first: dict[str, str] = {}
            for item in glossary.findall(nodes.definition_list_item):
                english = item.next_node(nodes.term)
                first.setdefault(term_name(english)[0].upper(), english["ids"][0])
            row = nodes.paragraph("", "", classes=["letters"])
            for letter in sorted(first):
                row += [nodes.reference("", letter, refid=first[letter], internal=True), nodes.Text(" ")]
            glossary.parent.insert(glossary.parent.index(glossary), row)


def term_name(term: nodes.term) -> str:
    """The words of an entry."""
    return "".join(text.astext() for text in term.findall(nodes.Text))


def names(glossary: nodes.document) -> dict[str, str]:
    """The anchor of the entry to which a name belongs, by the name in small letters."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        terms = list(item.findall(nodes.term))
        found |= {term_name(term).lower(): terms[0]["ids"][0] for term in terms if terms[0]["ids"]}
    return found


def pattern(known: dict[str, str]) -> re.Pattern[str]:
    """Find any name, the longest first; an English one as a whole word, also in the plural."""
    longest = sorted(known, key=len, reverse=True)
    chinese = "|".join(re.escape(name) for name in longest if CHINESE.search(name))
    english = "|".join(re.escape(name) for name in longest if not CHINESE.search(name))
    return re.compile(rf"(?P<chinese>{chinese})|(?<![\w-])(?P<english>{english})(?:s|es)?(?![\w-])", re.I)


def is_prose(text: nodes.Text) -> bool:
    """Whether a piece of text is prose of the chapter itself."""
    above = text.parent
    while above is not None:
        if isinstance(above, CLOSED) or {"cell_output", "cell_input"} & set(above.get("classes", [])):
            return False
        above = above.parent
    return True


def neighbour(node: nodes.Node, step: int) -> nodes.Node | None:
    """What stands right before (-1) or after (1) a node."""
    at = next(i for i, child in enumerate(node.parent) if child is node) + step
    return node.parent[at] if 0 <= at < len(node.parent) else None


def places(text: nodes.Text, find: re.Pattern[str]) -> Iterator[tuple[nodes.Node, re.Match[str]]]:
    """The terms in a piece of text, each with the node that becomes the link: the text, or an emphasis."""
    marked, after = isinstance(text.parent, nodes.emphasis | nodes.strong), neighbour(text.parent, 1)
    before = neighbour(text, -1)
    named = isinstance(after, nodes.Text) and IN_BRACKETS.match(after) and CHINESE.search(after[:12])
    for match in find.finditer(text):
        if match["chinese"]:
            first = IN_BRACKETS.fullmatch(text[: match.start()])
            yield (before if first and isinstance(before, nodes.emphasis | nodes.strong) else text), match
        elif marked and match[0] == text:
            if not named:  # else its Chinese name says which term it is
                yield text.parent, match
        elif match["english"].lower() not in EVERYDAY.split():
            yield text, match


def linked(doctree: nodes.document, known: dict[str, str], uri: str) -> None:
    """Let the first use of each term in a chapter lead to its entry."""
    find, seen = pattern(known), set()
    for text in [text for text in doctree.findall(nodes.Text) if is_prose(text)]:
        rest = text
        for node, match in places(text, find):
            anchor = known[(match["chinese"] or match["english"]).lower()]
            if anchor in seen:
                continue
            seen.add(anchor)
            link = nodes.reference("", "", internal=True, refuri=f"{uri}#{anchor}", classes=["term"])
            if node is not text:
                node.replace_self(link)
                link += node
                continue
            at = len(text) - len(rest)
            before, word = rest[: match.start() - at], match[0]
            link += nodes.Text(word)
            after = nodes.Text(rest[match.end() - at :])
            rest.parent.replace(rest, [*([nodes.Text(before)] if before else []), link, after])
            rest = after


def link_first_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Link the terms of a chapter."""
    if app.builder.format == "html" and is_chapter(app, docname):
        linked(doctree, names(page_tree(app, GLOSSARY)), app.builder.get_relative_uri(docname, GLOSSARY))


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.add_transform(ReadableAnchors)
    app.add_transform(Letters)
    app.connect("doctree-resolved", link_first_uses)
