"""Planted faults: one for each rule, the same every time, and the sources whole again when mended."""

from __future__ import annotations

import csv
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_quality.suites.contract import suites
from pipelines.demo.write import DemoSummary, write_demo
from pipelines.extract import contract
from tests.faults.planter import mend_faults, planted_rules, write_faulty_demo
from tests.unit.demo.conftest import Demo, opened

MENDED = datetime(2026, 7, 1, 9, tzinfo=UTC)


def written(folder: Path, **options: Any) -> DemoSummary:
    return write_faulty_demo(folder / "aurora", **{"scale": 0.1, **options})


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """A small demo with its faults."""
    return written(tmp_path_factory.mktemp("faulty"))


def rows_of(found: Demo) -> dict[str, list[dict[str, Any]]]:
    """Every entity's rows, without `updated_at` and with nothing for an empty text."""
    rows = {}
    for name, entity in contract.entities().items():
        columns = [c for c in entity.column_names if c != "updated_at"]
        listed = ", ".join(f'"{c}"' for c in columns)
        rows[name] = [
            dict(zip(columns, (v if v != "" else None for v in row), strict=True))
            for row in found.ask(f'select {listed} from "{name}"')
        ]
    found.connection.close()
    return rows


def ledger_of(summary: DemoSummary) -> list[dict[str, str]]:
    with (summary.folder / "faults.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_expectation_that_a_spoilt_row_breaks_has_its_fault(faulty: DemoSummary) -> None:
    rules = planted_rules()
    assert {e.rule.split(".")[0] for e in rules} == set(suites())
    lines = ledger_of(faulty)
    assert [(line["rule"], line["action"], line["dimension"]) for line in lines] == [
        (e.rule, e.action, e.dimension) for e in rules
    ]
    assert [line["fault_id"] for line in lines] == [f"F{n:03d}" for n in range(1, len(rules) + 1)]
    assert {line["source"] for line in lines} == {"crm", "shop", "survey"}


def test_the_ledger_names_the_record_unless_its_key_is_what_is_wrong(faulty: DemoSummary) -> None:
    unnamed = {line["rule"] for line in ledger_of(faulty) if not line["record_id"]}
    keys = {
        f"{name}.{part}"
        for name, entity in contract.entities().items()
        for part in entity.key
        if part != "choice"
    }
    assert {rule.rsplit(".", 1)[0] for rule in unnamed} <= keys
    assert {rule.rsplit(".", 1)[1] for rule in unnamed} == {"required", "type"}


def test_no_two_faults_stand_in_one_record(faulty: DemoSummary) -> None:
    records = [(f.entity, f.record_id) for f in faulty.faults if f.record_id]
    assert len(records) == len(set(records))


def test_the_sources_hold_what_the_ledger_says(faulty: DemoSummary) -> None:
    found = opened(faulty)
    lines = {line["rule"]: line for line in ledger_of(faulty)}
    for rule, text in {
        "accounts.email.email": "not an address",
        "quotas.amount.type": "about ten",
        "surveys.opened_on.type": "next spring",
        "survey_invitations.sent_at.type": "last week",
        "survey_responses.is_test.type": "perhaps",
    }.items():
        entity, column, _ = rule.split(".")
        key = contract.entities()[entity].key[0]
        record = lines[rule]["record_id"]
        assert found.ask(f'select "{column}" from "{entity}" where "{key}" = \'{record}\'') == [
            (text,)
        ]
    twice = lines["customers.key.unique"]["record_id"]
    assert found.one(f"select count(*) from customers where customer_id = '{twice}'") == 2


def test_the_same_seed_plants_the_same_faults_and_another_seed_others(
    faulty: DemoSummary, tmp_path: Path
) -> None:
    again, other = written(tmp_path / "again"), written(tmp_path / "other", seed=8)
    assert again.faults == faulty.faults
    assert rows_of(opened(again)) == rows_of(opened(faulty))
    assert [f.rule for f in other.faults] == [f.rule for f in faulty.faults]
    assert [f.record_id for f in other.faults] != [f.record_id for f in faulty.faults]


def test_mended_sources_hold_every_row_of_the_demo_as_it_was(tmp_path: Path) -> None:
    clean = rows_of(opened(write_demo(tmp_path / "clean", scale=0.1)))
    faulty = written(tmp_path / "faulty")
    spoilt = rows_of(opened(faulty))
    mend_faults(faulty.folder, faulty.faults, at=MENDED)
    mended = rows_of(opened(faulty))
    for name in clean:
        if name in ("survey_invitations", "survey_answers", "survey_questions"):
            # Texts now: compared as such.
            mended[name] = [{c: _text(v) for c, v in row.items()} for row in mended[name]]
            clean[name] = [{c: _text(v) for c, v in row.items()} for row in clean[name]]
        assert spoilt[name] != clean[name], name
        assert [row for row in clean[name] if row not in mended[name]] == [], name
    with sqlite3.connect(faulty.folder / "shop.db") as shop:
        stamp = shop.execute("select max(updated_at) from orders").fetchone()
    # The shop's clock is Shanghai's.
    assert stamp == ("2026-07-01 17:00:00",)


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return {0: "false", 1: "true"}.get(value, str(value)) if isinstance(value, int) else value


def test_a_demo_without_faults_forgets_the_ledger_of_one_with_them(tmp_path: Path) -> None:
    faulty = written(tmp_path)
    assert (faulty.folder / "faults.csv").is_file()
    write_demo(faulty.folder, scale=0.1)
    assert not (faulty.folder / "faults.csv").exists()


def test_a_demo_that_is_too_small_for_its_faults_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the demo is too small: no row of .* is left"):
        written(tmp_path, scale=0.004)
    assert list(tmp_path.iterdir()) == []
