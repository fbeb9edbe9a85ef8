"""A night that judges only what changed leaves what a night that judges everything leaves."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from data_quality import runner
from data_quality.expectations import Expectation
from data_quality.suites.contract import suites
from pipelines.extract import contract
from pipelines.gate import judgement, standing
from pipelines.gate.tables import accepted_table
from tests.unit.data_quality.plain import plain_outcomes
from tests.unit.gate.nights import Company

# What rules and families bind together, and a value that breaks one for each entity.
_BROKEN: dict[str, tuple[dict[str, Any], ...]] = {
    "users": ({"name": None}, {"manager_id": "nobody"}),
    "accounts": ({"owner_id": "nobody"}, {"email": "none"}, {"name": "Same", "tax_id": None}),
    "customers": ({"name": None}, {"name": "Test Customer"}, {"name": "Twin", "tax_id": None}),
    "products": ({"list_price": Decimal(-1)}, {"currency_code": "yuan"}),
    "leads": ({"contact_id": "c1"}, {"status": None, "created_at": None}),
    "pipeline_stages": ({"is_won": True, "is_closed": True}, {"position": None}),
    "opportunities": ({"amount": None}, {"stage_id": "nowhere"}, {"currency_code": "USD"}),
    "opportunity_stage_history": ({"to_stage_id": "nowhere"}, {"opportunity_id": "nobody"}),
    "opportunity_lines": ({"currency_code": "EUR"}, {"amount": Decimal(100)}),
    "opportunity_splits": ({"share": Decimal("0.4")}, {"share": Decimal(7)}),
    "orders": ({"status": "lost"}, {"total_amount": Decimal(77)}, {"customer_id": "nobody"}),
    "order_lines": ({"quantity": Decimal(0)}, {"unit_price": Decimal(10)}, {"order_id": "nobody"}),
    "payments": ({"amount": Decimal(10)}, {"order_id": "nobody"}),
    "shipments": ({"order_id": "nobody"}, {"shipment_id": "s9"}),
    "shipment_lines": ({"quantity": Decimal(9)}, {"order_line_id": "nobody"}),
    "returns": ({"amount": Decimal(900)}, {"quantity": Decimal(2)}, {"order_line_id": None}),
    "surveys": ({"kind": "poll"}, {"name": None}),
    "survey_questions": ({"scale_max": Decimal(0)}, {"kind": "text"}),
    "survey_invitations": ({"survey_id": "nobody"}, {"sent_at": None}),
    "survey_responses": ({"survey_id": "nobody"}, {"customer_id": "base"}),
    "survey_answers": ({"value_number": Decimal(9)}, {"question_id": "nobody"}),
}
_LABELS = ("base", "a1", "b2", "c3")


class _Chance:
    """What a company's sources send, by the seed."""

    def __init__(self, company: Company, seed: int) -> None:
        self.company, self.random = company, random.Random(seed)

    def first_night(self) -> None:
        for entity in _BROKEN:
            for label in _LABELS[:3]:
                self._send(entity, label)

    def another_night(self) -> None:
        """A few rows come, change, break, are mended, move, or go."""
        for _ in range(self.random.randint(1, 6)):
            entity = self.random.choice(list(_BROKEN))
            label = self.random.choice(_LABELS)
            known = self.company.versions.get(entity, [])
            is_there = any(v["_record_id"] == label for v in known)
            if is_there and self.random.random() < 0.2:
                self.company.delete(entity, label)
            else:
                self._send(entity, label)

    def _send(self, entity: str, label: str) -> None:
        columns = contract.entities()[entity].columns
        changes: dict[str, Any] = {}
        for column in columns:
            # Whoever refers may refer to another one tonight.
            is_free = column.name not in ("manager_id", "merged_into_id")
            if column.references in _BROKEN and is_free and self.random.random() < 0.4:
                changes[column.name] = self.random.choice(_LABELS)
        if self.random.random() < 0.35:
            changes |= self.random.choice(_BROKEN[entity])
        elif self.random.random() < 0.1:
            # Two rows of one key.
            self.company.send(entity, label, **changes, _row_number=1)
        self.company.send(entity, label, **changes)


def _left(company: Company) -> Mapping[str, list[tuple[Any, ...]]]:
    """Everything that a night leaves for those who come after it, and what it will remember."""
    tables = [
        *(accepted_table(name) for name in contract.entities()),
        *(
            "gate.rejected",
            "gate.issues",
            "gate.check_results",
            "gate.check_days",
            "gate.proposals",
        ),
    ]
    found = {t: sorted(company.query(f"select * from {t}"), key=repr) for t in tables}
    for kind in ("gate_events", "quality_issues", "gate_runs"):
        files = sorted((company.lake / "_salesops" / kind).glob("*.parquet"))
        found[kind] = [(len(files),)]
        if files:
            found[kind] += sorted(
                company.query(f"select * from read_parquet({[str(f) for f in files]})"), key=repr
            )
    return found


def _twin(company: Company, home: Path) -> Company:
    """The same company, whose warehouse remembers no verdict."""
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(company.home, home)
    twin = replace(company, home=home)
    twin.query("drop schema if exists standing cascade")
    return twin


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, set[str]]]:
    """The rules that were asked, by table, of each night."""
    found: list[dict[str, set[str]]] = []

    def noted(warehouse: Path, suites: Any, **more: Any) -> Any:
        found.append({table: {e.rule for e in es} for table, es in suites.items() if es})
        return plain_outcomes(warehouse, suites, **more)

    monkeypatch.setattr(runner, "run_suites", noted)
    # Of a few rows any is many.
    monkeypatch.setattr(standing, "_MOST", 1.0)
    return found


def _changed_rule(name: str, change: Callable[[Expectation], Expectation]) -> Any:
    """The suites with one rule changed."""
    known = judgement.suite

    def changed(entity: str) -> tuple[Expectation, ...]:
        return tuple(change(e) if e.rule == name else e for e in known(entity))

    return changed


# A night here takes seconds: more seeds by hand.
@pytest.mark.parametrize("seed", [1])
def test_a_narrow_night_leaves_what_a_whole_one_leaves(
    tmp_path: Path, asked: list[dict[str, set[str]]], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    company = Company(tmp_path / "narrow")
    company.lake.mkdir(parents=True)
    chance = _Chance(company, seed)
    chance.first_night()
    settings: dict[str, Any] = {"block_rows": 1000}
    company.gate(**settings)
    narrow = 0
    for night in range(4):
        chance.another_night()
        if night == 2:
            settings["basis"] = "another setting"
        if night == 3:
            # A rule is softened: what failed it is let go.
            monkeypatch.setattr(
                judgement,
                "suite",
                _changed_rule(
                    "order_lines.quantity.not_zero",
                    lambda e: replace(e, condition="this.quantity < 0"),
                ),
            )
        twin = _twin(company, tmp_path / "whole")
        twin.gate(**settings)
        company.gate(**settings)
        whole_night, narrow_night = asked[-2:]
        narrow += sum(table.startswith("standing.check_") for table in narrow_night)
        assert not any(table.startswith("standing.") for table in whole_night)
        left, wanted = _left(company), _left(twin)
        for table, rows in wanted.items():
            assert left[table] == rows, (night, table)
        for entity, expectations in suites().items():
            assert company.query(f"select count(*) from standing.seen_{entity}") == twin.query(
                f"select count(*) from standing.seen_{entity}"
            ), (night, entity, len(expectations))
    assert narrow >= 10


def test_where_nothing_came_nothing_is_asked(
    company: Company, asked: list[dict[str, set[str]]]
) -> None:
    company.gate()
    company.gate()
    assert "staging.stg_crm__teams" in asked[0]
    assert asked[1] == {}
    assert company.query(
        "select count(*), sum(rows_checked), bool_and(did_run) from gate.check_results"
        " where entity = 'teams'"
    ) == [(14, 14, True)]


def test_a_full_night_asks_everything_again(
    company: Company, asked: list[dict[str, set[str]]]
) -> None:
    company.gate()
    company.gate()
    company.gate(judges_all=True)
    assert asked[2] == asked[0]


def test_a_new_row_is_judged_with_what_refers_to_it_and_alone(
    company: Company, asked: list[dict[str, set[str]]]
) -> None:
    company.send("orders", "waits", customer_id="late")
    company.send("orders", "else")
    company.gate()
    company.send("customers", "late")
    company.stage()
    judged: dict[str, list[str]] = {}

    def noted(warehouse: Path, suites: Any, **more: Any) -> Any:
        for table in suites:
            rows = company.query(f"select _record_id from {table} order by 1")
            judged[table] = [record for (record,) in rows]
        return plain_outcomes(warehouse, suites, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "run_suites", noted)
        company.gate()
    narrow = {table: rows for table, rows in judged.items() if table.startswith("standing.")}
    assert narrow == {"standing.check_customers": ["late"], "standing.check_orders": ["waits"]}
    assert judged["staging.stg_orders__customers"] == ["base", "late"]


def test_a_killed_night_leaves_no_verdict_standing(
    company: Company, asked: list[dict[str, set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    company.gate()
    company.send("teams", "new", name=None)
    with monkeypatch.context() as patch:
        patch.setattr(runner, "run_suites", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            company.gate()
    company.gate()
    assert "staging.stg_crm__users" in asked[-1]
    assert company.waiting() == {("teams", "new"): {"teams.name.required"}}


def test_batches_that_are_no_longer_what_they_were_are_judged_as_a_whole(
    company: Company, asked: list[dict[str, set[str]]]
) -> None:
    company.gate()
    (file,) = (company.lake / "shop" / "teams").glob("*.parquet")
    file.rename(file.with_name("compacted.parquet"))
    company.gate()
    assert "staging.stg_crm__users" in asked[-1]


def test_every_night_ends_without_the_rows_that_it_looked_at(
    company: Company, asked: list[dict[str, set[str]]]
) -> None:
    company.gate()
    company.send("teams", "south")
    company.gate()
    assert "standing.check_teams" in asked[1]
    kept = company.query(
        "select distinct regexp_extract(table_name, '^[a-z]+') from information_schema.tables"
        " where table_schema = 'standing' order by 1"
    )
    assert kept == [("basis",), ("batches",), ("failures",), ("rules",), ("seen",)]
