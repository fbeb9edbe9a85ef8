{%- set sums = [
    'orders', 'orders_with_value', 'new_customers', 'missing_rate_orders', 'units', 'gross_sales',
    'discount_amount', 'returned_amount', 'net_sales', 'gross_margin', 'net_sales_without_cost'
] -%}
{%- set measures = sums[4:] -%}

with days as (

    select * from {{ ref('int_sales_days') }}

),

customers as (

    select * from {{ ref('int_sales_customers') }}

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

first_days as (

    select
        dimension,
        member,
        min(date_day) as first_day,
        min(min(date_day)) over () as mart_first_day
    from days
    group by dimension, member

),

customer_sums as (

    select
        customers.dimension,
        customers.member,
        period_days.period_type,
        period_days.period_start,
        sum(
            case period_days.period_type
                {%- for period_type in period_types() %}
                when '{{ period_type }}' then customers.first_of_{{ period_type }}
                {%- endfor %}
            end
        ) as customers
    from customers
    inner join period_days on customers.date_day = period_days.date_day
    where
        period_days.period_type <> 'day'
        or customers.dimension in ('total', 'region', 'channel')
    group by
        customers.dimension, customers.member, period_days.period_type, period_days.period_start
    union all
    select
        customers.dimension,
        customers.member,
        'all' as period_type,
        first_days.mart_first_day as period_start,
        sum(customers.first_ever) as customers
    from customers
    inner join first_days
        on
            customers.dimension = first_days.dimension
            and customers.member = first_days.member
    group by customers.dimension, customers.member, first_days.mart_first_day

),

period_sums as (

    select
        days.dimension,
        days.member,
        period_days.period_type,
        period_days.period_start
        {%- for measure in sums %},
        sum(days.{{ measure }}) as {{ measure }}
        {%- endfor %}
    from days
    inner join period_days on days.date_day = period_days.date_day
    where period_days.period_type <> 'day' or days.dimension in ('total', 'region', 'channel')
    group by days.dimension, days.member, period_days.period_type, period_days.period_start
    union all
    select
        days.dimension,
        days.member,
        'all' as period_type,
        first_days.mart_first_day as period_start
        {%- for measure in sums %},
        sum(days.{{ measure }}) as {{ measure }}
        {%- endfor %}
    from days
    inner join first_days
        on days.dimension = first_days.dimension and days.member = first_days.member
    group by days.dimension, days.member, first_days.mart_first_day

),

member_periods as (

    -- Every period from a member's first fact to as-of has a row, sold in it or not.
    select
        first_days.dimension,
        first_days.member,
        first_days.mart_first_day,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete,
        periods.previous_start,
        periods.previous_end,
        periods.is_previous_whole,
        periods.year_ago_start,
        periods.year_ago_end,
        periods.is_year_ago_whole
    from first_days
    inner join periods on first_days.first_day <= periods.period_end
    where periods.period_type <> 'day' or first_days.dimension in ('total', 'region', 'channel')

),

previous_parts as (

    select
        member_periods.dimension,
        member_periods.member,
        member_periods.period_type,
        member_periods.period_start,
        sum(days.net_sales) as net_sales
    from member_periods
    inner join days
        on
            member_periods.dimension = days.dimension
            and member_periods.member = days.member
            and days.date_day between member_periods.previous_start and member_periods.previous_end
    where not member_periods.is_previous_whole
    group by all

),

year_ago_parts as (

    select
        member_periods.dimension,
        member_periods.member,
        member_periods.period_type,
        member_periods.period_start,
        sum(days.net_sales) as net_sales
    from member_periods
    inner join days
        on
            member_periods.dimension = days.dimension
            and member_periods.member = days.member
            and days.date_day between member_periods.year_ago_start and member_periods.year_ago_end
    where not member_periods.is_year_ago_whole
    group by all

),

compared as (

    -- Before the first sale of all nothing is known; after it, no sale is 0.
    select
        member_periods.dimension,
        member_periods.member,
        member_periods.period_type,
        member_periods.period_start,
        member_periods.is_complete,
        case
            when member_periods.previous_end >= member_periods.mart_first_day
                then coalesce(
                    case
                        when member_periods.is_previous_whole then previous_sums.net_sales
                        else previous_parts.net_sales
                    end, 0
                )
        end as previous_net_sales,
        case
            when member_periods.year_ago_end >= member_periods.mart_first_day
                then coalesce(
                    case
                        when member_periods.is_year_ago_whole then year_ago_sums.net_sales
                        else year_ago_parts.net_sales
                    end, 0
                )
        end as year_ago_net_sales
    from member_periods
    left join period_sums as previous_sums
        on
            member_periods.dimension = previous_sums.dimension
            and member_periods.member = previous_sums.member
            and member_periods.period_type = previous_sums.period_type
            and member_periods.previous_start = previous_sums.period_start
    left join previous_parts
        on
            member_periods.dimension = previous_parts.dimension
            and member_periods.member = previous_parts.member
            and member_periods.period_type = previous_parts.period_type
            and member_periods.period_start = previous_parts.period_start
    left join period_sums as year_ago_sums
        on
            member_periods.dimension = year_ago_sums.dimension
            and member_periods.member = year_ago_sums.member
            and member_periods.period_type = year_ago_sums.period_type
            and member_periods.year_ago_start = year_ago_sums.period_start
    left join year_ago_parts
        on
            member_periods.dimension = year_ago_parts.dimension
            and member_periods.member = year_ago_parts.member
            and member_periods.period_type = year_ago_parts.period_type
            and member_periods.period_start = year_ago_parts.period_start

),

all_rows as (

    select
        dimension,
        member,
        period_type,
        period_start,
        is_complete,
        previous_net_sales,
        year_ago_net_sales
    from compared
    union all
    select
        dimension,
        member,
        'all' as period_type,
        mart_first_day as period_start,
        true as is_complete,
        cast(null as decimal(38, 4)) as previous_net_sales,
        cast(null as decimal(38, 4)) as year_ago_net_sales
    from first_days

),

filled as (

    select
        all_rows.dimension,
        all_rows.member,
        all_rows.period_type,
        all_rows.period_start,
        all_rows.is_complete,
        all_rows.previous_net_sales,
        all_rows.year_ago_net_sales,
        coalesce(customer_sums.customers, 0) as customers
        {%- for measure in sums %},
        coalesce(period_sums.{{ measure }}, 0) as {{ measure }}
        {%- endfor %}
    from all_rows
    left join period_sums
        on
            all_rows.dimension = period_sums.dimension
            and all_rows.member = period_sums.member
            and all_rows.period_type = period_sums.period_type
            and all_rows.period_start = period_sums.period_start
    left join customer_sums
        on
            all_rows.dimension = customer_sums.dimension
            and all_rows.member = customer_sums.member
            and all_rows.period_type = customer_sums.period_type
            and all_rows.period_start = customer_sums.period_start

),

totals as (

    select
        period_type,
        period_start,
        net_sales
    from filled
    where dimension = 'total'

),

final as (

    select
        filled.period_type,
        filled.period_start,
        filled.dimension,
        filled.member,
        coalesce(labels.member_label, filled.member) as member_label,
        filled.is_complete,
        cast(filled.orders as bigint) as orders,
        cast(filled.customers as bigint) as customers,
        cast(filled.new_customers as bigint) as new_customers,
        cast(filled.missing_rate_orders as bigint) as missing_rate_orders,
        {%- for measure in measures[:6] %}
        cast(filled.{{ measure }} as decimal(18, 4)) as {{ measure }},
        {%- endfor %}
        {{ ratio('filled.gross_margin', '(filled.net_sales - filled.net_sales_without_cost)') }}
            as gross_margin_rate,
        cast(filled.net_sales_without_cost as decimal(18, 4)) as net_sales_without_cost,
        cast(filled.orders_with_value as bigint) as orders_with_value,
        {{ mean_money('filled.net_sales', 'filled.orders_with_value') }} as average_order_value,
        {{ ratio('filled.net_sales', 'totals.net_sales') }} as share_of_total,
        rank() over (
            partition by filled.period_type, filled.period_start, filled.dimension
            order by filled.net_sales desc nulls last
        ) as rank,
        cast(filled.previous_net_sales as decimal(18, 4)) as previous_net_sales,
        {{ growth('filled.net_sales', 'filled.previous_net_sales') }} as growth,
        cast(filled.year_ago_net_sales as decimal(18, 4)) as year_ago_net_sales,
        {{ growth('filled.net_sales', 'filled.year_ago_net_sales') }} as growth_yoy
    from filled
    left join totals
        on
            filled.period_type = totals.period_type
            and filled.period_start = totals.period_start
    left join labels
        on filled.dimension = labels.dimension and filled.member = labels.member

)

select * from final
