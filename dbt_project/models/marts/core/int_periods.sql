with period_days as (

    select * from {{ ref('int_period_days') }}

),

periods as (

    select
        period_type,
        period_start,
        max(date_day) as period_end,
        max(date_day) <= {{ as_of_date() }} as is_complete,
        least(max(date_day), {{ as_of_date() }}) as compared_end
    from period_days
    where period_start <= {{ as_of_date() }}
    group by period_type, period_start

),

earlier_starts as (

    select
        period_type,
        period_start,
        period_end,
        is_complete,
        compared_end,
        case period_type
            when 'day' then cast(period_start - interval 1 day as date)
            when 'week' then cast(period_start - interval 7 day as date)
            when 'month' then cast(period_start - interval 1 month as date)
            when 'quarter' then cast(period_start - interval 3 month as date)
            when 'fiscal_quarter' then cast(period_start - interval 3 month as date)
            else cast(period_start - interval 1 year as date)
        end as previous_start,
        case period_type
            when 'week' then cast(period_start - interval 364 day as date)
            else cast(period_start - interval 1 year as date)
        end as year_ago_start,
        case period_type
            when 'week' then cast(compared_end - interval 364 day as date)
            else cast(compared_end - interval 1 year as date)
        end as year_ago_end
    from periods

),

windows as (

    -- A running period is compared with as many days of the earlier one, at most all of them.
    select
        period_type,
        period_start,
        period_end,
        is_complete,
        previous_start,
        case
            when is_complete then cast(period_start - interval 1 day as date)
            else least(
                cast(period_start - interval 1 day as date),
                cast(
                    previous_start
                    + cast({{ days_between('period_start', 'compared_end') }} as integer) as date
                )
            )
        end as previous_end,
        year_ago_start,
        year_ago_end
    from earlier_starts

),

compared as (

    select
        windows.period_type,
        windows.period_start,
        windows.period_end,
        windows.is_complete,
        windows.previous_start,
        windows.previous_end,
        windows.previous_end = cast(windows.period_start - interval 1 day as date)
            as is_previous_whole,
        windows.year_ago_start,
        windows.year_ago_end,
        coalesce(windows.year_ago_end = year_ago.period_end, false) as is_year_ago_whole
    from windows
    left join periods as year_ago
        on
            windows.period_type = year_ago.period_type
            and windows.year_ago_start = year_ago.period_start

)

select * from compared
