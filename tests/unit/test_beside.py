"""Processes beside this one: their results come back, and they end with who started them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from pipelines.beside import beside

# Holds a lock for a minute in a process beside, and says when it does.
HOLDER = """
import sys, time
from filelock import FileLock
from pipelines.beside import beside
from tests.unit.test_beside import hold
with beside(1) as processes:
    processes.submit(hold, sys.argv[1]).result()
"""


def hold(file: str) -> None:
    with FileLock(file):
        Path(file + ".held").touch()
        time.sleep(60)


def test_a_result_and_an_error_come_back_from_another_process() -> None:
    with beside(1) as processes:
        assert processes.submit(os.getpid).result() != os.getpid()
        with pytest.raises(ZeroDivisionError):
            processes.submit(divmod, 1, 0).result()


def test_leaving_waits_for_what_was_submitted(tmp_path: Path) -> None:
    with beside(1) as processes:
        processes.submit(Path.write_text, tmp_path / "first", "one")
        processes.submit(Path.write_text, tmp_path / "second", "two")
    assert (tmp_path / "first").read_text() + (tmp_path / "second").read_text() == "onetwo"


def test_a_process_beside_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    parent = subprocess.Popen([sys.executable, "-c", HOLDER, str(lock)])
    begun = time.monotonic()
    while not Path(f"{lock}.held").exists():
        assert time.monotonic() - begun < 60
        time.sleep(0.05)
    with pytest.raises(Timeout):
        FileLock(lock).acquire(timeout=0)
    parent.kill()
    parent.wait()
    with FileLock(lock).acquire(timeout=30):
        pass
