"""The runner finds what the DataFrame engine of Great Expectations finds, all of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from data_quality import duckdb_dialect, runner
from data_quality.expectations import (
    CURRENCY,
    Expectation,
    between,
    in_set,
    matches,
    must_have_rows,
    not_before,
    required,
    rows,
    unique_key,
)
from data_quality.runner import run_suite
from data_quality.suites.contract import suite
from data_quality.suites.crm import EMAIL

START = datetime(2026, 1, 1, tzinfo=UTC)
FRAME = pd.DataFrame(
    {
        "source_system": "shop",
        "_record_id": [str(i) for i in range(60)],
        "_rejected_values": None,
        "order_id": [f"o{i // 2}" if i < 4 else f"o{i}" for i in range(60)],
        "part": [("a", "b")[i % 2] if i > 1 else "a" for i in range(60)],
        "status": [("draft", "confirmed", None, "Draft", "lost")[i % 5] for i in range(60)],
        "email": [("a@b.cn", None, "a b@c.de", "@x.y", "a@b", "é@b.cn")[i % 6] for i in range(60)],
        "currency": [("CNY", "cny", "EURO", "US", None)[i % 5] for i in range(60)],
        "amount": [None if i % 7 == 0 else float(i - 20) / 4 for i in range(60)],
        "ordered_at": [START + timedelta(hours=i) for i in range(60)],
        "confirmed_at": [
            None if i % 11 == 0 else START + timedelta(hours=i + i % 3 - 1) for i in range(60)
        ],
    }
)


# The same columns where all is well, where nothing is filled, and where there is no row.
GOOD = FRAME.assign(
    order_id=FRAME["_record_id"],
    part="a",
    status="draft",
    email="a@b.cn",
    currency="CNY",
    amount=1.5,
    confirmed_at=FRAME["ordered_at"],
)
_FILLED = ["source_system", "_record_id", "_rejected_values", "ordered_at"]
UNFILLED = FRAME.assign(**{c: None for c in FRAME.columns if c not in _FILLED}).astype(
    {"amount": "float64", "confirmed_at": FRAME["confirmed_at"].dtype}
)
FRAMES = {"orders": FRAME, "good": GOOD, "unfilled": UNFILLED, "empty": FRAME.head(0)}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runner") / "it's a $file.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema staging")
        texts = ("_rejected_values", "order_id", "part", "status", "email", "currency")
        casts = ", ".join(f"cast({column} as varchar) as {column}" for column in texts)
        for name, frame in FRAMES.items():
            connection.register("frame", frame)
            connection.execute(
                f"create table staging.stg_orders__{name} as select * replace"
                f" (cast(amount as decimal(18, 4)) as amount, {casts},"
                " cast(confirmed_at as timestamptz) as confirmed_at) from frame"
            )
    return path


def _by_dataframes(expectation: Any, frame: pd.DataFrame = FRAME) -> set[str]:
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    batch = (
        context.data_sources.add_pandas("frames")
        .add_dataframe_asset("frame")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": frame})
    )
    result = batch.validate(
        expectation,
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["_record_id"],
        },
    )
    found = {entry["_record_id"] for entry in result.result.get("unexpected_index_list") or ()}
    assert result.success == (not found)
    return found


def _equals(kind: str) -> tuple[Expectation, Any]:
    """An expectation of ours and the one that Great Expectations has for the same thing."""
    import great_expectations.expectations as gxe

    ordered = gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="confirmed_at",
        column_B="ordered_at",
        or_equal=True,
        ignore_row_if="either_value_is_missing",
    )
    positive = rows(
        "orders.amount.positive", ("amount",), "warn", "accuracy", "this.amount <= 0", "零。", "0."
    )
    stamps = ("timestamp", "timestamp")
    return {
        "in_set": (
            in_set("orders", "status", ("draft", "confirmed"), "reject"),
            gxe.ExpectColumnValuesToBeInSet(column="status", value_set=["draft", "confirmed"]),
        ),
        "between": (
            between("orders", "amount", "0", "5.25", "reject"),
            gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=5.25),
        ),
        "at_least": (
            between("orders", "amount", "0", None, "reject"),
            gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0),
        ),
        "email": (
            matches("orders", "email", EMAIL, "email", "warn"),
            gxe.ExpectColumnValuesToMatchRegex(column="email", regex=EMAIL),
        ),
        "currency": (
            matches("orders", "currency", CURRENCY, "currency", "warn"),
            gxe.ExpectColumnValuesToMatchRegex(column="currency", regex=CURRENCY),
        ),
        "required_text": (
            required("orders", "status", "text"),
            gxe.ExpectColumnValuesToNotBeNull(column="status"),
        ),
        "required_instant": (
            required("orders", "confirmed_at", "timestamp"),
            gxe.ExpectColumnValuesToNotBeNull(column="confirmed_at"),
        ),
        "unique": (
            unique_key("orders", ("order_id",), ("order_id",)),
            gxe.ExpectColumnValuesToBeUnique(column="order_id"),
        ),
        "unique_together": (
            unique_key("orders", ("order_id", "part"), ("order_id", "part")),
            gxe.ExpectCompoundColumnsToBeUnique(column_list=["order_id", "part"]),
        ),
        "not_before": (not_before("orders", "confirmed_at", "ordered_at", stamps), ordered),
        "rows": (
            positive,
            gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, strict_min=True),
        ),
    }[kind]


KINDS = (
    "in_set",
    "between",
    "at_least",
    "email",
    "currency",
    "required_text",
    "required_instant",
    "unique",
    "unique_together",
    "not_before",
    "rows",
)


@pytest.mark.parametrize("kind", KINDS)
def test_sql_finds_the_rows_that_dataframes_find(kind: str, warehouse: Path) -> None:
    ours, theirs = _equals(kind)
    (outcome,) = run_suite(warehouse, "staging.stg_orders__orders", [ours])
    assert outcome.error is None
    assert outcome.failing is not None
    found = outcome.failing.column("_record_id").to_pylist()
    assert set(found) == _by_dataframes(theirs)
    assert outcome.rows_failed == len(found) > 0


@pytest.mark.parametrize("table", ["good", "unfilled", "empty"])
@pytest.mark.parametrize("kind", KINDS)
def test_sql_and_dataframes_agree_where_all_is_well_or_nothing_is_there(
    kind: str, table: str, warehouse: Path
) -> None:
    ours, theirs = _equals(kind)
    (outcome,) = run_suite(warehouse, f"staging.stg_orders__{table}", [ours])
    assert outcome.error is None
    found = outcome.failing.column("_record_id").to_pylist() if outcome.failing else []
    assert set(found) == _by_dataframes(theirs, FRAMES[table])
    assert (outcome.is_passed, outcome.rows_failed) == (not found, len(found))


def test_row_counts_agree_with_dataframes(warehouse: Path) -> None:
    counted = must_have_rows(suite("orders")[0])
    passed = []
    for minimum in ("60", "61"):
        (outcome,) = run_suite(
            warehouse, "staging.stg_orders__orders", [replace(counted, minimum=minimum)]
        )
        passed.append((outcome.is_passed, outcome.observed))
    assert passed == [(True, None), (False, "60")]


def test_all_failing_keys_are_named_not_the_first_twenty(warehouse: Path) -> None:
    (outcome,) = run_suite(
        warehouse,
        "staging.stg_orders__orders",
        [in_set("orders", "order_id", ("nothing",), "reject")],
    )
    assert outcome.failing is not None
    assert outcome.failing.num_rows == outcome.rows_failed == 60


def test_a_table_without_keys_is_only_counted(warehouse: Path) -> None:
    (outcome,) = run_suite(
        warehouse,
        "staging.stg_orders__orders",
        [between("orders", "amount", "0", None, "reject")],
        key_columns=(),
    )
    assert (outcome.rows_failed, outcome.failing) == (17, None)


def test_a_check_that_could_not_run_is_no_pass_and_says_why(warehouse: Path) -> None:
    good = in_set("orders", "order_id", ("nothing",), "reject")
    broken = rows(
        "orders.nothing.at_all", ("x",), "reject", "accuracy", "this.nothing > 1", "无。", "None."
    )
    outcomes = run_suite(warehouse, "staging.stg_orders__orders", [broken, good])
    assert [(o.did_run, o.is_passed) for o in outcomes] == [(False, False), (True, False)]
    assert "nothing" in str(outcomes[0].error)


def test_checks_of_a_missing_table_could_not_run(warehouse: Path) -> None:
    (outcome,) = run_suite(
        warehouse, "staging.absent", [between("orders", "amount", "0", None, "warn")]
    )
    assert (outcome.did_run, outcome.is_passed) == (False, False)


def test_the_file_can_be_written_again_after_a_run(warehouse: Path) -> None:
    run_suite(
        warehouse,
        "staging.stg_orders__orders",
        [between("orders", "amount", "0", None, "reject")],
    )
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create or replace table staging.written as select 1 as one")


def test_a_query_reaches_no_file_and_writes_nothing(warehouse: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    connection = duckdb_dialect.connect(warehouse)
    try:
        for statement in (
            f"select * from read_text('{secret}')",
            f"copy (select 1) to '{tmp_path / 'out.csv'}'",
            "create table staging.new as select 1 as one",
            "set enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
    finally:
        connection.close()
    assert not (tmp_path / "out.csv").exists()


def test_the_dialect_reflects_columns_and_types(warehouse: Path) -> None:
    import sqlalchemy as sa

    duckdb_dialect.register()
    engine = sa.create_engine(duckdb_dialect.url(warehouse))
    try:
        inspector = sa.inspect(engine)
        assert "stg_orders__orders" in inspector.get_table_names(schema="staging")
        types = {
            c["name"]: type(c["type"]).__name__
            for c in inspector.get_columns("stg_orders__orders", schema="staging")
        }
        assert (types["amount"], types["ordered_at"], types["status"]) == (
            "Numeric",
            "TIMESTAMP",
            "String",
        )
        with engine.connect() as connection:
            amount = connection.execute(
                sa.text("select max(amount) from staging.stg_orders__orders")
            ).scalar_one()
        assert amount == Decimal("9.75")
    finally:
        engine.dispose()
        duckdb_dialect.close_all(warehouse)


def test_only_the_runner_opens_great_expectations() -> None:
    root = Path(__file__).parents[3]
    named = {
        file.relative_to(root).as_posix()
        for folder in ("data_quality", "pipelines")
        for file in (root / folder).rglob("*.py")
        if "import great_expectations" in file.read_text()
    }
    assert named == {"data_quality/runner.py"}


def test_what_great_expectations_only_may_use_is_imported_when_it_is_used(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with runner._imported_when_used("colorsys"):
        import colorsys as later
    assert "colorsys" not in sys.modules
    assert later.rgb_to_hsv(0.5, 0.5, 0.5) == (0.0, 0.0, 0.5)
    import colorsys

    assert colorsys is not later
    assert colorsys.rgb_to_hsv is later.rgb_to_hsv
