"""Fixtures of the gate's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_quality import runner
from tests.unit.data_quality.plain import plain_outcomes
from tests.unit.gate.nights import Company, reference_rows


@pytest.fixture(autouse=True)
def quick_checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by plain SQL, which the suites' test holds to find the same, in a tenth of the time."""
    if "by_great_expectations" not in request.fixturenames:
        monkeypatch.setattr(runner, "run_suites", plain_outcomes)


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """A company whose reference rows have arrived on the first night."""
    found = Company(tmp_path)
    found.lake.mkdir()
    reference_rows(found)
    return found


@pytest.fixture
def by_great_expectations() -> None:
    """Asks for the real runner."""
