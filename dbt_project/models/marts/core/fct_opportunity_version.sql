with versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

converted as (

    -- One rate for all versions of a deal, so that a change of amount is never one of rates.
    select
        versions.opportunity_id,
        versions.valid_from,
        versions.valid_to,
        versions.stage_id,
        {{ reporting(
            'versions.amount', rate_of('opportunities.currency_code', 'exchange_rates.rate')
        ) }} as amount,
        versions.expected_close_date,
        {{ resolved_id('versions.owner_id', 'reps.user_id', 'users') }} as owner_id,
        rep_history.team_id,
        versions.status,
        opportunities.source_system
    from versions
    inner join opportunities on versions.opportunity_id = opportunities.opportunity_id
    left join exchange_rates
        on
            opportunities.currency_code = exchange_rates.currency_code
            and coalesce(opportunities.closed_date, {{ as_of_date() }}) = exchange_rates.rate_date
    left join reps on versions.owner_id = reps.user_id
    left join rep_history
        on
            versions.owner_id = rep_history.user_id
            and versions.valid_from >= rep_history.valid_from
            and (versions.valid_from < rep_history.valid_to or rep_history.valid_to is null)

)

select * from converted
