{#- An order has one day, so its count adds up over days, whatever the member. -#}
{%- set measures = [
    'units', 'gross_sales', 'discount_amount', 'returned_amount', 'net_sales', 'gross_margin',
    'net_sales_without_cost'
] -%}
{%- set order_dimensions = [
    'region', 'country', 'channel', 'rep', 'team', 'segment', 'industry'
] -%}

with facts as (

    select * from {{ ref('int_sales_facts') }}

),

order_groups as (

    select
        date_day,
        {%- for dimension in order_dimensions %}
        {{ dimension }},
        {%- endfor %}
        sum(order_count) as orders,
        sum(case when has_value then order_count else 0 end) as orders_with_value,
        sum(case when is_new_customer then order_count else 0 end) as new_customers,
        sum(case when has_missing_rate then order_count else 0 end) as missing_rate_orders
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from facts
    group by all

),

order_members as (

    select
        members.dimension,
        members.member,
        order_groups.date_day,
        sum(order_groups.orders) as orders,
        sum(order_groups.orders_with_value) as orders_with_value,
        sum(order_groups.new_customers) as new_customers,
        sum(order_groups.missing_rate_orders) as missing_rate_orders
        {%- for measure in measures %},
        sum(order_groups.{{ measure }}) as {{ measure }}
        {%- endfor %}
    from order_groups
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in order_dimensions %},
        ('{{ dimension }}', order_groups.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    group by members.dimension, members.member, order_groups.date_day

),

{%- for dimension in ['product', 'category', 'family'] %}

{{ dimension }}_orders as (

    -- One row for each order, however many of its lines are of one {{ dimension }}.
    select
        {{ dimension }} as member,
        date_day,
        order_id,
        bool_or(has_value) as has_value,
        bool_or(is_new_customer) as is_new_customer,
        bool_or(has_missing_rate) as has_missing_rate
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from facts
    group by {{ dimension }}, date_day, order_id

),
{%- endfor %}

product_members as (

    {%- for dimension in ['product', 'category', 'family'] %}
    select
        '{{ dimension }}' as dimension,
        member,
        date_day,
        count(order_id) as orders,
        count_if(has_value) as orders_with_value,
        count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from {{ dimension }}_orders
    group by member, date_day
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

days as (

    select * from order_members
    union all
    select * from product_members

)

select * from days
