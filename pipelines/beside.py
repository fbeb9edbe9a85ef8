"""Work in processes of their own while this one goes on: Python keeps to one core."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def beside(processes: int) -> Iterator[Executor]:
    """An executor whose processes begin with the first task. Leaving the block waits for what was
    submitted; when this process is killed, they end at once.

    Functions and arguments are pickled: functions of modules, and plain values.
    """
    with ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_end_with_parent,
    ) as pool:
        yield pool


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
