"""Tests of the changes that `make mutate` makes: they apply, and no mart is without."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.mutations import CUSTOMERS, MARKET, MUTATIONS, PEOPLE, PIPELINE, SALES

MARTS = Path(__file__).resolve().parents[3] / "dbt_project" / "models" / "marts"


def test_every_change_applies_at_one_place() -> None:
    places = {
        mutation: (MARTS / mutation.file).read_text(encoding="utf-8").count(mutation.old)
        for mutation in MUTATIONS
    }
    assert [(m.file, m.old, n) for m, n in places.items() if n != 1] == []
    assert [m.file for m in MUTATIONS if m.old == m.new] == []


def test_every_mart_of_these_areas_is_changed_at_three_places_or_more() -> None:
    areas = {
        "sales": SALES, "pipeline": PIPELINE, "people": PEOPLE, "customers": CUSTOMERS,
        "market": MARKET,
    }  # fmt: skip
    for folder, mutations in areas.items():
        marts = {
            file.stem for file in (MARTS / folder).glob("*.sql") if not file.stem.startswith("int_")
        }
        changes = Counter(m.mart for m in mutations if m.file == f"{folder}/{m.mart}.sql")
        assert set(changes) == marts
        assert min(changes.values()) >= 3
