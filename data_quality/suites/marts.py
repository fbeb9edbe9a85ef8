"""State what a release must hold before it is published: keys, limits, agreement, no jump."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from data_quality.expectations import Expectation

SCHEMA = "marts"

# The grain of each published table: its key, never NULL. Models have tests of their keys; these are
# of the tables as they are sealed, the ones that publishing itself completes among them.
KEYS: dict[str, tuple[str, ...]] = {
    "dim_date": ("date_day",),
    "dim_rep": ("user_id",),
    "dim_rep_history": ("user_id", "valid_from"),
    "dim_team": ("team_id",),
    "dim_account": ("account_id",),
    "dim_customer": ("customer_id",),
    "dim_product": ("product_id",),
    "dim_stage": ("pipeline_id", "stage_id"),
    "dim_campaign": ("campaign_id",),
    "dim_competitor": ("competitor_id",),
    "dim_survey": ("survey_id",),
    "dim_question": ("question_id",),
    "fct_lead": ("lead_id",),
    "fct_opportunity": ("opportunity_id",),
    "fct_opportunity_version": ("opportunity_id", "valid_from"),
    "fct_stage_visit": ("opportunity_id", "stage_id", "visit_number"),
    "fct_activity": ("activity_id",),
    "fct_order": ("order_id",),
    "fct_order_line": ("order_line_id",),
    "fct_return": ("return_id",),
    "fct_ticket": ("ticket_id",),
    "fct_quota": ("quota_id",),
    "fct_survey_response": ("response_id",),
    "fct_survey_answer": ("response_id", "question_id", "choice"),
    "fct_payment": ("payment_id",),
    "fct_shipment": ("shipment_id",),
    "fct_campaign_touch": ("touch_id",),
    "fct_contract": ("contract_id",),
    "fct_survey_invitation": ("invitation_id",),
    "fct_training_attendance": ("session_id", "user_id"),
    "fct_research_note": ("note_id",),
    "sales_by_period": ("period_type", "period_start", "dimension", "member"),
    "fulfilment_by_period": ("period_type", "period_start", "dimension", "member"),
    "price_volume_mix": ("period_start", "product_id"),
    "return_rates": ("sale_month", "product_id"),
    "product_launches": ("product_id", "months_since_launch"),
    "lead_conversion": ("cohort_month", "dimension", "member"),
    "win_rates": ("period_type", "period_start", "dimension", "member"),
    "cohort_win_rates": ("cohort_month", "dimension", "member"),
    "stage_durations": ("period_start", "pipeline_id", "stage_id"),
    "stage_bottlenecks": ("period_start", "pipeline_id", "stage_id"),
    "process_friction": ("period_start", "pipeline_id", "stage_id"),
    "pipeline_waterfall": ("period_type", "period_start", "dimension", "member"),
    "pipeline_coverage": ("as_of_date", "period_start", "dimension", "member"),
    "pipeline_velocity": ("as_of_date", "dimension", "member"),
    "stalled_opportunities": ("opportunity_id",),
    "open_pipeline": ("as_of_date", "dimension", "member"),
    "funnel_by_cohort": ("cohort_month", "pipeline_id", "stage_id"),
    "quota_attainment": ("period_type", "period_start", "user_id", "measure"),
    "team_attainment": ("period_type", "period_start", "team_id", "measure"),
    "rep_scorecard": ("period_type", "period_start", "user_id"),
    "commission_statement": ("period_start", "user_id", "plan_id", "tier"),
    "rep_ramp": ("user_id",),
    "training_effect": ("course", "metric"),
    "time_allocation": ("period_start", "user_id", "activity_type"),
    "capacity": ("as_of_date", "user_id"),
    "customer_360": ("customer_id",),
    "customer_cohorts": ("cohort_month", "month_number"),
    "repeat_purchase": ("cohort_month", "dimension", "member"),
    "customer_churn": ("period_start", "dimension", "member"),
    "recurring_revenue": ("period_start", "dimension", "member"),
    "product_affinity": ("product_id", "other_product_id"),
    "next_products": ("customer_id", "rank"),
    "service_levels": ("period_type", "period_start", "dimension", "member"),
    "referrals": ("period_start",),
    "attribution": ("opportunity_id", "touch_id", "model"),
    "campaign_performance": ("campaign_id", "model"),
    "competitor_win_loss": ("period_type", "period_start", "competitor_id"),
    "market_share": ("segment", "region", "period_start", "vintage"),
    "segment_potential": ("segment", "region"),
    "market_intelligence": ("note_id",),
    "survey_answers_by_question": ("question_id", "choice", "dimension", "member"),
    "survey_comments": ("response_id", "question_id"),
    "survey_scores": (
        "survey_id",
        "period_type",
        "period_start",
        "measure",
        "dimension",
        "member",
    ),
    "improvement_actions": ("action_id",),
    "quality_checks": ("run_id", "check_id"),
    "quality_issues": ("issue_id",),
    "quality_scores": ("as_of_date", "entity", "dimension"),
    "quality_corrections": ("correction_id",),
    "source_freshness": ("source_system", "entity"),
    "metric_dictionary": ("metric",),
    "kpis": ("metric", "period_type", "period_start", "dimension", "member"),
    "release_info": ("release_id",),
    "run_steps": ("run_id", "step"),
}

# Shares and probabilities, which lie within 0 and 1. A margin rate may be negative: it is not one.
RATES: dict[str, tuple[str, ...]] = {
    "dim_stage": ("default_probability",),
    "fct_opportunity": ("probability",),
    "fulfilment_by_period": ("on_time_rate", "otif_rate"),
    "win_rates": ("win_rate", "win_rate_low", "win_rate_high", "amount_win_rate"),
    "funnel_by_cohort": ("rate_of_previous", "rate_of_first", "drop_off_rate"),
    "lead_conversion": ("conversion_rate",),
    "cohort_win_rates": ("win_rate",),
    "process_friction": ("reentry_rate", "skip_rate"),
    "pipeline_waterfall": ("slip_rate",),
    "pipeline_velocity": ("win_rate",),
    "rep_scorecard": ("win_rate", "win_rate_adjusted", "csat", "csat_adjusted"),
    "training_effect": ("attendance_rate",),
    "time_allocation": ("share", "high_value_share"),
    "customer_360": ("probability_alive", "probability_no_order_90d"),
    "customer_cohorts": ("retention_rate",),
    "repeat_purchase": ("repeat_rate",),
    "customer_churn": ("churn_rate",),
    "recurring_revenue": ("logo_churn_rate", "gross_retention"),
    "product_affinity": ("support", "confidence", "p_value"),
    "service_levels": ("reopened_rate",),
    "attribution": ("weight",),
    "survey_scores": ("response_rate",),
    "quality_scores": ("score", "target"),
}

# Counts, and money that only adds up, which are never below 0.
COUNTS: dict[str, tuple[str, ...]] = {
    "sales_by_period": ("orders", "customers", "new_customers", "returned_amount"),
    "fulfilment_by_period": ("orders_due", "on_time", "late", "in_full", "open_past_due"),
    "win_rates": ("won", "lost", "no_decision", "won_amount", "lost_amount"),
    "open_pipeline": ("deals", "amount", "weighted_amount", "stalled_deals"),
    "funnel_by_cohort": ("entered", "reached_later", "won", "lost", "still_open"),
    "lead_conversion": ("leads", "converted", "mature_leads", "converted_within_window"),
    "cohort_win_rates": ("created", "won", "lost", "still_open"),
    "stage_durations": ("visits", "median_days", "open_visits"),
    "stage_bottlenecks": ("excess_days", "deals_waiting", "cost_score"),
    "pipeline_waterfall": ("increased", "decreased", "start_deals", "end_deals"),
    "rep_scorecard": ("orders", "won", "lost"),
    "customer_360": ("orders", "expected_orders_12m"),
    "customer_cohorts": ("cohort_size", "active_customers"),
    "customer_churn": ("active_start", "churned", "reactivated"),
    "recurring_revenue": ("customers_start", "customers_lost"),
    "service_levels": ("median_first_response_hours", "open_at_end"),
    "time_allocation": ("activities", "minutes"),
    "campaign_performance": ("touches", "leads", "opportunities", "won", "new_customers"),
    "survey_answers_by_question": ("n", "respondents"),
    "survey_scores": ("n", "invitations", "responses"),
    "quality_checks": ("rows_checked", "rows_failed"),
    "quality_scores": ("checks", "weight"),
}

# Members add up to the total only where each order or deal has one of them.
ADDITIVE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sales_by_period": (
        ("gross_sales", "discount_amount", "returned_amount", "net_sales", "units"),
        (
            "region",
            "country",
            "channel",
            "product",
            "category",
            "family",
            "rep",
            "team",
            "segment",
            "industry",
        ),
    ),
    "win_rates": (
        ("won", "lost", "won_amount"),
        ("owner", "team", "region", "industry", "segment", "source", "type", "product"),
    ),
    "lead_conversion": (("leads", "converted"), ("source", "campaign", "owner")),
    "cohort_win_rates": (("created", "won", "lost"), ("owner", "source", "type")),
    "pipeline_waterfall": (("start_amount", "won", "lost", "end_amount"), ("team", "owner")),
    "open_pipeline": (
        ("deals", "amount"),
        ("owner", "team", "region", "stage", "forecast_category", "close_month"),
    ),
}
_PERIOD_KEYS = {
    "sales_by_period": ("period_type", "period_start"),
    "win_rates": ("period_type", "period_start"),
    "lead_conversion": ("cohort_month",),
    "cohort_win_rates": ("cohort_month",),
    "pipeline_waterfall": ("period_type", "period_start"),
    "open_pipeline": ("as_of_date",),
}

# Metric of kpis → the mart that computes it and its column.
KPI_OWNERS: dict[str, tuple[str, str]] = {
    "net_sales": ("sales_by_period", "net_sales"),
    "orders": ("sales_by_period", "orders"),
    "average_order_value": ("sales_by_period", "average_order_value"),
    "gross_margin_rate": ("sales_by_period", "gross_margin_rate"),
    "new_customers": ("sales_by_period", "new_customers"),
    "win_rate": ("win_rates", "win_rate"),
    "bookings": ("win_rates", "won_amount"),
    "median_cycle_days": ("win_rates", "median_cycle_days"),
    "otif_rate": ("fulfilment_by_period", "otif_rate"),
    "slip_rate": ("pipeline_waterfall", "slip_rate"),
    "median_first_response_hours": ("service_levels", "median_first_response_hours"),
}

# A cent: sums are exact, and what differs by more was computed twice.
_CENT = "0.01"


@dataclass(frozen=True)
class ReleaseBefore:
    """What the release in use holds: rows of each mart, net sales of all time, and those of each
    closed month where nothing has come since that would explain another figure."""

    rows: Mapping[str, int]
    net_sales: Decimal | None = None
    unchanged_months: Mapping[date, Decimal] = field(default_factory=dict)


def mart_suites(
    tables: Collection[str], before: ReleaseBefore | None = None
) -> dict[str, list[Expectation]]:
    """What must hold of these tables of schema `marts`, by `marts.<table>`.

    A check that needs a table which is not among them is left out.
    """
    found: dict[str, list[Expectation]] = {}
    for mart, key in KEYS.items():
        if mart not in tables:
            continue
        checks = [_key(mart, key)]
        checks += [_within(mart, column, "0", "1") for column in RATES.get(mart, ())]
        checks += [_within(mart, column, "0", None) for column in COUNTS.get(mart, ())]
        checks += [_adds_up(mart, column) for column in ADDITIVE.get(mart, ((), ()))[0]]
        checks += _agreements(mart)
        if before is not None:
            checks += _jumps(mart, before)
        found[f"{SCHEMA}.{mart}"] = [e for e in checks if set(tables).issuperset(e.needs)]
    return found


def _check(
    rule: str,
    columns: tuple[str, ...],
    condition: str,
    message_zh: str,
    message_en: str,
    *,
    dimension: str = "consistency",
    action: str = "block",
    needs: tuple[str, ...] = (),
) -> Expectation:
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
    )


def _key(mart: str, key: tuple[str, ...]) -> Expectation:
    listed = ", ".join(key)
    missing = " or ".join(f"this.{part} is null" for part in key)
    own = ", ".join(f"this.{part}" for part in key)
    tuple_, own_tuple = (f"row({listed})", f"row({own})") if len(key) > 1 else (listed, own)
    return _check(
        f"{mart}.key.unique",
        key,
        f"{missing} or {own_tuple} in"
        f" (select {tuple_} from {{batch}} group by {listed} having count(*) > 1)",
        f"{mart} 的主键（{listed}）有空值或重复。请报告此错误。",
        f"The key of {mart} ({listed}) is empty or doubled. Report this fault.",
        dimension="uniqueness",
    )


def _within(mart: str, column: str, minimum: str, maximum: str | None) -> Expectation:
    limits_zh = f"{minimum} 到 {maximum} 之间" if maximum else f"不小于 {minimum}"
    limits_en = f"between {minimum} and {maximum}" if maximum else f"at least {minimum}"
    return Expectation(
        rule=f"{mart}.{column}.range",
        kind="between",
        columns=(column,),
        action="block",
        dimension="accuracy",
        message_zh=f"{mart} 的 {column} 应{limits_zh}。请报告此错误。",
        message_en=f"The {column} of {mart} must be {limits_en}. Report this fault.",
        minimum=minimum,
        maximum=maximum,
    )


def _adds_up(mart: str, column: str) -> Expectation:
    _, dimensions = ADDITIVE[mart]
    periods = _PERIOD_KEYS[mart]
    grouped = ", ".join(periods)
    listed = ", ".join(f"'{dimension}'" for dimension in dimensions)
    joined = " and ".join(f"parts.{part} = this.{part}" for part in periods)
    return _check(
        f"{mart}.{column}.adds_up",
        (column,),
        f"this.dimension = 'total' and exists (select 1 from (select {grouped}, dimension,"
        f" sum({column}) as amount from {{batch}} where dimension in ({listed})"
        f" group by {grouped}, dimension) as parts where {joined}"
        f" and abs(parts.amount - this.{column}) > {_CENT})",
        f"{mart} 中各成员的 {column} 之和不等于合计。请报告此错误。",
        f"The {column} of the members of {mart} does not add up to the total. Report this fault.",
    )


def _agreements(mart: str) -> list[Expectation]:
    """What two published tables, or two columns of one, must agree on."""
    return {
        "sales_by_period": [*_sales_agree()],
        "fulfilment_by_period": [
            _check(
                "fulfilment_by_period.orders_due.adds_up",
                ("on_time", "late", "orders_due"),
                "this.on_time + this.late <> this.orders_due"
                " or this.on_time_in_full > least(this.on_time, this.in_full)",
                "准时与迟到的订单之和不等于应交付订单数。请报告此错误。",
                "On time and late do not add up to the orders due. Report this fault.",
            )
        ],
        "win_rates": [
            _check(
                "win_rates.win_rate.of_counts",
                ("win_rate", "won", "lost"),
                "abs(this.win_rate - cast(this.won as double) / nullif(this.won + this.lost, 0))"
                " > 1e-9 or this.win_rate < this.win_rate_low - 1e-9"
                " or this.win_rate > this.win_rate_high + 1e-9 or this.no_decision > this.lost",
                "赢单率与赢单、输单数不符。请报告此错误。",
                "The win rate is not what won and lost come to. Report this fault.",
            )
        ],
        "funnel_by_cohort": [
            _check(
                "funnel_by_cohort.reached_later.within_entered",
                ("reached_later", "entered"),
                "this.reached_later > this.entered",
                "后续阶段的商机数多于进入该阶段的商机数。请报告此错误。",
                "More deals reached a later stage than entered this one. Report this fault.",
            )
        ],
        "customer_cohorts": [
            _check(
                "customer_cohorts.active_customers.within_cohort",
                ("active_customers", "cohort_size"),
                "this.active_customers > this.cohort_size",
                "活跃客户数多于同期群客户数。请报告此错误。",
                "More customers are active than the cohort has. Report this fault.",
            )
        ],
        "recurring_revenue": [
            _check(
                "recurring_revenue.end_amount.balances",
                ("start_amount", "new", "expansion", "resurrection", "contraction", "churn"),
                "this.start_amount + this.new + this.expansion + this.resurrection"
                " - this.contraction - this.churn <> this.end_amount",
                "经常性收入的变动与期末金额不符。请报告此错误。",
                "The movements of recurring revenue do not come to its end. Report this fault.",
            )
        ],
        "quota_attainment": [
            _check(
                "quota_attainment.attainment.of_quota",
                ("attainment", "credited", "quota"),
                "abs(this.attainment - cast(this.credited as double)"
                " / nullif(cast(this.quota as double), 0)) > 1e-6",
                "达成率不等于业绩除以指标。请报告此错误。",
                "Attainment is not what was credited by quota. Report this fault.",
            )
        ],
        "team_attainment": [
            _check(
                "team_attainment.attainment.of_quota",
                ("attainment", "credited", "quota"),
                "abs(this.attainment - cast(this.credited as double)"
                " / nullif(cast(this.quota as double), 0)) > 1e-6",
                "达成率不等于业绩除以指标。请报告此错误。",
                "Attainment is not what was credited by quota. Report this fault.",
            )
        ],
        "commission_statement": [
            _check(
                "commission_statement.total.what_is_left",
                ("total", "commission", "claw_back", "cap_applied"),
                "this.total <> this.commission - this.claw_back - this.cap_applied",
                "应付提成不等于提成减去追回和封顶。请报告此错误。",
                "The total is not the commission less claw-back and cap. Report this fault.",
            )
        ],
        "market_share": [
            _check(
                "market_share.share.within_market",
                ("own_sales", "market_size"),
                "this.own_sales > this.market_size",
                "自己的销售额大于市场规模：请核对市场规模的口径。",
                "Own sales are larger than the market: check what the market's size holds.",
                action="warn",
            )
        ],
        "customer_360": [
            _check(
                "customer_360.rfm.range",
                ("rfm_recency", "rfm_frequency", "rfm_monetary"),
                "least(this.rfm_recency, this.rfm_frequency, this.rfm_monetary) < 1"
                " or greatest(this.rfm_recency, this.rfm_frequency, this.rfm_monetary) > 5",
                "RFM 分数不在 1 到 5 之间。请报告此错误。",
                "An RFM score is not between 1 and 5. Report this fault.",
                dimension="accuracy",
            )
        ],
        "survey_scores": [
            _check(
                "survey_scores.score.range",
                ("score",),
                "(this.measure = 'nps' and abs(this.score) > 100)"
                " or (this.measure <> 'nps' and (this.score < 0 or this.score > 1))",
                "问卷得分超出范围（NPS 为 -100 到 100，CSAT 与 CES 为 0 到 1）。请报告此错误。",
                "A score is out of range (NPS -100 to 100, CSAT, CES 0 to 1). Report this fault.",
                dimension="accuracy",
            ),
            _check(
                "survey_scores.promoters.adds_up",
                ("promoters", "passives", "detractors", "n"),
                "this.measure = 'nps'"
                " and this.promoters + this.passives + this.detractors <> this.n",
                "推荐者、中立者与贬损者之和不等于答卷数。请报告此错误。",
                "Promoters, passives and detractors do not add up to n. Report this fault.",
            ),
        ],
        "quality_checks": [
            _check(
                "quality_checks.is_passed.only_when_run",
                ("is_passed", "did_run"),
                "this.is_passed and not this.did_run",
                "未运行的检查被记为通过。请报告此错误。",
                "A check that did not run is called passed. Report this fault.",
            )
        ],
        "kpis": [_kpi_agrees(metric) for metric in KPI_OWNERS],
    }.get(mart, [])


def _sales_agree() -> tuple[Expectation, ...]:
    is_whole = "this.dimension = 'total' and this.period_type = 'all'"
    lines = "(select sum({}) from marts.fct_order_line as line where line.is_valid)"
    found = [
        _check(
            f"sales_by_period.{column}.matches_lines",
            (column,),
            f"{is_whole} and abs(this.{column} - coalesce({lines.format(of_line)}, 0)) > {_CENT}",
            f"sales_by_period 的 {column} 总计与订单行合计不符。请报告此错误。",
            f"The {column} of sales_by_period is not that of the order lines. Report this fault.",
            needs=("fct_order_line",),
        )
        for column, of_line in (
            ("gross_sales", "line.gross_sales"),
            ("discount_amount", "line.discount_amount"),
            ("units", "line.quantity"),
        )
    ]
    parts = "this.gross_sales - this.discount_amount - this.returned_amount"
    return (
        *found,
        _check(
            "sales_by_period.net_sales.of_parts",
            ("net_sales", "gross_sales", "discount_amount", "returned_amount"),
            f"abs(this.net_sales - ({parts})) > {_CENT}",
            "净销售额不等于销售额减折扣减退货。请报告此错误。",
            "Net sales is not gross sales less discount less returns. Report this fault.",
        ),
    )


def _kpi_agrees(metric: str) -> Expectation:
    owner, column = KPI_OWNERS[metric]
    joined = " and ".join(
        f"owner.{part} = this.{part}"
        for part in ("period_type", "period_start", "dimension", "member")
    )
    value = f"cast(owner.{column} as double)"
    return _check(
        f"kpis.{metric}.matches_owner",
        ("value",),
        f"this.metric = '{metric}' and exists (select 1 from marts.{owner} as owner"
        f" where {joined} and coalesce(abs({value} - this.value) > 1e-6 * greatest(1,"
        f" abs({value})), {value} is not null or this.value is not null))",
        f"kpis 的 {metric} 与 {owner} 的 {column} 不一致。请报告此错误。",
        f"The {metric} of kpis is not the {column} of {owner}. Report this fault.",
        needs=(owner,),
    )


def _jumps(mart: str, before: ReleaseBefore) -> list[Expectation]:
    """Warnings where the release differs from the one in use by more than a night explains."""
    found = []
    rows = before.rows.get(mart, 0)
    # Of a small table a few rows are a great share.
    if rows >= 20 and mart not in ("quality_issues", "quality_checks", "run_steps"):
        found.append(
            Expectation(
                rule=f"{mart}.rows.no_jump",
                kind="row_count",
                columns=(),
                action="warn",
                dimension="consistency",
                message_zh=f"{mart} 的行数与上一次发布相差超过一半。请核对源系统的变化。",
                message_en=f"The rows of {mart} differ from the last release by more than half. "
                "Check what changed at the sources.",
                minimum=str(rows // 2),
                maximum=str(rows * 3 // 2 + 1),
            )
        )
    if mart == "sales_by_period" and before.net_sales:
        limit = abs(before.net_sales) / 5
        found.append(
            _check(
                "sales_by_period.net_sales.no_jump",
                ("net_sales",),
                "this.dimension = 'total' and this.period_type = 'all'"
                f" and abs(this.net_sales - ({before.net_sales})) > {limit}",
                "全部时期的净销售额与上一次发布相差超过五分之一。请核对源系统的变化。",
                "Net sales of all time differ from the last release by more than a fifth. Check "
                "what changed at the sources.",
                action="warn",
            )
        )
    if mart == "sales_by_period" and before.unchanged_months:
        months = ", ".join(
            f"(date '{month}', {amount})" for month, amount in before.unchanged_months.items()
        )
        found.append(
            _check(
                "sales_by_period.net_sales.no_unexplained_change",
                ("net_sales",),
                # An order has the status of its day: on a later one a closed month may differ.
                "this.dimension = 'total' and this.period_type = 'month' and exists (select 1 from"
                f" (values {months}) as before (period_start, net_sales)"
                " where before.period_start = this.period_start"
                f" and abs(before.net_sales - this.net_sales) >= {_CENT})",
                "已结束月份的净销售额与上一次发布不同，而订单、设置和程序都没有变化。请对照订单状态核对这些月份。",
                "Net sales of a closed month differ from the last release, though no order, setting "
                "or code has changed. Compare the orders' statuses of that month.",
                action="warn",
            )
        )
    return found
