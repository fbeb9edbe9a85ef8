with dates as (

    select * from {{ ref('dim_date') }}

),

period_days as (

    select
        dates.date_day,
        periods.period_type,
        periods.period_start
    from dates
    cross join lateral (
        values
        ('day', dates.date_day),
        ('week', dates.week_start),
        ('month', dates.month_start),
        ('quarter', dates.quarter_start),
        ('year', make_date(cast(dates.year as integer), 1, 1)),
        ('fiscal_quarter', dates.fiscal_quarter_start),
        ('fiscal_year', dates.fiscal_year_start)
    ) as periods (period_type, period_start)

)

select * from period_days
