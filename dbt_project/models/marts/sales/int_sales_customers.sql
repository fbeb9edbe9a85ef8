{#- Customers do not add up over days; those who are new in a period do: a customer is counted on
    the first day of a period that saw an order, so a sum over its days counts each one once. -#}
{%- set order_dimensions = [
    'region', 'country', 'channel', 'rep', 'team', 'segment', 'industry'
] -%}
{%- set product_dimensions = ['product', 'category', 'family'] -%}

with facts as (

    select * from {{ ref('int_sales_facts') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

purchases as (

    -- Who only sends something back has not bought.
    select * from facts
    where customer_id is not null and order_id is not null

),

order_purchases as (

    select * from purchases
    where order_count = 1

),

member_purchases as (

    select
        members.dimension,
        members.member,
        order_purchases.date_day,
        order_purchases.customer_id
    from order_purchases
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in order_dimensions %},
        ('{{ dimension }}', order_purchases.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    union all
    select
        members.dimension,
        members.member,
        purchases.date_day,
        purchases.customer_id
    from purchases
    cross join lateral (
        values
        {%- for dimension in product_dimensions %}
        ('{{ dimension }}', purchases.{{ dimension }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as members (dimension, member)

),

followed as (

    -- Two orders of one day have no order of their own: only their dates are compared.
    select
        dimension,
        member,
        date_day,
        lag(date_day) over (
            partition by dimension, member, customer_id order by date_day asc nulls last
        ) as earlier_day
    from member_purchases

),

counted as (

    select
        followed.dimension,
        followed.member,
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
    group by followed.dimension, followed.member, followed.date_day

)

select * from counted
