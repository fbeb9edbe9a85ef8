"""Choose a row for each expectation, and say how it is spoiled so that nothing else breaks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from data_quality import messages
from data_quality.expectations import Expectation
from data_quality.suites.contract import suites
from pipelines.demo.stores import Record, Sources
from pipelines.extract import contract

_SOURCES = {"crm": "crm", "orders": "shop", "survey": "survey"}
# Rows that others lean on, or that are few: a row is added for each fault, and none is spoiled.
_ADDED = frozenset(
    {
        "users", "teams", "pipeline_stages", "opportunity_splits", "competitors",
        "commission_plans", "commission_tiers", "commission_assignments", "campaigns",
        "training_sessions", "training_attendances", "improvement_actions", "products",
        "order_lines", "surveys", "survey_questions",
    }
)  # fmt: skip
_TEXTS = {
    "integer": "a dozen",
    "decimal": "about ten",
    "rate": "one half",
    "boolean": "perhaps",
    "timestamp": "last week",
    "date": "next spring",
}
_FORMS = {"email": "not an address", "currency": "yuan", "in_set": "something else"}
_CANDIDATES = 3_000
# Which rows may be spoiled: living ones, whose relatives leave the fault alone.
_HEALTHY = {
    "opportunities": "is_deleted = 0 and merged_into_id is null"
    " and opportunity_id not in (select opportunity_id from opportunity_splits)",
    "opportunity_stage_history": "opportunity_id in (select opportunity_id from opportunities"
    " where is_deleted = 0 and merged_into_id is null)",
    # A cent more or less passes for rounding where an order has two lines.
    "orders": "is_deleted = 0 and is_test = 0 and order_id in"
    " (select order_id from order_lines group by order_id having count(*) > 1)",
    "order_lines": "quantity > 0",
    "survey_responses": "survey_id in (select survey_id from surveys where kind = 'nps')",
    "survey_answers": "value_number <> '' and question_id in"
    " (select question_id from survey_questions where kind = 'rating' and scale_max <> '')",
    "survey_questions": "kind = 'rating' and measure = 'csat' and scale_max <> ''",
    "accounts": "is_deleted = 0 and merged_into_id is null",
    "contacts": "is_deleted = 0 and merged_into_id is null",
    "customers": "is_deleted = 0 and merged_into_id is null",
    "leads": "is_deleted = 0",
    # The demo has a few returns that name nothing they could belong to.
    # An order without its only shipment would be a fault as well.
    "shipments": "order_id in"
    " (select order_id from shipments group by order_id having count(*) > 1)",
    "returns": "order_line_id is not null or order_id is not null or product_id is not null",
}
# A closed deal must have these, and what its stage says of them.
_OPEN_COLUMNS = {"amount", "created_at", "closed_at", "pipeline_id", "stage_id", "is_closed"}
_CLOSED = (
    "is_closed = 1 and is_won = {won} and is_deleted = 0 and merged_into_id is null"
    " and created_at is not null and closed_at is not null"
)


@dataclass(frozen=True)
class Edit:
    """One row of an entity: as it was (None: it was not there), with its fault (None: it is not
    there), and mended (None: it is taken out). `place` is the row's place in its source."""

    entity: str
    place: int | None
    before: Record | None
    after: Record | None
    mended: Record | None


@dataclass(frozen=True)
class Fault:
    """One planted defect and the rule that must find it.

    `record_id` is the record's key as the gate names it, None where a part of the key is missing;
    `mended_id` its key when it is mended. `also` are rules that the same defect cannot but break,
    with the entity and record.
    """

    fault_id: str
    source: str
    entity: str
    record_id: str | None
    column: str
    rule: str
    action: str
    dimension: str
    value_before: Any
    value_after: Any
    what: str
    also: tuple[tuple[str, str], ...]
    mended_id: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class _Spoiling:
    """How a rule's fault differs from the usual one of its kind: which rows will do, what else is
    changed in the row, and what is put in the rule's column."""

    where: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


_SPECIALS: dict[str, _Spoiling] = {
    "accounts.employee_count.range": _Spoiling(changes={"employee_count": -1}),
    "pipeline_stages.is_won.only_when_closed": _Spoiling(changes={"is_won": 1}),
    "opportunities.amount.required_when_won": _Spoiling(_CLOSED.format(won=1), {"amount": None}),
    "opportunities.created_at.required_when_closed": _Spoiling(
        _CLOSED.format(won=0), {"created_at": None}
    ),
    "opportunities.closed_at.required_when_closed": _Spoiling(
        _CLOSED.format(won=0), {"closed_at": None}
    ),
    "opportunities.closed_at.not_before_created_at": _Spoiling(_CLOSED.format(won=0)),
    "opportunities.status.matches_stage": _Spoiling(changes={"is_won": 1}),
    "quotas.user_id.or_team": _Spoiling(changes={"user_id": None, "team_id": None}),
    # Only one fault at a time: the order's own total would tell of its discount as well.
    "orders.discount_amount.type": _Spoiling(
        changes={"discount_amount": _TEXTS["decimal"], "total_amount": None}
    ),
    "orders.shipping_amount.type": _Spoiling(
        changes={"shipping_amount": _TEXTS["decimal"], "total_amount": None}
    ),
    "orders.discount_amount.range": _Spoiling(
        changes={"discount_amount": -20, "total_amount": None}
    ),
    "orders.shipping_amount.range": _Spoiling(
        changes={"shipping_amount": -20, "total_amount": None}
    ),
    "orders.discount_amount.within_lines": _Spoiling(
        changes={"discount_amount": 99_000_000, "total_amount": None}
    ),
    "orders.total_amount.matches_lines": _Spoiling(changes={"total_amount": 99_000_000}),
    "order_lines.quantity.not_zero": _Spoiling(changes={"quantity": 0}),
    "order_lines.unit_price.range": _Spoiling(changes={"unit_price": -0.01}),
    "order_lines.discount_amount.range": _Spoiling(changes={"discount_amount": -0.01}),
    "order_lines.discount_amount.within_line": _Spoiling(changes={"discount_amount": 0.02}),
    "order_lines.tax_amount.range": _Spoiling(changes={"tax_amount": -0.01}),
    "returns.order_line_id.or_order_or_product": _Spoiling(
        changes={"order_line_id": None, "order_id": None, "product_id": None}
    ),
    "exchange_rates.rate.positive": _Spoiling(changes={"rate": 0}),
    "survey_questions.scale.order": _Spoiling(changes={"scale_min": "9", "scale_max": "9"}),
    "survey_questions.scale.present_when_measured": _Spoiling(changes={"scale_max": ""}),
    "survey_answers.value_number.within_scale": _Spoiling(changes={"value_number": "99"}),
    "survey_answers.value_number.present_when_rated": _Spoiling(changes={"value_number": ""}),
    "survey_answers.choice.matches_kind": _Spoiling(changes={"choice": "maybe"}),
}


_RESPONDENT = ("invitation_id", "account_id", "customer_id", "user_id")
_KINDS = frozenset(
    {"required", "type", "reference", "not_self", "range", "not_future", "unique", *_FORMS}
)
_OF_THEIR_OWN = frozenset(
    {
        "orders.order_lines.present",
        "opportunities.splits.sum_to_one",
        "pipeline_stages.position.unique",
    }
)
# What a row breaks only beside others.
_AMONG_OTHERS = frozenset({"survey_responses.respondent.unique"})


def is_known(rule: Expectation) -> bool:
    """Whether a fault is known for the rule."""
    if rule.rule in _AMONG_OTHERS or rule.kind in ("row_count", "sources"):
        return False
    column, kind = rule.rule.split(".", 2)[1:]
    is_order = (
        kind.startswith("not_before_") and rule.columns[0] == column and len(rule.columns) == 2
    )
    return kind in _KINDS or is_order or rule.rule in _OF_THEIR_OWN.union(_SPECIALS)


class Planter:
    """Choose a row for each fault, no two of one family, and say how it is spoiled."""

    def __init__(self, sources: Sources, seed: int) -> None:
        self._sources = sources
        self._seed = seed
        self._taken: set[tuple[str, Any]] = set()
        self._known: dict[tuple[str, str], list[int]] = {}
        self._referred = {c.references for e in contract.entities().values() for c in e.columns}

    def fault(self, number: int, rule: Expectation) -> Fault:
        """The fault of one rule."""
        entity = contract.entities()[rule.rule.split(".")[0]]
        kind = rule.rule.split(".", 2)[2]
        label = f"F{number:03d}"
        if rule.rule == "orders.order_lines.present":
            return self._order_without_lines(label, rule)
        if rule.rule == "opportunities.splits.sum_to_one":
            return self._uneven_split(label, rule)
        if rule.rule == "pipeline_stages.position.unique":
            return self._stages_of_one_position(label, rule)
        special = _SPECIALS.get(rule.rule, _Spoiling())
        place, row = self._victim(entity, rule, special)
        if kind == "unique":
            return self._second_row(label, rule, entity, row)
        is_lost = kind == "required" and rule.columns[0] in entity.key
        is_crowded = place is None
        if entity.name in _ADDED or is_crowded or (is_lost and entity.name in self._referred):
            good, support = self._new_row(label, entity, row)
            after = self._spoilt(label, rule, entity, good, special)
            edits = (Edit(entity.name, None, None, after, good), *support)
            return self._told(label, rule, entity, good, after, edits, "was added with")
        after = self._spoilt(label, rule, entity, row, special)
        edits = (Edit(entity.name, place, row, after, row),)
        return self._told(label, rule, entity, row, after, edits, "now has")

    def _told(
        self,
        label: str,
        rule: Expectation,
        entity: contract.Entity,
        good: Record,
        after: Record,
        edits: tuple[Edit, ...],
        verb: str,
        *,
        column: str | None = None,
        also: tuple[tuple[str, str], ...] = (),
        record_id: str | None = None,
    ) -> Fault:
        column = column or self._changed(rule, good, after)
        rest = [
            name for name in good if name != column and name in after and good[name] != after[name]
        ]
        what = f"One {messages.label(entity.name)[1]} {verb} {column} {_shown(after.get(column))}"
        if rest:
            what += f", and {', '.join(f'{name} {_shown(after[name])}' for name in rest)}"
        if rule.rule == "opportunity_splits.share.range":
            also = (("opportunities.splits.sum_to_one", after["opportunity_id"]),)
        return Fault(
            fault_id=label,
            source=_SOURCES[entity.domain],
            entity=entity.name,
            record_id=record_id or _record_id(entity.name, after),
            column=column,
            rule=rule.rule,
            action=rule.action,
            dimension=rule.dimension,
            value_before=good.get(column),
            value_after=after.get(column),
            what=f"{what}.",
            also=also,
            mended_id=record_id or _record_id(entity.name, good) or "",
            edits=edits,
        )

    def _changed(self, rule: Expectation, good: Record, after: Record) -> str:
        for name in rule.columns:
            if good.get(name) != after.get(name):
                return name
        raise ValueError(f"the fault of {rule.rule} changes none of its columns")

    def _victim(
        self, entity: contract.Entity, rule: Expectation, special: _Spoiling
    ) -> tuple[int | None, Record]:
        """A row, by seed and rule, whose family has no fault yet; without its place one that has,
        and that can only be a model for another."""
        conditions = [special.where or _HEALTHY.get(entity.name, "true")]
        if entity.name == "opportunities" and not special.where:
            conditions += ["is_closed = 0"] if _OPEN_COLUMNS & set(rule.columns) else []
        if rule.rule.split(".", 2)[2].startswith("not_before_"):
            conditions.append(f"coalesce({rule.columns[1]}, '') <> ''")
        filled = [f"coalesce({name}, '') <> ''" for name in rule.columns[:1] if name in
                  entity.column_names and not special.changes]  # fmt: skip
        for attempt in ([*conditions, *filled], conditions):
            places = self._places(entity.name, " and ".join(f"({c})" for c in attempt))
            chance = random.Random(f"{self._seed}:{rule.rule}")
            for place in chance.sample(places, len(places)):
                row = self._sources.row(entity.name, place)
                mine = self._families(entity.name, place, row)
                if not self._taken & mine:
                    if not (entity.name in _ADDED and entity.name != "order_lines"):
                        self._taken |= mine
                    return place, row
            if places and entity.name == "opportunities" and not rule.rule.endswith(".unique"):
                return None, self._sources.row(entity.name, chance.choice(places))
        raise ValueError(f"the demo is too small: no row of {entity.name} is left for {rule.rule}")

    def _places(self, entity: str, condition: str) -> list[int]:
        if (entity, condition) not in self._known:
            self._known[entity, condition] = self._sources.places(entity, condition, _CANDIDATES)
        return self._known[entity, condition]

    def _families(self, entity: str, place: int, row: Record) -> set[tuple[str, Any]]:
        """What goes on or waits with the row, and the row itself."""
        found: set[tuple[str, Any]] = {(entity, place)}
        for column in ("order_id", "opportunity_id", "response_id"):
            if row.get(column):
                found.add((column, row[column]))
        if entity in ("shipment_lines", "returns") and row["order_line_id"]:
            question = "select order_id from order_lines where order_line_id = ?"
            found |= {("order_id", o) for (o,) in self._sources.ask(question, row["order_line_id"])}
        return found

    def _spoilt(
        self,
        label: str,
        rule: Expectation,
        entity: contract.Entity,
        row: Record,
        special: _Spoiling,
    ) -> Record:
        column = rule.columns[0]
        kind = rule.rule.split(".", 2)[2]
        if special.changes:
            return {**row, **special.changes}
        if kind == "required":
            return {**row, column: "" if entity.domain == "survey" else None}
        if kind == "type":
            return {**row, column: _TEXTS[entity.column(column).type]}
        if kind == "reference":
            return {**row, rule.columns[-1]: f"{label}-GONE"}
        if kind == "not_self":
            return {**row, column: row[entity.key[0]]}
        if kind in _FORMS:
            return {**row, column: _FORMS[kind]}
        if kind == "range":
            return {**row, column: 1.01 if rule.maximum == "1" else -1}
        if kind == "not_future":
            # What may not come before it would come before it now.
            later = {c: None for c in self._later(entity.name, column)}
            return {**row, column: self._far(entity, column, row[column]), **later}
        if kind.startswith("not_before_"):
            return {**row, column: self._day_before(entity, column, row[rule.columns[1]])}
        raise ValueError(f"no fault is known for {rule.rule}")

    def _later(self, entity: str, column: str) -> list[str]:
        ends = f".not_before_{column}"
        return [e.columns[0] for e in suites()[entity] if e.rule.endswith(ends)]

    def _far(self, entity: contract.Entity, column: str, value: str | None) -> str:
        sample = (
            value
            or self._sources.ask(
                f'select "{column}" from "{entity.name}" where coalesce("{column}", \'\') <> \'\''
            )[0][0]
        )
        # The day may be the 29th of February, which 2099 has not.
        return f"2099-01-15{sample[10:]}"

    def _day_before(self, entity: contract.Entity, column: str, earlier: str) -> str:
        moment = datetime.fromisoformat(earlier) - timedelta(days=1)
        if entity.column(column).type == "date":
            return moment.date().isoformat()
        if len(earlier) == 10:
            return moment.isoformat(sep=" ")
        return moment.isoformat(sep=earlier[10], timespec="seconds")

    def _new_row(
        self, label: str, entity: contract.Entity, model: Record
    ) -> tuple[Record, tuple[Edit, ...]]:
        """A good row like the model under a key of its own, and what has to stand beside it."""
        row = {**model}
        match entity.name:
            case "opportunity_splits":
                row["opportunity_id"] = self._deal_without_splits()
                row["share"] = 1
                return row, ()
            case "training_attendances":
                row |= self._free_seat(label)
                return row, ()
            case "commission_assignments":
                # A day long before all others: two plans at once would pay twice.
                day = (date(1990, 1, 1) + timedelta(days=int(label[1:]))).isoformat()
                return {**row, "valid_from": day, "valid_to": day}, ()
            case "order_lines":
                # A gift: the order's total stays what it is.
                gift = {"quantity": 1, "unit_price": 0, "discount_amount": 0, "tax_amount": 0}
                return {**row, "order_line_id": label, **gift}, ()
            case "pipeline_stages":
                own = {"pipeline_id": label, "stage_id": label, "position": 1}
                return {**row, **own, "is_closed": 0, "is_won": 0, "default_probability": 0.5}, ()
            case "orders":
                row |= {"order_id": label, "discount_amount": 0, "total_amount": None}
                row["status"] = "confirmed"
                line = self._line_of(label, label)
                return row, (Edit("order_lines", None, None, None, line),)
        # Nobody's twin.
        row |= {column: label for column in ("name", "tax_id", "external_id") if row.get(column)}
        row |= {column: None for column in ("email", "phone") if row.get(column)}
        row |= {column: None for column in _RESPONDENT if entity.name == "survey_responses"}
        if entity.name == "leads":
            row["contact_id"] = None
        free = [
            part
            for part in entity.key
            if entity.column(part).type == "text" and entity.column(part).references is None
        ]
        row[free[-1]] = label
        return row, ()

    def _line_of(self, label: str, order: str) -> Record:
        place = self._places("order_lines", _HEALTHY["order_lines"])[0]
        gift, _ = self._new_row(label, contract.entities()["order_lines"],
                                self._sources.row("order_lines", place))  # fmt: skip
        return {**gift, "order_id": order}

    def _deal_without_splits(self) -> str:
        places = self._places("opportunities", _HEALTHY["opportunities"])
        for place in places:
            row = self._sources.row("opportunities", place)
            mine = self._families("opportunities", place, row)
            if not self._taken & mine:
                self._taken |= mine
                return str(row["opportunity_id"])
        raise ValueError("the demo is too small: every deal has a fault or splits")

    def _free_seat(self, label: str) -> Record:
        seats = self._sources.ask(
            "select sessions.session_id, users.user_id from training_sessions as sessions"
            " cross join users where (sessions.session_id, users.user_id) not in"
            " (select session_id, user_id from training_attendances) order by 1, 2"
        )
        for seat in seats:
            if ("seat", seat) not in self._taken:
                self._taken.add(("seat", seat))
                return {"session_id": seat[0], "user_id": seat[1]}
        raise ValueError(f"the demo is too small: nobody is free for the training of {label}")

    def _second_row(
        self, label: str, rule: Expectation, entity: contract.Entity, row: Record
    ) -> Fault:
        """A second row of a key. In other columns it differs: equal rows are one."""
        edits: tuple[Edit, ...] = ()
        if entity.name == "opportunity_splits":
            new, _ = self._new_row(label, entity, row)
            # Both are new, and come to one: the deal's sum is not what is wrong.
            edits = (Edit(entity.name, None, None, {**new, "share": 0.4}, new),)
            second = {**new, "share": 0.6}
        elif entity.name == "order_lines":
            new, _ = self._new_row(label, entity, row)
            second = {**new, "order_line_id": row["order_line_id"]}
        else:
            second = {**row, **self._difference(entity, row)}
        edits += (Edit(entity.name, None, None, second, None),)
        key = ", ".join(entity.key)
        return Fault(
            fault_id=label,
            source=_SOURCES[entity.domain],
            entity=entity.name,
            record_id=_record_id(entity.name, second),
            column=",".join(entity.key),
            rule=rule.rule,
            action=rule.action,
            dimension=rule.dimension,
            value_before=None,
            value_after=_record_id(entity.name, second),
            what=f"A second {messages.label(entity.name)[1]} with the same {key} was added.",
            also=(),
            mended_id=_record_id(entity.name, second) or "",
            edits=edits,
        )

    def _difference(self, entity: contract.Entity, row: Record) -> Record:
        listed = {c for e in suites()[entity.name] if e.kind != "rows" for c in e.columns}
        free = [
            c for c in entity.columns
            if c.name not in entity.key and c.references is None and c.name not in listed
            and not c.name.endswith("_id")
        ]  # fmt: skip
        by_type = {c.type: c.name for c in reversed(free)}
        if "text" in by_type:
            return {by_type["text"]: f"{row[by_type['text']] or ''} (2)"}
        if "integer" in by_type:
            return {by_type["integer"]: (row[by_type["integer"]] or 0) * 1 + 1}
        for type_ in ("decimal", "rate"):
            if type_ in by_type:
                return {by_type[type_]: (row[by_type[type_]] or 1) / 2}
        if "boolean" in by_type:
            return {by_type["boolean"]: 0 if row[by_type["boolean"]] else 1}
        if "date" in by_type:
            return {by_type["date"]: "2030-12-31"}
        # Its key is all that the contract knows of the entity.
        return {"remark": "entered twice"}

    def _order_without_lines(self, label: str, rule: Expectation) -> Fault:
        entity = contract.entities()["orders"]
        _, model = self._victim(entity, rule, _Spoiling())
        order, lines = self._new_row(label, entity, model)
        edits = (Edit("orders", None, None, order, order), *lines)
        return self._told(
            label,
            rule,
            entity,
            order,
            order,
            edits,
            "was added without lines under",
            column="order_id",
        )

    def _uneven_split(self, label: str, rule: Expectation) -> Fault:
        entity = contract.entities()["opportunity_splits"]
        place = self._places("opportunity_splits", "true")[0]
        good, _ = self._new_row(label, entity, self._sources.row("opportunity_splits", place))
        after = {**good, "share": 0.6}
        edits = (Edit("opportunity_splits", None, None, after, good),)
        deal = contract.entities()["opportunities"]
        return self._told(
            label, rule, deal, good, after, edits, "got a split with", column="share",
            record_id=good["opportunity_id"],
        )  # fmt: skip

    def _stages_of_one_position(self, label: str, rule: Expectation) -> Fault:
        entity = contract.entities()["pipeline_stages"]
        place = self._places("pipeline_stages", "true")[0]
        first, _ = self._new_row(label, entity, self._sources.row("pipeline_stages", place))
        good = {**first, "stage_id": f"{label}-2", "position": 2}
        after = {**good, "position": 1}
        edits = (
            Edit("pipeline_stages", None, None, first, first),
            Edit("pipeline_stages", None, None, after, good),
        )
        twin = _record_id("pipeline_stages", first) or ""
        return self._told(
            label, rule, entity, good, after, edits, "was added with", column="position",
            also=((rule.rule, twin),),
        )  # fmt: skip


def _record_id(entity: str, row: Mapping[str, Any]) -> str | None:
    """The record's key as the lake joins it; None where a part of it is missing or unreadable."""
    parts = []
    for name in contract.entities()[entity].key:
        value = row[name]
        if value in (None, "") and name != "choice":
            return None
        if contract.entities()[entity].column(name).type == "date":
            try:
                date.fromisoformat(value)
            except ValueError:
                return None
        parts.append("" if value is None else str(value))
    return "|".join(parts)


def _shown(value: Any) -> str:
    return "empty" if value in (None, "") else f"{value!r}"
