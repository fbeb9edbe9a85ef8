with opportunities as (

    select * from {{ source('gate', 'accepted_crm__opportunities') }}

),

leads as (

    select * from {{ source('gate', 'accepted_crm__leads') }}

),

activities as (

    select * from {{ source('gate', 'accepted_crm__activities') }}

),

versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

visits as (

    select * from {{ ref('fct_stage_visit') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

latest as (

    select * from versions
    where valid_to is null

),

last_amounts as (

    select
        opportunity_id,
        max_by(amount, valid_from) as amount
    from versions
    where amount > 0
    group by opportunity_id

),

compared_versions as (

    select
        opportunity_id,
        expected_close_date,
        lag(expected_close_date) over (
            partition by opportunity_id
            order by valid_from asc nulls last
        )
            as earlier_close_date
    from versions

),

pushes as (

    select
        opportunity_id,
        cast(count_if(expected_close_date > earlier_close_date) as bigint) as close_date_pushes
    from compared_versions
    group by opportunity_id

),

last_activities as (

    select
        opportunity_id,
        max(happened_at) as last_activity_at
    from activities
    where
        happened_at < {{ as_of_end() }}
        and type not in ('task', 'note')
        and opportunity_id is not null
    group by opportunity_id

),

open_visits as (

    select
        opportunity_id,
        days
    from visits
    where is_open

),

as_they_stood as (

    select
        opportunities.opportunity_id,
        opportunities.name,
        {{ resolved_id('opportunities.account_id', 'account_survivors.survivor_id', 'accounts') }}
            as account_id,
        latest.owner_id as raw_owner_id,
        opportunities.pipeline_id,
        latest.stage_id,
        opportunities.type,
        opportunities.product_id as raw_product_id,
        latest.amount as amount_original,
        {{ currency('opportunities.currency_code') }} as currency_code,
        cast(opportunities.probability as double) as probability,
        opportunities.forecast_category,
        opportunities.lead_id,
        coalesce(opportunities.lead_source, leads.source) as lead_source,
        coalesce(opportunities.campaign_id, leads.campaign_id) as raw_campaign_id,
        case when latest.status = 'lost' then opportunities.lost_reason end as lost_reason,
        opportunities.next_step,
        opportunities.created_at,
        {{ local_date('opportunities.created_at') }} as created_date,
        opportunities.entered_at,
        latest.expected_close_date,
        -- A deal that was closed then and opened again later was closed when its history says so.
        case
            when latest.status <> 'open'
                then coalesce(
                    {{ known('opportunities.closed_at') }},
                    case when opportunities.closed_at is not null then latest.valid_from end
                )
        end as closed_at,
        latest.status,
        opportunities.source_system
    from opportunities
    inner join latest on opportunities.opportunity_id = latest.opportunity_id
    left join leads on opportunities.lead_id = leads.lead_id
    left join account_survivors on opportunities.account_id = account_survivors.account_id

),

dated as (

    select
        as_they_stood.*,
        {{ local_date('as_they_stood.closed_at') }} as closed_date,
        coalesce({{ local_date('as_they_stood.closed_at') }}, {{ as_of_date() }}) as rate_date
    from as_they_stood

),

joined as (

    select
        dated.opportunity_id,
        dated.name,
        dated.account_id,
        {{ resolved_id('dated.raw_owner_id', 'reps.user_id', 'users') }} as owner_id,
        rep_history.team_id,
        coalesce(accounts.region, rep_history.region) as region,
        accounts.country,
        accounts.segment,
        accounts.industry,
        dated.pipeline_id,
        dated.stage_id,
        dated.type,
        {{ resolved_id('dated.raw_product_id', 'products.product_id', 'products') }}
            as product_id,
        dated.amount_original,
        dated.currency_code,
        {{ rate_of('dated.currency_code', 'exchange_rates.rate') }} as rate,
        coalesce(dated.probability, stages.default_probability) as probability,
        dated.forecast_category,
        dated.lead_id,
        dated.lead_source,
        {{ resolved_id('dated.raw_campaign_id', 'campaigns.campaign_id', 'campaigns') }}
            as campaign_id,
        dated.lost_reason,
        dated.next_step,
        dated.created_at,
        dated.created_date,
        dated.entered_at,
        dated.expected_close_date,
        dated.closed_at,
        dated.closed_date,
        dated.status,
        last_amounts.amount as last_amount,
        open_visits.days as days_in_stage,
        coalesce(pushes.close_date_pushes, 0) as close_date_pushes,
        last_activities.last_activity_at,
        dated.source_system
    from dated
    left join accounts on dated.account_id = accounts.account_id
    left join reps on dated.raw_owner_id = reps.user_id
    left join rep_history
        on
            dated.raw_owner_id = rep_history.user_id
            and (
                dated.closed_at >= rep_history.valid_from
                or (
                    dated.closed_at is null
                    and {{ team_change_seen('rep_history.valid_from') }} < {{ as_of_end() }}
                )
            )
            and (
                rep_history.valid_to is null
                or dated.closed_at < rep_history.valid_to
                or (
                    dated.closed_at is null
                    and {{ team_change_seen('rep_history.valid_to') }} >= {{ as_of_end() }}
                )
            )
    left join stages
        on dated.pipeline_id = stages.pipeline_id and dated.stage_id = stages.stage_id
    left join products on dated.raw_product_id = products.product_id
    left join campaigns on dated.raw_campaign_id = campaigns.campaign_id
    left join exchange_rates
        on
            dated.currency_code = exchange_rates.currency_code
            and dated.rate_date = exchange_rates.rate_date
    left join last_amounts on dated.opportunity_id = last_amounts.opportunity_id
    left join open_visits on dated.opportunity_id = open_visits.opportunity_id
    left join pushes on dated.opportunity_id = pushes.opportunity_id
    left join last_activities on dated.opportunity_id = last_activities.opportunity_id

),

measured as (

    select
        opportunity_id,
        {{ masked_text('name') }} as name,
        account_id,
        owner_id,
        team_id,
        region,
        country,
        segment,
        industry,
        pipeline_id,
        stage_id,
        type,
        product_id,
        {{ reporting('amount_original', 'rate') }} as amount,
        amount_original,
        currency_code,
        cast(rate as double) as exchange_rate,
        {{ conversion_status('currency_code', 'rate') }} as conversion_status,
        probability,
        case
            when status = 'open'
                then cast(round(
                    {{ reporting('amount_original', 'rate') }}
                    * cast(probability as decimal(12, 8)), 4
                ) as decimal(18, 4))
        end as weighted_amount,
        forecast_category,
        lead_id,
        lead_source,
        campaign_id,
        {{ masked_text('lost_reason') }} as lost_reason,
        {{ masked_text('next_step') }} as next_step,
        created_at,
        created_date,
        entered_at,
        expected_close_date,
        closed_at,
        closed_date,
        status,
        status = 'lost'
        and coalesce(
            lower(trim(lost_reason)) in (
                {%- for reason in var('no_decision_reasons') -%}
                '{{ reason | lower | replace("'", "''") }}'{{ ', ' if not loop.last }}
                {%- endfor -%}
            ), false
        ) as is_no_decision,
        -- What was lost is the last sum above nothing that the deal was hoped to bring.
        case when status = 'lost' then {{ reporting('last_amount', 'rate') }} end as lost_amount,
        case
            when status <> 'open' and closed_date >= created_date
                then cast({{ days_between('created_date', 'closed_date') }} as double)
        end as cycle_days,
        case
            when status = 'open'
                then cast({{ days_between('created_date', as_of_date()) }} as double)
        end as age_days,
        case when status = 'open' then days_in_stage end as days_in_stage,
        close_date_pushes,
        last_activity_at,
        source_system
    from joined

)

select * from measured
