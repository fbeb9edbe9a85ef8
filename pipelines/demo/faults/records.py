"""Faults of whole records and of their keys: what is missing, there twice, or leads nowhere."""

from __future__ import annotations

from pipelines.demo.faults.planter import Kind, Planter
from pipelines.extract import contract

_EACH = 4


def _referred() -> set[str]:
    return {
        column.references
        for entity in contract.entities().values()
        for column in entity.columns
        if column.references
    } | {"pipeline_stages"}


def _missing_required(planter: Planter) -> None:
    # The key of a record that others name would leave those without it.
    columns = [
        (entity.name, column.name)
        for entity in contract.entities().values()
        for column in entity.columns
        if column.is_required and not (column.name in entity.key and entity.name in _referred())
    ]
    for entity, column in planter.chance.sample(columns, _EACH):
        (found,) = planter.take(entity)
        empty = "" if contract.entities()[entity].domain == "survey" else None
        planter.spoil(found, {column: empty})


def _dangling_reference(planter: Planter) -> None:
    columns = [
        (entity.name, column.name)
        for entity in contract.entities().values()
        for column in entity.columns
        if column.references and column.name not in entity.key
    ]
    for number, (entity, column) in enumerate(planter.chance.sample(columns, _EACH)):
        (found,) = planter.take(entity, f"coalesce({column}, '') <> ''")
        planter.spoil(found, {column: f"GONE-{number + 1}"})


KINDS = (
    Kind("missing_required", "completeness", _missing_required),
    Kind("dangling_reference", "consistency", _dangling_reference),
)
