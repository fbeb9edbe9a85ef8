"""What `make quality-bench` runs: ten demos with faults and without, and the open data, before the gate."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pipelines.demo.faults.plant import plant_faults
from pipelines.demo.faults.planter import Fault
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.settings import load_settings
from tests.faults.judged import judged
from tests.quality_bench import measure, open_data
from tests.quality_bench.page import bench_page

# Not those on which rules and planter were tuned.
SEEDS = tuple(range(11, 21))
AT = datetime(2026, 7, 1, 2, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "quality-bench.md"


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


def companies_of(data: Path | None) -> dict[str, list[dict[str, Any]]] | None:
    """What the gate says of the open data; None, said, where it is missing."""
    if data is None or not (data / "northwind").is_dir():
        print(f"· the open data is missing: {data}", file=sys.stderr)
        return None
    with tempfile.TemporaryDirectory() as name:
        return dict(open_data.judged_companies(data, Path(name), AT))


def say_misses(held: Sequence[measure.Held]) -> None:
    """Print each fault that was missed, with what was told of its record, and each false alarm."""
    for one in held:
        for fault, issues in one.missed:
            told = [(i["rule"], i["column_name"], i["dimension"]) for i in issues]
            print(
                f"missed: seed {one.seed} {fault.kind} ({fault.dimension}) {fault.entity}"
                f" {fault.record_id} {fault.column} {fault.value_before!r} → {fault.value_after!r}"
                f" {told or ''}"
            )
        for issue in one.beside:
            print(f"beside: seed {one.seed} {issue['entity']} {issue['record_id']} {issue['rule']}")


def main() -> int:
    """Measure the seeds and the open data; a whole bench is written to docs/quality-bench.md."""
    parser = argparse.ArgumentParser(prog="python -m tests.quality_bench")
    parser.add_argument("data", type=Path, nargs="?", help="folder of the open data")
    parser.add_argument("--seeds", type=int, nargs="+", help="these only; no page is written then")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--misses", action="store_true", help="list what was missed, and why")
    options = parser.parse_args()
    seeds = []
    for seed in options.seeds or SEEDS:
        begun = time.monotonic()
        seeds.append(measured(seed, options.scale))
        print(f"· seed {seed}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    held = [measure.held(seed) for seed in seeds]
    scores, unclaimed = measure.scores(held)
    page = bench_page(seeds, scores, unclaimed, companies_of(options.data))
    print(page)
    if options.misses:
        say_misses(held)
    if options.seeds is None and options.scale == 1.0:
        PAGE.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
