"""What several experiments measure with."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """CPU seconds of this process, without those spent on measuring."""

    def __init__(self) -> None:
        self.start = time.process_time()

    def seconds(self) -> float:
        """Seconds so far."""
        return time.process_time() - self.start

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What runs inside is not counted."""
        since = time.process_time()
        yield
        self.start += time.process_time() - since
