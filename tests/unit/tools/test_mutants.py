"""Mutants carry one fault each, inside functions, and none of them is the source again."""

import ast

from tools.mutants import mutants_of

SOURCE = '''\
LIMIT = 3


def share(words: list[str], known: set[str] = frozenset()) -> float:
    """1 + 1: a docstring is left alone."""
    if not words:
        return 0.0
    count = sum(word in known for word in words)
    return max(count, 1) / len(words)
'''


def test_each_mutant_has_one_fault_that_its_name_tells() -> None:
    mutants = list(mutants_of(SOURCE))
    faults = [mutant.fault for mutant in mutants]
    for fault in (
        "not words -> words",
        "0.0 -> 1.0",
        "word in known -> word not in known",
        "max(count, 1) / len(words) -> max(count, 1) * len(words)",
        "max(count, 1) -> max(1, count)",
        "max(count, 1) -> min(count, 1)",
        "count = sum((word in known for word in words)) -> nothing",
    ):
        assert fault in faults
    original = ast.unparse(ast.parse(SOURCE))
    sources = {mutant.source for mutant in mutants}
    assert len(sources) == len(mutants) and original not in sources
    for source in sources:
        ast.parse(source)
        assert "LIMIT = 3" in source and "1 + 1: a docstring" in source and "frozenset()" in source


def test_a_line_is_where_the_fault_stands() -> None:
    assert {m.line for m in mutants_of(SOURCE)} == {6, 7, 8, 9}


def test_statements_in_a_loop_are_dropped_and_the_code_still_compiles() -> None:
    source = "def f(x):\n    for i in range(2):\n        x += i\n    return x\n"
    dropped = [m for m in mutants_of(source) if m.fault == "x += i -> nothing"]
    assert len(dropped) == 1 and "pass" in dropped[0].source
    for mutant in mutants_of(source):
        compile(mutant.source, "mutant", "exec")


def test_functions_in_a_table_have_mutants_too() -> None:
    source = 'TABLE = {"twice": (lambda x: x * 2, 7)}\nPLAIN = 3 + 4\n\n\ndef f(x):\n    return x\n'
    found = {(mutant.function, mutant.fault) for mutant in mutants_of(source)}
    assert ("TABLE", "x * 2 -> x / 2") in found and {place for place, _ in found} == {"TABLE"}
