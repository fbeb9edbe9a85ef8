{%- set counts = ['orders_due', 'on_time', 'in_full', 'on_time_in_full', 'open_past_due'] -%}
{%- set kinds = ['cycle', 'confirm', 'ship', 'deliver'] -%}
{%- set groups = ['dimension', 'member', 'period_type', 'period_start', 'kind'] -%}
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

counted_days as (

    select
        dimension,
        member,
        date_day,
        count(*) as orders_due,
        count_if(is_on_time) as on_time,
        count_if(is_in_full) as in_full,
        count_if(is_on_time and is_in_full) as on_time_in_full,
        count_if(not is_completed) as open_past_due
    from member_orders
    group by dimension, member, date_day

),

duration_days as (

    {%- for kind in kinds %}
    select
        dimension,
        member,
        date_day,
        '{{ kind }}' as kind,
        {{ kind }}_days as value,
        count(*) as n
    from member_orders
    where {{ kind }}_days is not null
    group by dimension, member, date_day, {{ kind }}_days
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

first_days as (

    select
        dimension,
        member,
        min(date_day) as first_day,
        min(min(date_day)) over () as mart_first_day
    from counted_days
    group by dimension, member

),

all_rows as (

    {{ dense_periods('first_days', 'periods') }}

),

period_counts as (

    {{ facts_by_period('counted_days', 'period_days', counts) }}

),

counted as (

    select
        dimension,
        member,
        period_type,
        period_start
        {%- for count in counts %},
        cast(sum({{ count }}) as bigint) as {{ count }}
        {%- endfor %}
    from period_counts
    group by dimension, member, period_type, period_start

),

short_durations as (

    select
        duration_days.dimension,
        duration_days.member,
        period_days.period_type,
        period_days.period_start,
        duration_days.kind,
        duration_days.value,
        sum(duration_days.n) as n
    from duration_days
    inner join period_days on duration_days.date_day = period_days.date_day
    where
        period_days.period_type in ('week', 'month')
        or (
            period_days.period_type = 'day'
            and duration_days.dimension in ('total', 'region', 'channel')
        )
    group by all

),

months as (

    select * from short_durations
    where period_type = 'month'

),

period_durations as (

    -- What is longer than a month is made of months, which are far fewer than days.
    select
        dimension,
        member,
        period_type,
        period_start,
        kind,
        value,
        n
    from short_durations
    union all
    select
        months.dimension,
        months.member,
        period_days.period_type,
        period_days.period_start,
        months.kind,
        months.value,
        sum(months.n) as n
    from months
    inner join period_days on months.period_start = period_days.date_day
    where period_days.period_type not in ('day', 'week', 'month')
    group by all
    union all
    select
        months.dimension,
        months.member,
        'all' as period_type,
        first_days.mart_first_day as period_start,
        months.kind,
        months.value,
        sum(months.n) as n
    from months
    inner join first_days
        on months.dimension = first_days.dimension and months.member = first_days.member
    group by all

),

ranked as (

    {{ ranked_values('period_durations', groups) }}

),

durations as (

    select
        dimension,
        member,
        period_type,
        period_start,
        {{ ranked_percentile(0.5, 'cycle') }} as median_cycle_days,
        {{ ranked_percentile(0.9, 'cycle') }} as p90_cycle_days,
        {{ ranked_mean('cycle') }} as mean_cycle_days,
        {{ ranked_mean('ship') }} as mean_ship_days,
        {{ ranked_percentile(0.5, 'confirm') }} as median_confirm_days,
        {{ ranked_percentile(0.5, 'ship') }} as median_ship_days,
        {{ ranked_percentile(0.5, 'deliver') }} as median_deliver_days
    from ranked
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
        coalesce(counted.orders_due, 0) as orders_due,
        coalesce(counted.on_time, 0) as on_time,
        coalesce(counted.orders_due - counted.on_time, 0) as late,
        coalesce(counted.in_full, 0) as in_full,
        coalesce(counted.on_time_in_full, 0) as on_time_in_full,
        {{ ratio('counted.on_time', 'counted.orders_due') }} as on_time_rate,
        {{ ratio('counted.on_time_in_full', 'counted.orders_due') }} as otif_rate,
        coalesce(counted.open_past_due, 0) as open_past_due
        {%- for column in [
            'median_cycle_days', 'p90_cycle_days', 'mean_cycle_days', 'mean_ship_days',
            'median_confirm_days', 'median_ship_days', 'median_deliver_days'
        ] %},
        cast(durations.{{ column }} as double) as {{ column }}
        {%- endfor %}
    from all_rows
    left join counted
        on
            all_rows.dimension = counted.dimension
            and all_rows.member = counted.member
            and all_rows.period_type = counted.period_type
            and all_rows.period_start = counted.period_start
    left join durations
        on
            all_rows.dimension = durations.dimension
            and all_rows.member = durations.member
            and all_rows.period_type = durations.period_type
            and all_rows.period_start = durations.period_start
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from fulfilment
