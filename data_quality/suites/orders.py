"""State what must hold of the order system's entities beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import (
    CURRENCY,
    Expectation,
    between,
    can_be,
    in_set,
    link,
    local_day,
    matches,
    never_filled,
    not_before,
    rows,
)
from data_quality.peers import currency_mismatch, cycle, decimal_shift, near_duplicate
from data_quality.suites.crm import EMAIL
from data_quality.texts import is_trial, phone, unmarked_test

_ORDERS = "staging.stg_orders__orders"
_LINE_TABLE = "staging.stg_orders__order_lines"
_RETURNS = "staging.stg_orders__returns"

# What an order's lines come to: n lines, net of their discounts, their tax.
_LINES = (
    "select lines.order_id, count(*) as n,"
    " sum(lines.quantity * lines.unit_price - coalesce(lines.discount_amount, 0)) as net,"
    " sum(coalesce(lines.tax_amount, 0)) as tax"
    " from staging.stg_orders__order_lines as lines group by lines.order_id"
)

# A source states its total with or without tax, with or without freight: any of the four will do,
# to a cent for each line, which is what rounding line by line can come to.
_TOTAL_DIFFERS = (
    f"exists (select 1 from ({_LINES}) as sums where sums.order_id = this.order_id"
    " and least("
    "abs(this.total_amount - (sums.net - coalesce(this.discount_amount, 0))), "
    "abs(this.total_amount - (sums.net - coalesce(this.discount_amount, 0) + sums.tax)), "
    "abs(this.total_amount - (sums.net - coalesce(this.discount_amount, 0)"
    " + coalesce(this.shipping_amount, 0))), "
    "abs(this.total_amount - (sums.net - coalesce(this.discount_amount, 0) + sums.tax"
    " + coalesce(this.shipping_amount, 0)))"
    ") > 0.01 * sums.n)"
)

_IS_SHIPPED = "this.status in ('shipped', 'delivered')"
_HAS_SHIPMENT = (
    "this.order_id in (select shipments.order_id from staging.stg_orders__shipments as shipments"
    " where shipments.order_id is not null)"
)
# The order of a row that belongs to one.
_ORDER = "select 1 from staging.stg_orders__orders as parent where parent.order_id = this.order_id"


def _not_before_order(
    entity: str, column: str, zh: str, en: str, where: str = "true"
) -> Expectation:
    # By day: a source may know the day only.
    return rows(
        f"{entity}.{column}.not_before_ordered_at",
        (column,),
        "warn",
        "consistency",
        f"{where} and {can_be(f'this.{column}')} and exists ({_ORDER}"
        " and parent.ordered_at <= this._extracted_at"
        f" and {local_day(f'this.{column}')} < {local_day('parent.ordered_at')})",
        zh,
        en,
        links=(link(_ORDERS, "order_id"),),
    )


# A test by its number, or by whose it is.
_IS_TRIAL = (
    f"this.is_test is not true and ({is_trial('this.order_number')}"
    " or this.customer_id in (select customer_id from staging.stg_orders__customers"
    f" where {is_trial('name', has_demo=True)} or {is_trial('email')}))"
)

# A payment against what is missing for its order to be paid.
_OWN_PAYMENTS = (
    "select payments.source_system, payments._record_id, payments.amount as value,"
    " parent.total_amount - sums.amount + payments.amount as expected"
    " from staging.stg_orders__payments as payments"
    " join staging.stg_orders__orders as parent on parent.order_id = payments.order_id"
    " join (select order_id, sum(amount) as amount from staging.stg_orders__payments"
    " where amount > 0 group by order_id) as sums on sums.order_id = payments.order_id"
)


# A line's price against the other lines of its product and the list price, in the same currency.
def _prices(column: str, product_column: str) -> str:
    return (
        f"select lines.source_system, lines._record_id, lines.{column} as value,"
        " lines.product_id || ' ' || coalesce(parent.currency_code, '') as peer_group"
        " from staging.stg_orders__order_lines as lines"
        " join staging.stg_orders__orders as parent on parent.order_id = lines.order_id"
        f" union all select source_system, null, {product_column},"
        " product_id || ' ' || coalesce(currency_code, '') from staging.stg_orders__products"
    )


# A product's own price or cost against those of its lines.
def _own_prices(column: str, line_column: str) -> str:
    return (
        f"select source_system, _record_id, {column} as value,"
        " product_id || ' ' || coalesce(currency_code, '') as peer_group"
        " from staging.stg_orders__products"
        f" union all select lines.source_system, null, lines.{line_column},"
        " lines.product_id || ' ' || coalesce(parent.currency_code, '')"
        " from staging.stg_orders__order_lines as lines"
        " join staging.stg_orders__orders as parent on parent.order_id = lines.order_id"
    )


# What a line comes to at most: no discount, and tax.
_WORTH = "lines.quantity * lines.unit_price + coalesce(lines.tax_amount, 0) + 0.01"


def _more_than_line(entity: str, column: str, limit: str) -> str:
    """The order lines of which more was moved than there is. A key that is there twice counts once."""
    once = (
        f"select order_line_id, _record_id, max({column}) as part"
        f" from staging.stg_orders__{entity} where order_line_id is not null"
        " group by order_line_id, _record_id"
    )
    return (
        f"select moved.order_line_id from (select order_line_id, sum(part) as total from ({once})"
        " as parts group by order_line_id) as moved"
        " join staging.stg_orders__order_lines as lines"
        " on lines.order_line_id = moved.order_line_id where lines.quantity > 0"
        f" group by moved.order_line_id having max(moved.total) > max({limit})"
    )


EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "customers": (
        matches("customers", "email", EMAIL, "email", "warn"),
        phone("customers", "staging.stg_orders__customers"),
        unmarked_test("customers", ("name", "email")),
        near_duplicate(
            "customers",
            "staging.stg_orders__customers",
            "customer_id",
            "city",
            ("tax_id", "external_id"),
        ),
        cycle("customers", "merged_into_id", "staging.stg_orders__customers", "customer_id"),
    ),
    "products": (
        unmarked_test("products", ("name",)),
        currency_mismatch("products", "staging.stg_orders__products"),
        decimal_shift("products", "list_price", _own_prices("list_price", "unit_price")),
        decimal_shift("products", "unit_cost", _own_prices("unit_cost", "unit_cost")),
        between("products", "unit_cost", "0", None, "reject"),
        between("products", "list_price", "0", None, "reject"),
        matches("products", "currency_code", CURRENCY, "currency", "warn"),
    ),
    "orders": (
        in_set(
            "orders",
            "status",
            ("draft", "confirmed", "shipped", "delivered", "cancelled"),
            "reject",
        ),
        between("orders", "discount_amount", "0", None, "reject"),
        between("orders", "shipping_amount", "0", None, "reject"),
        matches("orders", "currency_code", CURRENCY, "currency", "warn"),
        not_before("orders", "confirmed_at", "ordered_at", ("timestamp", "timestamp")),
        not_before("orders", "cancelled_at", "ordered_at", ("timestamp", "timestamp")),
        not_before("orders", "promised_date", "ordered_at", ("date", "timestamp")),
        not_before("orders", "requested_date", "ordered_at", ("date", "timestamp")),
        currency_mismatch(
            "orders", "staging.stg_orders__orders", "customer_id", "staging.stg_orders__customers"
        ),
        unmarked_test(
            "orders",
            ("is_test", "order_number"),
            _IS_TRIAL,
            links=(link("staging.stg_orders__customers", "customer_id"),),
        ),
        rows(
            "orders.shipments.present",
            ("order_id", "status"),
            "warn",
            "completeness",
            f"{_IS_SHIPPED} and not {_HAS_SHIPMENT}"
            " and this.source_system in (select parent.source_system"
            " from staging.stg_orders__orders as parent"
            " join staging.stg_orders__shipments as shipments"
            " on shipments.order_id = parent.order_id)",
            "订单的 status 是已发货或已签收，却没有发货记录。请补录发货，或改正 status。",
            "The status of this order is shipped or delivered, and it has no shipment. Add the "
            "shipment, or correct the status.",
            needs=("shipments",),
        ),
        never_filled(
            "orders",
            "shipments",
            (),
            f"this.is_deleted is not true and {_IS_SHIPPED}",
            _HAS_SHIPMENT,
            needs=("shipments",),
        ),
        rows(
            "orders.order_lines.present",
            ("order_id",),
            "warn",
            "completeness",
            "this.order_id not in (select lines.order_id"
            " from staging.stg_orders__order_lines as lines where lines.order_id is not null)",
            "没有订单行填写这张订单的 order_id，净销售额按 0 计。请补录订单行，或取消该订单。",
            "No line has the order_id of this order: it counts with net sales of 0. Add its lines, or "
            "cancel it.",
            links=(link(_LINE_TABLE, "order_id"),),
        ),
        rows(
            "orders.total_amount.matches_lines",
            ("total_amount",),
            "warn",
            "accuracy",
            _TOTAL_DIFFERS,
            "订单的 total_amount 与订单行合计不符（含税、含运费与否都比过）。请核对金额和订单行。",
            "The total_amount of this order is not what its lines come to, with or without tax and "
            "freight. Check amounts, discounts and lines.",
            links=(link(_LINE_TABLE, "order_id"),),
        ),
        rows(
            "orders.discount_amount.within_lines",
            ("discount_amount",),
            "warn",
            "accuracy",
            f"this.discount_amount > 0 and exists (select 1 from ({_LINES}) as sums"
            " where sums.order_id = this.order_id and this.discount_amount > sums.net)",
            "整单折扣大于订单行合计。请核对 discount_amount。",
            "The discount of this order is more than its lines come to. Check discount_amount.",
            links=(link(_LINE_TABLE, "order_id"),),
        ),
    ),
    "order_lines": (
        rows(
            "order_lines.quantity.not_zero",
            ("quantity",),
            "reject",
            "accuracy",
            "this.quantity = 0",
            "订单行的 quantity 为 0。请填写实际数量，或删除该行。",
            "The quantity of this order line is 0. Enter the real quantity, or delete the line.",
        ),
        between("order_lines", "unit_price", "0", None, "reject"),
        between("order_lines", "unit_cost", "0", None, "reject"),
        decimal_shift("order_lines", "unit_price", _prices("unit_price", "list_price")),
        decimal_shift("order_lines", "unit_cost", _prices("unit_cost", "unit_cost")),
        rows(
            "order_lines.discount_amount.range",
            ("discount_amount",),
            "reject",
            "accuracy",
            # The discount of a line taken back (a negative quantity) is negative like the line.
            "this.discount_amount * sign(this.quantity) < 0",
            "订单行的 discount_amount 为负数（方向与数量相反）。请核对折扣金额。",
            "The discount of this order line is negative. Check discount_amount.",
        ),
        rows(
            "order_lines.discount_amount.within_line",
            ("discount_amount",),
            "warn",
            "accuracy",
            "abs(this.discount_amount) > abs(this.quantity * this.unit_price) + 0.01",
            "订单行的折扣大于该行金额。请核对 discount_amount。",
            "The discount of this order line is more than the line itself. Check discount_amount.",
        ),
        rows(
            "order_lines.tax_amount.range",
            ("tax_amount",),
            "warn",
            "accuracy",
            "this.tax_amount * sign(this.quantity) < 0",
            "订单行的 tax_amount 为负数（方向与数量相反）。请核对税额。",
            "The tax of this order line is negative. Check tax_amount.",
        ),
    ),
    "payments": (
        decimal_shift(
            "payments",
            "amount",
            own=_OWN_PAYMENTS,
            links=(link(_ORDERS, "order_id"), link("staging.stg_orders__payments", "order_id")),
        ),
    ),
    "shipments": (
        not_before("shipments", "delivered_at", "shipped_at", ("timestamp", "timestamp")),
        _not_before_order(
            "shipments",
            "shipped_at",
            "发货的 shipped_at 早于订单的下单日期。请核对日期。",
            "The shipped_at of this shipment lies before its order was made. Check the dates.",
        ),
        _not_before_order(
            "shipments",
            "delivered_at",
            "发货的 delivered_at 早于订单的下单日期。请核对日期。",
            "The delivered_at of this shipment lies before its order was made. Check the dates.",
            # Else it lies before shipped_at as well.
            where="this.shipped_at is null",
        ),
    ),
    "shipment_lines": (
        rows(
            "shipment_lines.quantity.within_ordered",
            ("quantity",),
            "warn",
            "accuracy",
            f"this.order_line_id in ({_more_than_line('shipment_lines', 'quantity', 'lines.quantity')})",
            "订单行发出的 quantity 合计多于订购数量。请核对发货数量。",
            "More of this order line was shipped than ordered. Check the quantity.",
            links=(
                link("staging.stg_orders__shipment_lines", "order_line_id"),
                link(_LINE_TABLE, "order_line_id"),
            ),
        ),
        between("shipment_lines", "quantity", "0", None, "warn"),
    ),
    "returns": (
        between("returns", "amount", "0", None, "reject"),
        between("returns", "quantity", "0", None, "warn"),
        _not_before_order(
            "returns",
            "returned_at",
            "退货的 returned_at 早于订单的下单日期。请核对日期。",
            "The returned_at of this return lies before its order was made. Check the dates.",
        ),
        rows(
            "returns.quantity.within_sold",
            ("quantity",),
            "warn",
            "accuracy",
            f"this.order_line_id in ({_more_than_line('returns', 'quantity', 'lines.quantity')})",
            "订单行退回的 quantity 合计多于售出数量。请核对退货数量。",
            "More of this order line came back than was sold. Check the quantity.",
            links=(link(_RETURNS, "order_line_id"), link(_LINE_TABLE, "order_line_id")),
        ),
        rows(
            "returns.amount.within_sold",
            ("amount",),
            "warn",
            "accuracy",
            # Before discounts and with tax: no way of counting makes a refund larger.
            f"this.order_line_id in ({_more_than_line('returns', 'amount', _WORTH)})"
            " or coalesce(trim(this.order_line_id), '') = '' and this.order_id in"
            " (select lines.order_id from staging.stg_orders__order_lines as lines"
            " join staging.stg_orders__returns as returned on returned.return_id = this.return_id"
            " where lines.order_id = this.order_id group by lines.order_id"
            f" having sum({_WORTH})"
            " < max(returned.amount))",
            "退货的 amount 大于所售的金额。请核对退款金额。",
            "The amount of this return is more than what was sold. Check it.",
            links=(
                link(_RETURNS, "order_line_id"),
                link(_RETURNS, "return_id"),
                link(_LINE_TABLE, "order_line_id"),
                link(_LINE_TABLE, "order_id"),
            ),
        ),
        rows(
            "returns.order_line_id.or_order_or_product",
            ("order_line_id", "order_id", "product_id"),
            "reject",
            "completeness",
            "coalesce(trim(this.order_line_id), '') = '' and coalesce(trim(this.order_id), '') = ''"
            " and coalesce(trim(this.product_id), '') = ''",
            "退货的 order_line_id、order_id 和 product_id 都是空的。请至少填写其中一个。",
            "This return has no order_line_id, order_id or product_id. Fill in one of them.",
        ),
    ),
    "contracts": (
        not_before("contracts", "ends_on", "starts_on", ("date", "date")),
        between("contracts", "monthly_amount", "0", None, "reject"),
        not_before("contracts", "cancelled_on", "starts_on", ("date", "date")),
        currency_mismatch(
            "contracts",
            "staging.stg_orders__contracts",
            "customer_id",
            "staging.stg_orders__customers",
        ),
        decimal_shift(
            "contracts",
            "monthly_amount",
            # Who pays about as much in another year does so by intent.
            "select source_system, case when not exists (select 1"
            " from staging.stg_orders__contracts as other"
            " where other.customer_id = this.customer_id and other.product_id = this.product_id"
            " and other.contract_id <> this.contract_id and other.monthly_amount"
            " between 0.7 * this.monthly_amount and 1.4 * this.monthly_amount)"
            " then _record_id end as _record_id, monthly_amount as value,"
            " product_id || ' ' || coalesce(currency_code, '') as peer_group"
            " from staging.stg_orders__contracts as this",
        ),
    ),
    "exchange_rates": (
        rows(
            "exchange_rates.rate.positive",
            ("rate",),
            "reject",
            "accuracy",
            "this.rate <= 0",
            "汇率不是正数。请改正 rate。",
            "This exchange rate is not above 0. Correct the rate.",
        ),
        decimal_shift(
            "exchange_rates",
            "rate",
            "select source_system, _record_id, rate as value, currency_code as peer_group"
            " from staging.stg_orders__exchange_rates",
        ),
    ),
}
