{#- What counts towards a rep's quotas, on the day it counts. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

opportunity_splits as (

    select * from {{ source('gate', 'accepted_crm__opportunity_splits') }}

),

sales_days as (

    select * from {{ ref('int_sales_days') }}

),

won_deals as (

    select
        opportunity_id,
        owner_id,
        closed_date,
        amount
    from opportunities
    where status = 'won' and closed_date is not null and amount is not null

),

split_deals as (

    select
        won_deals.opportunity_id,
        coalesce(opportunity_splits.user_id, won_deals.owner_id) as user_id,
        won_deals.closed_date,
        won_deals.amount,
        coalesce(opportunity_splits.share, 1) as share
    from won_deals
    left join opportunity_splits
        on won_deals.opportunity_id = opportunity_splits.opportunity_id

),

credits as (

    select
        user_id,
        'bookings' as measure,
        closed_date as date_day,
        sum(cast(round(cast(amount as decimal(26, 4)) * share, 4) as decimal(18, 4))) as credited
    from split_deals
    where user_id is not null
    group by user_id, closed_date
    {%- for measure, column in [
        ('revenue', 'net_sales'), ('new_customers', 'new_customers'), ('units', 'units')
    ] %}
    union all
    select
        member as user_id,
        '{{ measure }}' as measure,
        date_day,
        cast({{ column }} as decimal(38, 4)) as credited
    from sales_days
    where dimension = 'rep' and member <> '(none)' and {{ column }} <> 0
    {%- endfor %}

)

select * from credits
