{#- Recurring revenue adds up within each month, which begins with what the last one left. -#}
with revenue as (

    select * from {{ ref('recurring_revenue') }}

),

unbalanced as (

    select
        revenue.dimension,
        revenue.member,
        revenue.period_start
    from revenue
    left join revenue as earlier
        on
            revenue.dimension = earlier.dimension
            and revenue.member = earlier.member
            and revenue.period_start = cast(earlier.period_start + interval 1 month as date)
    where
        revenue.start_amount + revenue.new + revenue.expansion + revenue.resurrection
        - revenue.contraction - revenue.churn <> revenue.end_amount
        or revenue.start_amount <> coalesce(earlier.end_amount, 0)

)

select * from unbalanced
