{#- Money a day that the open deals bring, if they win and take as long as those of the last twelve
    months did. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

members as (

    select
        members.dimension,
        members.member,
        opportunities.status,
        opportunities.amount,
        opportunities.cycle_days,
        coalesce(
            opportunities.closed_date > cast({{ as_of_date() }} - interval 12 month as date), false
        ) as is_recent
    from opportunities
    cross join lateral (
        values
        ('total', 'all'),
        ('team', coalesce(opportunities.team_id, '(none)')),
        ('owner', coalesce(opportunities.owner_id, '(none)')),
        ('region', coalesce(opportunities.region, '(none)')),
        ('segment', coalesce(opportunities.segment, '(none)'))
    ) as members (dimension, member)

),

summed as (

    select
        dimension,
        member,
        count_if(status = 'open') as open_deals,
        count_if(status = 'won' and is_recent) as won,
        count_if(status = 'lost' and is_recent) as lost,
        sum(amount) filter (where status = 'won' and is_recent) as won_amount,
        count(amount) filter (where status = 'won' and is_recent) as won_with_amount,
        median(cast(cycle_days as double)) filter (where status = 'won' and is_recent)
            as median_cycle_days
    from members
    group by dimension, member

),

rated as (

    select
        dimension,
        member,
        open_deals,
        won,
        lost,
        {{ ratio('won', '(won + lost)') }} as win_rate,
        {{ mean_money('won_amount', 'won_with_amount') }} as average_won_amount,
        median_cycle_days
    from summed
    where open_deals + won + lost > 0

),

velocity as (

    select
        {{ as_of_date() }} as as_of_date,
        rated.dimension,
        rated.member,
        coalesce(labels.member_label, rated.member) as member_label,
        cast(rated.open_deals as bigint) as open_deals,
        cast(rated.won as bigint) as won,
        cast(rated.lost as bigint) as lost,
        rated.win_rate,
        rated.average_won_amount,
        rated.median_cycle_days,
        rated.open_deals * rated.win_rate * cast(rated.average_won_amount as double)
        / nullif(rated.median_cycle_days, 0) as velocity_per_day
    from rated
    left join labels
        on rated.dimension = labels.dimension and rated.member = labels.member

)

select * from velocity
