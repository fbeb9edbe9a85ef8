"""Choose rows for faults, no two of one family, spoil them, and write down what was done."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from pipelines.demo.stores import Record, Sources
from pipelines.extract import contract

_CANDIDATES = 400
# Rows whose fault would tell nothing, or whose relatives have a say in it: deleted and merged ones,
# tests, guests' answers.
_LIVING = {
    "accounts": "is_deleted = 0 and merged_into_id is null",
    "contacts": "is_deleted = 0 and merged_into_id is null",
    "customers": "is_deleted = 0 and merged_into_id is null",
    "leads": "is_deleted = 0",
    "opportunities": "is_deleted = 0 and merged_into_id is null",
    "orders": "is_deleted = 0 and is_test = 0 and status <> 'draft'",
    "survey_responses": "is_test = 0 and submitted_at is not null",
}
# Where a row belongs to one of these, so does its fault.
_PARENTS = {
    "order_id": "orders",
    "opportunity_id": "opportunities",
    "response_id": "survey_responses",
}


@dataclass(frozen=True)
class Fault:
    """One planted fault: the record that is wrong, the column (of several any may be named), what
    stood there before and after. `related` are records that it makes look wrong as well."""

    entity: str
    record_id: str
    column: str
    kind: str
    dimension: str
    value_before: Any
    value_after: Any
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of fault, the quality dimension it harms, and how it is planted."""

    name: str
    dimension: str
    plant: Callable[[Planter], None]


@dataclass(frozen=True)
class Found:
    """A row and its place in its source."""

    entity: str
    place: int
    row: Record

    @property
    def record_id(self) -> str:
        """The row's key, parts joined by a bar."""
        return record_id(self.entity, self.row)


@dataclass
class Planter:
    """What a kind of fault needs: the sources, chance of its own, the families that have a fault
    already, and the faults so far."""

    sources: Sources
    kind: Kind
    chance: random.Random
    as_of: date
    taken: set[tuple[str, str]] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def take(self, entity: str, where: str = "true", count: int = 1) -> list[Found]:
        """Rows that meet a condition in SQL, of families without a fault, which now have one.
        ValueError where there are too few."""
        found: list[Found] = []
        for candidate in self.look(entity, where):
            family = self._family(candidate)
            if self.taken.isdisjoint(family):
                self.taken |= family
                found.append(candidate)
            if len(found) == count:
                return found
        raise self.too_small(entity)

    def too_small(self, entity: str) -> ValueError:
        """What to raise where the demo has no row left."""
        return ValueError(f"the demo is too small: no row of {entity} is left for {self.kind.name}")

    def look(self, entity: str, where: str = "true") -> Iterator[Found]:
        """Living rows that meet a condition, in an order of chance, whether taken or not."""
        conditions = [f"({where})", _LIVING.get(entity, "true")]
        names = contract.entities()[entity].column_names
        conditions += [
            f"{column} in (select {column} from {parent} where {_LIVING[parent]})"
            for column, parent in _PARENTS.items()
            if column in names and parent != entity and contract.entities()[entity].column(column).is_required
        ]  # fmt: skip
        step = self.chance.randrange(1, 1_000_003)
        places = self.sources.ask(
            f'select rowid from "{entity}" as this where {" and ".join(conditions)}'
            f" order by rowid * {step} % 1000003, rowid limit {_CANDIDATES}"
        )
        for (place,) in places:
            yield Found(entity, place, self.sources.row(entity, place))

    def spoil(
        self,
        found: Found,
        changes: Mapping[str, Any],
        *,
        column: str | None = None,
        related: tuple[str, ...] = (),
    ) -> None:
        """Put the changes into the row; the first of them is the fault unless a column is named."""
        first = next(iter(changes))
        after = {**found.row, **changes}
        self.sources.update(found.entity, found.place, changes)
        self._note(found.entity, after, column or first, found.row[first], after[first], related)

    def add(self, entity: str, row: Record, *, column: str, related: tuple[str, ...] = ()) -> None:
        """Add a row that is itself the fault."""
        place = self.sources.insert(entity, row)
        self.taken |= self._family(Found(entity, place, row))
        self._note(entity, row, column, None, row[column.split(",")[0]], related)

    def tell(
        self, found: Found, column: str, before: Any, after: Any, related: tuple[str, ...] = ()
    ) -> None:
        """Write down a fault of a row that was made in other rows."""
        self._note(found.entity, found.row, column, before, after, related)

    def parents(self, found: Found) -> tuple[str, ...]:
        """The family's head, where the row is not it: what misses the row when it is spoiled."""
        return tuple(
            f"{entity}:{record}"
            for entity, record in sorted(self._family(found))
            if entity != found.entity
        )

    def kin(self, found: Found) -> tuple[str, ...]:
        """The rows whose sense hangs on this one: a deal's stages, an order's parcels, a survey's
        responses."""
        children = {
            "opportunities": ("opportunity_stage_history",),
            "orders": ("shipments",),
            "surveys": ("survey_responses",),
        }.get(found.entity, ())
        key = contract.entities()[found.entity].key[0]
        return tuple(
            f"{child}:{record}"
            for child in children
            for (record,) in self.sources.ask(
                f"select {contract.entities()[child].key[0]} from {child} where {key} = ?",
                found.record_id,
            )
        )

    def empty(self, entity: str) -> str | None:
        """Nothing, as the entity's source writes it."""
        return "" if contract.entities()[entity].domain == "survey" else None

    def new_id(self, found: Found, number: int) -> str:
        """A key for a row like this one: the source's form, a number far behind all others."""
        letters = found.record_id.rstrip("0123456789-")
        return f"{letters}{990_001 + number}"

    def _note(
        self,
        entity: str,
        row: Record,
        column: str,
        before: Any,
        after: Any,
        related: tuple[str, ...],
    ) -> None:
        self.faults.append(
            Fault(entity, record_id(entity, row), column, self.kind.name, self.kind.dimension,
                  before, after, related)
        )  # fmt: skip

    def _family(self, found: Found) -> set[tuple[str, str]]:
        """The record itself and the family it belongs to."""
        family = {(found.entity, found.record_id)}
        family |= {
            (parent, found.row[column])
            for column, parent in _PARENTS.items()
            if found.row.get(column)
        }
        if found.row.get("order_line_id"):
            orders = self.sources.ask(
                "select order_id from order_lines where order_line_id = ?",
                found.row["order_line_id"],
            )
            family |= {("orders", order) for (order,) in orders}
        return family


def shifted(text: str, *, days: int = 0, seconds: int = 0) -> str:
    """The instant or day so much later, written as it was."""
    moved = datetime.fromisoformat(text) + timedelta(days=days, seconds=seconds)
    if len(text) == 10:
        return moved.date().isoformat()
    return moved.isoformat(sep=text[10], timespec="seconds")


def changed_letter(text: str, chance: random.Random) -> str:
    """The text with one letter of its inside mistyped."""
    place = chance.randrange(1, max(2, len(text) - 1))
    typed = chance.choice("eaionrst" if text[place].isascii() else "之乎者也以为可用")
    return f"{text[:place]}{typed}{text[place + 1 :]}"


def record_id(entity: str, row: Mapping[str, Any]) -> str:
    """The row's key as the platform names records: its parts joined by a bar; empty where a part is
    missing."""
    parts = [row[name] for name in contract.entities()[entity].key]
    required = [part for name, part in zip(contract.entities()[entity].key, parts, strict=True)
                if contract.entities()[entity].column(name).is_required]  # fmt: skip
    if any(part in (None, "") for part in required):
        return ""
    return "|".join("" if part is None else str(part) for part in parts)
