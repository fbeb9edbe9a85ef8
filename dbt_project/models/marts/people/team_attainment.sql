with credits as (

    select * from {{ ref('int_team_credits') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

quotas as (

    select * from {{ ref('fct_quota') }}

),

attainment as (

    select * from {{ ref('quota_attainment') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

ancestors as (

    select * from {{ ref('int_team_ancestors') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

memberships as (

    -- A rep who moves during a day is in the new team from that day on.
    select
        user_id,
        team_id,
        {{ local_date('valid_from') }} as first_day,
        cast({{ local_date('valid_to') }} - interval 1 day as date) as last_day
    from rep_history
    where team_id is not null

),

team_quotas as (

    -- A team's own quotas, and those of reps for the days on which they were in the team.
    select
        quotas.team_id,
        cast(null as string) as user_id,
        quotas.measure,
        quotas.period_start as quota_start,
        quotas.period_end as quota_end,
        quotas.period_start as first_day,
        quotas.period_end as last_day,
        quotas.amount
    from quotas
    where
        quotas.team_id is not null
        and quotas.user_id is null
        and quotas.amount is not null
        and quotas.period_end >= quotas.period_start
    union all
    select
        memberships.team_id,
        rep_quotas.user_id,
        rep_quotas.measure,
        rep_quotas.quota_start,
        rep_quotas.quota_end,
        greatest(rep_quotas.active_start, memberships.first_day) as first_day,
        least(rep_quotas.active_end, memberships.last_day) as last_day,
        rep_quotas.amount
    from rep_quotas
    inner join memberships
        on
            rep_quotas.user_id = memberships.user_id
            and rep_quotas.active_end >= memberships.first_day
            and (
                memberships.last_day is null or rep_quotas.active_start <= memberships.last_day
            )
    where memberships.last_day is null or memberships.first_day <= memberships.last_day

),

own_periods as (

    -- A quota's own dates are a period too; of a team's quotas that begin together, the longest.
    select
        team_id,
        measure,
        'quota' as period_type,
        quota_start as period_start,
        max(quota_end) as period_end
    from team_quotas
    where user_id is null and quota_start <= {{ as_of_date() }}
    group by team_id, measure, quota_start

),

facts as (

    select
        team_id,
        measure,
        min(date_day) as first_day
    from credits
    group by team_id, measure
    union all
    select
        ancestors.ancestor_id as team_id,
        team_quotas.measure,
        min(team_quotas.first_day) as first_day
    from team_quotas
    inner join ancestors on team_quotas.team_id = ancestors.team_id
    where team_quotas.first_day <= {{ as_of_date() }}
    group by ancestors.ancestor_id, team_quotas.measure

),

first_facts as (

    select
        team_id,
        measure,
        min(first_day) as first_day
    from facts
    group by team_id, measure

),

team_periods as (

    select
        first_facts.team_id,
        first_facts.measure,
        periods.period_type,
        periods.period_start,
        periods.period_end
    from first_facts
    inner join periods on first_facts.first_day <= periods.period_end
    where periods.period_type not in ('day', 'week')
    union all
    select
        first_facts.team_id,
        first_facts.measure,
        'all' as period_type,
        min(first_facts.first_day) over () as period_start,
        {{ as_of_date() }} as period_end
    from first_facts
    union all
    select
        own_periods.team_id,
        own_periods.measure,
        own_periods.period_type,
        own_periods.period_start,
        own_periods.period_end
    from own_periods

),

lines as (

    -- Every quota with the teams above it.
    select
        team_quotas.team_id as quota_team_id,
        ancestors.ancestor_id as team_id,
        ancestors.depth,
        team_quotas.user_id,
        team_quotas.measure,
        team_quotas.quota_start,
        team_quotas.quota_end,
        team_quotas.first_day,
        team_quotas.last_day,
        team_quotas.amount
    from team_quotas
    inner join ancestors on team_quotas.team_id = ancestors.team_id

),

quota_overlaps as (

    select
        lines.quota_team_id,
        lines.team_id,
        lines.depth,
        lines.user_id,
        lines.measure,
        team_periods.period_type,
        team_periods.period_start,
        lines.amount,
        greatest(team_periods.period_start, lines.first_day) as overlap_start,
        least(team_periods.period_end, lines.last_day) as overlap_end,
        {{ days_between('lines.quota_start', 'lines.quota_end') }} + 1 as quota_days
    from lines
    inner join team_periods
        on
            lines.team_id = team_periods.team_id
            and lines.measure = team_periods.measure
            and lines.first_day <= team_periods.period_end
            and lines.last_day >= team_periods.period_start
            and (
                team_periods.period_type <> 'quota'
                or (
                    lines.user_id is null
                    and lines.depth = 0
                    and lines.quota_start = team_periods.period_start
                    and lines.quota_end = team_periods.period_end
                )
            )

),

parts as (

    {{ quota_parts('quota_overlaps', 'dates', [
        'quota_team_id', 'team_id', 'depth', 'user_id', 'measure', 'period_type', 'period_start'
    ]) }}

),

held_teams as (

    -- Teams that have quotas of their own in a period.
    select distinct
        quota_team_id as team_id,
        measure,
        period_type,
        period_start
    from parts
    where user_id is null and depth = 0

),

nearest_held as (

    -- A quota counts upwards until a team that has its own, which stands for all below it.
    select
        parts.quota_team_id,
        parts.user_id is null as is_own,
        parts.measure,
        parts.period_type,
        parts.period_start,
        min(ancestors.depth) as depth
    from (
        select distinct
            quota_team_id,
            user_id,
            measure,
            period_type,
            period_start
        from parts
    ) as parts
    inner join ancestors on parts.quota_team_id = ancestors.team_id
    inner join held_teams
        on
            ancestors.ancestor_id = held_teams.team_id
            and parts.measure = held_teams.measure
            and parts.period_type = held_teams.period_type
            and parts.period_start = held_teams.period_start
    where ancestors.depth > 0 or parts.user_id is not null
    group by all

),

counted_parts as (

    select
        parts.team_id,
        parts.user_id,
        parts.measure,
        parts.period_type,
        parts.period_start,
        parts.quota,
        parts.business_days,
        parts.elapsed_business_days,
        parts.is_over,
        nearest_held.depth is null or parts.depth < nearest_held.depth as is_counted
    from parts
    left join nearest_held
        on
            parts.quota_team_id = nearest_held.quota_team_id
            and (parts.user_id is null) = nearest_held.is_own
            and parts.measure = nearest_held.measure
            and parts.period_type = nearest_held.period_type
            and parts.period_start = nearest_held.period_start

),

quota_sums as (

    select
        team_id,
        measure,
        period_type,
        period_start,
        sum(quota) as quota,
        {{ expected_to_date() }} as expected_to_date
    from counted_parts
    where is_counted
    group by team_id, measure, period_type, period_start

),

reps as (

    -- Who had a quota while in the team or below it, and who reached it.
    select
        parts.team_id,
        parts.measure,
        parts.period_type,
        parts.period_start,
        count(distinct parts.user_id) as reps_with_quota,
        count(distinct case when attainment.attainment >= 1 then parts.user_id end)
            as reps_at_quota
    from parts
    left join attainment
        on
            parts.user_id = attainment.user_id
            and parts.measure = attainment.measure
            and parts.period_type = attainment.period_type
            and (
                parts.period_start = attainment.period_start
                or parts.period_type = 'all'
            )
    where parts.user_id is not null and parts.quota > 0
    group by parts.team_id, parts.measure, parts.period_type, parts.period_start

),

credit_sums as (

    select
        team_periods.team_id,
        team_periods.measure,
        team_periods.period_type,
        team_periods.period_start,
        sum(credits.credited) as credited
    from team_periods
    inner join credits
        on
            team_periods.team_id = credits.team_id
            and team_periods.measure = credits.measure
            and credits.date_day between team_periods.period_start and team_periods.period_end
    group by
        team_periods.team_id,
        team_periods.measure,
        team_periods.period_type,
        team_periods.period_start

),

joined as (

    select
        team_periods.period_type,
        team_periods.period_start,
        team_periods.period_end,
        team_periods.team_id,
        team_periods.measure,
        coalesce(quota_sums.quota, 0) as quota,
        coalesce(quota_sums.expected_to_date, 0) as expected_to_date,
        coalesce(credit_sums.credited, 0) as credited,
        coalesce(reps.reps_at_quota, 0) as reps_at_quota,
        coalesce(reps.reps_with_quota, 0) as reps_with_quota
    from team_periods
    left join quota_sums
        on
            team_periods.team_id = quota_sums.team_id
            and team_periods.measure = quota_sums.measure
            and team_periods.period_type = quota_sums.period_type
            and team_periods.period_start = quota_sums.period_start
    left join credit_sums
        on
            team_periods.team_id = credit_sums.team_id
            and team_periods.measure = credit_sums.measure
            and team_periods.period_type = credit_sums.period_type
            and team_periods.period_start = credit_sums.period_start
    left join reps
        on
            team_periods.team_id = reps.team_id
            and team_periods.measure = reps.measure
            and team_periods.period_type = reps.period_type
            and team_periods.period_start = reps.period_start

),

team_attainment as (

    select
        period_type,
        period_start,
        team_id,
        measure,
        cast(quota as decimal(18, 4)) as quota,
        cast(credited as decimal(18, 4)) as credited,
        {{ ratio('credited', 'quota') }} as attainment,
        cast(quota - credited as decimal(18, 4)) as gap,
        cast(expected_to_date as decimal(18, 4)) as expected_to_date,
        period_end <= {{ as_of_date() }} as is_complete,
        reps_at_quota,
        reps_with_quota
    from joined

)

select * from team_attainment
