"""Plant faults of every kind in the demo's sources, and write their ledger."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path

from pipelines.demo.faults import answers, numbers, records, texts, times
from pipelines.demo.faults.planter import Fault, Kind, Planter
from pipelines.demo.stores import opened_sources
from pipelines.demo.write import LEDGER


def kinds() -> tuple[Kind, ...]:
    """Every kind of fault, in the order in which they choose their rows: those that need rows of a
    rare sort come first."""
    return (*answers.KINDS, *numbers.KINDS, *times.KINDS, *records.KINDS, *texts.KINDS)


def plant_faults(folder: Path, *, seed: int, as_of: date) -> tuple[Fault, ...]:
    """Plant faults of every kind in the demo in the folder, where the seed says, and write faults.csv.

    The databases must be lax ones. ValueError where the demo is too small for a kind.
    """
    faults: list[Fault] = []
    taken: set[tuple[str, str]] = set()
    with opened_sources(folder) as sources:
        for kind in kinds():
            chance = random.Random(f"{seed}:{kind.name}")
            kind.plant(Planter(sources, kind, chance, as_of, taken, faults))
    write_ledger(folder / LEDGER, faults)
    return tuple(faults)


def write_ledger(file: Path, faults: Iterable[Fault]) -> None:
    """Write the faults as a CSV file, one line each."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(field.name for field in fields(Fault))
        for fault in faults:
            cells = {**asdict(fault), "related": ";".join(fault.related)}
            writer.writerow(cells.values())
