"""One run at a time, whoever starts it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipelines import running
from pipelines.settings import load_settings


def test_a_run_of_dagster_holds_the_home_until_its_process_ends(tmp_path):
    settings = load_settings(environment={"SALESOPS_HOME": str(tmp_path / "home")})
    script = (
        "import sys\n"
        "from pipelines import running\n"
        "from pipelines.settings import load_settings\n"
        "settings = load_settings(environment={'SALESOPS_HOME': sys.argv[1]})\n"
        "for _ in range(2):\n"
        "    running.hold_until_exit(settings, 'run 1', wait_seconds=0)\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(settings.home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(running.AnotherAtWork, match=rf"run 1 \(process {process.pid}, since"),
            running.only_one(settings, "salesops run"),
        ):
            pass
        process.kill()
    with running.only_one(settings, "salesops run"):
        # What this process holds is not asked for again.
        running.hold_until_exit(settings, "run 2", wait_seconds=0)
        assert (settings.home / "state" / "holder.json").is_file()
