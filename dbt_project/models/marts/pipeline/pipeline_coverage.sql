{#- Whether the open deals of this quarter and of those to come are enough for what is still to be
    booked. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

quotas as (

    select * from {{ ref('fct_quota') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

quarters as (

    select
        quarter_start as period_start,
        max(date_day) as period_end
    from dates
    group by quarter_start
    having max(date_day) >= {{ as_of_date() }}

),

last_quarters as (

    -- The four complete quarters before this one.
    select
        cast(date_trunc('quarter', {{ as_of_date() }} + 1) as date) as ends_before,
        cast(
            date_trunc('quarter', {{ as_of_date() }} + 1) - interval 12 month as date
        ) as first_day

),

deal_members as (

    select
        members.dimension,
        members.member,
        opportunities.status,
        opportunities.amount,
        opportunities.lost_amount,
        opportunities.expected_close_date,
        opportunities.closed_date
    from opportunities
    cross join lateral (
        values
        ('total', 'all'),
        ('team', coalesce(opportunities.team_id, '(none)')),
        ('owner', coalesce(opportunities.owner_id, '(none)')),
        ('region', coalesce(opportunities.region, '(none)'))
    ) as members (dimension, member)

),

deal_sums as (

    -- Open deals that should have closed before this quarter are late, and in no quarter to come.
    select
        quarters.period_start,
        deal_members.dimension,
        deal_members.member,
        sum(deal_members.amount) filter (where deal_members.status = 'open') as open_amount,
        sum(deal_members.amount) filter (where deal_members.status = 'won') as booked
    from deal_members
    inner join quarters
        on
            case
                when deal_members.status = 'open' then deal_members.expected_close_date
                else deal_members.closed_date
            end between quarters.period_start and quarters.period_end
    where deal_members.status in ('open', 'won')
    group by quarters.period_start, deal_members.dimension, deal_members.member

),

win_rates as (

    -- By amount, as in the mart win_rates: unknown where a lost deal has none.
    select
        deal_members.dimension,
        deal_members.member,
        case
            when
                count_if(deal_members.status = 'lost' and deal_members.lost_amount is null) = 0
                then {{ ratio(
                    "coalesce(sum(deal_members.amount)
                        filter (where deal_members.status = 'won'), 0)",
                    "(coalesce(sum(deal_members.amount)
                        filter (where deal_members.status = 'won'), 0)
                    + coalesce(sum(deal_members.lost_amount), 0))"
                ) }}
        end as amount_win_rate
    from deal_members
    inner join last_quarters
        on
            deal_members.closed_date >= last_quarters.first_day
            and deal_members.closed_date < last_quarters.ends_before
    where deal_members.status <> 'open'
    group by deal_members.dimension, deal_members.member

),

quarter_quotas as (

    select
        quarters.period_start,
        rep_quotas.user_id,
        cast(null as string) as team_id,
        {{ share_of_money(
            'rep_quotas.amount',
            '(' ~ days_between(
                'greatest(quarters.period_start, rep_quotas.active_start)',
                'least(quarters.period_end, rep_quotas.active_end)'
            ) ~ ' + 1)',
            '(' ~ days_between('rep_quotas.quota_start', 'rep_quotas.quota_end') ~ ' + 1)'
        ) }} as target
    from rep_quotas
    inner join quarters
        on
            rep_quotas.active_end >= quarters.period_start
            and rep_quotas.active_start <= quarters.period_end
    where rep_quotas.measure = 'bookings'
    union all
    select
        quarters.period_start,
        cast(null as string) as user_id,
        quotas.team_id,
        {{ share_of_money(
            'quotas.amount',
            '(' ~ days_between(
                'greatest(quarters.period_start, quotas.period_start)',
                'least(quarters.period_end, quotas.period_end)'
            ) ~ ' + 1)',
            '(' ~ days_between('quotas.period_start', 'quotas.period_end') ~ ' + 1)'
        ) }} as target
    from quotas
    inner join quarters
        on
            quotas.period_end >= quarters.period_start
            and quotas.period_start <= quarters.period_end
    where quotas.measure = 'bookings' and quotas.team_id is not null and quotas.user_id is null

),

quota_members as (

    select
        quarter_quotas.period_start,
        members.dimension,
        members.member,
        members.is_of_team,
        quarter_quotas.target
    from quarter_quotas
    left join reps on quarter_quotas.user_id = reps.user_id
    cross join lateral (
        values
        ('total', 'all', quarter_quotas.user_id is null),
        ('team', coalesce(quarter_quotas.team_id, reps.team_id, '(none)'),
            quarter_quotas.user_id is null),
        ('owner', quarter_quotas.user_id, false),
        ('region', case when quarter_quotas.user_id is not null
            then coalesce(reps.region, '(none)') end, false)
    ) as members (dimension, member, is_of_team)
    where members.member is not null

),

targets as (

    -- A team is held to its own quota where it has one, the company to its reps' where it has any.
    select
        period_start,
        dimension,
        member,
        case
            when dimension = 'team'
                then coalesce(
                    sum(target) filter (where is_of_team),
                    sum(target) filter (where not is_of_team)
                )
            else
                coalesce(
                    sum(target) filter (where not is_of_team),
                    sum(target) filter (where is_of_team)
                )
        end as target
    from quota_members
    group by period_start, dimension, member

),

all_rows as (

    select
        period_start,
        dimension,
        member
    from deal_sums
    union
    select
        period_start,
        dimension,
        member
    from targets

),

joined as (

    select
        all_rows.period_start,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        coalesce(deal_sums.open_amount, 0) as open_amount,
        targets.target,
        coalesce(deal_sums.booked, 0) as booked,
        targets.target - coalesce(deal_sums.booked, 0) as remaining,
        win_rates.amount_win_rate
    from all_rows
    left join deal_sums
        on
            all_rows.period_start = deal_sums.period_start
            and all_rows.dimension = deal_sums.dimension
            and all_rows.member = deal_sums.member
    left join targets
        on
            all_rows.period_start = targets.period_start
            and all_rows.dimension = targets.dimension
            and all_rows.member = targets.member
    left join win_rates
        on all_rows.dimension = win_rates.dimension and all_rows.member = win_rates.member
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

),

coverage as (

    select
        {{ as_of_date() }} as as_of_date,
        period_start,
        dimension,
        member,
        member_label,
        cast(open_amount as decimal(18, 4)) as open_amount,
        cast(target as decimal(18, 4)) as target,
        cast(booked as decimal(18, 4)) as booked,
        cast(remaining as decimal(18, 4)) as remaining,
        case when remaining > 0 then {{ ratio('open_amount', 'remaining') }} end as coverage,
        {{ ratio('1', 'amount_win_rate') }} as coverage_needed,
        case when target > 0 then remaining <= 0 end as is_target_met
    from joined

)

select * from coverage
