{#- How reps did in the 90 days before a training and in the 90 days after it: those who attended
    the course then for the first time, and those who had not by the end of these days. -#}
with attendances as (

    select * from {{ ref('fct_training_attendance') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

credits as (

    select * from {{ ref('int_rep_credits') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

first_attendances as (

    select
        course,
        user_id,
        min(held_on) as trained_on
    from attendances
    where has_attended
    group by course, user_id

),

events as (

    -- Trainings whose 90 days after are over.
    select distinct
        course,
        trained_on
    from first_attendances
    where trained_on + 90 <= {{ as_of_date() }}

),

candidates as (

    -- Only who was there all the time can be compared.
    select
        events.course,
        events.trained_on,
        reps.user_id,
        coalesce(first_attendances.trained_on = events.trained_on, false) as is_trained,
        cast(events.trained_on - 90 as date) as before_start,
        cast(events.trained_on - 1 as date) as before_end,
        cast(events.trained_on + 1 as date) as after_start,
        cast(events.trained_on + 90 as date) as after_end
    from events
    cross join reps
    left join first_attendances
        on
            events.course = first_attendances.course
            and reps.user_id = first_attendances.user_id
    where
        (
            first_attendances.trained_on = events.trained_on
            or first_attendances.trained_on > events.trained_on + 90
            or first_attendances.user_id is null
        )
        and (reps.hire_date is null or reps.hire_date <= events.trained_on - 90)
        and (reps.leave_date is null or reps.leave_date >= events.trained_on + 90)

),

measures as (

    -- Bookings are what a quota is about; revenue where a rep has none of those.
    select
        user_id,
        min(measure) as measure
    from rep_quotas
    where measure in ('bookings', 'revenue') and amount > 0
    group by user_id

),

windows as (

    select
        course,
        trained_on,
        user_id,
        is_trained,
        'before' as side,
        before_start as first_day,
        before_end as last_day
    from candidates
    union all
    select
        course,
        trained_on,
        user_id,
        is_trained,
        'after' as side,
        after_start as first_day,
        after_end as last_day
    from candidates

),

quota_sums as (

    select
        windows.course,
        windows.trained_on,
        windows.user_id,
        windows.side,
        sum({{ share_of_money(
            'rep_quotas.amount',
            '(' ~ days_between(
                'greatest(windows.first_day, rep_quotas.active_start)',
                'least(windows.last_day, rep_quotas.active_end)'
            ) ~ ' + 1)',
            '(' ~ days_between('rep_quotas.quota_start', 'rep_quotas.quota_end') ~ ' + 1)'
        ) }}) as quota
    from windows
    inner join measures on windows.user_id = measures.user_id
    inner join rep_quotas
        on
            windows.user_id = rep_quotas.user_id
            and measures.measure = rep_quotas.measure
            and windows.first_day <= rep_quotas.active_end
            and windows.last_day >= rep_quotas.active_start
    where rep_quotas.active_start <= rep_quotas.active_end
    group by windows.course, windows.trained_on, windows.user_id, windows.side

),

credit_sums as (

    select
        windows.course,
        windows.trained_on,
        windows.user_id,
        windows.side,
        sum(credits.credited) as credited
    from windows
    inner join measures on windows.user_id = measures.user_id
    inner join credits
        on
            windows.user_id = credits.user_id
            and measures.measure = credits.measure
            and credits.date_day between windows.first_day and windows.last_day
    group by windows.course, windows.trained_on, windows.user_id, windows.side

),

closed_deals as (

    select
        windows.course,
        windows.trained_on,
        windows.user_id,
        windows.side,
        count_if(opportunities.status = 'won') as won,
        count(*) as closed
    from windows
    inner join opportunities
        on
            windows.user_id = opportunities.owner_id
            and opportunities.status in ('won', 'lost')
            and opportunities.closed_date between windows.first_day and windows.last_day
    group by windows.course, windows.trained_on, windows.user_id, windows.side

),

sides as (

    select
        windows.course,
        windows.trained_on,
        windows.user_id,
        windows.is_trained,
        windows.side,
        {{ ratio('coalesce(credit_sums.credited, 0)', 'quota_sums.quota') }} as attainment,
        {{ ratio('closed_deals.won', 'closed_deals.closed') }} as win_rate
    from windows
    left join quota_sums
        on
            windows.course = quota_sums.course
            and windows.trained_on = quota_sums.trained_on
            and windows.user_id = quota_sums.user_id
            and windows.side = quota_sums.side
    left join credit_sums
        on
            windows.course = credit_sums.course
            and windows.trained_on = credit_sums.trained_on
            and windows.user_id = credit_sums.user_id
            and windows.side = credit_sums.side
    left join closed_deals
        on
            windows.course = closed_deals.course
            and windows.trained_on = closed_deals.trained_on
            and windows.user_id = closed_deals.user_id
            and windows.side = closed_deals.side

),

changes as (

    {% for metric in ['attainment', 'win_rate'] -%}
    select
        '{{ metric }}' as metric,
        course,
        trained_on,
        user_id,
        is_trained,
        max(case when side = 'after' then {{ metric }} end)
        - max(case when side = 'before' then {{ metric }} end) as change
    from sides
    group by course, trained_on, user_id, is_trained
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
)

select * from changes
where change is not null
