"""The reader of names against Python itself: what it says is missing is what NameError names."""

import ast

import pytest

from tools.names import first_line, names_of

# (source, needed while it runs, needed when its functions run)
CASES = [
    ("x = y", {"y"}, set()),
    ("x = 1\nz = x", set(), set()),
    ("x: T", {"T"}, set()),
    ("x: T = v", {"T", "v"}, set()),
    ("x: 'T' = 1", set(), set()),
    ("a, (b, *c) = v\nprint(a, b, c)", {"v"}, set()),
    ("for i in items: last = i\nprint(i, last)", {"items"}, set()),
    ("def f(a, *b, c=d, **e): return a, b, c, e", {"d"}, set()),
    ("def f(a: T, *b: U, c: V = 1) -> W: pass", {"T", "U", "V", "W"}, set()),
    ("@wrap(k)\ndef f(): pass", {"wrap", "k"}, set()),
    ("def f():\n  return later\nlater = 1", set(), set()),
    ("def f():\n  x = 1\n  return x", set(), set()),
    ("def f():\n  def g(): return x\n  x = 1\n  return g", set(), set()),
    ("def f():\n  print(x)", set(), {"x"}),
    ("def f():\n  global x\n  x = 1\n  return x", set(), set()),
    ("def f():\n  x = 0\n  def g():\n    nonlocal x\n    x += 1\n  return g", set(), set()),
    ("def f():\n  import os\n  from a.b import c as d\n  return os, d", set(), set()),
    ("def f():\n  with o as w: pass\n  try: pass\n  except E as e: print(e)\n  return w", set(), {"o", "E"}),
    ("def f():\n  return [y for y in ys if (z := y)], z", set(), {"ys"}),
    (
        "def f(v):\n  match v:\n    case [a, *b]: return a, b\n    case {'k': c, **d}: return c, d",
        set(),
        set(),
    ),
    ("def f(v):\n  match v:\n    case P(x=q) as r: return q, r", set(), {"P"}),
    ("f = lambda a, b=c: a + b + d", {"c"}, {"d"}),
    ("x = [i * j for i in rows for j in i if k]", {"rows", "k"}, set()),
    ("x = [i for i in i]", {"i"}, set()),
    ("x = {k: v for k, v in d.items()}\ny = k", {"d", "k"}, set()),
    ("x = (s for s in t)", {"t"}, set()),
    ("class A(B, metaclass=M):\n  x = 1\n  y = x", {"B", "M"}, set()),
    ("class A:\n  n: int = k\n  x = [n for _ in range(n)]", {"k", "n"}, set()),
    ("class A:\n  x = 1\n  def f(self): return x", set(), {"x"}),
    ("class A:\n  def f(self) -> A: return self", {"A"}, set()),
    ("class A:\n  def f(self): return super().f(), A", set(), set()),
    ("import xml.dom as c, os.path\nc, os, xml", {"xml"}, set()),
    ("print(len([]), __name__)", set(), set()),
    ("async def f(x):\n  async for i in x: await g(i)", set(), {"g"}),
]


@pytest.mark.parametrize(("source", "now", "later"), CASES, ids=[source for source, _, _ in CASES])
def test_names_used_from_outside(source: str, now: set[str], later: set[str]) -> None:
    names = names_of(source)
    assert set(names.uses) == now | later
    assert {name for name in names.needs if name in names.uses} == now


@pytest.mark.parametrize("source", [case[0] for case in CASES if case[1]], ids=lambda source: source)
def test_python_itself_stops_at_one_of_the_needed_names(source: str) -> None:
    with pytest.raises(NameError) as error:
        exec(compile(source, "<case>", "exec"), {})  # noqa: S102 - literals of this file
    assert error.value.name in names_of(source).needs


@pytest.mark.parametrize(
    "source", [s for s, now, _ in CASES if not now], ids=[s for s, now, _ in CASES if not now]
)
def test_python_itself_runs_what_needs_nothing(source: str) -> None:
    exec(compile(source, "<case>", "exec"), {"__name__": "case"})  # noqa: S102 - literals of this file


def test_what_is_bound_and_where() -> None:
    source = "import a.b\nfrom c import d as e\nx = y = 1\ndef f(): z = p\nclass G: h = p\n"
    assert names_of(source).binds == {"a", "e", "x", "y", "f", "G"}
    assert [first_line(ast.parse(source), name) for name in ("y", "p", "q")] == [3, 4, 0]


def test_a_walrus_in_a_nested_comprehension_binds_in_the_function() -> None:
    assert not names_of("def f(v):\n  [[(w := i) for i in j] for j in v]\n  return w").uses
