"""Small changes to the SQL of each mart of sales, pipeline and customers; each must make a test fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """In `file`, below models/marts, `old` becomes `new`; it belongs to the tests of `mart`."""

    mart: str
    file: str
    old: str
    new: str


def _of(mart: str, file: str, *changes: tuple[str, str]) -> tuple[Mutation, ...]:
    return tuple(Mutation(mart, file, old, new) for old, new in changes)


SALES = (
    *_of(
        "sales_by_period",
        "sales/sales_by_period.sql",
        # A day more or less of the period before; the first day of all; the rank of equals.
        (
            "inner join periods on first_days.first_day <= periods.period_end",
            "inner join periods on first_days.first_day < periods.period_start",
        ),
        (
            "between member_periods.previous_start and member_periods.previous_end",
            "between member_periods.previous_start and member_periods.previous_end + 1",
        ),
        (
            "between member_periods.year_ago_start and member_periods.year_ago_end",
            "between member_periods.year_ago_start + 1 and member_periods.year_ago_end",
        ),
        ("        rank() over (\n", "        dense_rank() over (\n"),
        (
            "'(filled.net_sales - filled.net_sales_without_cost)'",
            "'(filled.net_sales + filled.net_sales_without_cost)'",
        ),
        (
            "mean_money('filled.net_sales', 'filled.orders_with_value')",
            "mean_money('filled.net_sales', 'filled.orders')",
        ),
        (
            "coalesce(period_sums.{{ measure }}, 0) as {{ measure }}",
            "period_sums.{{ measure }} as {{ measure }}",
        ),
        (
            "ratio('filled.net_sales', 'totals.net_sales')",
            "ratio('filled.gross_sales', 'totals.net_sales')",
        ),
    ),
    *_of(
        "sales_by_period",
        "sales/int_sales_facts.sql",
        ("-returns.amount as net_sales", "returns.amount as net_sales"),
        (
            "cast(sum(gross_sales - discount_amount) as decimal(18, 4)) as net_sales",
            "cast(sum(gross_sales) as decimal(18, 4)) as net_sales",
        ),
        (
            "coalesce(returns.cost_amount, 0) - returns.amount",
            "-coalesce(returns.cost_amount, 0) - returns.amount",
        ),
        ("orders.line_count > 0 and orders.", "orders."),
        (
            "left join customers on returns.customer_id = customers.customer_id",
            "left join customers on returns.order_id = customers.customer_id",
        ),
    ),
    *_of(
        "sales_by_period",
        "sales/int_sales_customers.sql",
        ("    where facts.order_id is not null\n", ""),
        ("partition by member_number, customer_number", "partition by customer_number"),
        ("followed.earlier_day < {{ start }}", "followed.earlier_day <= {{ start }}"),
    ),
    *_of(
        "price_volume_mix",
        "sales/price_volume_mix.sql",
        (
            "share_of_money('earlier_amount', 'units', 'earlier_units')",
            "share_of_money('earlier_amount', 'earlier_units', 'units')",
        ),
        (
            "share_of_money('earlier_amount', 'all_units', 'all_earlier_units')",
            "share_of_money('earlier_amount', 'units', 'earlier_units')",
        ),
        (
            "cast(earlier_returned - returned_amount as decimal(18, 4)) as returns_effect",
            "cast(returned_amount - earlier_returned as decimal(18, 4)) as returns_effect",
        ),
        (
            "when sold.units > 0 and sold.earlier_units > 0 then 'continuing'",
            "when sold.units > 0 or sold.earlier_units > 0 then 'continuing'",
        ),
        (
            "product_days.date_day <= months.previous_end",
            "product_days.date_day <= months.previous_end + 1",
        ),
        ("coalesce(sold.returned_amount, 0)", "sold.returned_amount"),
    ),
    *_of(
        "return_rates",
        "sales/return_rates.sql",
        (
            "returns.is_valid and returns.has_line and",
            "returns.is_valid and returns.quantity > 1 and",
        ),
        (
            "cast(date_trunc('month', order_lines.order_date) as date)",
            "cast(date_trunc('month', returns.returned_date) as date)",
        ),
        (
            "as date) <= {{ as_of_date() }}\n            as is_mature",
            "as date) < {{ as_of_date() }}\n            as is_mature",
        ),
        ("is_valid and not has_line and", "is_valid and"),
        ("    where 'returns' in (select delivered.entity from delivered)\n", ""),
        (
            "cast(coalesce(came_back.units_returned, 0) as decimal(18, 4)) as",
            "cast(came_back.units_returned as decimal(18, 4)) as",
        ),
    ),
    *_of(
        "fulfilment_by_period",
        "sales/fulfilment_by_period.sql",
        ("where is_valid and is_due", "where is_valid and promised_date is not null"),
        ("count_if(is_on_time and is_in_full)", "count_if(is_on_time or is_in_full)"),
        ("count_if(not is_completed)", "count_if(is_completed)"),
        (
            "coalesce(measured.orders_due - measured.on_time, 0)",
            "coalesce(measured.orders_due - measured.on_time - measured.open_past_due, 0)",
        ),
        (
            "days_between(local_date('shipped_at'), local_date('delivered_at'))",
            "days_between('order_date', local_date('delivered_at'))",
        ),
        ("percentile_of_days(0.9, 'cycle_days')", "percentile_of_days(0.5, 'cycle_days')"),
    ),
    *_of(
        "fulfilment_by_period",
        "core/int_order_deliveries.sql",
        (
            "count_if(not is_later and delivered_at is null) = 0 then max(delivered_at)",
            "count_if(not is_later and delivered_at is null) = 0 then min(delivered_at)",
        ),
        (
            "where order_lines.quantity > coalesce(sent_by_line.quantity, 0)",
            "where order_lines.quantity > sent_by_line.quantity + 1",
        ),
    ),
    *_of(
        "product_launches",
        "sales/product_launches.sql",
        (
            "and followed.launched_on > earlier.launched_on",
            "and followed.launched_on >= earlier.launched_on",
        ),
        (
            "products.launched_on >= first_days.first_day\n        and ",
            "",
        ),
        ("coalesce(sold.net_sales, 0)", "sold.net_sales"),
        (
            "            followed.months_since_launch = earlier.months_since_launch\n            and ",
            "            ",
        ),
    ),
)

PIPELINE = (
    *_of(
        "lead_conversion",
        "pipeline/lead_conversion.sql",
        (
            "count_if(is_mature and is_converted_within_window)",
            "count_if(is_converted_within_window)",
        ),
        (
            "ratio('counted.converted_within_window', 'counted.mature_leads')",
            "ratio('counted.converted_within_window', 'counted.leads')",
        ),
        ("coalesce(source, '(none)')", "source"),
        ("coalesce(counted.leads, 0)", "counted.leads"),
        ("as date) <= {{ as_of_date() }}", "as date) >= {{ as_of_date() }}"),
    ),
    *_of(
        "funnel_by_cohort",
        "pipeline/funnel_by_cohort.sql",
        (
            "        or coalesce(deal_reach.last_step > open_stages.step, false) as has_entered",
            "        as has_entered",
        ),
        ("count_if(has_entered and status = 'lost')", "count_if(status = 'lost')"),
        ("filled.step = previous_steps.step + 1", "filled.step = previous_steps.step - 1"),
        ("and first_steps.step = 1", "and first_steps.step = 2"),
        (
            "order by visits.visit_order desc nulls last",
            "order by visits.visit_order asc nulls last",
        ),
        ("ratio('filled.dropped', 'filled.entered')", "ratio('filled.lost', 'filled.entered')"),
        ("sum(amount) filter (where has_entered)", "sum(amount)"),
    ),
    *_of(
        "win_rates",
        "pipeline/win_rates.sql",
        (
            "where status <> 'open' and closed_date is not null",
            "where closed_date is not null and status = 'won'",
        ),
        ("when measured.lost_without_amount = 0", "when measured.lost_without_amount >= 0"),
        (
            "left join named_competitors\n        on closed_deals.opportunity_id",
            "inner join named_competitors\n        on closed_deals.type",
        ),
        ("percentile_cont(0.75)", "percentile_cont(0.5)"),
        (
            "wilson('measured.won', 'measured.closed', '+')",
            "wilson('measured.won', 'measured.closed', '-')",
        ),
        (
            "count(amount) filter (where status = 'won') as won_with_amount",
            "count(*) as won_with_amount",
        ),
        ("coalesce(measured.won, 0)", "measured.won"),
    ),
    *_of(
        "cohort_win_rates",
        "pipeline/cohort_win_rates.sql",
        ("'(counted.won + counted.lost)'", "'counted.created'"),
        ("as date) <= {{ as_of_date() }}", "as date) < {{ as_of_date() }}"),
        ("count_if(status = 'open')", "count_if(status <> 'won')"),
        ("coalesce(counted.created, 0)", "counted.created"),
    ),
    *_of(
        "stage_durations",
        "pipeline/stage_durations.sql",
        (
            "when year_before.visits >= 5 then year_before.median_days",
            "when year_before.visits > 5 then year_before.median_days",
        ),
        ("and all_rows.stage_id <> timed.stage_id", "and all_rows.stage_id = timed.stage_id"),
        ("where days is not null", "where days is not null and not is_open"),
        ("percentile(0.75, 'days')", "percentile(0.5, 'days')"),
        (
            "all_rows.period_start > timed.period_start",
            "all_rows.period_start >= timed.period_start",
        ),
        ("count_if(not is_open) as visits", "count(*) as visits"),
    ),
    *_of(
        "stage_durations",
        "pipeline/int_stage_visit_months.sql",
        ("visits.exited_at < months.ends_at", "visits.exited_at <= months.starts_at"),
        ("visits.visit_order < months.ends_at", "visits.visit_order < months.starts_at"),
    ),
    *_of(
        "stage_bottlenecks",
        "pipeline/stage_bottlenecks.sql",
        ("place = 1 and coalesce", "rank = 1 and coalesce"),
        ("position asc nulls last", "position desc nulls last"),
        (
            "durations.median_days - durations.baseline_median_days\n",
            "durations.median_days + durations.baseline_median_days\n",
        ),
        ("coalesce(cost_score > 0, false)", "coalesce(cost_score >= 0, false)"),
        ("visits_measured >= 5", "visits_measured > 5"),
        ("where visit_months.is_open\n", ""),
    ),
    *_of(
        "process_friction",
        "pipeline/process_friction.sql",
        ("left_visits.is_won or left_visits.to_position", "left_visits.to_position"),
        (
            "left_visits.from_position < open_stages.position",
            "left_visits.from_position <= open_stages.position",
        ),
        ("'(counted.skipped + counted.entered)'", "'counted.entered'"),
        (
            "opportunities.closed_at >= activities.happened_at",
            "opportunities.created_at <= activities.happened_at",
        ),
        ("owner_id <> earlier_owner_id", "owner_id is not null"),
        (
            "won_visits.exited_at > activities.happened_at",
            "won_visits.exited_at <= activities.happened_at",
        ),
        ("when effort.is_known then {{ ratio", "when true then {{ ratio"),
    ),
    *_of(
        "open_pipeline",
        "pipeline/open_pipeline.sql",
        ("where opportunities.status = 'open'", "where opportunities.status <> 'won'"),
        (
            "opportunities.expected_close_date < {{ as_of_date() }}",
            "opportunities.expected_close_date > {{ as_of_date() }}",
        ),
        (
            "left join stalled on opportunities.opportunity_id = stalled.opportunity_id",
            "left join stalled on opportunities.owner_id = stalled.opportunity_id",
        ),
        ("sum(amount) filter (where is_stalled)", "sum(amount)"),
        (
            "cast(opportunities.expected_close_date as string), 1, 7), '(none)')",
            "cast(opportunities.expected_close_date as string), 1, 7), '')",
        ),
    ),
    *_of(
        "pipeline_waterfall",
        "pipeline/pipeline_waterfall.sql",
        (
            "states.expected_close_date <= windows.period_end, false) as is_in_scope,\n        coalesce",
            "states.expected_close_date >= windows.period_start, false) as is_in_scope,\n        coalesce",
        ),
        (
            "when states.status = 'lost' then states.last_open_amount else",
            "when false then states.last_open_amount else",
        ),
        (
            "where states.status = 'open' or states.status_since >= windows.starts_at",
            "where states.status = 'open' or states.status_since > windows.ends_at",
        ),
        (
            "when start_member is null and is_earlier then 'reopened'",
            "when start_member is null and not is_earlier then 'reopened'",
        ),
        (
            "sum(greatest(entry_amount - leaving_amount, 0)) as decreased",
            "sum(greatest(leaving_amount - entry_amount, 0)) as decreased",
        ),
        (
            "is_expected and status = 'open' and not is_end_in_scope as is_slipped",
            "status = 'open' and is_end_in_scope as is_slipped",
        ),
        (
            "states.expected_close_date between windows.period_start and windows.period_end, false",
            "states.expected_close_date <= windows.period_end, false",
        ),
        ("when start_close_date is null and status <> 'open' then 'created'\n", ""),
    ),
    *_of(
        "pipeline_coverage",
        "pipeline/pipeline_coverage.sql",
        ("case when remaining > 0 then", "case when remaining <> 0 then"),
        (
            "targets.target - coalesce(deal_sums.booked, 0) as remaining",
            "targets.target + coalesce(deal_sums.booked, 0) as remaining",
        ),
        ("when dimension = 'team'\n", "when dimension = 'none'\n"),
        ("ratio('1', 'amount_win_rate')", "ratio('amount_win_rate', '1')"),
        ("interval 12 month", "interval 3 month"),
        ("'least(quarters.period_end, rep_quotas.active_end)'", "'rep_quotas.active_end'"),
        (
            "filter (where deal_members.status = 'won') as booked",
            "as booked",
        ),
        ("coalesce(deal_sums.booked, 0) as booked", "deal_sums.booked as booked"),
    ),
    *_of(
        "pipeline_velocity",
        "pipeline/pipeline_velocity.sql",
        ("nullif(rated.median_cycle_days, 0)", "rated.median_cycle_days"),
        ("ratio('won', '(won + lost)')", "ratio('won', '(won + lost + open_deals)')"),
        ("mean_money('won_amount', 'won_with_amount')", "mean_money('won_amount', 'lost')"),
        ("coalesce(opportunities.region, '(none)')", "coalesce(opportunities.segment, '(none)')"),
        ("interval 12 month", "interval 3 month"),
    ),
    *_of(
        "stalled_opportunities",
        "pipeline/stalled_opportunities.sql",
        ("days_in_stage > stage_p75_days", "days_in_stage < stage_p75_days"),
        ("stage_times.visits >= 10", "stage_times.visits > 10"),
        (">= 14, true", ">= 14, false"),
        (">= 14, true", ">= 4, true"),
        ("percentile(0.75, 'days')", "percentile(0.5, 'days')"),
        ("            and opportunities.stage_id = stage_times.stage_id\n", ""),
    ),
)

CUSTOMERS = (
    *_of(
        "customer_cohorts",
        "customers/customer_cohorts.sql",
        ("where is_new_customer", "where is_valid"),
        ("cohorts.cohort_month <= dates.month_start", "cohorts.cohort_month < dates.month_start"),
        ("nulls last rows unbounded preceding", "nulls last rows 1 preceding"),
        ("max(dates.date_day) <= {{ as_of_date() }}", "max(dates.date_day) < {{ as_of_date() }}"),
    ),
    *_of(
        "repeat_purchase",
        "customers/repeat_purchase.sql",
        (
            "second_orders.order_date <= first_orders.window_end",
            "second_orders.order_date < first_orders.window_end",
        ),
        (
            "first_orders.window_end <= {{ as_of_date() }} as is_mature",
            "first_orders.window_end < {{ as_of_date() }} as is_mature",
        ),
        (
            "count_if(is_mature and has_repeated)",
            "count_if(has_repeated)",
        ),
        (
            "    select distinct  --",
            "    select  --",
        ),
        (
            "coalesce(segment, '(none)') as segment",
            "segment",
        ),
    ),
    *_of(
        "customer_churn",
        "customers/customer_churn.sql",
        (
            "cast(count_if(was_active and not is_active) as bigint) as churned",
            "cast(count_if(not is_active) as bigint) as churned",
        ),
        (
            "count_if(not is_new and not was_active and is_active)",
            "count_if(not was_active and is_active)",
        ),
        (
            "when bool_and(has_limit)",
            "when true",
        ),
        (
            "followed.period_start - interval 1 day",
            "followed.last_day",
        ),
    ),
    *_of(
        "customer_churn",
        "customers/int_churn_limits.sql",
        (
            "known_days.known_on > gaps.next_date\n    group by known_days.known_on\n",
            "known_days.known_on >= gaps.order_date\n    group by known_days.known_on\n",
        ),
        (
            "0.95, 'gaps.gap_days') }} as churn_days\n    from known_days\n    inner join gaps on"
            " known_days.known_on > gaps.next_date\n    group by known_days.known_on\n",
            "0.9, 'gaps.gap_days') }} as churn_days\n    from known_days\n    inner join gaps on"
            " known_days.known_on > gaps.next_date\n    group by known_days.known_on\n",
        ),
        (
            "{%- set least_gaps = 30 -%}",
            "{%- set least_gaps = 3 -%}",
        ),
    ),
    *_of(
        "customer_churn",
        "customers/int_order_days.sql",
        (
            "    group by customer_id, order_date\n",
            "    group by customer_id, order_date, order_id\n",
        ),
    ),
    *_of(
        "recurring_revenue",
        "customers/recurring_revenue.sql",
        (
            "cast(contracts.cancelled_on - interval 1 day as date), contracts.ends_on",
            "contracts.cancelled_on, contracts.ends_on",
        ),
        (
            "first_days.first_day >= compared.period_start as is_new",
            "true as is_new",
        ),
        (
            "sum(least(start_amount, end_amount))",
            "sum(end_amount)",
        ),
        (
            "member_contracts.ends_on >= months.last_day or",
            "member_contracts.ends_on > months.last_day or",
        ),
        (
            "count_if(was_active and not is_active and is_customer)",
            "count_if(not is_active and is_customer and end_amount < start_amount and not was_active)",
        ),
        (
            "cast(coalesce(summed.end_amount, 0)",
            "cast(summed.end_amount",
        ),
    ),
    *_of(
        "product_affinity",
        "customers/product_affinity.sql",
        (
            "date_day > cast(",
            "date_day >= cast(",
        ),
        (
            "{%- set least_orders = 5 -%}",
            "{%- set least_orders = 6 -%}",
        ),
        (
            "bounds.orders_both + terms.i",
            "bounds.orders_both + 1 + terms.i",
        ),
        (
            "1 - coalesce(tails.tail, 0)",
            "coalesce(tails.tail, 0)",
        ),
        (
            "    where p_value <= allowed\n",
            "    where p_value <= 1\n",
        ),
        (
            "on baskets.order_id = others.order_id and",
            "on baskets.order_id <> others.order_id and",
        ),
    ),
    *_of(
        "next_products",
        "customers/next_products.sql",
        (
            "and rules.is_significant",
            "",
        ),
        (
            "    where already.product_id is null and",
            "    where",
        ),
        (
            "on rules.other_product_id = products.product_id",
            "on rules.product_id = products.product_id and products.category = 'Y'",
        ),
        (
            "        rules.other_product_id as product_id,\n        rules.product_id as because_product_id,",
            "        rules.product_id,\n        rules.other_product_id as because_product_id,",
        ),
    ),
    *_of(
        "service_levels",
        "customers/service_levels.sql",
        (
            "percentile(0.9, 'first_response_hours')",
            "percentile(0.5, 'first_response_hours')",
        ),
        (
            "percentile(0.5, 'resolution_business_hours')",
            "percentile(0.5, 'resolution_hours')",
        ),
        (
            "dated_rows.last_day < backlog.next_day or",
            "dated_rows.last_day <= backlog.next_day or",
        ),
        (
            "        -1 as change",
            "        0 as change",
        ),
        (
            "{{ ratio('measured.reopened', 'measured.tickets') }}",
            "{{ ratio('measured.reopened', 'measured.resolved') }}",
        ),
    ),
    *_of(
        "referrals",
        "customers/referrals.sql",
        (
            "count(distinct referred_by_account_id)",
            "count(referred_by_account_id)",
        ),
        (
            "deals.status = 'won' and ",
            "",
        ),
        (
            "    where referred_by_account_id is not null\n",
            "",
        ),
        (
            "    union  --",
            "    union all  --",
        ),
        (
            "date_trunc('month', deals.closed_date) as date) as month_start",
            "date_trunc('month', deals.created_date) as date) as month_start",
        ),
    ),
    *_of(
        "customer_360",
        "customers/customer_360.sql",
        (
            "when gap_days > churn_days then 'churned'",
            "when gap_days > at_risk_days then 'churned'",
        ),
        (
            "when longest_gap_days > churn_days then 'reactivated'",
            "when longest_gap_days > at_risk_days then 'reactivated'",
        ),
        (
            "when gap_days > at_risk_days then 'at_risk'",
            "when gap_days >= at_risk_days then 'at_risk'",
        ),
        (
            "+ case when scored.orders > cuts.orders_{{ share }} then 1 else 0 end",
            "+ case when scored.orders >= cuts.orders_{{ share }} then 1 else 0 end",
        ),
        (
            "and next_products.rank = 1",
            "",
        ),
        (
            "when bought.customer_id is null then 'No order yet.'\n            else",
            "when false then 'No order yet.'\n            else",
        ),
    ),
)

MUTATIONS = (*SALES, *PIPELINE, *CUSTOMERS)
