"""The style sheet without rules for what the site never shows: two thirds of the theme's.

A selector stays if each class and each id that it asks for is a word somewhere in the pages or scripts, or
begins as one that a script completes (`bs-tooltip-` and a side). What stands in brackets (`:not(.x)`) is not
looked at. A rule without selectors goes. Notices of copyright stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tinycss2 import parse_rule_list, parse_stylesheet, serialize
from tinycss2.ast import Node

WORD = re.compile(r"[\w-]+")
NESTS = ("media", "supports")  # rules that hold rules


def words(texts: Iterable[str]) -> frozenset[str]:
    """Every word of pages and scripts."""
    return frozenset(word for text in texts for word in WORD.findall(text))


def occurs(name: str, known: frozenset[str]) -> bool:
    """Whether a page may have this class or id: its words are known, or its beginning up to a dash is."""
    return known.issuperset(WORD.findall(name)) or any(
        name[: dash.end()] in known for dash in re.finditer("-", name)
    )


def split(prelude: list[Node]) -> list[list[Node]]:
    """The selectors of a rule."""
    selectors: list[list[Node]] = [[]]
    for token in prelude:
        if token == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return selectors


def named(selector: list[Node]) -> list[str]:
    """The classes and ids that what it selects must have."""
    after_dot = [token.value for dot, token in zip(selector, selector[1:], strict=False) if dot == "."]
    return after_dot + [token.value for token in selector if token.type == "hash"]


def with_used_rules(rules: Iterable[Node], known: frozenset[str]) -> str:
    """These rules, in their order, as far as one of their selectors may select something."""
    text = ""
    for rule in rules:
        if rule.type == "comment":
            text += rule.serialize() + "\n" if "opyright" in rule.value else ""
        elif rule.type == "at-rule" and rule.lower_at_keyword in NESTS and rule.content is not None:
            if inner := with_used_rules(parse_rule_list(rule.content, skip_whitespace=True), known):
                text += f"@{rule.at_keyword}{serialize(rule.prelude)}{{\n{inner}}}\n"
        elif rule.type == "qualified-rule":
            used = [
                serialize(selector).strip()
                for selector in split(rule.prelude)
                if all(occurs(name, known) for name in named(selector))
            ]
            text += f"{','.join(used)}{{{serialize(rule.content)}}}\n" if used else ""
        else:
            text += rule.serialize() + "\n"
    return text


def with_what_is_used(css: str, known: frozenset[str]) -> str:
    """A style sheet without rules that select nothing on pages and in scripts with these words.

    Raises ValueError, with the place, for a style sheet that cannot be read.
    """
    rules = parse_stylesheet(css, skip_whitespace=True)
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"line {rule.source_line} of the joined style sheet: {rule.message}")
    return with_used_rules(rules, known)
