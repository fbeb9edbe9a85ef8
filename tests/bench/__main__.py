"""What `make bench` runs: time and memory of each step on the demo company at a scale, then the marts
by dbt and by one script in turns."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pipelines import reading
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.publish.release import DATABASE, current_release
from tests.bench import marts


def main(scale: float) -> int:
    """Run the whole job at that scale in a process of its own, print its steps, compare its marts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        summary = write_demo(folder / "demo", scale=scale)
        print(f"scale {scale:g}: {summary.rows['order_lines']:,} order lines")
        command = [
            str(Path(sys.executable).parent / "salesops"), "run", "--config",
            str(folder / "demo" / "salesops.yaml"), "--as-of", str(DEFAULT_AS_OF),
        ]  # fmt: skip
        environment = {**os.environ, "SALESOPS_HOME": str(folder / "home")}
        code = subprocess.call(command, env=environment, stdout=subprocess.DEVNULL)
        if code:
            return code
        release = current_release(folder / "home")
        assert release is not None
        with reading.open_release(release / DATABASE) as connection:
            steps = connection.execute(
                "select step, seconds, rows, peak_memory_mb from run_steps order by started_at"
            ).fetchall()
        print("| step | seconds | rows | peak memory (MB) |\n|---|---:|---:|---:|")
        for step, seconds, rows, memory in steps:
            print(f"| {step} | {seconds:.1f} | {rows:,} | {memory:.0f} |")
        for group in marts.GROUPS:
            print(f"\n{' and '.join(marts.GROUPS[group].areas)}\n")
            marts.compare(folder / "home", group)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 50.0))
