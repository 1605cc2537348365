"""A submission is run for what it shows, and nothing that it does to its kernel holds up the class."""

import pytest
from jupyter_client.channels import HBChannel
from nbformat.v4 import new_code_cell, new_notebook

from deepseek_book_utils.exercises.regrading import STOPPED, errors_of
from deepseek_book_utils.exercises.running import Run


@pytest.mark.parametrize("last", ["print(6 * 7)", "import os; os._exit(3)"])
def test_no_thread_waits_for_a_heartbeat(last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[HBChannel] = []
    monkeypatch.setattr(HBChannel, "start", started.append)  # it would run until the kernel answers
    notebook = new_notebook(cells=[new_code_cell("print(1)"), new_code_cell(last), new_code_cell("print(2)")])
    Run(kernel_name="python3", timeout=60).preprocess(notebook, {"metadata": {"path": "."}})
    shown = ["".join(output.get("text", "") for output in cell.outputs).strip() for cell in notebook.cells]
    ended = "os._exit" in last
    assert started == [] and shown == (["1", "", ""] if ended else ["1", "42", "2"])
    assert (STOPPED in notebook.metadata) == ended == bool(errors_of(notebook.cells[1]))


def test_a_kernel_that_sends_no_messages_costs_outputs_alone() -> None:
    garbage = "get_ipython().kernel.iopub_socket.send_multipart([b'0' * 64])"
    notebook = new_notebook(
        cells=[new_code_cell("print(1)"), new_code_cell(garbage), new_code_cell("print(2)")]
    )
    notebook, _ = Run(kernel_name="python3", timeout=60).preprocess(notebook, {"metadata": {"path": "."}})
    assert "its kernel sent what is no message" in notebook.metadata[STOPPED]
    assert [bool(errors_of(cell)) for cell in notebook.cells] == [False, True, False]
