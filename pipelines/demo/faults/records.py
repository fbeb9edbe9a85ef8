"""Faults of whole records and of what ties them: missing, there twice, leading nowhere or in a circle."""

from __future__ import annotations

from pipelines.demo.faults.planter import Kind, Planter, changed_letter, shifted
from pipelines.demo.stores import Record
from pipelines.extract import contract

_EACH = 4
# What others are judged by: without it they would look wrong, and not the record itself.
_LEANED_ON = frozenset(
    {
        ("survey_questions", "survey_id"),
        ("survey_questions", "kind"),
        ("survey_responses", "survey_id"),
        ("pipeline_stages", "is_closed"),
        ("pipeline_stages", "is_won"),
    }
)
_ALIKE = ("accounts", "contacts", "customers")


def _referred() -> set[str]:
    named = {c.references for e in contract.entities().values() for c in e.columns if c.references}
    return named | {"pipeline_stages"}


def _missing_required(planter: Planter) -> None:
    # The key of a record that others name would leave those without it.
    columns = [
        (entity.name, column.name)
        for entity in contract.entities().values()
        for column in entity.columns
        if column.is_required
        and (entity.name, column.name) not in _LEANED_ON
        and not (column.name in entity.key and entity.name in _referred())
    ]
    for entity, name in planter.chance.sample(columns, _EACH):
        (found,) = planter.take(entity)
        planter.spoil(found, {name: planter.empty(entity)}, related=planter.parents(found))


def _missing_at_stage(planter: Planter) -> None:
    won, lost = "is_closed = 1 and is_won = 1", "is_closed = 1 and is_won = 0"
    for column, stage in (("closed_at", won), ("closed_at", lost), ("created_at", lost),
                          ("amount", won), ("lost_reason", lost), ("lost_reason", lost)):  # fmt: skip
        (found,) = planter.take("opportunities", f"{stage} and {column} is not null")
        planter.spoil(found, {column: None})
    for status in ("shipped", "delivered", "delivered"):
        (order,) = planter.take(
            "orders",
            f"status = '{status}' and order_id in"
            " (select order_id from shipments group by order_id having count(*) = 1)",
        )
        number = order.row["order_id"]
        ((shipment,),) = planter.sources.ask(
            "select shipment_id from shipments where order_id = ?", number
        )
        for entity in ("shipment_lines", "shipments"):
            for place in planter.sources.places(entity, f"shipment_id = '{shipment}'", 100):
                planter.sources.delete(entity, place)
        planter.tell(order, "status,order_id", shipment, None)


def _different(row: Record, column: str) -> Record:
    value = row[column]
    return {**row, column: value + 1 if isinstance(value, (int, float)) else f"{value or ''}改"}


def _duplicate_key(planter: Planter) -> None:
    columns = {
        "payments": "method", "activities": "duration_minutes", "leads": "source",
        "customers": "city", "tickets": "channel", "contacts": "title", "quotas": "amount",
        "campaign_touches": "account_id", "contracts": "monthly_amount", "targets": "amount",
        "research_notes": "title", "survey_answers": "value_text",
    }  # fmt: skip
    wheres = {"survey_answers": "value_text <> ''", "campaign_touches": "account_id <> ''"}
    for entity in planter.chance.sample(sorted(columns), _EACH):
        (found,) = planter.take(entity, wheres.get(entity, "true"))
        row = _different(found.row, columns[entity])
        if entity == "campaign_touches":
            row = {**found.row, "touched_at": shifted(found.row["touched_at"], days=-3)}
        planter.add(entity, row, column=",".join(contract.entities()[entity].key))


def _exact_duplicate(planter: Planter) -> None:
    entities = ("payments", "activities", "order_lines", "opportunity_lines", "shipment_lines",
                "exchange_rates", "campaign_touches", "survey_answers", "survey_invitations",
                "contacts", "tickets", "returns", "leads", "orders", "customers")  # fmt: skip
    for entity in planter.chance.sample(entities, _EACH):
        (found,) = planter.take(entity)
        planter.add(entity, found.row, column=",".join(contract.entities()[entity].key))


def _near_duplicate(planter: Planter) -> None:
    """A second entry of a customer, account or contact, typed again by somebody else."""
    for number in range(_EACH + 2):
        entity = _ALIKE[number % len(_ALIKE)]
        (found,) = planter.take(
            entity, "length(name) > 1 and email is not null and phone is not null"
        )
        row = {**found.row, contract.entities()[entity].key[0]: planter.new_id(found, number)}
        shared = ("email", "phone")[number // len(_ALIKE) % 2]
        other = {"email": "phone", "phone": "email"}[shared]
        row |= {other: None, "created_at": shifted(row["created_at"], days=9)}
        row |= {"updated_at": row["created_at"]}
        for gone in ("tax_id", "external_id", "website"):
            if gone in row:
                row[gone] = None
        if entity != "contacts":
            row["name"] = _typed_again(row["name"], planter.chance.choice((0, 1, 2)), planter)
        planter.add(entity, row, column=f"name,{shared}", related=(f"{entity}:{found.record_id}",))


def _typed_again(name: str, way: int, planter: Planter) -> str:
    if way == 0:
        return changed_letter(name, planter.chance)
    if way == 1 and name.endswith("有限公司"):
        return name.removesuffix("有限公司")
    return f"{name[:2]} {name[2:]}"


def _dangling_reference(planter: Planter) -> None:
    columns = [
        (entity.name, column.name)
        for entity in contract.entities().values()
        for column in entity.columns
        if column.references
        and column.name not in entity.key
        and column.name != "merged_into_id"
        and (entity.name, column.name) not in _LEANED_ON
    ]
    for number, (entity, name) in enumerate(planter.chance.sample(columns, _EACH)):
        (found,) = planter.take(entity, f"coalesce({name}, '') <> ''")
        planter.spoil(found, {name: f"GONE-{number + 1}"}, related=planter.parents(found))


def _cycle(planter: Planter) -> None:
    """Who reports to whom, or belongs to whom, in a circle of two or three."""
    for entity, column, size in (("users", "manager_id", 2), ("teams", "parent_team_id", 2),
                                 ("accounts", "parent_account_id", 2),
                                 ("accounts", "parent_account_id", 3)):  # fmt: skip
        key = contract.entities()[entity].key[0]
        (child,) = planter.take(
            entity,
            f"{column} is not null and {column} in (select {key} from {entity} where {column} is null)"
            + (f" and {key} in (select {column} from {entity})" if entity == "users" else ""),
        )
        ring = [child.row[key]]
        (top,) = planter.look(entity, f"{key} = '{child.row[column]}'")
        if size == 3:
            (middle,) = planter.take(
                entity,
                f"{column} is null and {key} <> '{top.record_id}'"
                f" and {key} not in (select {column} from {entity} where {column} is not null)",
            )
            planter.sources.update(entity, middle.place, {column: child.row[key]})
            ring = [middle.row[key], child.row[key]]
        planter.taken.add((entity, top.record_id))
        planter.spoil(top, {column: ring[0]}, related=tuple(f"{entity}:{one}" for one in ring))


def _unmarked_test(planter: Planter) -> None:
    names = ["测试客户 请勿使用", "test test", "Test Company (delete me)", "测试001", "TEST-测试数据",
             "dummy test record"]  # fmt: skip
    planter.chance.shuffle(names)
    for name, entity in zip(names, ("customers", "accounts", "contacts", "opportunities", "customers"),
                            strict=False):  # fmt: skip
        (found,) = planter.take(entity)
        orders = planter.sources.ask(
            "select order_id from orders where customer_id = ?", found.row.get("customer_id")
        )
        planter.spoil(
            found, {"name": name}, related=tuple(f"orders:{order}" for (order,) in orders)
        )


KINDS = (
    # The few that need rows of a rare sort choose first.
    Kind("cycle", "consistency", _cycle),
    Kind("missing_at_stage", "completeness", _missing_at_stage),
    Kind("near_duplicate", "uniqueness", _near_duplicate),
    Kind("unmarked_test", "relevance", _unmarked_test),
    Kind("duplicate_key", "uniqueness", _duplicate_key),
    Kind("exact_duplicate", "uniqueness", _exact_duplicate),
    Kind("missing_required", "completeness", _missing_required),
    Kind("dangling_reference", "consistency", _dangling_reference),
)
