{%- set entries = ['start', 'created', 'pulled_in', 'reopened', 'transferred_in'] -%}
{%- set leavings = ['pushed_out', 'transferred_out', 'won', 'lost', 'end'] -%}
{#- How the pipeline that a period should bring became what was left of it. The states at its start
    and at its end are compared: a deal enters once and leaves once. -#}
with states as (

    select * from {{ ref('int_deal_states') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

state_days as (

    -- Deals that nobody dated began before every calendar.
    select
        team,
        owner,
        min({{ local_date('valid_from') }}) as first_day,
        min({{ local_date('valid_from') }}) filter (where began_at > {{ since_always() }})
            as first_dated_day
    from states
    group by team, owner

),

first_days as (

    select
        members.dimension,
        members.member,
        min(state_days.first_day) as first_day,
        min(min(state_days.first_dated_day)) over () as mart_first_day
    from state_days
    cross join lateral (
        values
        ('total', 'all'),
        ('team', state_days.team),
        ('owner', state_days.owner)
    ) as members (dimension, member)
    group by members.dimension, members.member

),

all_rows as (

    {{ dense_periods('first_days', 'periods', shortest='month') }}

),

windows as (

    select
        period_type,
        period_start,
        period_end,
        {{ to_utc('period_start') }} as starts_at,
        {{ to_utc('least(period_end, ' ~ as_of_date() ~ ') + interval 1 day') }} as ends_at
    from periods
    where period_type not in ('day', 'week')
    union all
    select
        'all' as period_type,
        min(mart_first_day) as period_start,
        {{ as_of_date() }} as period_end,
        {{ to_utc('min(mart_first_day)') }} as starts_at,
        {{ as_of_end() }} as ends_at
    from first_days
    having min(mart_first_day) is not null

),

open_at_start as (

    select
        windows.period_type,
        windows.period_start,
        states.opportunity_id,
        states.team,
        states.owner,
        states.amount,
        states.expected_close_date,
        coalesce(states.expected_close_date <= windows.period_end, false) as is_in_scope,
        coalesce(
            states.expected_close_date between windows.period_start and windows.period_end, false
        ) as is_expected
    from windows
    inner join states
        on
            windows.starts_at > states.valid_from
            and (windows.starts_at <= states.valid_to or states.valid_to is null)
    where states.status = 'open'

),

known_at_end as (

    -- Open at the end, or closed within the period.
    select
        windows.period_type,
        windows.period_start,
        states.opportunity_id,
        states.team,
        states.owner,
        states.status,
        case when states.status = 'lost' then states.last_open_amount else states.amount end
            as amount,
        states.status = 'open'
        and coalesce(states.expected_close_date <= windows.period_end, false) as is_in_scope,
        states.began_at < windows.starts_at as is_earlier
    from windows
    inner join states
        on
            windows.ends_at > states.valid_from
            and (windows.ends_at <= states.valid_to or states.valid_to is null)
    where states.status = 'open' or states.status_since >= windows.starts_at

),

paired as (

    select
        known_at_end.period_type,
        known_at_end.period_start,
        open_at_start.opportunity_id is not null as was_open,
        open_at_start.team as start_team,
        open_at_start.owner as start_owner,
        open_at_start.amount as start_amount,
        open_at_start.expected_close_date as start_close_date,
        coalesce(open_at_start.is_in_scope, false) as is_start_in_scope,
        coalesce(open_at_start.is_expected, false) as is_expected,
        known_at_end.team as end_team,
        known_at_end.owner as end_owner,
        known_at_end.status,
        known_at_end.amount as end_amount,
        known_at_end.is_in_scope as is_end_in_scope,
        known_at_end.is_earlier
    from known_at_end
    left join open_at_start
        on
            known_at_end.period_type = open_at_start.period_type
            and known_at_end.period_start = open_at_start.period_start
            and known_at_end.opportunity_id = open_at_start.opportunity_id

),

compared as (

    select
        paired.period_type,
        paired.period_start,
        members.dimension,
        members.start_member,
        paired.start_amount,
        paired.start_close_date,
        paired.is_start_in_scope,
        paired.is_expected,
        members.end_member,
        paired.status,
        paired.end_amount,
        paired.is_end_in_scope,
        paired.is_earlier
    from paired
    cross join lateral (
        values
        ('total', case when paired.was_open then 'all' end, 'all'),
        ('team', paired.start_team, paired.end_team),
        ('owner', paired.start_owner, paired.end_owner)
    ) as members (dimension, start_member, end_member)
    -- What is and was out of scope moves nothing.
    where paired.is_start_in_scope or paired.is_end_in_scope or paired.status <> 'open'

),

started as (

    -- What became of the deals that the period began with, for the member who had them.
    select
        period_type,
        period_start,
        dimension,
        start_member as member,
        'start' as entry,
        start_amount as entry_amount,
        case
            when status = 'open' and not is_end_in_scope then 'pushed_out'
            when start_member <> end_member then 'transferred_out'
            when status = 'open' then 'end'
            else status
        end as leaving,
        case
            when start_member <> end_member and (status <> 'open' or is_end_in_scope)
                then start_amount
            else end_amount
        end as leaving_amount,
        is_expected,
        is_expected and status = 'open' and not is_end_in_scope as is_slipped
    from compared
    where is_start_in_scope

),

arrived as (

    -- What came to the member within the period.
    select
        period_type,
        period_start,
        dimension,
        end_member as member,
        case
            when is_start_in_scope then 'transferred_in'
            when start_member is null and is_earlier then 'reopened'
            when start_member is null then 'created'
            -- A deal without an expected date is seen only when it closes.
            when start_close_date is null and status <> 'open' then 'created'
            else 'pulled_in'
        end as entry,
        -- What was not open at the start has no amount to compare with.
        case
            when
                is_start_in_scope
                or (start_member is not null and (start_close_date is not null or status = 'open'))
                then start_amount
            else end_amount
        end as entry_amount,
        case when status = 'open' then 'end' else status end as leaving,
        end_amount as leaving_amount,
        false as is_expected,
        false as is_slipped
    from compared
    where
        (status <> 'open' or is_end_in_scope)
        and not (is_start_in_scope and start_member = end_member)

),

movements as (

    select * from started
    union all
    select * from arrived

),

summed as (

    select
        period_type,
        period_start,
        dimension,
        member,
        {%- for entry in entries %}
        sum(entry_amount) filter (where entry = '{{ entry }}') as {{ entry }}_amount,
        {%- endfor %}
        sum(greatest(leaving_amount - entry_amount, 0)) as increased,
        sum(greatest(entry_amount - leaving_amount, 0)) as decreased,
        {%- for leaving in leavings %}
        sum(leaving_amount) filter (where leaving = '{{ leaving }}') as {{ leaving }}_amount,
        {%- endfor %}
        count_if(entry = 'start') as start_deals,
        count_if(leaving = 'end') as end_deals,
        count_if(is_expected) as expected_deals,
        count_if(is_slipped) as slipped_deals
    from movements
    group by period_type, period_start, dimension, member

),

waterfall as (

    select
        all_rows.period_type,
        all_rows.period_start,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        all_rows.is_complete,
        cast(coalesce(summed.start_amount, 0) as decimal(18, 4)) as start_amount,
        {%- for entry in entries[1:] %}
        cast(coalesce(summed.{{ entry }}_amount, 0) as decimal(18, 4)) as {{ entry }},
        {%- endfor %}
        cast(coalesce(summed.increased, 0) as decimal(18, 4)) as increased,
        cast(coalesce(summed.decreased, 0) as decimal(18, 4)) as decreased,
        {%- for leaving in leavings[:4] %}
        cast(coalesce(summed.{{ leaving }}_amount, 0) as decimal(18, 4)) as {{ leaving }},
        {%- endfor %}
        cast(coalesce(summed.end_amount, 0) as decimal(18, 4)) as end_amount,
        cast(coalesce(summed.start_deals, 0) as bigint) as start_deals,
        cast(coalesce(summed.end_deals, 0) as bigint) as end_deals,
        cast(coalesce(summed.expected_deals, 0) as bigint) as expected_deals,
        cast(coalesce(summed.slipped_deals, 0) as bigint) as slipped_deals,
        {{ ratio('summed.slipped_deals', 'summed.expected_deals') }} as slip_rate
    from all_rows
    left join summed
        on
            all_rows.dimension = summed.dimension
            and all_rows.member = summed.member
            and all_rows.period_type = summed.period_type
            and all_rows.period_start = summed.period_start
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from waterfall
