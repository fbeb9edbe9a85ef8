{#- Customers do not add up over days; those who are new in a period do: a customer is counted on
    the first day of a period that saw an order, so a sum over its days counts each one once. -#}
{%- set customer_dimensions = ['country', 'segment', 'industry'] -%}
{%- set order_dimensions = ['region', 'channel', 'rep', 'team'] -%}
{%- set product_dimensions = ['product', 'category', 'family'] -%}

with facts as (

    select * from {{ ref('int_sales_facts') }}

),

days as (

    select * from {{ ref('int_sales_days') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

numbered_customers as (

    -- Numbers sort several times as fast as ids.
    select
        customer_id,
        cast(row_number() over (order by customer_id asc nulls last) as integer) as customer_number
    from customers

),

numbered_members as (

    select
        dimension,
        member,
        cast(
            row_number() over (order by dimension asc nulls last, member asc nulls last) as integer
        ) as member_number
    from days
    group by dimension, member

),

purchases as (

    -- Who only sends something back has not bought.
    select
        facts.date_day,
        facts.order_count,
        numbered_customers.customer_number
        {%- for dimension in customer_dimensions + order_dimensions + product_dimensions %},
        facts.{{ dimension }}
        {%- endfor %}
    from facts
    inner join numbered_customers on facts.customer_id = numbered_customers.customer_id
    where facts.order_id is not null

),

customer_purchases as (

    -- Two orders of one day have no order of their own: only their dates are compared.
    select
        date_day,
        {%- for dimension in customer_dimensions %}
        {{ dimension }},
        {%- endfor %}
        lag(date_day) over (partition by customer_number order by date_day asc nulls last)
            as earlier_day
    from purchases
    where order_count = 1

),

member_purchases as (

    select
        members.dimension,
        members.member,
        purchases.date_day,
        purchases.customer_number
    from purchases
    cross join lateral (
        values
        {%- for dimension in order_dimensions %}
        ('{{ dimension }}', purchases.{{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as members (dimension, member)
    where purchases.order_count = 1
    union all
    select
        members.dimension,
        members.member,
        purchases.date_day,
        purchases.customer_number
    from purchases
    cross join lateral (
        values
        {%- for dimension in product_dimensions %}
        ('{{ dimension }}', purchases.{{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as members (dimension, member)

),

numbered_purchases as (

    select
        numbered_members.member_number,
        member_purchases.customer_number,
        member_purchases.date_day
    from member_purchases
    inner join numbered_members
        on
            member_purchases.dimension = numbered_members.dimension
            and member_purchases.member = numbered_members.member

),

followed as (

    select
        member_number,
        date_day,
        lag(date_day) over (
            partition by member_number, customer_number order by date_day asc nulls last
        ) as earlier_day
    from numbered_purchases
    union all
    -- Where a member is a customer's own, his orders under it are all his orders.
    select
        numbered_members.member_number,
        customer_purchases.date_day,
        customer_purchases.earlier_day
    from customer_purchases
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in customer_dimensions %},
        ('{{ dimension }}', customer_purchases.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    inner join numbered_members
        on
            members.dimension = numbered_members.dimension
            and members.member = numbered_members.member

),

counted as (

    select
        followed.member_number,
        followed.date_day,
        count_if(followed.earlier_day is null) as first_ever
        {%- for period_type, start in [
            ('day', 'followed.date_day'), ('week', 'dates.week_start'),
            ('month', 'dates.month_start'), ('quarter', 'dates.quarter_start'),
            ('year', 'make_date(cast(dates.year as integer), 1, 1)'),
            ('fiscal_quarter', 'dates.fiscal_quarter_start'),
            ('fiscal_year', 'dates.fiscal_year_start')
        ] %},
        count_if(coalesce(followed.earlier_day < {{ start }}, true)) as first_of_{{ period_type }}
        {%- endfor %}
    from followed
    inner join dates on followed.date_day = dates.date_day
    group by followed.member_number, followed.date_day

),

named as (

    select
        numbered_members.dimension,
        numbered_members.member,
        counted.date_day,
        counted.first_ever
        {%- for period_type in period_types() %},
        counted.first_of_{{ period_type }}
        {%- endfor %}
    from counted
    inner join numbered_members on counted.member_number = numbered_members.member_number

)

select * from named
