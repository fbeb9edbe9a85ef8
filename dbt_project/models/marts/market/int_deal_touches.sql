{#- Which touches of campaigns came before a deal's end: those of its lead, its account and that
    account's contacts, from the attribution window before its creation to its close (open deals: to
    as-of). -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

accepted_opportunities as (

    select * from {{ source('gate', 'accepted_crm__opportunities') }}

),

touches as (

    select * from {{ ref('fct_campaign_touch') }}

),

deals as (

    select
        opportunities.opportunity_id,
        opportunities.account_id,
        accepted_opportunities.lead_id,
        opportunities.status,
        opportunities.created_at
        - interval {{ var('attribution_window_days') }} day as touched_from,
        opportunities.closed_at
    from opportunities
    inner join accepted_opportunities
        on opportunities.opportunity_id = accepted_opportunities.opportunity_id
    where opportunities.created_at is not null

),

pairs as (

    -- A touch may name the lead and the account: it is one touch. A touch of a contact carries the
    -- contact's account.
    select
        deals.opportunity_id,
        touches.touch_id
    from deals
    inner join touches on deals.account_id = touches.account_id
    union
    select
        deals.opportunity_id,
        touches.touch_id
    from deals
    inner join touches on deals.lead_id = touches.lead_id

),

found as (

    select
        deals.opportunity_id,
        touches.touch_id,
        touches.campaign_id,
        touches.touched_at,
        deals.status,
        deals.closed_at
    from pairs
    inner join deals on pairs.opportunity_id = deals.opportunity_id
    inner join touches on pairs.touch_id = touches.touch_id
    where
        touches.touched_at >= deals.touched_from
        and (deals.closed_at is null or touches.touched_at <= deals.closed_at)

),

deal_touches as (

    select
        opportunity_id,
        touch_id,
        coalesce(campaign_id, '(unattributed)') as campaign_id,
        touched_at,
        status,
        cast({{ seconds_between('touched_at', 'closed_at') }} as double) / 86400
            as days_before_close,
        row_number() over (
            partition by opportunity_id order by touched_at asc nulls last, touch_id asc nulls last
        ) as place,
        count(*) over (partition by opportunity_id) as touch_count
    from found

)

select * from deal_touches
