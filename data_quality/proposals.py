"""Say what a value should probably be, by plain SQL: it counts only once a person has approved it.

A proposal answers an open issue. Its query gives `source_system`, `record_id`, `value_before` and
`value_after` for the records in `doubted`, from what is staged; no row where nothing is likely.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_quality.suites.contract import staging_table
from pipelines.extract import contract

# The kinds of issues that a person may mend by saying yes.
KINDS = ("decimal_shift", "percent_scale", "currency_mismatch", "near_duplicate")

# What a number is held against: what is alike among its peers, and who they are; `{0}` is a row.
_PEERS: dict[tuple[str, str], tuple[str, str]] = {
    ("order_lines", "unit_price"): ("{0}.unit_price", "{0}.product_id"),
    ("order_lines", "unit_cost"): ("{0}.unit_cost", "{0}.product_id"),
    ("opportunity_lines", "amount"): ("{0}.amount / nullif({0}.quantity, 0)", "{0}.product_id"),
    ("opportunities", "amount"): (
        "{0}.amount",
        "concat_ws('|', {0}.product_id, {0}.currency_code)",
    ),
    ("quotas", "amount"): (
        "{0}.amount / ({0}.period_end - {0}.period_start + 1)",
        "concat_ws('|', {0}.user_id, {0}.team_id, {0}.measure)",
    ),
    ("contracts", "monthly_amount"): ("{0}.monthly_amount", "{0}.product_id"),
    ("exchange_rates", "rate"): ("{0}.rate", "{0}.currency_code"),
    ("market_sizes", "amount"): (
        "{0}.amount / ({0}.period_end - {0}.period_start + 1)",
        "concat_ws('|', {0}.segment, {0}.region)",
    ),
}
_ORDER_TOTALS = (
    "select order_id as owner,"
    " sum(quantity * unit_price - coalesce(discount_amount, 0) + coalesce(tax_amount, 0))"
    " as expected from staging.stg_orders__order_lines group by order_id"
)
# Numbers whose relatives say what they should be: the column that names these, and a query of
# `owner` and what is `expected`.
_EXPECTED: dict[tuple[str, str], tuple[str, str]] = {
    ("products", "list_price"): (
        "product_id",
        "select product_id as owner, median(unit_price) as expected"
        " from staging.stg_orders__order_lines where unit_price > 0 group by product_id",
    ),
    ("products", "unit_cost"): (
        "product_id",
        "select product_id as owner, median(unit_cost) as expected"
        " from staging.stg_orders__order_lines where unit_cost > 0 group by product_id",
    ),
    ("opportunities", "amount"): (
        "opportunity_id",
        "select opportunity_id as owner, sum(amount) as expected"
        " from staging.stg_crm__opportunity_lines where amount > 0 group by opportunity_id",
    ),
    ("orders", "total_amount"): ("order_id", _ORDER_TOTALS),
    ("payments", "amount"): ("order_id", _ORDER_TOTALS),
}
# Whose country says in which currency a record stands.
_PARTIES = {
    "orders": ("customer_id", "staging.stg_orders__customers"),
    "contracts": ("customer_id", "staging.stg_orders__customers"),
    "opportunities": ("account_id", "staging.stg_crm__accounts"),
}


@dataclass(frozen=True)
class Proposal:
    """The column that a proposal changes, and its query."""

    column: str
    query: str


def proposal(entity: str, column: str, kind: str) -> Proposal | None:
    """What may be proposed for issues of this column and kind; None where nothing can be."""
    if kind == "percent_scale":
        return Proposal(column, _changed(entity, column, f"this.{column} / 100", ""))
    if kind == "decimal_shift":
        return _shift(entity, column)
    if kind == "currency_mismatch":
        return Proposal(column, _currency(entity, column))
    if kind == "near_duplicate" and "merged_into_id" in contract.entities()[entity].column_names:
        return Proposal("merged_into_id", _merge(entity))
    return None


def _changed(entity: str, column: str, value: str, joins: str) -> str:
    type_ = contract.SQL_TYPES[contract.entities()[entity].column(column).type]
    return (
        "select this.source_system, this._record_id as record_id,"
        f" cast(this.{column} as varchar) as value_before,"
        f" cast(cast({value} as {type_}) as varchar) as value_after"
        f" from {staging_table(entity)} as this {joins}"
        " where (this.source_system, this._record_id) in"
        " (select (source_system, record_id) from doubted)"
    )


def _shift(entity: str, column: str) -> Proposal | None:
    """The number with its point moved to where its relatives, else its peers, have theirs."""
    joins, expected = "", []
    if (entity, column) in _EXPECTED:
        key, query = _EXPECTED[entity, column]
        joins += f" left join ({query}) as own on own.owner = this.{key}"
        expected.append(f"log10(this.{column} / nullif(own.expected, 0))")
    if (entity, column) in _PEERS:
        number, peer_group = _PEERS[entity, column]
        own, peers = number.format("this"), number.format("peer")
        joins += (
            f" left join (select {peer_group.format('peer')} as peer_group,"
            f" median({peers}) as middle from {staging_table(entity)} as peer where {peers} > 0"
            f" group by {peer_group.format('peer')} having count(*) >= 5) as peers"
            f" on peers.peer_group = {peer_group.format('this')}"
        )
        expected.append(f"log10(({own}) / nullif(peers.middle, 0))")
    if not expected:
        return None
    # Where the relatives agree with the number, its peers are asked.
    steps = [f"nullif(round({ratio}), 0)" for ratio in expected]
    value = f"this.{column} / power(10, coalesce({', '.join(steps)}))"
    return Proposal(column, _changed(entity, column, f"round({value}, 4)", joins))


def _currency(entity: str, column: str) -> str:
    """The deal's currency for its line, else the usual one of the party's country or the source."""
    if entity == "opportunity_lines":
        joins = (
            " join (select opportunity_id, min(currency_code) as usual"
            " from staging.stg_crm__opportunities group by opportunity_id) as deals"
            " on deals.opportunity_id = this.opportunity_id"
        )
        return _changed(entity, column, "deals.usual", joins)
    table = staging_table(entity)
    if entity in _PARTIES:
        owner, parties = _PARTIES[entity]
        grouped = (
            f"select rows.source_system, rows._record_id, rows.currency_code, owners.peer_group"
            f" from {table} as rows join (select {owner}, min(country) as peer_group"
            f" from {parties} group by {owner}) as owners on owners.{owner} = rows.{owner}"
        )
    else:
        grouped = (
            "select source_system, _record_id, currency_code, source_system as peer_group"
            f" from {table}"
        )
    joins = (
        f" join ({grouped}) as grouped on grouped.source_system = this.source_system"
        " and grouped._record_id = this._record_id"
        " join (select peer_group, max_by(currency_code, n) as usual from"
        f" (select peer_group, currency_code, count(*) as n from ({grouped}) as all_rows"
        " where currency_code is not null group by peer_group, currency_code) as counted"
        " group by peer_group) as usual on usual.peer_group = grouped.peer_group"
    )
    return _changed(entity, column, "usual.usual", joins)


def _merge(entity: str) -> str:
    """The older record that is most like it: by code, e-mail, phone, or name in the same place."""
    declared = contract.entities()[entity]
    (key,) = declared.key
    place = "account_id" if entity == "contacts" else "city"
    bare = "regexp_replace(lower({}), '[^\\p{{L}}\\p{{N}}]+', '', 'g')"
    codes = [c for c in ("tax_id", "external_id") if c in declared.column_names]
    alike = " + ".join(
        [
            *(f"case when older.{code} = younger.{code} then 8 else 0 end" for code in codes),
            "case when older.email = younger.email then 4 else 0 end",
            "case when older.phone = younger.phone then 4 else 0 end",
            "case when older.place = younger.place then 1 else 0 end",
            "coalesce(3 * jaro_winkler_similarity(older.name, younger.name), 0)",
        ]
    )
    people = (
        f"select source_system, _record_id, {key}, merged_into_id,"
        f" row_number() over (order by created_at asc nulls last, {key} asc nulls last)"
        f" as seniority, nullif({bare.format('name')}, '') as name,"
        f" nullif({bare.format(place)}, '') as place, nullif(lower(trim(email)), '') as email,"
        " nullif(right(regexp_replace(phone, '[^0-9]', '', 'g'), 10), '') as phone"
        f"{''.join(f', nullif({bare.format(code)}, {chr(39) * 2}) as {code}' for code in codes)}"
        f" from {staging_table(entity)} where merged_into_id is null and is_deleted is not true"
    )
    return (
        f"with people as ({people}), pairs as (select younger.source_system,"
        f" younger._record_id as record_id, older.{key} as older_id, older.seniority,"
        f" {alike} as likeness from people as younger join people as older"
        f" on older.seniority < younger.seniority and older.{key} <> younger.{key}"
        " where (younger.source_system, younger._record_id) in"
        " (select (source_system, record_id) from doubted))"
        " select source_system, record_id, cast(null as varchar) as value_before,"
        " max_by(older_id, likeness - seniority / 1e12) as value_after"
        " from pairs where likeness >= 3.4 group by source_system, record_id"
    )
