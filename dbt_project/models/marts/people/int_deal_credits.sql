{#- Whom a won deal is credited to: its splits, else its owner. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

opportunity_splits as (

    select * from {{ source('gate', 'accepted_crm__opportunity_splits') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

won_deals as (

    select
        opportunity_id,
        owner_id,
        closed_at,
        closed_date,
        amount
    from opportunities
    where status = 'won' and closed_date is not null and amount is not null

),

split_deals as (

    select
        won_deals.opportunity_id,
        coalesce(opportunity_splits.user_id, won_deals.owner_id) as user_id,
        won_deals.closed_at,
        won_deals.closed_date,
        won_deals.amount,
        coalesce(opportunity_splits.share, 1) as share
    from won_deals
    left join opportunity_splits
        on won_deals.opportunity_id = opportunity_splits.opportunity_id

),

credits as (

    select
        split_deals.opportunity_id,
        split_deals.user_id,
        rep_history.team_id,
        split_deals.closed_date,
        split_deals.share,
        cast(
            round(cast(split_deals.amount as decimal(26, 4)) * split_deals.share, 4)
            as decimal(18, 4)
        ) as credited
    from split_deals
    left join rep_history
        on
            split_deals.user_id = rep_history.user_id
            and split_deals.closed_at >= rep_history.valid_from
            and (
                split_deals.closed_at < rep_history.valid_to or rep_history.valid_to is null
            )
    where split_deals.user_id is not null

)

select * from credits
