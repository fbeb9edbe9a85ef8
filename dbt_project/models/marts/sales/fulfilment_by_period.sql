{%- set measures = [
    'is_on_time', 'is_in_full', 'is_completed', 'cycle_days', 'confirm_days', 'ship_days',
    'deliver_days'
] -%}
with orders as (

    select * from {{ ref('fct_order') }}

),

order_lines as (

    select * from {{ ref('fct_order_line') }}

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
        cycle_days,
        {{ days_between('order_date', local_date('confirmed_at')) }} as confirm_days,
        {{ days_between('order_date', local_date('shipped_at')) }} as ship_days,
        {{ days_between(local_date('shipped_at'), local_date('delivered_at')) }} as deliver_days
    from orders
    where is_valid and is_due

),

order_products as (

    select distinct  -- an order counts once for a product, however many of its lines hold it
        order_id,
        coalesce(product_id, '(none)') as product
    from order_lines

),

members as (

    select
        members.dimension,
        members.member,
        due_orders.date_day
        {%- for measure in measures %},
        due_orders.{{ measure }}
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
        due_orders.date_day
        {%- for measure in measures %},
        due_orders.{{ measure }}
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
    from members
    group by dimension, member

),

all_rows as (

    {{ dense_periods('first_days', 'periods') }}

),

facts as (

    {{ facts_by_period('members', 'period_days', measures) }}

),

measured as (

    select
        dimension,
        member,
        period_type,
        period_start,
        count(*) as orders_due,
        count_if(is_on_time) as on_time,
        count_if(is_in_full) as in_full,
        count_if(is_on_time and is_in_full) as on_time_in_full,
        count_if(not is_completed) as open_past_due,
        median(cast(cycle_days as double)) as median_cycle_days,
        {{ percentile(0.9, 'cycle_days') }} as p90_cycle_days,
        avg(cast(cycle_days as double)) as mean_cycle_days,
        avg(cast(ship_days as double)) as mean_ship_days,
        median(cast(confirm_days as double)) as median_confirm_days,
        median(cast(ship_days as double)) as median_ship_days,
        median(cast(deliver_days as double)) as median_deliver_days
    from facts
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
        cast(coalesce(measured.on_time, 0) as bigint) as on_time,
        cast(coalesce(measured.orders_due - measured.on_time, 0) as bigint) as late,
        cast(coalesce(measured.in_full, 0) as bigint) as in_full,
        cast(coalesce(measured.on_time_in_full, 0) as bigint) as on_time_in_full,
        {{ ratio('measured.on_time', 'measured.orders_due') }} as on_time_rate,
        {{ ratio('measured.on_time_in_full', 'measured.orders_due') }} as otif_rate,
        cast(coalesce(measured.open_past_due, 0) as bigint) as open_past_due,
        measured.median_cycle_days,
        measured.p90_cycle_days,
        measured.mean_cycle_days,
        measured.mean_ship_days,
        measured.median_confirm_days,
        measured.median_ship_days,
        measured.median_deliver_days
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
