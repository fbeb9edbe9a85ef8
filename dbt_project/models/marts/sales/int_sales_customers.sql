{#- Customers do not add up over days, so each period counts its own: months first, the longer
    periods from them. -#}
{%- set dimensions = [
    'region', 'country', 'channel', 'rep', 'team', 'segment', 'industry', 'product', 'category',
    'family'
] -%}

with facts as (

    select * from {{ ref('int_sales_facts') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

customer_days as (

    select
        members.dimension,
        members.member,
        facts.date_day,
        facts.customer_id
    from facts
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in dimensions %},
        ('{{ dimension }}', facts.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    -- Who only sends something back has not bought.
    where facts.customer_id is not null and facts.order_id is not null
    group by all

),

customer_weeks as (

    select
        customer_days.dimension,
        customer_days.member,
        dates.week_start,
        dates.month_start,
        customer_days.customer_id
    from customer_days
    inner join dates on customer_days.date_day = dates.date_day
    group by all

),

customer_months as (

    select
        customer_weeks.dimension,
        customer_weeks.member,
        customer_weeks.month_start,
        customer_weeks.customer_id
    from customer_weeks
    group by all

),

customer_quarters as (

    -- Both quarters begin with a month, so months tell them apart.
    select
        customer_months.dimension,
        customer_months.member,
        dates.quarter_start,
        make_date(cast(dates.year as integer), 1, 1) as year_start,
        dates.fiscal_quarter_start,
        dates.fiscal_year_start,
        customer_months.customer_id
    from customer_months
    inner join dates on customer_months.month_start = dates.date_day
    group by all

),

counted as (

    select
        dimension,
        member,
        'day' as period_type,
        date_day as period_start,
        count(*) as customers
    from customer_days
    where dimension in ('total', 'region', 'channel')
    group by dimension, member, date_day
    union all
    select
        dimension,
        member,
        'week' as period_type,
        week_start as period_start,
        count(distinct customer_id) as customers  -- a week may lie in two months
    from customer_weeks
    group by dimension, member, week_start
    union all
    select
        dimension,
        member,
        'month' as period_type,
        month_start as period_start,
        count(*) as customers
    from customer_months
    group by dimension, member, month_start
    {%- for period_type, column in [
        ('quarter', 'quarter_start'), ('year', 'year_start'),
        ('fiscal_quarter', 'fiscal_quarter_start'), ('fiscal_year', 'fiscal_year_start')
    ] %}
    union all
    select
        dimension,
        member,
        '{{ period_type }}' as period_type,
        {{ column }} as period_start,
        count(distinct customer_id) as customers  -- one who bought in several months is one
    from customer_quarters
    group by dimension, member, {{ column }}
    {%- endfor %}
    union all
    select
        dimension,
        member,
        'all' as period_type,
        cast(null as date) as period_start,
        count(distinct customer_id) as customers  -- one who came back is one
    from customer_quarters
    group by dimension, member

)

select * from counted
