"""Where columns come from, told by SQL."""

from __future__ import annotations

from pipelines.transform import lineage
from pipelines.transform.lineage import ColumnSource, column_sources, kept_column_sources

KNOWN = {
    "core": {
        "orders": {"order_id": "varchar", "rep_id": "varchar", "amount": "decimal(18, 4)"},
        "reps": {"rep_id": "varchar", "name": "varchar", "is_active": "boolean"},
    }
}


def sources(sql: str) -> dict[str, list[ColumnSource]]:
    return column_sources({"mart": sql}, KNOWN)["mart"]


def test_a_column_comes_from_what_its_value_is_computed_of_through_every_step():
    found = sources(
        """
        with orders as (select * from core.orders),
        reps as (select * from core.reps),
        sums as (
            select rep_id, sum(amount) as sold, count(*) as n from orders group by rep_id
        )
        select reps.name as rep, coalesce(sums.sold, 0) / sums.n as average, sums.n
        from reps
        left join sums on reps.rep_id = sums.rep_id
        where reps.is_active
        """
    )
    assert found == {
        "rep": [ColumnSource("core", "reps", "name")],
        "average": [ColumnSource("core", "orders", "amount")],
        "n": [],
    }


def test_a_union_has_the_sources_of_all_its_parts_and_a_window_those_of_its_groups():
    found = sources(
        """
        select name as label, 1 as value from core.reps
        union all
        select order_id, max(amount) over (partition by rep_id) from core.orders
        """
    )
    assert found == {
        "label": [ColumnSource("core", "orders", "order_id"), ColumnSource("core", "reps", "name")],
        "value": [
            ColumnSource("core", "orders", "amount"),
            ColumnSource("core", "orders", "rep_id"),
        ],
    }


def test_columns_left_out_of_a_star_are_no_columns():
    assert list(sources("select * exclude (rep_id) from core.orders")) == ["order_id", "amount"]


def test_a_query_that_cannot_be_read_is_left_out_and_the_others_are_told():
    found = column_sources(
        {"broken": "select from where (", "whole": "select name from core.reps"}, KNOWN
    )
    assert found == {"whole": {"name": [ColumnSource("core", "reps", "name")]}}


def test_what_was_found_is_kept_until_a_query_or_a_table_that_it_names_changes(
    tmp_path, monkeypatch
):
    looked_at = []

    def watched(queries, known):
        looked_at.append(sorted(queries))
        return column_sources(queries, known)

    monkeypatch.setattr(lineage, "column_sources", watched)
    queries = {"names": "select * from core.reps", "broken": "select from where ("}
    told = {
        "names": {c: [ColumnSource("core", "reps", c)] for c in ("rep_id", "name", "is_active")}
    }
    wider = {"core": {**KNOWN["core"], "orders": {"order_id": "varchar"}}}
    for known in (KNOWN, wider):
        assert kept_column_sources(queries, known, tmp_path / "kept.json") == told
    assert looked_at == [["broken", "names"]]
    narrower = {"core": {"reps": {"name": "varchar"}}}
    found = kept_column_sources(queries, narrower, tmp_path / "kept.json")
    assert found == {"names": {"name": [ColumnSource("core", "reps", "name")]}}
    assert looked_at == [["broken", "names"], ["names"]]
