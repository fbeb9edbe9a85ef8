{#- Teams are credited with what their members are, each deal once: over all time the teams at the
    top hold what everybody who was in a team was credited with. -#}
with team_attainment as (

    select * from {{ ref('team_attainment') }}

),

teams as (

    select * from {{ ref('dim_team') }}

),

ancestors as (

    select * from {{ ref('int_team_ancestors') }}

),

deal_credits as (

    select * from {{ ref('int_deal_credits') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

rooted as (

    -- Teams that are above each other in a ring have no top.
    select
        ancestors.team_id,
        teams.team_id as top_id
    from ancestors
    inner join teams on ancestors.ancestor_id = teams.team_id
    left join teams as parents on teams.parent_team_id = parents.team_id
    where parents.team_id is null

),

expected as (

    select
        'bookings' as measure,
        coalesce(sum(deal_credits.credited), 0) as credited
    from deal_credits
    inner join rooted on deal_credits.team_id = rooted.team_id
    union all
    select
        'revenue' as measure,
        coalesce(sum(sales.net_sales), 0) as credited
    from sales
    inner join rooted on sales.member = rooted.team_id
    where sales.dimension = 'team' and sales.period_type = 'all'

),

tops as (

    select distinct top_id  -- a team counts once
    from rooted

),

found as (

    select
        team_attainment.measure,
        sum(team_attainment.credited) as credited
    from team_attainment
    inner join tops on team_attainment.team_id = tops.top_id
    where team_attainment.period_type = 'all'
    group by team_attainment.measure

)

select
    expected.measure,
    expected.credited,
    found.credited as found
from expected
left join found on expected.measure = found.measure
where expected.credited <> coalesce(found.credited, 0)
