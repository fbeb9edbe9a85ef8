with order_days as (

    select * from {{ ref('int_order_days') }}

),

limits as (

    select * from {{ ref('int_churn_limits') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

months as (

    select
        period_start,
        least(period_end, {{ as_of_date() }}) as last_day
    from periods
    where period_type = 'month'

),

standing as (

    -- A customer's last order as the end of each month saw it.
    select
        order_days.customer_id,
        order_days.segment,
        order_days.region,
        months.period_start,
        months.last_day,
        order_days.order_date
    from order_days
    inner join months
        on
            order_days.order_date <= months.last_day
            and (order_days.next_date > months.last_day or order_days.next_date is null)

),

followed as (

    select
        *,
        lag(order_date) over (
            partition by customer_id order by period_start asc nulls last
        ) as earlier_order_date
    from standing

),

judged as (

    -- Both ends of the month are measured by what was known at its start. Without a gap between
    -- orders so far nobody can be told to have left.
    select
        followed.segment,
        followed.region,
        followed.period_start,
        limits.churn_days is not null as has_limit,
        followed.earlier_order_date is null as is_new,
        coalesce(
            {{ days_between(
                'followed.earlier_order_date', "followed.period_start - interval 1 day"
            ) }} <= coalesce(limits.churn_days, 1e9), false
        ) as was_active,
        {{ days_between('followed.order_date', 'followed.last_day') }}
        <= coalesce(limits.churn_days, 1e9) as is_active
    from followed
    left join limits
        on followed.period_start = limits.known_on and followed.segment = limits.segment

),

members as (

    select
        members.dimension,
        members.member,
        judged.period_start,
        judged.has_limit,
        judged.is_new,
        judged.was_active,
        judged.is_active
    from judged
    cross join lateral (
        values
        ('total', 'all'),
        ('segment', judged.segment),
        ('region', judged.region)
    ) as members (dimension, member)

),

churn as (

    -- Who has ordered once stands in every month from then on, so that each month has its row.
    select
        period_start,
        dimension,
        member,
        member as member_label,
        cast(count_if(was_active) as bigint) as active_start,
        cast(count_if(was_active and not is_active) as bigint) as churned,
        case
            when bool_and(has_limit)
                then {{ ratio(
                    'count_if(was_active and not is_active)', 'count_if(was_active)'
                ) }}
        end as churn_rate,
        cast(count_if(not is_new and not was_active and is_active) as bigint) as reactivated,
        cast(count_if(is_new) as bigint) as new_customers
    from members
    group by period_start, dimension, member

)

select * from churn
