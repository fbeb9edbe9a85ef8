"""What is published is locked: a column changes on purpose, with a line for those who read it."""

from __future__ import annotations

from tests import columns


def test_published_columns_change_only_with_the_lock() -> None:
    changed = columns.differences(columns.locked_columns(), columns.declared_columns())
    assert changed == [], columns.NEEDED


def test_every_mart_beside_the_star_is_named_in_the_changelog() -> None:
    changelog = (columns.REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    marts = {mart for mart, _, _ in columns.locked_columns()}
    assert [
        mart
        for mart in sorted(marts)
        if not mart.startswith(("dim_", "fct_")) and mart not in changelog
    ] == [], columns.NEEDED


def test_a_column_that_comes_goes_or_changes_is_told() -> None:
    before = [("kpis", "metric", "VARCHAR"), ("kpis", "n", "BIGINT"), ("kpis", "value", "DOUBLE")]
    after = [("kpis", "metric", "VARCHAR"), ("kpis", "n", "DOUBLE"), ("signals", "kind", "VARCHAR")]
    assert columns.differences(before, after) == [
        "kpis.n: BIGINT → DOUBLE",
        "kpis.value: DOUBLE → gone",
        "signals.kind: not there → VARCHAR",
    ]
