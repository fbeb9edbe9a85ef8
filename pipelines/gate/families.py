"""Say which rows go on or wait together, and which only follow a parent."""

from __future__ import annotations

from pipelines.extract import contract

# Member entity → the entity whose id binds the family, and the column that holds that id.
_FAMILIES = {
    "orders": ("orders", "order_id"),
    "order_lines": ("orders", "order_id"),
    "survey_responses": ("survey_responses", "response_id"),
    "survey_answers": ("survey_responses", "response_id"),
    "opportunities": ("opportunities", "opportunity_id"),
    "opportunity_splits": ("opportunities", "opportunity_id"),
    "opportunity_stage_history": ("opportunities", "opportunity_id"),
}

# SQL for the ids of the parents without which a row of the entity has nothing to belong to; `this`
# is the row. They stay out only while a parent was never accepted.
_ORDER_OF_LINE = (
    "(select min(line.order_id) from staging.stg_orders__order_lines as line"
    " where line.order_line_id = this.order_line_id)"
)
_ORDER_OF_SHIPMENT = (
    "(select min(shipment.order_id) from staging.stg_orders__shipments as shipment"
    " where shipment.shipment_id = this.shipment_id)"
)
# Where such an id is looked up by, and in which table.
_LOOKED_UP = {
    _ORDER_OF_LINE: ("order_line_id", "staging.stg_orders__order_lines"),
    _ORDER_OF_SHIPMENT: ("shipment_id", "staging.stg_orders__shipments"),
}
_FOLLOWERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "payments": ("orders", ("this.order_id",)),
    "shipments": ("orders", ("this.order_id",)),
    "shipment_lines": ("orders", (_ORDER_OF_LINE, _ORDER_OF_SHIPMENT)),
    "returns": ("orders", ("this.order_id", _ORDER_OF_LINE)),
    "opportunity_lines": ("opportunities", ("this.opportunity_id",)),
    "opportunity_competitors": ("opportunities", ("this.opportunity_id",)),
}


def family_sql(entity: str, alias: str) -> str:
    """SQL for the family of a row of the entity: the id that binds it, or the row alone."""
    alone = f"concat('{entity}||', {alias}.source_system, '|', {alias}._record_id)"
    if entity not in _FAMILIES:
        return alone
    root, column = _FAMILIES[entity]
    # Without its parent's id a row belongs to nobody: || gives NULL then, where concat would not.
    return f"coalesce('{root}|' || nullif(trim({alias}.{column}), ''), {alone})"


def root(entity: str) -> str:
    """The entity whose id binds the entity's rows to a family; itself where rows stand alone."""
    return _FAMILIES.get(entity, (entity, ""))[0]


def members(root_entity: str) -> tuple[str, ...]:
    """The entities whose rows go on or wait with a row of `root_entity`, itself among them."""
    return tuple(e for e in contract.entities() if root(e) == root_entity)


def followed_sql(entity: str) -> tuple[tuple[str, str, str], ...]:
    """What a row of the entity (alias `this`) follows: the parent's entity, SQL for the parent's id,
    and a condition that is true of every row whose parent's id is in table `parents` (id)."""
    if entity not in _FOLLOWERS:
        return ()
    parent, ids = _FOLLOWERS[entity]
    known = "(select id from parents)"
    return tuple(
        (
            parent,
            identifier,
            "this.{0} in (select {0} from {1} where trim(order_id) in {2})".format(
                *_LOOKED_UP[identifier], known
            )
            if identifier in _LOOKED_UP
            else f"trim({identifier}) in {known}",
        )
        for identifier in ids
    )
