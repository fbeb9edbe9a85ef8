{#- What selling cost in a period. A cost is spread evenly over the days it was paid for, up to
    as-of: a commission over its period, a campaign's from its first day to its last (without one: on
    its first), a training's on its day. Sums of parts are those of the whole, to the cent. -#}
with statements as (

    select * from {{ ref('commission_statement') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

attendances as (

    select * from {{ ref('fct_training_attendance') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

commissions as (

    select
        periods.period_start as first_day,
        periods.period_end as last_day,
        sum(statements.total) as amount
    from statements
    inner join periods
        on
            statements.period_type = periods.period_type
            and statements.period_start = periods.period_start
    group by periods.period_start, periods.period_end

),

sessions as (

    select
        held_on,
        max(session_cost) as amount
    from attendances
    group by session_id, held_on

),

costs as (

    select
        first_day,
        last_day,
        amount
    from commissions
    union all
    select
        starts_on as first_day,
        greatest(starts_on, coalesce(ends_on, starts_on)) as last_day,
        cost as amount
    from campaigns
    where starts_on <= {{ as_of_date() }} and cost is not null
    union all
    select
        held_on as first_day,
        held_on as last_day,
        amount
    from sessions
    where amount is not null

),

spread_costs as (

    select
        first_day,
        amount,
        {{ days_between('first_day', 'least(last_day, ' ~ as_of_date() ~ ')') }} + 1 as days,
        least(last_day, {{ as_of_date() }}) as last_day
    from costs

),

period_costs as (

    -- What was spread by the period's end less what was before its start.
    select
        periods.period_type,
        periods.period_start,
        sum(
            {{ share_of_money(
                'spread_costs.amount',
                '(' ~ days_between(
                    'spread_costs.first_day',
                    'least(periods.period_end, spread_costs.last_day)'
                ) ~ ' + 1)',
                'spread_costs.days'
            ) }}
            - {{ share_of_money(
                'spread_costs.amount',
                days_between(
                    'spread_costs.first_day',
                    'greatest(periods.period_start, spread_costs.first_day)'
                ),
                'spread_costs.days'
            ) }}
        ) as selling_cost
    from spread_costs
    inner join periods
        on
            spread_costs.first_day <= periods.period_end
            and spread_costs.last_day >= periods.period_start
    where periods.period_type not in ('day', 'week')
    group by periods.period_type, periods.period_start

),

all_costs as (

    -- Before the first cost that is known nobody knows of any.
    select
        min(first_day) as first_day,
        sum(amount) as amount
    from spread_costs

),

selling_costs as (

    select
        sales.period_type,
        sales.period_start,
        cast(
            case
                when sales.period_type = 'all' then all_costs.amount
                when periods.period_end >= all_costs.first_day
                    then coalesce(period_costs.selling_cost, 0)
            end as decimal(18, 4)
        ) as selling_cost,
        sales.net_sales
    from sales
    cross join all_costs
    left join periods
        on
            sales.period_type = periods.period_type
            and sales.period_start = periods.period_start
    left join period_costs
        on
            sales.period_type = period_costs.period_type
            and sales.period_start = period_costs.period_start
    where sales.dimension = 'total' and sales.period_type not in ('day', 'week')

)

select
    period_type,
    period_start,
    selling_cost,
    net_sales,
    -- Of nothing, or less than nothing, no cost is a share.
    case when net_sales > 0 then {{ ratio('selling_cost', 'net_sales') }} end as selling_cost_rate
from selling_costs
