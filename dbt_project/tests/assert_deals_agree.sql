{#- Deals, their versions and visits, and the marts on them tell one story. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

versions as (

    select * from {{ ref('fct_opportunity_version') }}

),

visits as (

    select * from {{ ref('fct_stage_visit') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}

),

open_pipeline as (

    select * from {{ ref('open_pipeline') }}

),

last_versions_off as (

    select
        'the last version is not the deal' as finding,
        opportunities.opportunity_id as member
    from opportunities
    left join versions
        on
            opportunities.opportunity_id = versions.opportunity_id
            and versions.valid_to is null
    where
        versions.stage_id is distinct from opportunities.stage_id
        or versions.status is distinct from opportunities.status
        or versions.amount is distinct from opportunities.amount
        or versions.expected_close_date is distinct from opportunities.expected_close_date
        or versions.owner_id is distinct from opportunities.owner_id

),

open_visits as (

    select
        opportunity_id,
        count(*) as visits
    from visits
    where is_open
    group by opportunity_id

),

visits_off as (

    select
        'an open deal is in one stage, a closed one in none' as finding,
        opportunities.opportunity_id as member
    from opportunities
    left join open_visits on opportunities.opportunity_id = open_visits.opportunity_id
    where
        opportunities.stage_id is not null
        and coalesce(open_visits.visits, 0)
        <> case when opportunities.status = 'open' then 1 else 0 end

),

closed_members as (

    select
        period_type,
        period_start,
        dimension,
        sum(won) as won,
        sum(lost) as lost,
        sum(won_amount) as won_amount
    from win_rates
    -- A deal may name several competitors.
    where dimension <> 'competitor'
    group by period_type, period_start, dimension

),

closed_off as (

    select
        concat_ws(' ', 'members of win_rates', closed_members.period_type) as finding,
        closed_members.dimension as member
    from closed_members
    inner join win_rates as totals
        on
            closed_members.period_type = totals.period_type
            and closed_members.period_start = totals.period_start
            and totals.dimension = 'total'
    where
        closed_members.won <> totals.won
        or closed_members.lost <> totals.lost
        or closed_members.won_amount <> totals.won_amount

),

open_members as (

    select
        dimension,
        sum(deals) as deals,
        sum(amount) as amount,
        sum(weighted_amount) as weighted_amount
    from open_pipeline
    group by dimension

),

open_deals as (

    select
        count(*) as deals,
        coalesce(sum(amount), 0) as amount,
        coalesce(sum(weighted_amount), 0) as weighted_amount
    from opportunities
    where status = 'open'

),

open_off as (

    select
        'members of open_pipeline' as finding,
        open_members.dimension as member
    from open_members
    cross join open_deals
    where
        open_members.deals <> open_deals.deals
        or open_members.amount <> open_deals.amount
        or open_members.weighted_amount <> open_deals.weighted_amount

)

select * from last_versions_off
union all
select * from visits_off
union all
select * from closed_off
union all
select * from open_off
