with campaign_touches as (

    select * from {{ source('gate', 'accepted_crm__campaign_touches') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

contacts as (

    select * from {{ source('gate', 'accepted_crm__contacts') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

known_touches as (

    select
        campaign_touches.touch_id,
        {{ resolved_id('campaign_touches.campaign_id', 'campaigns.campaign_id', 'campaigns') }}
            as campaign_id,
        campaign_touches.lead_id,
        campaign_touches.contact_id,
        {{ resolved_id(
            'coalesce(campaign_touches.account_id, contacts.account_id)',
            'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        campaign_touches.touched_at,
        {{ local_date('campaign_touches.touched_at') }} as touched_date,
        campaign_touches.has_responded,
        campaign_touches.source_system
    from campaign_touches
    left join campaigns on campaign_touches.campaign_id = campaigns.campaign_id
    left join contacts on campaign_touches.contact_id = contacts.contact_id
    left join account_survivors
        on
            coalesce(campaign_touches.account_id, contacts.account_id)
            = account_survivors.account_id
    where campaign_touches.touched_at < {{ as_of_end() }}

)

select * from known_touches
