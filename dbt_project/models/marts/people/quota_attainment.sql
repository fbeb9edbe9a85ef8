with credits as (

    select * from {{ ref('int_rep_credits') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

own_periods as (

    -- A quota's own dates are a period too; of quotas that begin together, the longest.
    select
        user_id,
        measure,
        'quota' as period_type,
        quota_start as period_start,
        max(quota_end) as period_end
    from rep_quotas
    where quota_start <= {{ as_of_date() }}
    group by user_id, measure, quota_start

),

first_facts as (

    select
        user_id,
        measure,
        min(first_day) as first_day
    from (
        select
            credits.user_id,
            credits.measure,
            min(credits.date_day) as first_day
        from credits
        group by credits.user_id, credits.measure
        union all
        select
            rep_quotas.user_id,
            rep_quotas.measure,
            min(rep_quotas.quota_start) as first_day
        from rep_quotas
        where rep_quotas.quota_start <= {{ as_of_date() }}
        group by rep_quotas.user_id, rep_quotas.measure
    ) as facts
    group by user_id, measure

),

rep_periods as (

    select
        first_facts.user_id,
        first_facts.measure,
        periods.period_type,
        periods.period_start,
        periods.period_end
    from first_facts
    inner join periods on first_facts.first_day <= periods.period_end
    where periods.period_type not in ('day', 'week')
    union all
    select
        first_facts.user_id,
        first_facts.measure,
        'all' as period_type,
        min(first_facts.first_day) over () as period_start,
        {{ as_of_date() }} as period_end
    from first_facts
    union all
    select
        own_periods.user_id,
        own_periods.measure,
        own_periods.period_type,
        own_periods.period_start,
        own_periods.period_end
    from own_periods

),

quota_overlaps as (

    select
        rep_periods.user_id,
        rep_periods.measure,
        rep_periods.period_type,
        rep_periods.period_start,
        rep_quotas.amount,
        greatest(rep_periods.period_start, rep_quotas.active_start) as overlap_start,
        least(rep_periods.period_end, rep_quotas.active_end) as overlap_end,
        {{ days_between('rep_quotas.quota_start', 'rep_quotas.quota_end') }} + 1 as quota_days
    from rep_periods
    inner join rep_quotas
        on
            rep_periods.user_id = rep_quotas.user_id
            and rep_periods.measure = rep_quotas.measure
            and rep_periods.period_start <= rep_quotas.active_end
            and rep_periods.period_end >= rep_quotas.active_start
            and (
                rep_periods.period_type <> 'quota'
                or (
                    rep_periods.period_start = rep_quotas.quota_start
                    and rep_periods.period_end = rep_quotas.quota_end
                )
            )

),

quota_parts as (

    {{ quota_parts(
        'quota_overlaps', 'dates', ['user_id', 'measure', 'period_type', 'period_start']
    ) }}

),

quota_sums as (

    select
        user_id,
        measure,
        period_type,
        period_start,
        sum(quota) as quota,
        bool_or(is_prorated) as is_prorated,
        {{ expected_to_date() }} as expected_to_date
    from quota_parts
    group by user_id, measure, period_type, period_start

),

credit_sums as (

    select
        rep_periods.user_id,
        rep_periods.measure,
        rep_periods.period_type,
        rep_periods.period_start,
        sum(credits.credited) as credited
    from rep_periods
    inner join credits
        on
            rep_periods.user_id = credits.user_id
            and rep_periods.measure = credits.measure
            and credits.date_day between rep_periods.period_start and rep_periods.period_end
    group by
        rep_periods.user_id,
        rep_periods.measure,
        rep_periods.period_type,
        rep_periods.period_start

),

attained as (

    select
        rep_periods.period_type,
        rep_periods.period_start,
        rep_periods.user_id,
        rep_periods.measure,
        reps.team_id,
        coalesce(quota_sums.quota, 0) as quota,
        coalesce(credit_sums.credited, 0) as credited,
        coalesce(quota_sums.expected_to_date, 0) as expected_to_date,
        coalesce(quota_sums.is_prorated, false) as is_prorated,
        rep_periods.period_end <= {{ as_of_date() }} as is_complete
    from rep_periods
    left join reps on rep_periods.user_id = reps.user_id
    left join quota_sums
        on
            rep_periods.user_id = quota_sums.user_id
            and rep_periods.measure = quota_sums.measure
            and rep_periods.period_type = quota_sums.period_type
            and rep_periods.period_start = quota_sums.period_start
    left join credit_sums
        on
            rep_periods.user_id = credit_sums.user_id
            and rep_periods.measure = credit_sums.measure
            and rep_periods.period_type = credit_sums.period_type
            and rep_periods.period_start = credit_sums.period_start

),

attainment as (

    select
        period_type,
        period_start,
        user_id,
        measure,
        cast(quota as decimal(18, 4)) as quota,
        cast(credited as decimal(18, 4)) as credited,
        {{ ratio('credited', 'quota') }} as attainment,
        cast(quota - credited as decimal(18, 4)) as gap,
        cast(expected_to_date as decimal(18, 4)) as expected_to_date,
        is_prorated,
        is_complete,
        case
            when quota > 0
                then rank() over (
                    partition by period_type, period_start, measure
                    order by {{ ratio('credited', 'quota') }} desc nulls last
                )
        end as rank,
        -- A team's share is one of reps' credit; reps without a team have none.
        case
            when team_id is not null
                then {{ ratio(
                    'credited',
                    'sum(credited) over (partition by period_type, period_start, measure, team_id)'
                ) }}
        end as share_of_team
    from attained

)

select * from attainment
