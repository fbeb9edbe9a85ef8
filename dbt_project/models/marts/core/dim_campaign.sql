with campaigns as (

    select * from {{ source('gate', 'accepted_crm__campaigns') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

rated as (

    -- A budget is worth what it was on the campaign's first day; before that, or without one, what
    -- it is now.
    select
        campaigns.campaign_id,
        campaigns.name,
        campaigns.type,
        campaigns.channel,
        campaigns.starts_on,
        campaigns.ends_on,
        campaigns.budget,
        campaigns.cost,
        campaigns.source_system,
        {{ rate_of(currency('campaigns.currency_code'), 'exchange_rates.rate') }} as rate
    from campaigns
    left join exchange_rates
        on
            campaigns.currency_code = exchange_rates.currency_code
            and least(campaigns.starts_on, {{ as_of_date() }}) = exchange_rates.rate_date

),

converted as (

    select
        campaign_id,
        name,
        type,
        channel,
        starts_on,
        ends_on,
        {{ reporting('budget', 'rate') }} as budget,
        {{ reporting('cost', 'rate') }} as cost,
        source_system
    from rated

)

select * from converted
