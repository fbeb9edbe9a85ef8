with quotas as (

    select * from {{ source('gate', 'accepted_crm__quotas') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

teams as (

    select * from {{ ref('dim_team') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

converted as (

    -- A target in a foreign currency is worth what it was on its first day, a later one what it
    -- is now. Counts (customers, units) have no currency.
    select
        quotas.quota_id,
        {{ resolved_id('quotas.user_id', 'reps.user_id', 'users') }} as user_id,
        {{ resolved_id('quotas.team_id', 'teams.team_id', 'teams') }} as team_id,
        quotas.period_start,
        quotas.period_end,
        quotas.measure,
        case
            when quotas.measure in ('new_customers', 'units') then quotas.amount
            else {{ reporting(
                'quotas.amount', rate_of(currency('quotas.currency_code'), 'exchange_rates.rate')
            ) }}
        end as amount,
        quotas.source_system
    from quotas
    left join reps on quotas.user_id = reps.user_id
    left join teams on quotas.team_id = teams.team_id
    left join exchange_rates
        on
            quotas.currency_code = exchange_rates.currency_code
            and least(quotas.period_start, {{ as_of_date() }}) = exchange_rates.rate_date

)

select * from converted
