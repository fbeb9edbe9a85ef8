with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

stalled as (

    select * from {{ ref('stalled_opportunities') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

open_deals as (

    select
        opportunities.opportunity_id,
        opportunities.amount,
        opportunities.weighted_amount,
        stalled.opportunity_id is not null as is_stalled,
        coalesce(opportunities.expected_close_date < {{ as_of_date() }}, false) as is_overdue,
        coalesce(opportunities.owner_id, '(none)') as owner,
        coalesce(opportunities.team_id, '(none)') as team,
        coalesce(opportunities.region, '(none)') as region,
        coalesce(concat(opportunities.pipeline_id, ':', opportunities.stage_id), '(none)')
            as stage,
        coalesce(opportunities.forecast_category, '(none)') as forecast_category,
        coalesce(substr(cast(opportunities.expected_close_date as string), 1, 7), '(none)')
            as close_month
    from opportunities
    left join stalled on opportunities.opportunity_id = stalled.opportunity_id
    where opportunities.status = 'open'

),

members as (

    select
        members.dimension,
        members.member,
        open_deals.amount,
        open_deals.weighted_amount,
        open_deals.is_stalled,
        open_deals.is_overdue
    from open_deals
    cross join lateral (
        values
        ('total', 'all'),
        ('owner', open_deals.owner),
        ('team', open_deals.team),
        ('region', open_deals.region),
        ('stage', open_deals.stage),
        ('forecast_category', open_deals.forecast_category),
        ('close_month', open_deals.close_month)
    ) as members (dimension, member)

),

summed as (

    select
        dimension,
        member,
        count(*) as deals,
        sum(amount) as amount,
        sum(weighted_amount) as weighted_amount,
        count_if(is_stalled) as stalled_deals,
        sum(amount) filter (where is_stalled) as stalled_amount,
        count_if(is_overdue) as overdue_close_dates
    from members
    group by dimension, member

),

all_rows as (

    select
        dimension,
        member
    from summed
    union
    -- A company whose deals are all closed has an open pipeline of 0.
    select
        'total' as dimension,
        'all' as member
    from opportunities

),

pipeline as (

    select
        {{ as_of_date() }} as as_of_date,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        coalesce(summed.deals, 0) as deals,
        cast(coalesce(summed.amount, 0) as decimal(18, 4)) as amount,
        cast(coalesce(summed.weighted_amount, 0) as decimal(18, 4)) as weighted_amount,
        cast(coalesce(summed.stalled_deals, 0) as bigint) as stalled_deals,
        cast(coalesce(summed.stalled_amount, 0) as decimal(18, 4)) as stalled_amount,
        cast(coalesce(summed.overdue_close_dates, 0) as bigint) as overdue_close_dates
    from all_rows
    left join summed
        on all_rows.dimension = summed.dimension and all_rows.member = summed.member
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from pipeline
