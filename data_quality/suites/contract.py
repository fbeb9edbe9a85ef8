"""State what the contract implies of every entity, and give each entity its whole suite."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from data_quality.expectations import (
    Expectation,
    counted,
    fits,
    not_future,
    refers,
    required,
    unique_key,
)
from data_quality.suites import crm, orders, survey
from pipelines.extract import contract

# A line without its order, an answer without its response or question, a split or a history row
# without its deal mean nothing: those rows are held. Every other dead reference goes on as (none).
HELD_REFERENCES = frozenset(
    {
        ("order_lines", "order_id"),
        ("survey_answers", "response_id"),
        ("survey_answers", "question_id"),
        ("opportunity_splits", "opportunity_id"),
        ("opportunity_stage_history", "opportunity_id"),
    }
)

# Columns that tell what has happened, so that a day to come is a mistake. Plans (expected,
# promised, ends, valid until) are not among them, nor is updated_at, the source's own affair.
PAST_COLUMNS = frozenset(
    {
        "cancelled_at",
        "changed_at",
        "closed_at",
        "confirmed_at",
        "converted_at",
        "created_at",
        "delivered_at",
        "entered_at",
        "first_response_at",
        "happened_at",
        "noted_at",
        "ordered_at",
        "paid_at",
        "replied_at",
        "resolved_at",
        "returned_at",
        "sent_at",
        "shipped_at",
        "started_at",
        "submitted_at",
        "touched_at",
    }
)


@cache
def suite(entity_name: str) -> tuple[Expectation, ...]:
    """Everything that must hold of the entity: what its declaration implies, then its own rules."""
    entity = contract.entities()[entity_name]
    found = (*_declared(entity), *_own(entity))
    if "is_deleted" not in entity.column_names:
        return found
    return tuple(_of_living_rows(e, entity) for e in found)


def suites() -> dict[str, tuple[Expectation, ...]]:
    """The suite of every contract entity, by name, in the contract's order."""
    return {name: suite(name) for name in contract.entities()}


def staging_table(entity_name: str) -> str:
    """The table that the gate reads for an entity, with its schema."""
    entity = contract.entities()[entity_name]
    return f"staging.stg_{entity.domain}__{entity.name}"


def _of_living_rows(expectation: Expectation, entity: contract.Entity) -> Expectation:
    """The same for rows that the source does not call deleted.

    Systems empty what they delete. Such a row goes on, so that core takes the record out; held
    back, it would leave the last accepted version in every figure. Its key it must have.
    """
    is_key = set(expectation.columns) <= set(entity.key)
    if expectation.kind != "rows" or is_key:
        return expectation
    return replace(
        expectation,
        condition=f"({expectation.condition}) and this.is_deleted is not true",
    )


def _declared(entity: contract.Entity) -> tuple[Expectation, ...]:
    needed = {column.name for column in entity.columns if column.is_required}
    found = [counted(entity.name)]
    found.append(
        unique_key(entity.name, entity.key, tuple(part for part in entity.key if part in needed))
    )
    for column in entity.columns:
        if column.is_required:
            found.append(required(entity.name, column.name, column.type, column.name in entity.key))
        if column.type != "text":
            found.append(fits(entity.name, column.name, column.type, column.is_required))
        if column.name in PAST_COLUMNS:
            found.append(not_future(entity.name, column.name, column.type))
        if column.references is not None:
            (key,) = contract.entities()[column.references].key
            is_held = (entity.name, column.name) in HELD_REFERENCES
            found.append(
                refers(
                    entity.name,
                    column.name,
                    column.references,
                    staging_table(column.references),
                    key,
                    "reject" if is_held else "warn",
                )
            )
    return tuple(found)


def _own(entity: contract.Entity) -> tuple[Expectation, ...]:
    domain = {"crm": crm, "orders": orders, "survey": survey}[entity.domain]
    return domain.EXPECTATIONS.get(entity.name, ())
