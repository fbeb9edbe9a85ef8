{%- set kinds = ['cycle', 'confirm', 'ship', 'deliver'] -%}
with orders as (

    select * from {{ ref('fct_order') }}

),

sales as (

    select * from {{ ref('int_sales_facts') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

period_days as (

    select * from {{ ref('int_period_days') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

due_orders as (

    select
        order_id,
        promised_date as date_day,
        coalesce(region, '(none)') as region,
        coalesce(channel, '(none)') as channel,
        coalesce(user_id, '(none)') as rep,
        is_on_time,
        coalesce(is_in_full, false) as is_in_full,
        completed_at is not null as is_completed,
        cast(cycle_days as integer) as cycle_days,
        cast({{ days_between('order_date', local_date('confirmed_at')) }} as integer)
            as confirm_days,
        cast({{ days_between('order_date', local_date('shipped_at')) }} as integer) as ship_days,
        cast({{ days_between(local_date('shipped_at'), local_date('delivered_at')) }} as integer)
            as deliver_days
    from orders
    where is_valid and is_due

),

order_products as (

    -- An order counts once for a product, however many of its lines hold it.
    select
        order_id,
        product
    from sales
    where order_id is not null

),

member_orders as (

    select
        members.dimension,
        members.member,
        due_orders.date_day,
        due_orders.is_on_time,
        due_orders.is_in_full,
        due_orders.is_completed
        {%- for kind in kinds %},
        due_orders.{{ kind }}_days
        {%- endfor %}
    from due_orders
    cross join lateral (
        values
        ('total', 'all'),
        ('region', due_orders.region),
        ('channel', due_orders.channel),
        ('rep', due_orders.rep)
    ) as members (dimension, member)
    union all
    select
        'product' as dimension,
        order_products.product as member,
        due_orders.date_day,
        due_orders.is_on_time,
        due_orders.is_in_full,
        due_orders.is_completed
        {%- for kind in kinds %},
        due_orders.{{ kind }}_days
        {%- endfor %}
    from due_orders
    inner join order_products on due_orders.order_id = order_products.order_id

),

first_days as (

    select
        dimension,
        member,
        min(date_day) as first_day,
        min(min(date_day)) over () as mart_first_day
    from member_orders
    group by dimension, member

),

all_rows as (

    {{ dense_periods('first_days', 'periods') }}

),

period_orders as (

    {{ facts_by_period(
        'member_orders', 'period_days',
        ['is_on_time', 'is_in_full', 'is_completed']
        + ['cycle_days', 'confirm_days', 'ship_days', 'deliver_days']
    ) }}

),

measured as (

    select
        dimension,
        member,
        period_type,
        period_start,
        count(*) as orders_due,
        cast(count_if(is_on_time) as bigint) as on_time,
        cast(count_if(is_in_full) as bigint) as in_full,
        cast(count_if(is_on_time and is_in_full) as bigint) as on_time_in_full,
        cast(count_if(not is_completed) as bigint) as open_past_due,
        {{ percentile_of_days(0.5, 'cycle_days') }} as median_cycle_days,
        {{ percentile_of_days(0.9, 'cycle_days') }} as p90_cycle_days,
        avg(cast(cycle_days as double)) as mean_cycle_days,
        avg(cast(ship_days as double)) as mean_ship_days,
        {{ percentile_of_days(0.5, 'confirm_days') }} as median_confirm_days,
        {{ percentile_of_days(0.5, 'ship_days') }} as median_ship_days,
        {{ percentile_of_days(0.5, 'deliver_days') }} as median_deliver_days
    from period_orders
    group by dimension, member, period_type, period_start

),

fulfilment as (

    -- Open and past due is late.
    select
        all_rows.period_type,
        all_rows.period_start,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        all_rows.is_complete,
        coalesce(measured.orders_due, 0) as orders_due,
        coalesce(measured.on_time, 0) as on_time,
        coalesce(measured.orders_due - measured.on_time, 0) as late,
        coalesce(measured.in_full, 0) as in_full,
        coalesce(measured.on_time_in_full, 0) as on_time_in_full,
        {{ ratio('measured.on_time', 'measured.orders_due') }} as on_time_rate,
        {{ ratio('measured.on_time_in_full', 'measured.orders_due') }} as otif_rate,
        coalesce(measured.open_past_due, 0) as open_past_due
        {%- for column in [
            'median_cycle_days', 'p90_cycle_days', 'mean_cycle_days', 'mean_ship_days',
            'median_confirm_days', 'median_ship_days', 'median_deliver_days'
        ] %},
        cast(measured.{{ column }} as double) as {{ column }}
        {%- endfor %}
    from all_rows
    left join measured
        on
            all_rows.dimension = measured.dimension
            and all_rows.member = measured.member
            and all_rows.period_type = measured.period_type
            and all_rows.period_start = measured.period_start
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from fulfilment
