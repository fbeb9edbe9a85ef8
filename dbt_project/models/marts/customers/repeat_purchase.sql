with orders as (

    select * from {{ ref('fct_order') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

first_orders as (

    select
        order_id,
        customer_id,
        order_date,
        cast(date_trunc('month', order_date) as date) as cohort_month,
        coalesce(channel, '(none)') as channel,
        coalesce(segment, '(none)') as segment,
        cast(order_date + {{ var('repeat_window_days') }} as date) as window_end
    from orders
    where is_new_customer

),

second_orders as (

    select
        customer_id,
        order_date
    from orders
    where customer_order_number = 2

),

followed as (

    select
        first_orders.order_id,
        first_orders.cohort_month,
        first_orders.channel,
        first_orders.segment,
        first_orders.window_end <= {{ as_of_date() }} as is_mature,
        coalesce(second_orders.order_date <= first_orders.window_end, false) as has_repeated
    from first_orders
    left join second_orders on first_orders.customer_id = second_orders.customer_id

),

first_categories as (

    select distinct  -- a customer counts once for a category, whatever the first order held of it
        order_id,
        category
    from facts
    where is_new_customer

),

members as (

    select
        members.dimension,
        members.member,
        followed.cohort_month,
        followed.is_mature,
        followed.has_repeated
    from followed
    cross join lateral (
        values
        ('total', 'all'),
        ('channel', followed.channel),
        ('segment', followed.segment)
    ) as members (dimension, member)
    union all
    select
        'category' as dimension,
        first_categories.category as member,
        followed.cohort_month,
        followed.is_mature,
        followed.has_repeated
    from followed
    inner join first_categories on followed.order_id = first_categories.order_id

),

cohorts as (

    {{ dense_cohorts('members', 'dates') }}

),

counted as (

    select
        dimension,
        member,
        cohort_month,
        count(*) as customers,
        count_if(is_mature) as mature_customers,
        count_if(is_mature and has_repeated) as repeat_customers
    from members
    group by dimension, member, cohort_month

),

repeated as (

    select
        cohorts.cohort_month,
        cohorts.dimension,
        cohorts.member,
        cohorts.member as member_label,
        coalesce(counted.customers, 0) as customers,
        cast(coalesce(counted.mature_customers, 0) as bigint) as mature_customers,
        cast(coalesce(counted.repeat_customers, 0) as bigint) as repeat_customers,
        {{ ratio('counted.repeat_customers', 'counted.mature_customers') }} as repeat_rate,
        cast({{ var('repeat_window_days') }} as bigint) as window_days,
        cast(cohorts.cohort_end + {{ var('repeat_window_days') }} as date) <= {{ as_of_date() }}
            as is_mature
    from cohorts
    left join counted
        on
            cohorts.dimension = counted.dimension
            and cohorts.member = counted.member
            and cohorts.cohort_month = counted.cohort_month

)

select * from repeated
