"""Hand-made staged rows for tests: one good row of every entity, and a file that holds them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.extract.lake import arrow_schema

Row = dict[str, Any]

EXTRACTED = datetime.fromisoformat("2026-02-01T02:00:00+00:00")

_FIRST = {
    "created_at",
    "ordered_at",
    "started_at",
    "shipped_at",
    "starts_on",
    "opened_on",
    "hire_date",
    "period_start",
    "valid_from",
    "sent_at",
}
_BY_TYPE: dict[str, Any] = {
    "text": "some text",
    "integer": 1,
    "decimal": Decimal("1.0000"),
    "rate": Decimal("0.50000000"),
    "boolean": False,
    "timestamp": datetime.fromisoformat("2026-01-05T04:00:00+00:00"),
    "date": date.fromisoformat("2026-01-06"),
}
_GOOD: dict[tuple[str, str], Any] = {
    ("opportunities", "type"): "new",
    ("opportunities", "forecast_category"): "pipeline",
    ("opportunity_splits", "share"): Decimal(1),
    ("activities", "type"): "call",
    ("activities", "direction"): "out",
    ("quotas", "measure"): "revenue",
    ("commission_plans", "measure"): "revenue",
    ("commission_plans", "period_type"): "month",
    ("training_sessions", "format"): "online",
    ("research_notes", "kind"): "news",
    ("orders", "status"): "confirmed",
    ("orders", "discount_amount"): Decimal(0),
    ("order_lines", "discount_amount"): Decimal(0),
    ("shipment_lines", "quantity"): Decimal(0),
    ("returns", "quantity"): Decimal(0),
    ("returns", "amount"): Decimal(0),
    ("surveys", "kind"): "csat",
    ("survey_questions", "kind"): "rating",
    ("survey_questions", "measure"): "csat",
    ("survey_questions", "scale_max"): Decimal(5),
    ("survey_answers", "choice"): "",
}

# What tells records apart.
_OWN = {
    (entity, column)
    for entity, columns in {
        "accounts": ("name", "tax_id", "external_id"),
        "contacts": ("name",),
        "customers": ("name", "tax_id", "external_id"),
    }.items()
    for column in columns
}
# Two leads of one contact, or two responses of one respondent, would be one too many.
_ALONE = {
    ("leads", "contact_id"),
    ("survey_responses", "invitation_id"),
    ("survey_responses", "account_id"),
    ("survey_responses", "customer_id"),
    ("survey_responses", "user_id"),
}


# Parts of keys that name something; of the other parts a row's label is enough.
_NAMES = {
    ("survey_answers", "choice"): "",
    ("targets", "metric"): "net_sales",
    ("targets", "dimension"): "total",
}


def good_row(entity_name: str, label: str = "base", **changes: Any) -> Row:
    """A row that breaks no rule, refers to the rows called `base`, and has `label` for its key."""
    entity = contract.entities()[entity_name]
    row: Row = {}
    for column in entity.columns:
        value = _GOOD.get((entity_name, column.name), _BY_TYPE[column.type])
        if column.name in _FIRST:
            value -= timedelta(days=4)
        if column.name in ("currency_code",):
            value = "CNY"
        # Nobody is anybody's duplicate.
        if column.name == "email":
            value = f"{_own_number(label)}@aurora.cn"
        if column.name == "phone":
            value = f"+49 {_own_number(label)}"
        if (entity_name, column.name) in _OWN:
            value = f"{_own_number(label)} of {label}"
        if column.name in ("pipeline_id", "stage_id", "from_stage_id", "to_stage_id"):
            value = "base"
        if column.references is not None:
            # A row is not its own parent, nor anybody's duplicate.
            is_alone = column.references == entity_name or (entity_name, column.name) in _ALONE
            value = None if is_alone else "base"
        row[column.name] = value
    for part in entity.key:
        if entity.column(part).type == "text" and entity.column(part).references is None:
            row[part] = _NAMES.get((entity_name, part), label)
    row |= {
        "source_system": "shop",
        "_record_id": label,
        "_row_hash": label,
        "_batch_id": "20260201T020000000000Z",
        "_extracted_at": EXTRACTED,
        "_is_tombstone": False,
    }
    unknown = changes.keys() - row.keys() - {"_rejected_values", "_extra", "_row_number"}
    assert not unknown, f"{entity_name} has no {unknown}"
    return row | changes


def _own_number(label: str) -> str:
    return str(4_000_000_000 + zlib.crc32(label.encode()) * 37 % 999_999_937)


def lake_schema(entity_name: str) -> pa.Schema:
    """The columns of the entity's view in schema lake."""
    schema = arrow_schema(contract.entities()[entity_name])
    if "source_system" not in schema.names:
        schema = schema.append(pa.field("source_system", pa.string()))
    return schema


def write_staging(path: Path, rows: Mapping[str, Iterable[Row]]) -> None:
    """A warehouse file with every staging table, filled with these rows."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema staging")
        for name in contract.entities():
            table = pa.Table.from_pylist(list(rows.get(name, ())), schema=lake_schema(name))
            connection.register("_rows", table)
            connection.execute(
                f"create table {staging_table(name)} as select * exclude (_is_tombstone) from _rows"
            )
            connection.unregister("_rows")
