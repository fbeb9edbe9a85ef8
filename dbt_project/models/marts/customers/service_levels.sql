{%- set hours = [
    'first_response_hours', 'first_response_business_hours', 'resolution_hours',
    'resolution_business_hours'
] -%}
with tickets as (

    select * from {{ ref('fct_ticket') }}

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

member_tickets as (

    select
        members.dimension,
        members.member,
        {{ local_date('tickets.created_at') }} as date_day,
        {{ local_date('greatest(tickets.created_at, tickets.resolved_at)') }} as resolved_date,
        tickets.first_response_at is not null as is_answered,
        not tickets.is_open as is_resolved,
        tickets.reopened_count > 0 as is_reopened
        {%- for measure in hours %},
        tickets.{{ measure }}
        {%- endfor %}
    from tickets
    cross join lateral (
        values
        ('total', 'all'),
        ('category', coalesce(tickets.category, '(none)')),
        ('priority', coalesce(tickets.priority, '(none)')),
        ('channel', coalesce(tickets.channel, '(none)')),
        ('owner', coalesce(tickets.owner_id, '(none)'))
    ) as members (dimension, member)

),

first_days as (

    select
        dimension,
        member,
        min(date_day) as first_day,
        min(min(date_day)) over () as mart_first_day
    from member_tickets
    group by dimension, member

),

all_rows as (

    {{ dense_periods('first_days', 'periods') }}

),

period_tickets as (

    {{ facts_by_period(
        'member_tickets', 'period_days', ['is_answered', 'is_resolved', 'is_reopened'] + hours
    ) }}

),

measured as (

    select
        dimension,
        member,
        period_type,
        period_start,
        count(*) as tickets,
        count_if(is_answered) as answered,
        count_if(is_resolved) as resolved,
        count_if(is_reopened) as reopened,
        {{ percentile(0.5, 'first_response_hours') }} as median_first_response_hours,
        {{ percentile(0.9, 'first_response_hours') }} as p90_first_response_hours,
        {{ percentile(0.5, 'resolution_hours') }} as median_resolution_hours,
        {{ percentile(0.5, 'first_response_business_hours') }}
            as median_first_response_business_hours,
        {{ percentile(0.9, 'first_response_business_hours') }}
            as p90_first_response_business_hours,
        {{ percentile(0.5, 'resolution_business_hours') }} as median_resolution_business_hours
    from period_tickets
    group by dimension, member, period_type, period_start

),

changes as (

    select
        dimension,
        member,
        date_day,
        1 as change
    from member_tickets
    union all
    select
        dimension,
        member,
        resolved_date as date_day,
        -1 as change
    from member_tickets
    where is_resolved

),

daily_changes as (

    select
        dimension,
        member,
        date_day,
        sum(change) as change
    from changes
    group by dimension, member, date_day

),

backlog as (

    -- How many are open from the evening of a day on, until the evening before the next change.
    select
        dimension,
        member,
        date_day,
        sum(change) over (
            partition by dimension, member
            order by date_day asc nulls last rows unbounded preceding
        ) as open_tickets,
        lead(date_day) over (partition by dimension, member order by date_day asc nulls last)
            as next_day
    from daily_changes

),

dated_rows as (

    select
        all_rows.dimension,
        all_rows.member,
        all_rows.period_type,
        all_rows.period_start,
        all_rows.is_complete,
        least(coalesce(periods.period_end, {{ as_of_date() }}), {{ as_of_date() }}) as last_day
    from all_rows
    left join periods
        on
            all_rows.period_type = periods.period_type
            and all_rows.period_start = periods.period_start

),

levels as (

    select
        dated_rows.period_type,
        dated_rows.period_start,
        dated_rows.dimension,
        dated_rows.member,
        coalesce(labels.member_label, dated_rows.member) as member_label,
        dated_rows.is_complete,
        coalesce(measured.tickets, 0) as tickets,
        cast(coalesce(measured.answered, 0) as bigint) as answered,
        cast(coalesce(measured.resolved, 0) as bigint) as resolved,
        measured.median_first_response_hours,
        measured.p90_first_response_hours,
        measured.median_resolution_hours,
        measured.median_first_response_business_hours,
        measured.p90_first_response_business_hours,
        measured.median_resolution_business_hours,
        cast(coalesce(measured.reopened, 0) as bigint) as reopened,
        {{ ratio('measured.reopened', 'measured.tickets') }} as reopened_rate,
        cast(coalesce(backlog.open_tickets, 0) as bigint) as open_at_end
    from dated_rows
    left join measured
        on
            dated_rows.dimension = measured.dimension
            and dated_rows.member = measured.member
            and dated_rows.period_type = measured.period_type
            and dated_rows.period_start = measured.period_start
    left join backlog
        on
            dated_rows.dimension = backlog.dimension
            and dated_rows.member = backlog.member
            and dated_rows.last_day >= backlog.date_day
            and (dated_rows.last_day < backlog.next_day or backlog.next_day is null)
    left join labels
        on dated_rows.dimension = labels.dimension and dated_rows.member = labels.member

)

select * from levels
