{#- What counts towards a team's quotas: what its members were credited with while they were in it,
    and the teams below it. A deal that members share counts for each by its share, so once. -#}
with deal_credits as (

    select * from {{ ref('int_deal_credits') }}

),

sales_days as (

    select * from {{ ref('int_sales_days') }}

),

ancestors as (

    select * from {{ ref('int_team_ancestors') }}

),

own_credits as (

    select
        team_id,
        'bookings' as measure,
        closed_date as date_day,
        credited
    from deal_credits
    where team_id is not null
    {%- for measure, column in [
        ('revenue', 'net_sales'), ('new_customers', 'new_customers'), ('units', 'units')
    ] %}
    union all
    select
        member as team_id,
        '{{ measure }}' as measure,
        date_day,
        cast({{ column }} as decimal(38, 4)) as credited
    from sales_days
    where dimension = 'team' and member <> '(none)' and {{ column }} <> 0
    {%- endfor %}

),

credits as (

    select
        ancestors.ancestor_id as team_id,
        own_credits.measure,
        own_credits.date_day,
        sum(own_credits.credited) as credited
    from own_credits
    inner join ancestors on own_credits.team_id = ancestors.team_id
    group by ancestors.ancestor_id, own_credits.measure, own_credits.date_day

)

select * from credits
