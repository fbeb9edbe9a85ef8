"""The demo's sources hold what the contract asks for: entities, stars, keys, references, order."""

from __future__ import annotations

from pipelines.extract import contract

# A few rows are merged, cancelled, or answered by the company's own people: few by nature.
RARE = {"merged_into_id", "cancelled_at", "user_id", "choice"}


def test_every_entity_has_rows_as_counted(demo):
    counted = {name: demo.one(f"select count(*) from {name}") for name in contract.entities()}
    assert counted == demo.summary.rows
    assert min(counted.values()) > 1


def test_sizes_at_scale_1(demo):
    bounds = {
        "customers": (360, 440), "orders": (6_700, 7_300), "order_lines": (19_000, 21_000),
        "opportunities": (1_500, 1_500), "opportunity_stage_history": (5_500, 8_000),
        "activities": (10_000, 16_000), "leads": (1_700, 2_000), "tickets": (500, 900),
        "survey_responses": (1_600, 2_600), "surveys": (28, 34),
    }  # fmt: skip
    outside = {
        name: demo.summary.rows[name]
        for name, (low, high) in bounds.items()
        if not low <= demo.summary.rows[name] <= high
    }
    assert outside == {}
    assert demo.one("select count(*) from users where role = 'rep'") == 9
    assert demo.one("select count(*) from teams where team_id like 'T-0%'") == 3


def test_required_columns_are_filled_and_optional_ones_often(demo):
    empty, sparse = [], []
    for entity in contract.entities().values():
        for column in entity.columns:
            share = demo.one(
                f"select avg({column.name} is not null and {column.name} <> '') from {entity.name}"
            )
            if column.is_required and share < 1:
                empty.append((entity.name, column.name))
            if share < 0.05 and column.name not in RARE:
                sparse.append((entity.name, column.name))
            assert share > 0, (entity.name, column.name)
    assert (empty, sparse) == ([], [])


def test_keys_are_unique(demo):
    doubled = [
        entity.name
        for entity in contract.entities().values()
        if demo.ask(
            f"select 1 from {entity.name} group by {', '.join(entity.key)} having count(*) > 1"
        )
    ]
    assert doubled == []


def test_every_reference_is_resolved(demo):
    assert demo.dangling() == {}
    # Stages are named together with their pipeline, which the reference above cannot say.
    assert demo.ask(
        "select opportunity_id from opportunities where (pipeline_id, stage_id) not in"
        " (select pipeline_id, stage_id from pipeline_stages)"
    ) == []  # fmt: skip
    assert demo.ask(
        "select history_id from opportunity_stage_history join opportunities using (opportunity_id)"
        " where (pipeline_id, to_stage_id) not in"
        " (select pipeline_id, stage_id from pipeline_stages)"
    ) == []  # fmt: skip


def test_nothing_happens_after_the_as_of_day(demo):
    assert demo.later_than("2026-06-30 15:59:59", "2026-06-30") == []


def test_updated_at_follows_every_other_instant_of_its_row(demo):
    early = []
    for entity in contract.entities().values():
        others = [
            c.name for c in entity.columns if c.type == "timestamp" and c.name != "updated_at"
        ]
        if entity.cursor:
            for name in others:
                if demo.one(f"select count(*) from {entity.name} where updated_at < {name}"):
                    early.append((entity.name, name))
    assert early == []


def test_sources_write_time_as_their_products_do(demo):
    crm = demo.one("select distinct substr(created_at, 20) from opportunities")
    shop = demo.one("select distinct length(ordered_at) from orders")
    survey = demo.one("select distinct substr(started_at, 20) from survey_responses")
    assert (crm, shop, survey) == ("+00:00", 19, "+08:00")


def test_tables_are_declared_as_an_application_would(demo):
    declared = {row[1]: (row[2], row[3], row[5]) for row in demo.ask("pragma table_info(orders)")}
    assert declared["order_id"] == ("TEXT", 1, 1)
    assert declared["ordered_at"] == ("TIMESTAMP", 1, 0)
    assert declared["total_amount"] == ("NUMERIC", 0, 0)
    assert declared["is_test"] == ("BOOLEAN", 0, 0)
    assert declared["promised_date"] == ("DATE", 0, 0)
