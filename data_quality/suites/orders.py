"""State what must hold of the order system's entities beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import Expectation, between, in_set, matches, not_before, rows
from data_quality.suites.crm import CURRENCY, EMAIL

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

EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "customers": (matches("customers", "email", EMAIL, "email", "warn"),),
    "products": (
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
    "shipments": (
        not_before("shipments", "delivered_at", "shipped_at", ("timestamp", "timestamp")),
    ),
    "returns": (
        between("returns", "amount", "0", None, "reject"),
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
    ),
}
