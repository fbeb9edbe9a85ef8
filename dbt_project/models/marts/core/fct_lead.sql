with leads as (

    select * from {{ source('gate', 'accepted_crm__leads') }}

),

users as (

    select * from {{ ref('dim_rep') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

known_leads as (

    select
        leads.lead_id,
        leads.created_at,
        {{ local_date('leads.created_at') }} as created_date,
        leads.source,
        {{ resolved_id('leads.campaign_id', 'campaigns.campaign_id', 'campaigns') }}
            as campaign_id,
        {{ resolved_id('leads.owner_id', 'users.user_id', 'users') }} as owner_id,
        leads.status,
        {{ known('leads.first_response_at') }} as first_response_at,
        {{ known('leads.converted_at') }} as converted_at,
        leads.converted_opportunity_id,
        {{ resolved_id('leads.account_id', 'own.survivor_id', 'accounts') }} as account_id,
        {{ resolved_id('leads.referred_by_account_id', 'referrers.survivor_id', 'accounts') }}
            as referred_by_account_id,
        leads.contact_id,
        leads.source_system
    from leads
    left join users on leads.owner_id = users.user_id
    left join campaigns on leads.campaign_id = campaigns.campaign_id
    left join account_survivors as own on leads.account_id = own.account_id
    left join account_survivors as referrers
        on leads.referred_by_account_id = referrers.account_id
    where
        leads.created_at < {{ as_of_end() }}
        and not coalesce(leads.is_deleted, false)

),

measured as (

    select
        lead_id,
        created_at,
        created_date,
        source,
        campaign_id,
        owner_id,
        status,
        first_response_at,
        case
            when first_response_at >= created_at
                then cast({{ seconds_between('created_at', 'first_response_at') }} / 3600 as double)
        end as first_response_hours,
        converted_at,
        case when converted_at is not null then converted_opportunity_id end
            as converted_opportunity_id,
        converted_at is not null as is_converted,
        coalesce(
            {{ days_between('created_date', local_date('converted_at')) }}
            <= {{ var('lead_window_days') }},
            false
        ) as is_converted_within_window,
        cast(created_date + {{ var('lead_window_days') }} as date) <= {{ as_of_date() }}
            as is_mature,
        account_id,
        contact_id,
        referred_by_account_id,
        source_system
    from known_leads

)

select * from measured
