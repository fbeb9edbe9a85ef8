"""Plant one defect for each expectation in the demo's sources, keep their ledger, and mend them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from data_quality.expectations import Expectation
from data_quality.suites.contract import suites
from pipelines.demo import company
from pipelines.demo.stores import Record, Sources, opened_sources
from pipelines.demo.write import LEDGER, DemoSummary, write_demo
from pipelines.extract import contract
from tests.faults.defects import Edit, Fault, Planter, is_known


def planted_rules() -> tuple[Expectation, ...]:
    """The expectations that one spoilt row of a source breaks, and a fault is known for. What a whole
    table breaks, or a row beside its peers, the demo's own faults and the unit tests prove."""
    return tuple(e for found in suites().values() for e in found if is_known(e))


def plant_faults(folder: Path, *, seed: int) -> tuple[Fault, ...]:
    """Plant one fault for each of the rules in the demo in the folder, and return them.

    The databases must be lax ones. ValueError where the demo is too small for a rule.
    """
    with opened_sources(folder) as sources:
        planter = Planter(sources, seed)
        faults = [planter.fault(n, rule) for n, rule in enumerate(planted_rules(), start=1)]
        placed = []
        for fault in faults:
            edits = tuple(_planted(sources, edit) for edit in fault.edits)
            placed.append(replace(fault, edits=edits))
    return tuple(placed)


def mend_faults(folder: Path, faults: Iterable[Fault], *, at: datetime) -> None:
    """Mend the faults at their sources, as people would: `updated_at` becomes `at`."""
    with opened_sources(folder) as sources:
        # From the last one on: a file's row keeps its place while those after it go.
        for edit in sorted(
            (edit for fault in faults for edit in fault.edits),
            key=lambda edit: -(edit.place or 0),
        ):
            if edit.mended is None:
                if edit.place is not None:
                    sources.delete(edit.entity, edit.place)
                continue
            mended = _dated(edit.entity, edit.mended, at)
            if edit.place is None:
                sources.insert(edit.entity, mended)
            else:
                sources.update(edit.entity, edit.place, mended)


def write_faulty_demo(folder: Path, *, scale: float, seed: int = 7) -> DemoSummary:
    """The demo company with one fault for each rule, and their ledger."""

    def plant(draft: Path) -> tuple[Fault, ...]:
        faults = plant_faults(draft, seed=seed)
        write_ledger(draft / LEDGER, faults)
        return faults

    return write_demo(folder, scale=scale, seed=seed, plant=plant)


def write_ledger(file: Path, faults: Iterable[Fault]) -> None:
    """Write the faults as a CSV file, one line each."""
    names = (
        "fault_id", "source", "entity", "record_id", "column", "rule", "action", "dimension",
        "value_before", "value_after", "also", "what",
    )  # fmt: skip
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        for fault in faults:
            also = "; ".join(f"{rule} of {record}" for rule, record in fault.also)
            cells = {**fault.__dict__, "also": also}
            writer.writerow([cells[name] for name in names])


def _planted(sources: Sources, edit: Edit) -> Edit:
    if edit.after is None:
        return edit
    if edit.place is not None:
        sources.update(edit.entity, edit.place, edit.after)
        return edit
    _widen(sources, edit)
    place = sources.insert(edit.entity, edit.after)
    return replace(edit, place=place)


def _widen(sources: Sources, edit: Edit) -> None:
    """Give the table the columns that the row has beyond the contract's."""
    assert edit.after is not None
    for name in edit.after.keys() - set(contract.entities()[edit.entity].column_names):
        schema = contract.entities()[edit.entity].domain
        sources.ask(f'alter table "{schema}"."{edit.entity}" add column "{name}" text')


def _dated(entity: str, row: Record, at: datetime) -> Record:
    found = contract.entities()[entity]
    if found.cursor is None:
        return row
    if found.domain == "crm":
        text = at.astimezone(ZoneInfo("UTC")).isoformat(sep=" ", timespec="seconds")
    else:
        local = at.astimezone(ZoneInfo(company.TIMEZONE)).replace(tzinfo=None)
        text = local.isoformat(sep=" ", timespec="seconds")
    return {**row, found.cursor: text}
