{#- Rates of reps drawn towards their peers' by as much as chance explains: empirical Bayes by the
    method of moments. Peers are the team; the company where a team has fewer than 3 with cases. -#}
with win_rates as (

    select * from {{ ref('win_rates') }}

),

survey_facts as (

    select * from {{ ref('int_survey_facts') }}

),

period_days as (

    select * from {{ ref('int_period_days') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

first_answers as (

    select min(date_day) as first_day
    from survey_facts
    where measure = 'csat' and rep <> '(none)'

),

satisfied as (

    select
        survey_facts.rep as user_id,
        period_days.period_type,
        period_days.period_start,
        survey_facts.is_top_box
    from survey_facts
    inner join period_days on survey_facts.date_day = period_days.date_day
    where
        survey_facts.measure = 'csat'
        and survey_facts.rep <> '(none)'
        and period_days.period_type not in ('day', 'week')
    union all
    select
        survey_facts.rep as user_id,
        'all' as period_type,
        first_answers.first_day as period_start,
        survey_facts.is_top_box
    from survey_facts
    cross join first_answers
    where survey_facts.measure = 'csat' and survey_facts.rep <> '(none)'

),

cases as (

    select
        'win_rate' as rate,
        period_type,
        period_start,
        member as user_id,
        won as successes,
        won + lost as n
    from win_rates
    where
        dimension = 'owner'
        and member <> '(none)'
        and period_type not in ('day', 'week')
        and won + lost > 0
    union all
    select
        'csat' as rate,
        period_type,
        period_start,
        user_id,
        count_if(is_top_box) as successes,
        count(*) as n
    from satisfied
    group by period_type, period_start, user_id

),

teamed as (

    select
        cases.rate,
        cases.period_type,
        cases.period_start,
        cases.user_id,
        reps.team_id,
        cast(cases.successes as double) as successes,
        cast(cases.n as double) as n,
        count(*) over (
            partition by cases.rate, cases.period_type, cases.period_start, reps.team_id
        ) as team_size
    from cases
    left join reps on cases.user_id = reps.user_id

),

peers as (

    select
        teamed.rate,
        teamed.period_type,
        teamed.period_start,
        groups.peer_group,
        teamed.successes,
        teamed.n
    from teamed
    cross join lateral (
        values ('(company)'), (teamed.team_id)
    ) as groups (peer_group)
    where groups.peer_group is not null

),

means as (

    select
        rate,
        period_type,
        period_start,
        peer_group,
        count(*) as rep_count,
        sum(n) as n,
        sum(n * n) as n_squared,
        sum(successes) / sum(n) as mean_rate
    from peers
    group by rate, period_type, period_start, peer_group

),

spreads as (

    select
        peers.rate,
        peers.period_type,
        peers.period_start,
        peers.peer_group,
        -- Decimals add up to the same in any order.
        cast(
            sum(
                cast(
                    peers.n * (peers.successes / peers.n - means.mean_rate)
                    * (peers.successes / peers.n - means.mean_rate) as decimal(38, 15)
                )
            ) as double
        ) as spread
    from peers
    inner join means
        on
            peers.rate = means.rate
            and peers.period_type = means.period_type
            and peers.period_start = means.period_start
            and peers.peer_group = means.peer_group
    group by peers.rate, peers.period_type, peers.period_start, peers.peer_group

),

variances as (

    select
        means.rate,
        means.period_type,
        means.period_start,
        means.peer_group,
        means.mean_rate,
        case
            when means.n - means.n_squared / means.n - (means.rep_count - 1) > 0
                then greatest(
                    0,
                    (
                        spreads.spread
                        - (means.rep_count - 1) * means.mean_rate * (1 - means.mean_rate)
                    ) / (means.n - means.n_squared / means.n - (means.rep_count - 1))
                )
            else 0
        end as variance
    from means
    inner join spreads
        on
            means.rate = spreads.rate
            and means.period_type = spreads.period_type
            and means.period_start = spreads.period_start
            and means.peer_group = spreads.peer_group

),

adjusted as (

    -- Where reps differ by no more than chance, each is their mean.
    select
        teamed.rate,
        teamed.period_type,
        teamed.period_start,
        teamed.user_id,
        teamed.n,
        teamed.successes,
        case
            when variances.variance <= 0 then variances.mean_rate
            else
                (
                    teamed.successes
                    + greatest(
                        variances.mean_rate * (1 - variances.mean_rate) / variances.variance - 1, 0
                    ) * variances.mean_rate
                ) / (
                    teamed.n
                    + greatest(
                        variances.mean_rate * (1 - variances.mean_rate) / variances.variance - 1, 0
                    )
                )
        end as adjusted_rate
    from teamed
    inner join variances
        on
            teamed.rate = variances.rate
            and teamed.period_type = variances.period_type
            and teamed.period_start = variances.period_start
            and variances.peer_group
            = case
                when teamed.team_id is not null and teamed.team_size >= 3 then teamed.team_id
                else '(company)'
            end

)

select * from adjusted
