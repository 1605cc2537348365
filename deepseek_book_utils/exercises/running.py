"""Runs a submission for what its cells show, whatever they do to their kernel; points come from elsewhere."""

from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import KernelManager
from nbformat import NotebookNode
from nbgrader.preprocessors import Execute
from zmq import ZMQError

from .regrading import STOPPED, as_error, errors_of

LATE, LATE_CELLS = "CellTimeoutError", 3  # so many, and the rest of the notebook is not run
TOO_LATE = "The cell ran out of time. Does every loop come to an end?"
GARBLED = "The kernel sent what is no message. Does the code write into files that it has not opened?"


class QuietClient(AsyncKernelClient):
    """A kernel's client without the thread that listens for its heartbeat.

    Nobody asks that thread: nbclient asks the process whether it lives. jupyter_client (8.10) waits without a
    limit until the thread ends. A submission that wrote into its kernel's connections held up a class so.
    """

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Start the others."""
        super().start_channels(shell, iopub, stdin, hb, control)


class Run(Execute):
    """Runs a notebook for what its cells show: a kernel that ends or is stuck costs outputs, and no point."""

    def create_kernel_manager(self) -> KernelManager:
        """Make the manager of a kernel, whose clients are quiet."""
        manager = super().create_kernel_manager()
        manager.client_factory = QuietClient
        return manager

    def preprocess(self, nb: NotebookNode, resources: Any = None, km: Any = None) -> tuple[NotebookNode, Any]:
        """Run the cells; where the kernel gives up, those below it show nothing."""
        self.late, self.at = 0, NotebookNode(outputs=[])
        try:
            return super().preprocess(nb, resources, km)
        except (RuntimeError, TimeoutError, TypeError, ValueError, ZMQError) as error:
            # nbclient's errors on kernels, and jupyter_client's on what is no message: code can write into
            # every connection of its process
            if isinstance(error, TimeoutError):
                shown, why = as_error(LATE, TOO_LATE), "a cell ran out of time"
            elif isinstance(error, RuntimeError):
                shown, why = as_error("Error", "The kernel ended."), "its kernel ended"
            else:
                shown, why = as_error("Error", GARBLED), f"its kernel sent what is no message ({error})"
            self.at.outputs.append(shown)
            nb.metadata[STOPPED] = f"the notebook was not run to its end: {why}"
            return nb, resources

    def preprocess_cell(self, cell: NotebookNode, resources: Any, index: int) -> tuple[NotebookNode, Any]:
        """Run one cell. Raises TimeoutError after as many late ones as a class can wait for."""
        self.at = cell if cell.cell_type == "code" else self.at
        cell, resources = super().preprocess_cell(cell, resources, index)
        self.late += any(error.ename == LATE for error in errors_of(cell))
        if self.late == LATE_CELLS:
            raise TimeoutError
        return cell, resources
