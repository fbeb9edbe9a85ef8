"""Small changes to the SQL of each mart; each must make a test fail."""

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


# What the star is made of: the marts above it show each change.
CORE = (
    *_of(
        "fct_order",
        "core/fct_order.sql",
        ("sum(net_sales) filter (where gross_margin is null)", "sum(net_sales)"),
        ("where not has_line and order_id is not null", "where order_id is not null"),
        ("where is_valid and customer_id is not null", "where customer_id is not null"),
        (
            "totalled.gross_sales - totalled.discount_amount - totalled.returned_amount",
            "totalled.gross_sales - totalled.discount_amount + totalled.returned_amount",
        ),
        ("<= headers.promised_date, false", "< headers.promised_date, false"),
    ),
    *_of(
        "fct_order",
        "core/int_order_headers.sql",
        (
            "coalesce(first_promises.promised_date, orders.promised_date, orders.requested_date)",
            "coalesce(orders.promised_date, first_promises.promised_date, orders.requested_date)",
        ),
        (
            "coalesce(known_orders.region, survivors.region, rep_history.region)",
            "coalesce(known_orders.region, rep_history.region, survivors.region)",
        ),
        ("not known_orders.is_test and known_orders.status", "known_orders.status"),
        ("        and not coalesce(orders.is_deleted, false)\n", ""),
        (
            "known_orders.ordered_at >= rep_history.valid_from",
            "known_orders.ordered_at <= rep_history.valid_from",
        ),
    ),
    *_of(
        "fct_order_line",
        "core/fct_order_line.sql",
        (
            "cast(gross_sales - discount_amount - returned_amount as decimal(18, 4)) as net_sales",
            "cast(gross_sales - discount_amount + returned_amount as decimal(18, 4)) as net_sales",
        ),
        (
            "gross_sales - discount_amount - returned_amount - cost_amount",
            "gross_sales - discount_amount - cost_amount",
        ),
        ("- coalesce(returned.returned_cost, 0) as cost_amount", "as cost_amount"),
    ),
    *_of(
        "fct_order_line",
        "core/int_order_lines.sql",
        ("then discount_amount - sum(share) over (partition by order_id)", "then share"),
        (
            "valued_lines.line_discount + coalesce(spread_discounts.order_discount, 0)",
            "valued_lines.line_discount",
        ),
        ("gross_sales - line_discount as amount", "gross_sales as amount"),
    ),
    *_of(
        "fct_return",
        "core/fct_return.sql",
        ("having count(*) = 1", "having count(*) >= 1"),
        ("when headers.order_id is not null then headers.is_valid", "when true then true"),
        (
            "coalesce(traced.returned_at, headers.delivered_at, headers.ordered_at)",
            "coalesce(headers.ordered_at, traced.returned_at, headers.delivered_at)",
        ),
    ),
    *_of(
        "fct_opportunity",
        "core/fct_opportunity.sql",
        ("where amount > 0", "where amount >= 0"),
        ("expected_close_date > earlier_close_date", "expected_close_date <> earlier_close_date"),
        (
            "coalesce(accounts.region, rep_history.region) as region",
            "coalesce(rep_history.region, accounts.region) as region",
        ),
        (
            "coalesce(dated.probability, stages.default_probability)",
            "coalesce(stages.default_probability, dated.probability)",
        ),
        ("        and type not in ('task', 'note')\n", ""),
        ("when status <> 'open' and closed_date >= created_date", "when status <> 'open'"),
    ),
    *_of(
        "fct_opportunity_version",
        "core/int_opportunity_versions.sql",
        ("when event_kind >= 3 then {{ column }}", "when event_kind >= 5 then {{ column }}"),
        ("            not history_starts.has_from_stage\n", "            true\n"),
        (
            "order by filled.event_number desc nulls last",
            "order by filled.event_number asc nulls last",
        ),
        ("or coalesce(history.changed_at < known_deals.closed_at, true)", "or true"),
        ("    where not known_deals.has_moved_later\n", ""),
    ),
    *_of(
        "fct_opportunity_version",
        "core/fct_opportunity_version.sql",
        (
            "coalesce(opportunities.closed_date, {{ as_of_date() }}) = exchange_rates.rate_date",
            "{{ as_of_date() }} = exchange_rates.rate_date",
        ),
        (
            "versions.valid_from >= rep_history.valid_from",
            "versions.valid_from <= rep_history.valid_from",
        ),
        (
            "resolved_id('versions.owner_id', 'reps.user_id', 'users')",
            "resolved_id('versions.owner_id', 'reps.name', 'users')",
        ),
    ),
    *_of(
        "fct_stage_visit",
        "core/fct_stage_visit.sql",
        ("is_first and is_left_censored as is_left_censored", "false as is_left_censored"),
        ("visits.visit_number > 1 as is_reentry", "visits.visit_number > 2 as is_reentry"),
        (
            "where moves.status = 'open' and moves.stage_id is not null",
            "where moves.stage_id is not null",
        ),
        ("/ 86400 as double", "/ 3600 as double"),
    ),
    *_of(
        "fct_lead",
        "core/fct_lead.sql",
        ("<= {{ var('lead_window_days') }},", "< {{ var('lead_window_days') }},"),
        ("        and not coalesce(leads.is_deleted, false)\n", ""),
        ("as date) <= {{ as_of_date() }}", "as date) < {{ as_of_date() }}"),
    ),
    *_of(
        "dim_rep_history",
        "core/dim_rep_history.sql",
        (
            "case when version_number = 1 then {{ since_always() }} else valid_from end",
            "valid_from",
        ),
        ("        or team_id is distinct from earlier_team_id\n", ""),
        (
            "lead(valid_from) over (partition by user_id order by valid_from asc nulls last) as valid_to",
            "valid_from as valid_to",
        ),
    ),
    *_of(
        "dim_date",
        "core/dim_date.sql",
        (
            "when month_number < {{ fiscal_start }} then 1",
            "when month_number > {{ fiscal_start }} then 1",
        ),
        (
            "(month_number - {{ fiscal_start }} + 12) % 12 as fiscal_month",
            "(month_number + 11) % 12 as fiscal_month",
        ),
        ("< 28 then 0", "< 35 then 0"),
    ),
    *_of(
        "dim_date",
        "core/int_period_days.sql",
        ("('week', dates.week_start)", "('week', dates.month_start)"),
        (
            "('year', make_date(cast(dates.year as integer), 1, 1))",
            "('year', dates.fiscal_year_start)",
        ),
        (
            "('fiscal_quarter', dates.fiscal_quarter_start)",
            "('fiscal_quarter', dates.quarter_start)",
        ),
    ),
    *_of(
        "dim_account",
        "core/dim_account.sql",
        ("            and accounts.account_id = account_survivors.survivor_id\n", ""),
        ("parents.survivor_id as parent_account_id", "accounts.parent_account_id"),
        ("left join account_survivors as parents", "inner join account_survivors as parents"),
    ),
    *_of(
        "dim_customer",
        "core/dim_customer.sql",
        ("coalesce(customers.segment, accounts.segment)", "customers.segment"),
        (
            "coalesce(customer_survivors.survivor_id, customers.customer_id)",
            "customer_survivors.survivor_id",
        ),
        (
            "on account_survivors.survivor_id = accounts.account_id",
            "on customers.account_id = accounts.account_id",
        ),
        ("'account_survivors.survivor_id', 'accounts'", "'accounts.name', 'accounts'"),
    ),
    *_of(
        "int_customer_survivors",
        "../../macros/identity.sql",
        ("order by created_at asc nulls last, {{ id }}", "order by {{ id }}"),
        ("count(distinct tax_code) <= 1", "count(distinct tax_code) <= 2"),
        ("lower(trim(email)) as email", "email"),
        ("merged_into_id is null and not coalesce(is_deleted, false)", "merged_into_id is null"),
        ("        matched.survivor_id,\n", "        merged_records.survivor_id,\n"),
        ("when matched.survivor_id is not null then 'merged'", "else 'merged'"),
    ),
    *_of(
        "int_account_survivors",
        "../../macros/identity.sql",
        ("count(*) between 2 and 10", "count(*) >= 2"),
        ("count(*) between 2 and 10", "count(*) between 2 and 9"),
        ("{{ comparable_phone('phone') }} as phone", "null as phone"),
    ),
    *_of(
        "dim_product",
        "core/dim_product.sql",
        ("exchange_rates.rate_date = {{ as_of_date() }}", "true"),
        ("rate_of(currency('products.currency_code'),", "rate_of('products.currency_code',"),
        ("unit_cost as unit_cost_original", "list_price as unit_cost_original"),
        ("reporting('list_price', 'rate')", "reporting('unit_cost', 'rate')"),
    ),
    *_of(
        "dim_campaign",
        "core/dim_campaign.sql",
        ("least(campaigns.starts_on, {{ as_of_date() }})", "campaigns.starts_on"),
        ("least(campaigns.starts_on, {{ as_of_date() }})", "{{ as_of_date() }}"),
        ("rate_of(currency('campaigns.currency_code'),", "rate_of('campaigns.currency_code',"),
        ("reporting('cost', 'rate')", "reporting('budget', 'rate')"),
    ),
    *_of(
        "dim_competitor",
        "core/dim_competitor.sql",
        ("        name,\n", "        competitor_id as name,\n"),
        (
            "        source_system\n    from competitors",
            "        name as source_system\n    from competitors",
        ),
        ("        competitor_id,\n", "        name as competitor_id,\n"),
    ),
    *_of(
        "dim_team",
        "core/dim_team.sql",
        ("        name,\n", "        team_id as name,\n"),
        ("        parent_team_id,\n", "        team_id as parent_team_id,\n"),
    ),
    *_of(
        "dim_team",
        "core/int_team_ancestors.sql",
        ("min(depth) as depth", "max(depth) as depth"),
        ("range(8)", "range(7)"),
        ("teams.parent_team_id as next_id", "teams.team_id as next_id"),
    ),
    *_of(
        "dim_rep",
        "core/dim_rep.sql",
        ("leave_date > {{ as_of_date() }}", "leave_date >= {{ as_of_date() }}"),
        ("when leave_date > {{ as_of_date() }} then true", "when false then true"),
        ("coalesce(is_active, leave_date is null)", "coalesce(is_active, true)"),
        ("{{ known_date('leave_date') }} as leave_date", "leave_date"),
    ),
    *_of(
        "dim_stage",
        "core/dim_stage.sql",
        ("        is_closed,\n", "        is_won as is_closed,\n"),
        ("        is_won,\n", "        is_closed as is_won,\n"),
        ("        position,\n", "        -position as position,\n"),
    ),
    *_of(
        "dim_survey",
        "core/dim_survey.sql",
        ("        kind,\n", "        name as kind,\n"),
        ("        opened_on,\n", "        closed_on as opened_on,\n"),
        ("{{ known_date('closed_on') }} as closed_on", "closed_on"),
    ),
    *_of(
        "dim_question",
        "core/dim_question.sql",
        ("{{ masked_text('text') }} as text", "text"),
        ("        scale_min,\n", "        scale_max as scale_min,\n"),
        ("        measure,\n", "        kind as measure,\n"),
    ),
    *_of(
        "fct_activity",
        "core/fct_activity.sql",
        (
            "opportunities.account_id, contacts.account_id, leads.account_id",
            "contacts.account_id, opportunities.account_id, leads.account_id",
        ),
        (
            "opportunities.account_id, contacts.account_id, leads.account_id",
            "opportunities.account_id, contacts.account_id",
        ),
        ("bool_and(activity_versions._batch_id >", "bool_and(activity_versions._batch_id >="),
        ("bool_and(activity_versions._batch_id >", "bool_or(activity_versions._batch_id >"),
        ("min(activity_versions._extracted_at)", "max(activity_versions._extracted_at)"),
        (
            "coalesce(activities.entered_at, first_readings.first_read_at)",
            "coalesce(first_readings.first_read_at, activities.entered_at)",
        ),
        ("    where activities.happened_at < {{ as_of_end() }}\n", ""),
        ("/ 3600 as double", "/ 86400 as double"),
        ("{{ masked_text('known_activities.outcome') }} as", "known_activities.outcome as"),
    ),
    *_of(
        "fct_ticket",
        "core/fct_ticket.sql",
        (
            "on coalesce(tickets.account_id, contacts.account_id) =",
            "on tickets.account_id =",
        ),
        ("'customers.survivor_id', 'customers'", "'customers.customer_id', 'customers'"),
        ("{{ known('tickets.first_response_at') }} as", "tickets.first_response_at as"),
        ("{{ known('tickets.resolved_at') }} as", "tickets.resolved_at as"),
        ("coalesce(tickets.reopened_count, 0) as", "tickets.reopened_count as"),
        ("    where tickets.created_at < {{ as_of_end() }}\n", ""),
        (
            "first_response_at >= known_tickets.created_at\n                then cast({{",
            "first_response_at is not null\n                then cast({{",
        ),
        (
            "resolved_at >= known_tickets.created_at\n                then cast(worked",
            "resolved_at is not null\n                then cast(worked",
        ),
        ("worked.answered_hours - worked.created_hours", "worked.answered_hours"),
        ("worked.resolved_hours - worked.created_hours", "worked.resolved_hours"),
        ("known_tickets.resolved_at is null as", "known_tickets.resolved_at is not null as"),
    ),
    *_of(
        "fct_quota",
        "core/fct_quota.sql",
        ("in ('new_customers', 'units')", "in ('new_customers')"),
        (
            "least(quotas.period_start, {{ as_of_date() }}) =",
            "quotas.period_start =",
        ),
        ("least(quotas.period_start, {{ as_of_date() }}) =", "{{ as_of_date() }} ="),
        ("rate_of(currency('quotas.currency_code'),", "rate_of('quotas.currency_code',"),
        (
            "{{ resolved_id('quotas.user_id', 'reps.user_id', 'users') }} as user_id",
            "quotas.user_id",
        ),
    ),
    *_of(
        "fct_quota",
        "core/int_rep_quotas.sql",
        ("greatest(quotas.period_start,", "least(quotas.period_start,"),
        ("least(quotas.period_end,", "greatest(quotas.period_end,"),
        ("        quotas.user_id is not null\n", "        true\n"),
        ("        and quotas.amount is not null\n", ""),
        ("        and quotas.period_end >= quotas.period_start\n", ""),
    ),
    *_of(
        "fct_contract",
        "core/fct_contract.sql",
        ("contracts.starts_on = exchange_rates", "{{ as_of_date() }} = exchange_rates"),
        ("contracts.starts_on <= {{ as_of_date() }}", "contracts.starts_on < {{ as_of_date() }}"),
        ("{{ known_date('contracts.cancelled_on') }} as", "contracts.cancelled_on as"),
        ("customers.survivor_id as customer_id", "customers.customer_id"),
        ("rate_of(currency('contracts.currency_code'),", "rate_of('contracts.currency_code',"),
    ),
    *_of(
        "fct_payment",
        "core/fct_payment.sql",
        ("{{ reporting('payments.amount', 'headers.rate') }} as", "payments.amount as"),
        ("inner join headers", "left join headers"),
        ("coalesce(payments.paid_at < {{ as_of_end() }}, true)", "true"),
        (
            "coalesce(payments.paid_at < {{ as_of_end() }}, true)",
            "payments.paid_at < {{ as_of_end() }}",
        ),
        ("{{ local_date('payments.paid_at') }}", "cast(payments.paid_at as date)"),
    ),
    *_of(
        "fct_shipment",
        "core/fct_shipment.sql",
        ("coalesce(shipments.shipped_at, shipments.delivered_at) <", "shipments.shipped_at <"),
        ("coalesce(shipments.shipped_at, shipments.delivered_at) <", "shipments.delivered_at <"),
        ("{{ as_of_end() }}, true", "{{ as_of_end() }}, false"),
        ("{{ known('shipments.delivered_at') }} as", "shipments.delivered_at as"),
        ("inner join headers", "left join headers"),
        ("{{ local_date('shipments.shipped_at') }}", "cast(shipments.shipped_at as date)"),
    ),
    *_of(
        "fct_survey_answer",
        "core/fct_survey_answer.sql",
        ("value_number >= 9", "value_number > 9"),
        ("value_number <= 6", "value_number < 6"),
        (">= scale_max - 1", ">= scale_max"),
        (">= 2 * (scale_max", "> 2 * (scale_max"),
        ("coalesce(survey_answers.choice, '') as", "survey_answers.choice as"),
        ("when 'nps' then 0 else 1", "when 'nps' then 1 else 1"),
        ("when 'ces' then 7 else 5", "when 'ces' then 5 else 5"),
        ("measure is not null and value_number between", "value_number between"),
        ("measure is not null and value_number between scale_min and scale_max, false", "true"),
        ("{{ masked_text('survey_answers.value_text') }} as", "survey_answers.value_text as"),
    ),
    *_of(
        "fct_survey_invitation",
        "core/fct_survey_invitation.sql",
        ("coalesce(survey_invitations.is_bounced, false) as", "survey_invitations.is_bounced as"),
        ("coalesce(survey_invitations.sent_at < {{ as_of_end() }}, true)", "true"),
        (
            "coalesce(survey_invitations.sent_at < {{ as_of_end() }}, true)",
            "survey_invitations.sent_at < {{ as_of_end() }}",
        ),
        ("'customers.survivor_id', 'customers'", "'customers.customer_id', 'customers'"),
        ("inner join surveys", "left join surveys"),
        (
            "{{ local_date('survey_invitations.sent_at') }}",
            "cast(survey_invitations.sent_at as date)",
        ),
    ),
    *_of(
        "fct_survey_response",
        "core/fct_survey_response.sql",
        (
            "coalesce(survey_responses.customer_id, invitations.customer_id)",
            "survey_responses.customer_id",
        ),
        (
            "coalesce(survey_responses.account_id, invitations.account_id)",
            "invitations.account_id",
        ),
        (
            "survey_responses.started_at, survey_responses.submitted_at",
            "survey_responses.started_at",
        ),
        ("{{ known('survey_responses.submitted_at') }} as", "survey_responses.submitted_at as"),
        ("{{ known('survey_responses.replied_at') }} as", "survey_responses.replied_at as"),
        ("'customers.survivor_id', 'customers'", "'customers.customer_id', 'customers'"),
        ("concat(survey_id, ':order:', order_id)", "survey_id"),
        ("concat('invitation:', invitation_id)", "concat('invitation:', survey_id)"),
        (", submitted_at is not null and not is_test\n", "\n"),
        ("        and not is_test\n", ""),
        ("order by submitted_at desc nulls last", "order by submitted_at asc nulls last"),
        ("when submitted_at >= started_at", "when true"),
    ),
    *_of(
        "fct_campaign_touch",
        "core/fct_campaign_touch.sql",
        (
            "coalesce(campaign_touches.account_id, contacts.account_id)\n            =",
            "campaign_touches.account_id\n            =",
        ),
        ("    where campaign_touches.touched_at < {{ as_of_end() }}\n", ""),
        (
            "'account_survivors.survivor_id', 'accounts'",
            "'account_survivors.account_id', 'accounts'",
        ),
        (
            "{{ local_date('campaign_touches.touched_at') }}",
            "cast(campaign_touches.touched_at as date)",
        ),
    ),
    *_of(
        "fct_training_attendance",
        "core/fct_training_attendance.sql",
        ("training_sessions.held_on = exchange_rates", "{{ as_of_date() }} = exchange_rates"),
        ("held_on <= {{ as_of_date() }}", "held_on < {{ as_of_date() }}"),
        (
            "rate_of(currency('training_sessions.currency_code'),",
            "rate_of('training_sessions.currency_code',",
        ),
    ),
    *_of(
        "fct_research_note",
        "core/fct_research_note.sql",
        ("    where research_notes.noted_at < {{ as_of_end() }}\n", ""),
        (
            "'account_survivors.survivor_id', 'accounts'",
            "'account_survivors.account_id', 'accounts'",
        ),
        ("{{ local_date('research_notes.noted_at') }}", "cast(research_notes.noted_at as date)"),
        ("{{ masked_text('research_notes.body') }} as", "research_notes.body as"),
    ),
    *_of(
        "int_exchange_rates",
        "core/int_exchange_rates.sql",
        ("where rate_date <= {{ as_of_date() }}", "where true"),
        ("order by source_system asc nulls last", "order by source_system desc nulls last"),
        ("}}, 8\n", "}}, 7\n"),
        ("range(0, 8)", "range(0, 9)"),
        ("r.i < days_until_next.days_until_next", "r.i <= days_until_next.days_until_next"),
    ),
)

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
            "coalesce(counted.orders_due - counted.on_time, 0)",
            "coalesce(counted.orders_due - counted.on_time - counted.open_past_due, 0)",
        ),
        (
            "days_between(local_date('shipped_at'), local_date('delivered_at'))",
            "days_between('order_date', local_date('delivered_at'))",
        ),
        ("ranked_percentile(0.9, 'cycle')", "ranked_percentile(0.5, 'cycle')"),
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
            "cast(contracts.cancelled_on - interval 1 day as date)",
            "contracts.cancelled_on",
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
        ("    where converted_opportunity_id is not null\n", "    where false\n"),
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

PEOPLE = (
    *_of(
        "quota_attainment",
        "people/quota_attainment.sql",
        ("cast(quota - credited as decimal", "cast(credited - quota as decimal"),
        ("rep_periods.period_start = rep_quotas.quota_start", "true"),
        (
            "'rep_quotas.quota_start', 'rep_quotas.quota_end'",
            "'rep_quotas.active_start', 'rep_quotas.quota_end'",
        ),
        (
            "desc nulls last\n                )\n        end as rank",
            "asc nulls last\n                )\n        end as rank",
        ),
    ),
    *_of(
        "rep_scorecard",
        "people/rep_scorecard.sql",
        ("mean_rank >= quarters.upper_quarter", "mean_rank > quarters.upper_quarter"),
        ("followed.attainment >= 1, true", "followed.attainment >= 1, false"),
        ("where compared_reps >= 5", "where compared_reps > 5"),
        ("where is_compared and has_figure", "where is_compared"),
        (
            "period_ends.ends_before <= deal_states.valid_to",
            "period_ends.ends_before > deal_states.valid_to",
        ),
        ("    where deal_states.status = 'open'\n", ""),
    ),
    *_of(
        "team_attainment",
        "people/team_attainment.sql",
        ("when attainment.attainment >= 1 then", "when attainment.attainment < 1 then"),
        ("parts.depth < nearest_held.depth", "parts.depth <= nearest_held.depth"),
        ("where ancestors.depth > 0 or parts.user_id is not null", "where true"),
        (
            "cast({{ local_date('valid_to') }} - interval 1 day as date)",
            "{{ local_date('valid_to') }}",
        ),
        ("greatest(rep_quotas.active_start, memberships.first_day)", "rep_quotas.active_start"),
        ("    where is_counted\n", ""),
        ("count(distinct parts.user_id) as reps_with_quota", "count(*) as reps_with_quota"),
        ("quota - credited as decimal", "credited - quota as decimal"),
    ),
    *_of(
        "team_attainment",
        "people/int_team_credits.sql",
        (
            "    inner join ancestors on own_credits.team_id = ancestors.team_id\n",
            "    inner join ancestors on own_credits.team_id = ancestors.ancestor_id\n",
        ),
    ),
    *_of(
        "team_attainment",
        "people/int_deal_credits.sql",
        (
            "and split_deals.closed_at >= rep_history.valid_from",
            "and split_deals.closed_at < rep_history.valid_from",
        ),
        ("coalesce(opportunity_splits.share, 1)", "1"),
    ),
    *_of(
        "commission_statement",
        "people/commission_statement.sql",
        (
            "measured.credited >= measured.quota * tiers.attainment_from",
            "measured.credited > measured.quota * tiers.attainment_from",
        ),
        ("else tiers.attainment_from <= 0", "else true"),
        ("not is_reached or step < retroactive_step", "not is_reached"),
        ("case when step = retroactive_step then 0 else from_amount end", "from_amount"),
        (
            "                        when step = reached_step then credited\n",
            "                        when false then credited\n",
        ),
        (
            "            totals.commission - coalesce(claw_backs.claw_back, 0)\n",
            "            totals.commission\n",
        ),
        ("            - paid.cap_amount, 0\n", "            + paid.cap_amount, 0\n"),
        (
            "and stints.date_day = credits.sold_on",
            "and stints.date_day = credits.date_day",
        ),
        (
            "settled.commission - settled.claw_back - settled.cap_applied",
            "settled.commission - settled.claw_back + settled.cap_applied",
        ),
        (
            "    union  -- once, whatever the days\n    select\n        user_id,\n"
            "        plan_id,\n        period_start\n"
            "    from returned\n",
            "",
        ),
    ),
    *_of(
        "commission_statement",
        "people/int_commission_credits.sql",
        (
            "cast(gross_sales - discount_amount as decimal(18, 4))",
            "cast(net_sales as decimal(18, 4))",
        ),
        ("        order_date as sold_on,", "        returned_date as sold_on,"),
    ),
    *_of(
        "rep_ramp",
        "people/int_rep_ramp.sql",
        ("credited * 10 >= quota * 8", "credited * 10 > quota * 8"),
        ("where months_with_quota = 3", "where months_with_quota >= 1"),
        ("period_type = 'month' and is_complete and measure", "period_type = 'month' and measure"),
        ("reps.hire_date + 90 < known_quotas.first_day", "reps.hire_date > known_quotas.first_day"),
    ),
    *_of(
        "rep_ramp",
        "people/rep_ramp.sql",
        (
            "months_between('hire_date', 'reached_month')",
            "months_between('reached_month', 'hire_date')",
        ),
        ("case when has_quota then is_ramped end", "is_ramped"),
        ("            when not is_hired_before\n", "            when true\n"),
    ),
    *_of(
        "training_effect",
        "people/training_effect.sql",
        ("fitted.n_trained >= 5 and", "fitted.n_trained >= 4 and"),
        ("* fitted.n_reps / nullif(fitted.n_reps - 1, 0)\n", ""),
        ("fitted.effect * compared.treatment", "fitted.effect"),
        ("on fitted.n_reps - 1 = t_quantiles", "on fitted.n_reps + 1 = t_quantiles"),
        ("max(session_cost) as session_cost", "sum(session_cost) as session_cost"),
        (
            "ratio('count_if(has_attended)', 'count(has_attended)')",
            "ratio('count(has_attended)', 'count_if(has_attended)')",
        ),
    ),
    *_of(
        "training_effect",
        "people/int_training_changes.sql",
        (
            "where trained_on + 90 <= {{ as_of_date() }}",
            "where trained_on + 190 <= {{ as_of_date() }}",
        ),
        ("reps.hire_date <= events.trained_on - 90", "reps.hire_date <= events.trained_on"),
        ("case when side = 'before' then", "case when side = 'after' then"),
        ("    where has_attended\n", ""),
    ),
    *_of(
        "time_allocation",
        "people/time_allocation.sql",
        ("coalesce(sums.minutes, 0) as minutes", "sums.minutes"),
        (
            "case when is_high_value then minutes else 0 end",
            "case when is_high_value then 0 else minutes end",
        ),
        (
            "first_months.first_month <= periods.period_start",
            "first_months.first_month = periods.period_start",
        ),
    ),
    *_of(
        "capacity",
        "people/capacity.sql",
        ("- 89 as date", "- 59 as date"),
        ("opportunities.status = 'open' or", "opportunities.status = 'none' or"),
        ("medians.team_median * 1.5", "medians.team_median * 2"),
        ("medians.team_median * 0.5", "medians.team_median * 0.2"),
        ("count_if(dates.is_business_day)", "count(*)"),
    ),
)

MARKET = (
    *_of(
        "attribution",
        "market/attribution.sql",
        ("when place = 1 then 1.0", "when place = 2 then 1.0"),
        ("when place = touch_count then 1.0", "when place = 1 then 1.0"),
        ("else 0.2 / (touch_count - 2)", "else 0.2 / touch_count"),
        (
            "when place = 1 or place = touch_count then 0.4",
            "when place = 1 or place = touch_count then 0.3",
        ),
        ("(days_before_close - nearest_days) / 7", "(days_before_close - nearest_days) / 14"),
    ),
    *_of(
        "attribution",
        "market/int_deal_touches.sql",
        ("touches.touched_at <= deals.closed_at", "true"),
        ("touches.touched_at >= deals.touched_from", "true"),
        ("inner join touches on deals.lead_id = touches.lead_id", "inner join touches on false"),
    ),
    *_of(
        "campaign_performance",
        "market/campaign_performance.sql",
        ("attributed_margin - cost", "attributed_revenue - cost"),
        ("when deal_margins.is_first_win\n", "when true\n"),
        ("order_margins.gross_margin,\n", ""),
        ("case when status = 'won' then opportunity_id end", "opportunity_id"),
        (
            "    inner join leads on touches.lead_id = leads.lead_id\n",
            "    inner join leads on false\n",
        ),
    ),
    *_of(
        "market_share",
        "market/market_share.sql",
        ("periods.segment in ('all', scope_days.segment)", "periods.segment = scope_days.segment"),
        ("partition by segment, region, vintage", "partition by segment, region"),
        (
            "scope_days.date_day between periods.period_start and periods.period_end",
            "scope_days.date_day >= periods.period_start",
        ),
        ("share - lag(share)", "share + lag(share)"),
    ),
    *_of(
        "segment_potential",
        "market/segment_potential.sql",
        ("vintage desc nulls last", "vintage asc nulls last"),
        ("newest_sizes.market_size - newest_sizes.own_sales", "newest_sizes.own_sales"),
        ("where customer_360.orders > 0", "where true"),
        ("net_sales - coalesce(net_sales_without_cost, 0)", "net_sales"),
    ),
    *_of(
        "survey_answers_by_question",
        "market/survey_answers_by_question.sql",
        ("select distinct  -- who", "select  -- who"),
        ("ratio('chosen.n', 'answered.respondents')", "ratio('answered.respondents', 'chosen.n')"),
        ("avg(cast(given.value_number as double))", "sum(cast(given.value_number as double))"),
    ),
    *_of(
        "survey_comments",
        "market/survey_comments.sql",
        ("and responses.replied_at is null\n", ""),
        ("not comments.is_of_staff\n", "true\n"),
        (
            "texts.lower_text, lower(survey_themes.word)",
            "texts.value_text, survey_themes.word",
        ),
        ("select distinct  -- a theme", "select  -- a theme"),
    ),
    *_of(
        "competitor_win_loss",
        "market/competitor_win_loss.sql",
        ("and member <> '(none)'", "or member = '(none)'"),
        ("        won,\n        lost,\n", "        won,\n        lost - no_decision as lost,\n"),
        ("        lost_amount\n", "        won_amount as lost_amount\n"),
    ),
    *_of(
        "market_intelligence",
        "market/market_intelligence.sql",
        ("days_between('noted_date', as_of_date())", "days_between(as_of_date(), 'noted_date')"),
        ("        competitor_id,\n", "        account_id as competitor_id,\n"),
        ("        tags,\n", "        segment as tags,\n"),
    ),
    *_of(
        "market_intelligence",
        "core/fct_research_note.sql",
        ("where research_notes.noted_at < {{ as_of_end() }}", "where true"),
    ),
    *_of(
        "survey_scores",
        "market/survey_scores.sql",
        ("    where not invitations.is_bounced\n", ""),
        ("100 * share + 196 * sqrt", "100 * share + 98 * sqrt"),
        (
            "compared.n >= 30 and compared.previous_n >= 30",
            "compared.n >= 29 and compared.previous_n >= 29",
        ),
        ("rated.period_start end\n            as line_date", "surveys.opened_on end as line_date"),
        ("case when measure = 'nps' then 100 * share else share end as score", "share as score"),
        ("best + worst - (best - worst) * (best - worst)", "best - (best - worst)"),
        (
            "compared.n - compared.promoters - compared.detractors",
            "compared.n - compared.promoters",
        ),
    ),
    *_of(
        "survey_scores",
        "core/fct_survey_response.sql",
        ("order by submitted_at desc nulls last", "order by submitted_at asc nulls last"),
    ),
)

PLATFORM = (
    *_of(
        "kpis",
        "platform/kpis.sql",
        (
            "targeted.value <= targeted.expected then 'on_track'",
            "targeted.value < targeted.expected then 'on_track'",
        ),
        (
            "when 0.9 * targeted.value <= targeted.expected",
            "when targeted.value <= 0.9 * targeted.expected",
        ),
        ("targeted.value >= 0.9 * targeted.expected", "targeted.value >= 0.95 * targeted.expected"),
        ("case when compared.kind = 'flow' then coalesce(", "case when true then coalesce("),
        ("kpi_values.kind = 'stock' or periods", "periods"),
        ("_end >= first_days.first_day then 0.0 end", "_end >= first_days.first_day then null end"),
        (
            "then case when periods.{{ window }}_end >= first_days.first_day then 0.0 end",
            "then 0.0",
        ),
    ),
    *_of(
        "kpis",
        "platform/int_kpi_targets.sql",
        ("bool_and(sized_targets.is_flow)\n                and ", ""),
        (
            "coalesce(own_targets.target, quota_targets.target)",
            "coalesce(quota_targets.target, own_targets.target)",
        ),
        ("sized_targets.target_end = periods.period_end", "true"),
    ),
    *_of(
        "kpis",
        "platform/int_kpi_values.sql",
        ("not in ('team', 'training')", "not in ('training')"),
        ("order by member_shares.is_whole desc", "order by member_shares.is_whole asc"),
        (
            "case survey_scores.measure when 'nps' then 'score' else 'rate' end",
            "'rate'",
        ),
        ("'start_amount - contraction - churn'", "'start_amount - churn'"),
    ),
    *_of(
        "kpis",
        "platform/int_kpi_windows.sql",
        ("    where status = 'won' and amount is not null\n", "    where amount is not null\n"),
        ("    where referred_by_account_id is not null\n", ""),
    ),
    *_of(
        "kpis",
        "platform/int_selling_costs.sql",
        ("coalesce(ends_on, starts_on)", "starts_on"),
        ("        max(session_cost) as amount", "        sum(session_cost) as amount"),
        ("case when net_sales > 0 then", "case when net_sales <> 0 then"),
        ("when periods.period_end >= all_costs.first_day", "when true"),
        ("' ~ as_of_date() ~ '", "last_day"),
    ),
    *_of(
        "improvement_actions",
        "platform/improvement_actions.sql",
        ("- interval 6 month", "- interval 7 month"),
        ("months_before >= 3 and", "months_before >= 4 and"),
        ("else 'worse'", "else 'better'"),
        ("{{ known_date('actions.closed_on') }} as closed_on", "actions.closed_on"),
    ),
    *_of(
        "run_steps",
        "platform/run_steps.sql",
        ("        seconds,\n", "        peak_memory_mb as seconds,\n"),
        ("        rows,\n", "        1 as rows,\n"),
        ("        peak_memory_mb\n", "        seconds as peak_memory_mb\n"),
    ),
    *_of(
        "metric_dictionary",
        "platform/metric_dictionary.sql",
        ("        definition_en,\n", "        name_en as definition_en,\n"),
        ("        unit,\n", "        grain as unit,\n"),
        ("        is_additive\n", "        not is_additive as is_additive\n"),
    ),
    *_of(
        "release_info",
        "platform/release_info.sql",
        ("count_if(is_passed) as checks_passed", "count(*) as checks_passed"),
        ("not is_passed and action = 'warn'", "action = 'warn'"),
        ("where run_id = '{{ var(\"run_id\") }}'", ""),
    ),
)

# What was found in the data: unit tests show it, no company is played for it.
QUALITY = (
    *_of(
        "quality_scores",
        "quality/quality_scores.sql",
        ("sum(passed * weight) / sum(checks * weight)", "sum(passed) / sum(checks)"),
        (">= 30", "> 30"),
        ("max(earlier.as_of_date) as earlier_date", "min(earlier.as_of_date) as earlier_date"),
        ("greatest(amount, 1.0)", "amount"),
        ("then 0 else 1 end asc", "then 0 else 1 end desc"),
        ("{{ as_of_date() }}\n    group", "(select max(as_of_date) from check_days)\n    group"),
    ),
    *_of(
        "quality_issues",
        "quality/quality_issues.sql",
        ("max(record_amounts.amount) as amount", "sum(record_amounts.amount) as amount"),
        (
            "            and concerned.source_system = record_amounts.source_system\n",
            "",
        ),
        ("coalesce(risks.amount, 0)", "risks.amount"),
        ("            and issues.record_id = risks.record_id\n", ""),
    ),
    *_of(
        "quality_issues",
        "quality/int_record_amounts.sql",
        (
            "cast(max(orders.net_sales) as double), max(sent_orders.amount), 0",
            "max(sent_orders.amount), cast(max(orders.net_sales) as double), 0",
        ),
        ("- coalesce(cast(discount_amount as double), 0)", ""),
        ("            max(usual_deal.amount)\n", "            0\n"),
        ("where status = 'won'", ""),
        ("is_converted_within_window and is_mature", "is_converted_within_window"),
        ("date_day > cast(", "date_day >= cast("),
        (
            "customers.survivor_id = customer_amounts.customer_id",
            "customers.customer_id = customer_amounts.customer_id\n        and true",
        ),
        (
            "coalesce(account_sales.amount, 0) + coalesce(account_pipeline.amount, 0)",
            "account_sales.amount + account_pipeline.amount",
        ),
        ("('new_customers', 'units')", "('new_customers')"),
    ),
    *_of(
        "source_freshness",
        "quality/source_freshness.sql",
        ("count(distinct record_id)", "count(record_id)"),
        ("coalesce(rejected_rows.rows_rejected, 0)", "rejected_rows.rows_rejected"),
        ("            and source_entities.entity = rejected_rows.entity\n", ""),
    ),
    *_of(
        "quality_corrections",
        "quality/quality_corrections.sql",
        ("is_personal and {{ value }} is not null", "is_personal"),
        ("when is_personal and", "when not is_personal and"),
        ("if var('publish_personal_data')", "if not var('publish_personal_data')"),
    ),
)

MUTATIONS = (*CORE, *SALES, *PIPELINE, *CUSTOMERS, *PEOPLE, *MARKET, *PLATFORM, *QUALITY)
