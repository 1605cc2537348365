"""Notebooks that are odd by what their code does: it breaks, it never ends, it cheats."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.exercises.odd_files import BUT_FIRST, FIRST, FULL, NONE, OWN, Oddity, cell_at, changed

HEAD = "def group_advantages(rewards, group_size):\n"
ZEROS = "    return torch.zeros_like(rewards)"
KILLED = "was not run to its end: its kernel ended"
PASSED_ONCE = "passed in the notebook, and not in a fresh process"
ONCE_ONLY = "in a fresh process, which counts, and not in the notebook"
CHANGES, LOOKS = "changed what grades it", "looked into its grader"


def code(what: str, own: str = "", body: str = "", score: str = FULL, says: str = "") -> Oddity:
    """A right notebook with a cell before the first answer, and another body of that answer."""

    def change(nb: NotebookNode) -> None:
        answer = cell_at(nb, f"{FIRST}-answer")
        if own:
            nb.cells.insert(nb.cells.index(answer), new_code_cell(own))
        if body:
            answer.source = HEAD + body

    return changed(what, change, score, says or (OWN if own else ""))


def top(what: str, first: str, score: str = FULL, says: str = "") -> Oddity:
    """A right notebook whose first code cell comes before all others."""
    return changed(what, lambda nb: nb.cells.insert(0, new_code_cell(first)), score, says or OWN)


FAKE = "import torch\nreal = torch.allclose\n"
BOMB = """\
    import os, time
    own = os.getpid()
    for _ in range(5):  # two, four, ..., thirty-two processes: a bomb that stops
        os.fork()
    if os.getpid() != own:
        time.sleep(5)
        os._exit(0)
    return rewards"""
ODD_CODE: dict[str, Oddity] = {
    # code that breaks
    "syntax": code("broken syntax", body="    return (", score=BUT_FIRST),
    "raises": code("an answer that raises", body="    return rewards[99999]", score=BUT_FIRST),
    "deep": code(
        "endless recursion", body="    return group_advantages(rewards, group_size)", score=BUT_FIRST
    ),
    "nomodule": code("a module that is not there", own="import seaborn_of_the_future"),
    "magics": code("magics and shell lines", own="%matplotlib inline\n!echo hello\n%time 1"),
    "cellmagic": code("a cell magic", own="%%time\nx = 1"),
    "stderr": code("warnings", own="import sys, warnings\nwarnings.warn('w')\nprint('e', file=sys.stderr)"),
    "float64": code(
        "another state of torch", own="torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)"
    ),
    "input": code("a question", own="name = input('who? ')"),
    "exits": code("sys.exit()", own="import sys\nsys.exit()"),
    "html": code(
        "a script in an output", own="from IPython.display import HTML\nHTML('<script>alert(1)</script>')"
    ),
    "print": code("20 MB of output", own="print('x' * 20_000_000)"),
    "lines": code("many lines of output", own="for i in range(200_000):\n    print(i)"),
    "memory": code("more memory than there is", own="x = bytearray(10**14)"),
    "thread": code(
        "a thread that goes on",
        own="import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    ),
    "sleeper": code("a process that goes on", own="import subprocess\nsubprocess.Popen(['sleep', '60'])"),
    "files": code(
        "files written and removed",
        own="open('a.txt', 'w').write('a')\nimport os\n[os.remove(f) for f in os.listdir()]",
    ),
    "network": code(
        "a call of the network", own="import socket\nsocket.create_connection(('192.0.2.1', 80), timeout=1)"
    ),
    # code that never ends, or ends too much
    "endless": code("an endless loop", body="    while True:\n        pass", score=BUT_FIRST),
    "sleeps": code("an answer that sleeps", body="    import time\n    time.sleep(10**6)", score=BUT_FIRST),
    "endlesscell": code("an endless cell", own="while True:\n    pass"),
    "stubborn": code(
        "a cell that fends off its interruption",
        own="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        says="was not run to its end: a cell ran out of time",
    ),
    "dies": code(
        "an answer that ends its process",
        own="import os",
        body="    os._exit(0)",
        says=KILLED,
        score=BUT_FIRST,
    ),
    "crashes": code(
        "a crash", own="import ctypes", body="    ctypes.string_at(0)", says=KILLED, score=BUT_FIRST
    ),
    "quits": code("quit()", own="quit()"),
    "bomb": code("a fork bomb", body=BOMB, score=BUT_FIRST, says="(os.fork); that earned nothing"),
    # cheats
    "check": code(
        "a check of its own",
        own="def check(*a, **k):\n    print('passed')",
        body=ZEROS,
        score=BUT_FIRST,
        says="`check` was bound",
    ),
    "unseen": code(
        "a check_unseen of its own",
        own="from deepseek_book_utils.exercises import checking\nchecking.check_unseen = print",
        body=ZEROS,
        score=NONE,
        says=CHANGES,
    ),
    "allclose": code(
        "torch.allclose is always true",
        own=f"{FAKE}torch.allclose = lambda *a, **k: True",
        body=ZEROS,
        score=NONE,
        says="torch.allclose",
    ),
    "itself": code(
        "a patch that takes itself away",
        own=f"{FAKE}def fake(*a, **k):\n    torch.allclose = real\n    return True",
        body=f"    torch.allclose = fake\n{ZEROS}",
        score=BUT_FIRST,
        says="torch.allclose",
    ),
    "package": code(
        "a patched grader",
        own="grpo.group_advantages = lambda answer, seed: None",
        body=ZEROS,
        score=NONE,
        says=CHANGES,
    ),
    "machine": code(
        "a patched fresh process",
        own="from deepseek_book_utils.exercises import fresh, watching\nimport json\n"
        "fresh._test = lambda cell, *a: dict(place=cell['place'], printed='', error=None, share=0, odd=[])\n"
        "watching.guarded = lambda f, c: f\njson.dumps = lambda *a: '[[], \"\"]'",
        body=ZEROS,
        score=NONE,
        says=CHANGES,
    ),
    "builtin": code(
        "another isinstance",
        own="import builtins\nbuiltins.isinstance = lambda a, b: True",
        body=ZEROS,
        score=NONE,
        says="builtins.isinstance",
    ),
    "frame": code(
        "the grader's frame",
        own="import sys",
        body="    return sys._getframe(2).f_globals['right_advantages'](rewards, group_size)",
        score=BUT_FIRST,
        says=LOOKS,
    ),
    "trace": code(
        "the grader's frame, by an error",
        body="    try:\n        1 / 0\n    except ZeroDivisionError as e:\n"
        "        f = e.__traceback__.tb_frame.f_back.f_back\n"
        "    return f.f_globals['right_advantages'](rewards, group_size)",
        score=BUT_FIRST,
        says=LOOKS,
    ),
    "objects": code(
        "the grader's objects",
        own="import gc",
        body=f"    gc.get_objects()\n{ZEROS}",
        score=BUT_FIRST,
        says=LOOKS,
    ),
    "tensor": code(
        "a tensor that answers for torch",
        own="class Yes(torch.Tensor):\n    @classmethod\n"
        "    def __torch_function__(cls, f, types, args=(), kwargs=None):\n        return True",
        body="    return torch.zeros_like(rewards).as_subclass(Yes)",
        score=BUT_FIRST,
    ),
    "atexit": code(
        "an ending that prints passed",
        own="import atexit\natexit.register(print, 'passed')",
        body=ZEROS,
        score=BUT_FIRST,
    ),
    "forger": code(
        "forged verdicts",
        own="import os, json",
        body="    for fd in range(3, 64):\n        try:\n"
        "            os.write(fd, b'0' * 64 + b' ' + json.dumps({'error': None}).encode() + b'\\n')\n"
        f"        except OSError:\n            pass\n{ZEROS}",
        score=BUT_FIRST,
    ),
    "named": top("a check before the imports", "def check(*a, **k):\n    pass", FULL),
}
