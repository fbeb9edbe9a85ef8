{#- An order has one day, so its count adds up over days, whatever the member. -#}
{%- set measures = [
    'units', 'gross_sales', 'discount_amount', 'returned_amount', 'net_sales', 'gross_margin',
    'net_sales_without_cost'
] -%}
{%- set counts = ['orders', 'orders_with_value', 'new_customers', 'missing_rate_orders'] -%}
{%- set order_dimensions = [
    'region', 'country', 'channel', 'rep', 'team', 'segment', 'industry'
] -%}
{%- set product_groups = ['category', 'family'] -%}

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

    {%- for dimension in ['total'] + order_dimensions %}
    select
        '{{ dimension }}' as dimension,
        {{ "'all'" if dimension == 'total' else dimension }} as member,
        date_day
        {%- for measure in counts + measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from order_groups
    group by {{ 'date_day' if dimension == 'total' else dimension ~ ', date_day' }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

product_days as (

    -- A fact is an order's sales of one product.
    select
        product,
        category,
        family,
        date_day,
        count(order_id) as orders,
        count_if(has_value) as orders_with_value,
        count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from facts
    group by product, category, family, date_day

),

{%- for dimension in product_groups %}

{{ dimension }}_orders as (

    select distinct  -- an order counts once, whatever it holds of one {{ dimension }}
        {{ dimension }},
        date_day,
        order_id,
        has_value,
        is_new_customer,
        has_missing_rate
    from facts
    where order_id is not null

),

{{ dimension }}_counts as (

    select
        {{ dimension }},
        date_day,
        count(*) as orders,
        count_if(has_value) as orders_with_value,
        count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders
    from {{ dimension }}_orders
    group by {{ dimension }}, date_day

),

{{ dimension }}_sums as (

    select
        {{ dimension }},
        date_day
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from product_days
    group by {{ dimension }}, date_day

),
{%- endfor %}

product_members as (

    select
        'product' as dimension,
        product as member,
        date_day
        {%- for measure in counts + measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from product_days
    group by product, date_day
    {%- for dimension in product_groups %}
    union all
    select
        '{{ dimension }}' as dimension,
        {{ dimension }}_sums.{{ dimension }} as member,
        {{ dimension }}_sums.date_day
        {%- for measure in counts %},
        coalesce({{ dimension }}_counts.{{ measure }}, 0) as {{ measure }}
        {%- endfor %}
        {%- for measure in measures %},
        {{ dimension }}_sums.{{ measure }}
        {%- endfor %}
    from {{ dimension }}_sums
    left join {{ dimension }}_counts
        on
            {{ dimension }}_sums.{{ dimension }} = {{ dimension }}_counts.{{ dimension }}
            and {{ dimension }}_sums.date_day = {{ dimension }}_counts.date_day
    {%- endfor %}

),

days as (

    select * from order_members
    union all
    select * from product_members

)

select * from days
