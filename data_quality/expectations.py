"""Say what an expectation is, as plain data, and build the usual ones.

Knows nothing of Great Expectations; `runner.py` turns these into its expectations.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from data_quality import messages
from data_quality.currencies import CODES

ACTIONS = ("reject", "warn", "block")
DIMENSIONS = (
    "accuracy",
    "completeness",
    "conformity",
    "timeliness",
    "consistency",
    "uniqueness",
    "relevance",
)
# What `kind` may be. `rows` has a condition that is true of the rows that fail; it names the row
# checked `this`, the table checked `{batch}`, and other staged tables by their full names. `sources`
# has one that is grouped by source and true of the sources that fail, without any of their rows.
KINDS = (
    "not_null",
    "in_set",
    "not_in_set",
    "between",
    "matches",
    "rows",
    "sources",
    "row_count",
)

# Nobody sold anything before: the days 0 of calendars and clocks (1899, 1900, 1904, 1970) stand for
# no date. And nobody plans for after.
_FIRST_DAY = "1970-01-03"
_LAST_DAY = "2100-01-01"

CURRENCY = f"^({'|'.join(CODES)})$"


def _origin() -> str:
    """File and line of the suite that is being read: where a mistake in it is to be mended."""
    frame: FrameType | None = sys._getframe(1)
    found = ""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith("data_quality.suites."):
            file = Path(frame.f_code.co_filename).name
            place = f"data_quality/suites/{file}, line {frame.f_lineno}"
            # The statement itself, rather than a helper of the suite that it calls.
            if frame.f_code.co_name == "<module>":
                return place
            found = found or place
        frame = frame.f_back
    return found


class Link(NamedTuple):
    """A row of `table` matters only to rows whose `own` equals its `other`: SQL over the row, `{0}`.

    `table` is a staged table by its full name, or `{batch}`.
    """

    table: str
    own: str
    other: str


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold of a table.

    `rule` is `<entity>.<column or topic>.<kind>`, stable and lower snake. `needs` names the
    entities without which the check has no sense (nobody delivers them: it is left out).
    `only_where` is a condition that every failing row meets: where no row does, nothing failed,
    and one look serves all expectations that share it. `links` say which rows of the tables that
    the condition reads can matter to a row; of a table without a link any row may matter to any.
    `origin` is where it is written.
    """

    rule: str
    kind: str
    columns: tuple[str, ...]
    action: str
    dimension: str
    message_zh: str
    message_en: str
    minimum: str | None = None
    maximum: str | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    condition: str | None = None
    needs: tuple[str, ...] = ()
    is_final: bool = False
    only_where: str | None = None
    # No part of what is judged: only of how often.
    links: tuple[Link, ...] = field(default=(), compare=False, repr=False)
    origin: str = field(default_factory=_origin, compare=False, repr=False)

    @property
    def column_name(self) -> str:
        """The columns to correct, joined by a comma."""
        return ",".join(self.columns)

    @property
    def threshold(self) -> str | None:
        """The limit as people read it, or None where there is none to show."""
        if self.kind in ("in_set", "not_in_set"):
            return ", ".join(self.values)
        if self.kind in ("between", "row_count"):
            return f"{self.minimum or ''}..{self.maximum or ''}"
        return "ISO 4217" if self.pattern == CURRENCY else self.pattern


def required(entity: str, column: str, type_: str, is_key: bool = False) -> Expectation:
    """The column must be filled, not by blanks. What did not fit its type is `fits`'s matter."""
    empty = f"this.{column} is null"
    if type_ == "text":
        empty = f"coalesce(trim(this.{column}), '') = ''"
    return rows(
        f"{entity}.{column}.required",
        (column,),
        "reject",
        "completeness",
        f"{empty} and {misfit(column)} is null",
        *messages.required(entity, column),
        is_final=is_key,
    )


def unique_key(entity: str, key: tuple[str, ...], required_parts: tuple[str, ...]) -> Expectation:
    """No two rows may have the key; rows without a required part of it are `required`'s matter."""
    # `choice` is '' or NULL where a question has no choices: one and the same key.
    parts = [part if part in required_parts else f"coalesce({part}, '')" for part in key]
    filled = " and ".join(f"{part} is not null" for part in required_parts)
    own = [
        f"this.{part}" if part in required_parts else f"coalesce(this.{part}, '')" for part in key
    ]
    listed = ", ".join(parts)
    linked = _tuple([part.replace("this.", "{0}.") for part in own])
    return rows(
        f"{entity}.key.unique",
        key,
        "reject",
        "uniqueness",
        (
            f"{_tuple(own)} in (select {_tuple(parts)} from {{batch}} where {filled}"
            f" group by {listed} having count(*) > 1)"
        ),
        *messages.unique(entity, key),
        is_final=True,
        links=(Link("{batch}", linked, linked),),
    )


def fits(entity: str, column: str, type_: str, is_required: bool) -> Expectation:
    """What arrived must fit the column's type: a misfit is NULL in the row, its text is kept."""
    return rows(
        f"{entity}.{column}.type",
        (column,),
        "reject" if is_required else "warn",
        "conformity",
        f"{misfit(column)} is not null",
        *messages.fits(entity, column, type_),
        is_final=True,
        only_where="this._rejected_values is not null",
    )


def refers(entity: str, column: str, parent: str, table: str, key: str, action: str) -> Expectation:
    """What the column names must be staged."""
    return rows(
        f"{entity}.{column}.reference",
        (column,),
        action,
        "consistency",
        (
            f"coalesce(trim(this.{column}), '') <> ''"
            f" and not exists (select 1 from {table} as parent where parent.{key} = this.{column})"
        ),
        *messages.refers(entity, column, parent),
        needs=(parent,),
        links=(link(table, column, key),),
    )


def not_future(entity: str, column: str, type_: str) -> Expectation:
    """The date may not lie after the day on which it was extracted, by the company's calendar."""
    day = local_day(f"this.{column}") if type_ == "timestamp" else f"this.{column}"
    return rows(
        f"{entity}.{column}.not_future",
        (column,),
        "warn",
        "accuracy",
        f"{day} > {local_day('this._extracted_at')}",
        *messages.not_future(entity, column),
    )


def possible(entity: str, column: str, has_last: bool, together: tuple[str, ...]) -> Expectation:
    """The date is none that stands for no date: day 0 of a calendar or a clock, or after 2100.

    `together` are the columns of one look; without `has_last` a far day may stand for no end.
    """
    first = f"this.{column} < date '{_FIRST_DAY}'"
    last = f" or this.{column} >= date '{_LAST_DAY}'" if has_last else ""
    return rows(
        f"{entity}.{column}.possible",
        (column,),
        "warn",
        "accuracy",
        first + last,
        *messages.possible(entity, column),
        only_where=" or ".join(
            f"this.{other} < date '{_FIRST_DAY}' or this.{other} >= date '{_LAST_DAY}'"
            for other in together
        ),
    )


def clock_gap(entity: str, column: str) -> Expectation:
    """The local time was one: not among the minutes that clocks skip in spring. Landing notes it."""
    return rows(
        f"{entity}.{column}.clock_gap",
        (column,),
        "warn",
        "accuracy",
        f"json_extract_string(this._rejected_values, '$$.\"{column} in a gap\"') is not null",
        *messages.clock_gap(entity, column),
        only_where="this._rejected_values is not null",
    )


def percent_scale(
    entity: str, column: str, action: str, *, limit: str = "1", where: str | None = None
) -> Expectation:
    """The number is no percentage where a share belongs: above `limit` and up to a hundred."""
    condition = f"this.{column} > {limit} and this.{column} <= 100"
    return rows(
        f"{entity}.{column}.percent_scale",
        (column,),
        action,
        "conformity",
        f"{condition} and {where}" if where else condition,
        *messages.percent_scale(entity, column),
    )


def share(entity: str, column: str, action: str) -> tuple[Expectation, Expectation]:
    """The number is a share, 0 to 1, and no percentage."""
    zh, en = messages.between(entity, column, "0", "1")
    return (
        rows(
            f"{entity}.{column}.range",
            (column,),
            action,
            "accuracy",
            f"this.{column} < 0 or this.{column} > 100",
            zh,
            en,
        ),
        percent_scale(entity, column, action),
    )


def never_filled(
    entity: str,
    topic: str,
    columns: tuple[str, ...],
    due: str,
    filled: str,
    needs: tuple[str, ...] = (),
) -> Expectation:
    """Some row of each source that is due has what it needs. A source without any gets one remark,
    and no issue for its rows. `due` and `filled` are conditions on a row."""
    zh, en = messages.never_filled(entity, topic)
    return Expectation(
        rule=f"{entity}.{topic}.never_filled",
        kind="sources",
        columns=columns,
        action="warn",
        dimension="completeness",
        message_zh=zh,
        message_en=en,
        condition=f"{due} group by this.source_system having count(*) >= 5"
        f" and count(case when {filled} then 1 end) = 0",
        needs=needs,
    )


def counted(entity: str) -> Expectation:
    """How many rows there are: an empty table passes everything else."""
    zh, en = messages.counted(entity)
    return Expectation(
        rule=f"{entity}.rows.row_count",
        kind="row_count",
        columns=(),
        action="warn",
        dimension="completeness",
        message_zh=zh,
        message_en=en,
        minimum="0",
    )


def must_have_rows(expectation: Expectation, action: str = "block") -> Expectation:
    """The same count for a table that had rows before: none is then a reason to stop, or to tell."""
    return replace(expectation, minimum="1", action=action)


def in_set(entity: str, column: str, values: tuple[str, ...], action: str) -> Expectation:
    """The column holds one of the listed values, or nothing."""
    zh, en = messages.in_set(entity, column, values)
    return Expectation(
        rule=f"{entity}.{column}.in_set",
        kind="in_set",
        columns=(column,),
        action=action,
        dimension="conformity",
        message_zh=zh,
        message_en=en,
        values=values,
    )


def between(
    entity: str,
    column: str,
    minimum: str | None,
    maximum: str | None,
    action: str,
    dimension: str = "accuracy",
) -> Expectation:
    """The number lies within the limits, both of them allowed."""
    zh, en = messages.between(entity, column, minimum, maximum)
    return Expectation(
        rule=f"{entity}.{column}.range",
        kind="between",
        columns=(column,),
        action=action,
        dimension=dimension,
        message_zh=zh,
        message_en=en,
        minimum=minimum,
        maximum=maximum,
    )


def matches(entity: str, column: str, pattern: str, kind: str, action: str) -> Expectation:
    """The text has the form; `kind` names the form in the rule."""
    zh, en = messages.matches(entity, column, kind)
    return Expectation(
        rule=f"{entity}.{column}.{kind}",
        kind="matches",
        columns=(column,),
        action=action,
        dimension="conformity",
        message_zh=zh,
        message_en=en,
        pattern=pattern,
    )


def not_before(
    entity: str, later: str, earlier: str, types: tuple[str, str], action: str = "warn"
) -> Expectation:
    """`later` is no earlier than `earlier`: by instant where both have one, else by local day."""
    if types == ("timestamp", "timestamp"):
        condition = f"this.{later} < this.{earlier}"
    else:
        days = [
            local_day(f"this.{column}") if type_ == "timestamp" else f"this.{column}"
            for column, type_ in zip((later, earlier), types, strict=True)
        ]
        condition = f"{days[0]} < {days[1]}"
    # A date that cannot be is told of as that.
    condition += f" and {can_be(f'this.{later}')}"
    return rows(
        f"{entity}.{later}.not_before_{earlier}",
        (later, earlier),
        action,
        "consistency",
        condition,
        *messages.not_before(entity, later, earlier),
    )


def rows(
    rule: str,
    columns: tuple[str, ...],
    action: str,
    dimension: str,
    condition: str,
    message_zh: str,
    message_en: str,
    needs: tuple[str, ...] = (),
    *,
    is_final: bool = False,
    only_where: str | None = None,
    links: tuple[Link, ...] = (),
) -> Expectation:
    """A condition of its own; it is true of the rows that fail."""
    return Expectation(
        rule=rule,
        kind="rows",
        columns=columns,
        action=action,
        dimension=dimension,
        message_zh=message_zh,
        message_en=message_en,
        condition=condition,
        needs=needs,
        is_final=is_final,
        only_where=only_where,
        links=links,
    )


def link(table: str, own: str, other: str | None = None) -> Link:
    """The link between a row's column `own` and column `other` (default: the same) of a table."""
    return Link(table, f"{{0}}.{own}", f"{{0}}.{other or own}")


def literal(condition: str) -> str:
    """SQL whose `$` and braces mean themselves, for a condition."""
    return condition.replace("$", "$$").replace("{", "{{").replace("}", "}}")


def is_currency(column: str) -> str:
    """SQL: the text is a currency's code."""
    return literal(f"regexp_matches({column}, '{CURRENCY}')")


def can_be(column: str) -> str:
    """SQL: the date is a possible one."""
    return f"{column} >= date '{_FIRST_DAY}'"


def local_day(instant: str) -> str:
    """SQL for the company's day of an instant; `$timezone` is filled in by the runner."""
    return f"cast(timezone('$timezone', {instant}) as date)"


def _tuple(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"row({', '.join(parts)})"


def misfit(column: str) -> str:
    """SQL for the text that did not fit the column's type; NULL where the value did fit."""
    return f"json_extract_string(this._rejected_values, '$$.{column}')"
