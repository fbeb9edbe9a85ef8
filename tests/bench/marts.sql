-- What the bench holds dbt's build against: the heaviest tables as one writes them for DuckDB alone.
-- {zone} and {currency} are filled in; a line `-- table:` names what the next statement makes.

-- table: core.int_order_lines
with valued as (
    select
        l.order_line_id, l.order_id, l.product_id, l.quantity, l.unit_price, l.unit_cost,
        l.source_system, h.order_date, h.customer_id, h.user_id, h.channel, h.region, h.rate,
        h.is_valid, h.discount_amount as order_discount,
        round(l.quantity::decimal(28, 4) * l.unit_price, 4)::decimal(18, 4) as gross,
        coalesce(l.discount_amount, 0) as line_discount
    from gate.accepted_orders__order_lines l
    join int_order_headers h using (order_id)
), shares as (
    select
        order_line_id, order_id, order_discount,
        row_number() over last_first = 1 as is_last,
        gross - line_discount as amount,
        sum(gross - line_discount) over (partition by order_id)::decimal(18, 4) as total
    from valued
    where order_discount <> 0
    window last_first as (partition by order_id order by order_line_id desc)
), rounded as (
    select
        *,
        case when is_last then 0 else coalesce(
            sign(order_discount) * sign(amount) * sign(total) * (
                (2 * abs((order_discount * 10000)::hugeint * (amount * 10000)::hugeint)
                + abs((total * 10000)::hugeint))
                // nullif(2 * abs((total * 10000)::hugeint), 0)
            )::decimal(30, 0) * 0.0001::decimal(4, 4), 0
        )::decimal(18, 4) end as share
    from shares
), spread as (
    select
        order_line_id, order_id,
        case
            when is_last then order_discount - sum(share) over (partition by order_id) else share
        end as order_discount
    from rounded
)
select
    v.order_line_id, v.order_id, v.order_date, v.customer_id, p.product_id, v.user_id, v.channel,
    v.region, v.quantity,
    if(v.rate = 1, v.unit_price, round(v.unit_price::decimal(26, 4) * v.rate, 4)::decimal(18, 4))
        as unit_price,
    if(v.rate = 1, v.gross, round(v.gross::decimal(26, 4) * v.rate, 4)::decimal(18, 4))
        as gross_sales,
    round(
        (v.line_discount + coalesce(s.order_discount, 0))::decimal(26, 4) * v.rate, 4
    )::decimal(18, 4) as discount_amount,
    coalesce(
        round(v.unit_cost::decimal(26, 4) * v.rate, 4)::decimal(18, 4),
        round(
            p.unit_cost_original::decimal(26, 4)
            * if(p.currency_code = '{currency}', 1::decimal(18, 8), r.rate), 4
        )::decimal(18, 4)
    ) as unit_cost,
    v.is_valid, v.source_system
from valued v
left join spread s using (order_id, order_line_id)
left join core.dim_product p using (product_id)
left join int_exchange_rates r on r.currency_code = p.currency_code and r.rate_date = v.order_date;

-- table: pipeline.win_rates
with deals as (
    select
        opportunity_id, closed_date as date_day, status = 'won' as is_won, is_no_decision, amount,
        lost_amount, cycle_days,
        coalesce(owner_id, '(none)') as owner, coalesce(team_id, '(none)') as team,
        coalesce(region, '(none)') as region, coalesce(industry, '(none)') as industry,
        coalesce(segment, '(none)') as segment, coalesce(lead_source, '(none)') as source,
        coalesce(type, '(none)') as type, coalesce(product_id, '(none)') as product
    from core.fct_opportunity
    where status <> 'open' and closed_date is not null
), facts as (
    select dimension, member, date_day, is_won, is_no_decision, amount, lost_amount, cycle_days
    from deals
    cross join lateral (
        values ('total', 'all'), ('owner', owner), ('team', team), ('region', region),
            ('industry', industry), ('segment', segment), ('source', source), ('type', type),
            ('product', product)
    ) m (dimension, member)
    union all
    select 'competitor', coalesce(c.competitor_id, '(none)'), date_day, is_won, is_no_decision,
        amount, lost_amount, cycle_days
    from deals
    left join (
        select o.opportunity_id, d.competitor_id
        from gate.accepted_crm__opportunity_competitors o
        join core.dim_competitor d using (competitor_id)
    ) c using (opportunity_id)
), first_days as (
    select
        dimension, member, min(date_day) as first_day, min(min(date_day)) over () as mart_first_day
    from facts
    group by all
), measured as (
    select
        dimension, member, period_type, period_start,
        count_if(is_won) as won,
        count_if(not is_won) as lost,
        count_if(is_no_decision) as no_decision,
        count(*) as closed,
        sum(amount) filter (is_won) as won_amount,
        count(amount) filter (is_won) as won_with_amount,
        sum(lost_amount) as lost_amount,
        count_if(not is_won and lost_amount is null) as lost_without_amount,
        quantile_cont(cycle_days, [0.5, 0.75]) filter (is_won) as cycles,
        avg(cycle_days) filter (is_won) as mean_cycle_days
    from (
        select * exclude (date_day)
        from facts
        join int_period_days using (date_day)
        where period_type <> 'day' or dimension in ('total', 'region', 'channel')
        union all by name
        select facts.* exclude (date_day), 'all' as period_type, mart_first_day as period_start
        from facts
        join first_days using (dimension, member)
    )
    group by all
), every_period as (
    select dimension, member, period_type, period_start, is_complete
    from first_days
    join int_periods on first_day <= period_end
    where period_type <> 'day' or dimension in ('total', 'region', 'channel')
    union all
    select dimension, member, 'all', mart_first_day, true from first_days
), wilson as (
    select
        *,
        won / closed as p,
        1.959964::double ** 2 as z2,
        1.959964::double * sqrt((p * (1 - p) + z2 / 4 / closed) / closed) as half
    from measured
)
select
    period_type, period_start, dimension, member, coalesce(member_label, member) as member_label,
    is_complete,
    coalesce(won, 0) as won,
    coalesce(lost, 0) as lost,
    coalesce(no_decision, 0) as no_decision,
    p as win_rate,
    if(closed > 0, greatest(0, least(1, (p + z2 / 2 / closed - half) / (1 + z2 / closed))), null)
        as win_rate_low,
    if(closed > 0, greatest(0, least(1, (p + z2 / 2 / closed + half) / (1 + z2 / closed))), null)
        as win_rate_high,
    coalesce(won_amount, 0)::decimal(18, 4) as won_amount,
    coalesce(lost_amount, 0)::decimal(18, 4) as lost_amount,
    if(
        lost_without_amount = 0,
        coalesce(won_amount, 0)::double
        / nullif((coalesce(won_amount, 0) + coalesce(lost_amount, 0))::double, 0), null
    ) as amount_win_rate,
    sign(won_amount) * (
        (2 * abs((won_amount * 10000)::hugeint) + won_with_amount)
        // nullif(2 * won_with_amount, 0)
    )::decimal(30, 0) * 0.0001::decimal(4, 4) as average_won_amount,
    cycles[1] as median_cycle_days,
    cycles[2] as p75_cycle_days,
    mean_cycle_days
from every_period
left join wilson using (dimension, member, period_type, period_start)
left join int_member_labels using (dimension, member);
