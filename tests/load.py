"""How long the code location takes to load, against importing dagster and dagster_dbt alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

TURNS = 5
ALONE = "import dagster, dagster_dbt"
# What `dagster dev` does: import, then call the definitions.
LOADED = "import pipelines.definitions; pipelines.definitions.defs()"
BAR = 1.5


def measure(code: str, home: str) -> tuple[float, float]:
    """User CPU and wall seconds of that code in a fresh process."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "SALESOPS_HOME": home}
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"this failed: {code}")
    return usage.ru_utime, time.monotonic() - started


def main() -> int:
    """Measure both in turns, print the ratio of the medians; returns 1 where it is over the bar."""
    with tempfile.TemporaryDirectory() as home:
        # The first time parses the dbt project: the bar is for a manifest that is there.
        measure(LOADED, home)
        alone, loaded = [], []
        for _ in range(TURNS):
            alone.append(measure(ALONE, home))
            loaded.append(measure(LOADED, home))
    worst = 0.0
    print(f"| of {TURNS} | dagster, dagster_dbt | code location | ratio |\n|---|---:|---:|---:|")
    for place, name in enumerate(("user CPU", "wall")):
        low, high = (statistics.median(m[place] for m in found) for found in (alone, loaded))
        worst = max(worst, high / low)
        print(f"| {name} | {low:.2f} s | {high:.2f} s | {high / low:.2f} |")
    return 1 if worst > BAR else 0


if __name__ == "__main__":
    raise SystemExit(main())
