"""What `make quality-bench` runs: ten demos with faults and without, and the open data, through the gate."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.demo.faults.plant import plant_faults
from pipelines.demo.faults.planter import Fault
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.settings import load_settings
from tests.faults.judged import judged
from tests.quality_bench import measure

SEEDS = tuple(range(1, 11))
AT = datetime(2026, 7, 1, 2, tzinfo=UTC)


def judged_demo(
    folder: Path, seed: int, *, scale: float, has_faults: bool
) -> tuple[tuple[Fault, ...], tuple[dict[str, Any], ...]]:
    """The faults of a demo, and what the gate says of it."""
    from pipelines.transform import models

    plant = partial(plant_faults, seed=seed, as_of=DEFAULT_AS_OF) if has_faults else None
    demo = write_demo(folder / "demo", scale=scale, seed=seed, plant=plant)
    settings = load_settings(
        demo.folder / "salesops.yaml", environment={"SALESOPS_HOME": str(folder / "home")}
    )
    night = judged(settings, models.parse_project(settings), AT)
    return demo.faults, tuple(night.issues.values())


def measured(seed: int, scale: float) -> measure.Seed:
    """One seed, with faults and without."""
    with tempfile.TemporaryDirectory() as name:
        faults, issues = judged_demo(Path(name) / "faulty", seed, scale=scale, has_faults=True)
        _, clean = judged_demo(Path(name) / "clean", seed, scale=scale, has_faults=False)
    return measure.Seed(seed, faults, issues, clean)


def main() -> int:
    """Measure the seeds, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality_bench")
    parser.add_argument("data", type=Path, nargs="?", help="folder of the open data")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--misses", action="store_true", help="list what was missed, and why")
    options = parser.parse_args()
    seeds = []
    for seed in options.seeds:
        begun = time.monotonic()
        seeds.append(measured(seed, options.scale))
        print(f"· seed {seed}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    held = [measure.held(seed) for seed in seeds]
    found, unclaimed = measure.scores(held)
    print("| kind | dimension | planted | found | recall | false alarms | precision | worst seed |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for score in found:
        precision = "" if score.precision is None else f"{score.precision:.1%}"
        print(
            f"| {score.kind} | {score.dimension} | {score.planted.total()} | {score.found.total()}"
            f" | {score.recall:.1%} | {score.false.total()} | {precision} | {score.worst or ''} |"
        )
    clean = Counter((i["action"], i["rule"]) for seed in seeds for i in seed.clean)
    print("\nbeside the faults:", dict(unclaimed))
    print("clean:", dict(clean))
    if options.misses:
        for one in held:
            for fault, issues in one.missed:
                seen = [(i["rule"], i["column_name"], i["dimension"]) for i in issues]
                print(
                    f"missed {one.seed} {fault.kind} ({fault.dimension}) {fault.entity}"
                    f" {fault.record_id} {fault.column}"
                    f" {fault.value_before!r} → {fault.value_after!r}: {seen}"
                )
            for issue in one.beside:
                print("beside", one.seed, issue["entity"], issue["record_id"], issue["rule"])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
