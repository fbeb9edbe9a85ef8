{#- Which touch is credited with how much of a won deal, by five models. The money of a deal is cut
    at the running sum of its weights, so that every cent is somewhere, once. -#}
{%- set models = {
    'first': 'case when place = 1 then 1.0 else 0.0 end',
    'last': 'case when place = touch_count then 1.0 else 0.0 end',
    'linear': '1.0',
    'position': "case
            when touch_count = 1 then 1.0
            when touch_count = 2 then 0.5
            when place = 1 or place = touch_count then 0.4
            else 0.2 / (touch_count - 2)
        end",
    'time_decay': 'power(0.5, (days_before_close - nearest_days) / 7)',
} -%}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

touches as (

    select * from {{ ref('int_deal_touches') }}

),

won_deals as (

    select
        opportunity_id,
        coalesce(amount, 0) as amount
    from opportunities
    where status = 'won'

),

won_touches as (

    -- Halved from the last touch on: a common factor that leaves the shares as they are.
    select
        touches.opportunity_id,
        touches.touch_id,
        touches.campaign_id,
        touches.place,
        touches.touch_count,
        cast(touches.days_before_close as double) as days_before_close,
        min(cast(touches.days_before_close as double)) over (partition by touches.opportunity_id)
            as nearest_days,
        won_deals.amount
    from touches
    inner join won_deals on touches.opportunity_id = won_deals.opportunity_id

),

raw_weights as (

    {% for model, weight in models.items() -%}
    select
        opportunity_id,
        touch_id,
        campaign_id,
        place,
        touch_count,
        amount,
        '{{ model }}' as model,
        cast({{ weight }} as double) as weight
    from won_touches
    union all
    {% endfor -%}
    select
        won_deals.opportunity_id,
        '(none)' as touch_id,
        '(unattributed)' as campaign_id,
        1 as place,
        1 as touch_count,
        won_deals.amount,
        models.model,
        cast(1 as double) as weight
    from won_deals
    cross join lateral (
        values ('first'), ('last'), ('linear'), ('position'), ('time_decay')
    ) as models (model)
    where won_deals.opportunity_id not in (select won_touches.opportunity_id from won_touches)

),

summed as (

    select
        *,
        sum(weight) over (partition by opportunity_id, model) as whole,
        sum(weight) over (
            partition by opportunity_id, model
            order by place asc nulls last rows unbounded preceding
        ) as running
    from raw_weights

),

cut as (

    select
        *,
        case
            when place = touch_count then amount
            else cast(round(cast(amount as double) * running / whole, 4) as decimal(18, 4))
        end as amount_to_here
    from summed

),

attribution as (

    select
        opportunity_id,
        touch_id,
        model,
        campaign_id,
        weight / whole as weight,
        cast(
            amount_to_here - coalesce(
                lag(amount_to_here) over (
                    partition by opportunity_id, model order by place asc nulls last
                ), 0
            ) as decimal(18, 4)
        ) as amount
    from cut

)

select * from attribution
