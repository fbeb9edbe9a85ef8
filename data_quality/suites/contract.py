"""State what the contract implies of every entity, and give each entity its whole suite."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from data_quality.expectations import (
    Expectation,
    clock_gap,
    counted,
    fits,
    not_future,
    possible,
    refers,
    required,
    unique_key,
)
from data_quality.peers import spelling
from data_quality.suites import crm, orders, survey
from data_quality.texts import FULL_WIDTH, INVISIBLE, characters, personal_data
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

# Ends that people leave open by a day far away.
OPEN_ENDS = frozenset({"ends_on", "valid_to", "leave_date"})

# Where people write what they like: no names to compare, and no place for others' addresses.
FREE_TEXTS = {
    "opportunities": ("next_step", "lost_reason"),
    "activities": ("outcome",),
    "research_notes": ("title", "body", "tags"),
    "improvement_actions": ("finding",),
    "returns": ("reason",),
    "survey_answers": ("value_text",),
}

# Columns that name a stage without being declared as references: a stage has a key of two parts.
STAGES = frozenset(
    {
        ("opportunities", "pipeline_id"),
        ("opportunities", "stage_id"),
        ("opportunity_stage_history", "from_stage_id"),
        ("opportunity_stage_history", "to_stage_id"),
    }
)

# Columns that hold one of few names, which are spelled in one way.
NAMES = {
    "users": ("role", "region"),
    "teams": ("region",),
    "accounts": ("industry", "segment", "country", "region", "city", "source"),
    "contacts": ("title",),
    "leads": ("source", "status"),
    "opportunities": ("lead_source", "lost_reason"),
    "campaigns": ("type", "channel"),
    "tickets": ("category", "priority", "channel"),
    "training_sessions": ("course",),
    "market_sizes": ("segment", "region"),
    "research_notes": ("source", "segment"),
    "targets": ("dimension", "member"),
    "customers": ("country", "region", "city", "segment"),
    "products": ("category", "family"),
    "orders": ("channel", "region"),
    "payments": ("method", "status"),
    "shipments": ("carrier",),
    "returns": ("reason",),
    "survey_responses": ("channel",),
}


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
    dates = tuple(
        column.name
        for column in entity.columns
        if column.type in ("date", "timestamp") and column.name != "updated_at"
    )
    # A reference that is written differently leads nowhere, and a word that must be of a list is not
    # on it: they are told of as that.
    listed = {e.columns[0] for e in _own(entity) if e.kind == "in_set"}
    names = tuple(
        column.name
        for column in entity.columns
        if column.type == "text"
        and column.references is None
        and (entity.name, column.name) not in STAGES
        and column.name != "currency_code"
        and column.name not in listed.union(FREE_TEXTS.get(entity.name, ()))
    )
    spelled = spelling(entity.name, NAMES.get(entity.name, ()), staging_table(entity.name))
    found = [counted(entity.name)]
    found.append(
        unique_key(entity.name, entity.key, tuple(part for part in entity.key if part in needed))
    )
    for column in entity.columns:
        if column.is_required:
            found.append(required(entity.name, column.name, column.type, column.name in entity.key))
        if column.type != "text":
            found.append(fits(entity.name, column.name, column.type, column.is_required))
        if column.type == "timestamp" and column.name != "updated_at":
            found.append(clock_gap(entity.name, column.name))
        if column.name in PAST_COLUMNS:
            found.append(not_future(entity.name, column.name, column.type))
        if column.type in ("date", "timestamp") and column.name != "updated_at":
            found.append(
                possible(
                    entity.name,
                    column.name,
                    has_last=column.name not in PAST_COLUMNS | OPEN_ENDS,
                    together=dates,
                )
            )
        if column.name in names:
            found += [
                characters(entity.name, column.name, "invisible_characters", INVISIBLE, names),
                characters(entity.name, column.name, "full_width", FULL_WIDTH, names),
            ]
        if column.name in FREE_TEXTS.get(entity.name, ()):
            found.append(personal_data(entity.name, column.name))
        if column.name in spelled:
            found.append(spelled[column.name])
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
