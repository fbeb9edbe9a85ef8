{%- set starts = {
    'orders__orders': 'ordered_at', 'crm__opportunities': 'created_at', 'crm__leads': 'created_at',
    'crm__activities': 'happened_at', 'crm__tickets': 'created_at',
    'survey__survey_responses': 'submitted_at'
} -%}
{%- set dates = {
    'crm__quotas': 'period_start', 'crm__targets': 'period_start', 'orders__contracts': 'starts_on',
    'crm__opportunities': 'expected_close_date', 'crm__training_sessions': 'held_on'
} -%}
{%- set week_offset = {
    'monday': 0, 'tuesday': 1, 'wednesday': 2, 'thursday': 3, 'friday': 4, 'saturday': 5,
    'sunday': 6
}.get(var('week_start'), 0) -%}
{%- set fiscal_start = var('fiscal_year_start') | int -%}

with holidays as (

    select * from {{ source('run', 'holidays') }}

),

firsts as (

    {%- for table, column in starts.items() %}
    select min({{ local_date(column) }}) as date_day
    from {{ source('gate', 'accepted_' ~ table) }}
    union all
    {%- endfor %}
    {%- for table, column in dates.items() %}
    select min({{ column }}) as date_day from {{ source('gate', 'accepted_' ~ table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

bounds as (

    -- A year before the first fact, so that every period of that fact is whole. A defect in the
    -- far past must not make a calendar of centuries.
    select
        make_date(
            greatest(
                cast(
                    extract(year from least(min(date_day), {{ as_of_date() }})) as integer
                ) - 1, 1970
            ), 1, 1
        ) as first_day,
        make_date(cast(extract(year from {{ as_of_date() }}) as integer) + 2, 12, 31) as last_day
    from firsts

),

days as (

    select cast(bounds.first_day + cast(r.i as integer) as date) as date_day
    from bounds
    cross join range(0, 60000) as r (i)
    where r.i <= {{ days_between('bounds.first_day', 'bounds.last_day') }}

),

weekdays as (

    select
        date_day,
        cast({{ days_between("date_trunc('week', date_day)", 'date_day') }} as integer) as weekday,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(year from date_day) as integer) as year_number
    from days

),

fiscal_years as (

    select
        date_day,
        weekday,
        year_number,
        make_date(
            year_number - case when month_number < {{ fiscal_start }} then 1 else 0 end,
            {{ fiscal_start }}, 1
        ) as fiscal_year_start,
        (month_number - {{ fiscal_start }} + 12) % 12 as fiscal_month
    from weekdays

),

fiscal_quarters as (

    select
        date_day,
        weekday,
        year_number,
        fiscal_year_start,
        cast(floor(fiscal_month / 3) as integer) + 1 as fiscal_quarter,
        -- Months counted from the year 0, so that a quarter may begin in the next calendar year.
        make_date(
            cast(floor((
                cast(extract(year from fiscal_year_start) as integer) * 12
                + {{ fiscal_start - 1 }} + cast(floor(fiscal_month / 3) as integer) * 3
            ) / 12) as integer),
            ({{ fiscal_start - 1 }} + cast(floor(fiscal_month / 3) as integer) * 3) % 12 + 1,
            1
        ) as fiscal_quarter_start
    from fiscal_years

),

fiscal_weeks as (

    select
        date_day,
        weekday,
        year_number,
        fiscal_year_start,
        fiscal_quarter,
        fiscal_quarter_start,
        -- 4 weeks, 4 weeks, and what is left of the quarter: 5.
        case
            when {{ days_between('fiscal_quarter_start', 'date_day') }} < 28 then 0
            when {{ days_between('fiscal_quarter_start', 'date_day') }} < 56 then 1
            else 2
        end as period_of_quarter
    from fiscal_quarters

),

working_days as (

    select
        fiscal_weeks.date_day,
        fiscal_weeks.weekday,
        fiscal_weeks.year_number,
        fiscal_weeks.fiscal_year_start,
        fiscal_weeks.fiscal_quarter,
        fiscal_weeks.fiscal_quarter_start,
        fiscal_weeks.period_of_quarter,
        coalesce(
            holidays.is_working_day,
            fiscal_weeks.weekday + 1 in ({{ var('business_weekdays') | join(', ') }})
        ) as is_business_day,
        holidays.holiday_name
    from fiscal_weeks
    left join holidays on fiscal_weeks.date_day = holidays.date_day

),

calendar as (

    select
        date_day,
        cast(date_day - cast((weekday - {{ week_offset }} + 7) % 7 as integer) as date)
            as week_start,
        cast(date_trunc('month', date_day) as date) as month_start,
        cast(date_trunc('quarter', date_day) as date) as quarter_start,
        cast(year_number as bigint) as year,
        cast(
            extract(year from fiscal_year_start) + {{ 0 if fiscal_start == 1 else 1 }} as bigint
        ) as fiscal_year,
        fiscal_year_start,
        cast(fiscal_quarter as bigint) as fiscal_quarter,
        fiscal_quarter_start,
        cast((fiscal_quarter - 1) * 3 + period_of_quarter + 1 as bigint) as fiscal_period_445,
        cast(fiscal_quarter_start + 28 * period_of_quarter as date) as fiscal_period_start,
        is_business_day,
        holiday_name,
        cast(
            sum(case when is_business_day then 1 else 0 end)
                over (order by date_day nulls last rows unbounded preceding) as bigint
        ) as business_days_to_date
    from working_days

)

select * from calendar
