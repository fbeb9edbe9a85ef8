{#- Every won deal is shared out whole by every model: weights to 1, and money to the last cent. -#}
with attribution as (

    select * from {{ ref('attribution') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

models as (

    select distinct model  -- those that attributed anything
    from attribution

),

shared as (

    select
        opportunity_id,
        model,
        sum(weight) as weight,
        sum(amount) as amount
    from attribution
    group by opportunity_id, model

)

select
    opportunities.opportunity_id,
    models.model
from opportunities
cross join models
left join shared
    on opportunities.opportunity_id = shared.opportunity_id and models.model = shared.model
where
    opportunities.status = 'won'
    and (
        shared.opportunity_id is null
        or abs(shared.weight - 1) > 1e-9
        or shared.amount <> coalesce(opportunities.amount, 0)
    )
