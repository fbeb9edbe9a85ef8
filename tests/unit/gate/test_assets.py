"""The gate's asset checks tell what was found, and which entity stopped the night."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from pipelines import nightly
from pipelines.gate.assets import build_assets
from pipelines.gate.results import GateSummary
from pipelines.settings import load_settings
from tests.unit.gate.nights import Company


def evaluations(
    home: Path, monkeypatch: pytest.MonkeyPatch, summary: GateSummary
) -> tuple[bool, dict[tuple[str, str], dg.AssetCheckEvaluation]]:
    """Whether the step went well, and its checks by entity and action, for what the gate found."""

    def judge(night: nightly.Night) -> GateSummary:
        if summary.is_blocked:
            raise nightly.GateRefused("blocked", (*summary.checks, *summary.blocked))
        return summary

    monkeypatch.setattr(nightly, "judge", judge)
    settings = load_settings(environment={"SALESOPS_HOME": str(home)})
    result = dg.materialize(build_assets(settings, lambda text: None), raise_on_error=False)
    found = {
        (e.asset_key.path[-1].split("__")[1], e.check_name): e
        for e in result.get_asset_check_evaluations()
    }
    return result.success, found


def test_an_entity_that_blocks_fails_its_block_check_with_the_reason(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(30):
        company.send("products", f"p{i}", unit_cost=Decimal(-1))
    is_well, found = evaluations(company.home / "home", monkeypatch, company.gate())
    assert not is_well
    block = found["products", "block"]
    assert (block.passed, block.severity, block.blocking) == (
        False,
        dg.AssetCheckSeverity.ERROR,
        True,
    )
    assert {name: value.value for name, value in block.metadata.items()} == {
        "shop: blocked": "30 of 31 rows of products from shop are rejected"
    }
    reject = found["products", "reject"]
    assert (reject.passed, reject.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert reject.metadata["products.unit_cost.range:shop"].value == "30 of 31 rows fail"
    assert {key for key, e in found.items() if key[1] == "block" and not e.passed} == {
        ("products", "block")
    }


def test_rows_that_are_held_fail_a_check_that_stops_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.send("products", "p", unit_cost=Decimal(-1))
    is_well, found = evaluations(company.home / "home", monkeypatch, company.gate())
    assert is_well
    assert {key for key, e in found.items() if not e.passed} == {("products", "reject")}
    assert found["products", "block"].passed
