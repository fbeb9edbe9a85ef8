{#- Open deals that are longer in their stage than most were, with nobody at work on them. -#}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

visits as (

    select * from {{ ref('fct_stage_visit') }}

),

stage_times as (

    select
        pipeline_id,
        stage_id,
        count(*) as visits,
        {{ percentile(0.75, 'days') }} as p75_days
    from visits
    where
        days is not null
        and {{ local_date('exited_at') }} > cast({{ as_of_date() }} - interval 12 month as date)
    group by pipeline_id, stage_id

),

limits as (

    select
        opportunities.opportunity_id,
        opportunities.owner_id,
        opportunities.stage_id,
        opportunities.days_in_stage,
        case when stage_times.visits >= 10 then stage_times.p75_days else 30.0 end
            as stage_p75_days,
        opportunities.amount,
        opportunities.last_activity_at,
        opportunities.next_step
    from opportunities
    left join stage_times
        on
            opportunities.pipeline_id = stage_times.pipeline_id
            and opportunities.stage_id = stage_times.stage_id
    where opportunities.status = 'open'

),

stalled as (

    select *
    from limits
    where
        days_in_stage > stage_p75_days
        and coalesce(
            {{ days_between(local_date('last_activity_at'), as_of_date()) }} >= 14, true
        )

)

select * from stalled
