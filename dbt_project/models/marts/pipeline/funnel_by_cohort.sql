with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

visits as (

    select * from {{ ref('fct_stage_visit') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

open_stages as (

    select
        pipeline_id,
        stage_id,
        position,
        dense_rank() over (partition by pipeline_id order by position asc nulls last) as step
    from stages
    where not is_closed

),

deals as (

    select
        opportunity_id,
        pipeline_id,
        cast(date_trunc('month', created_date) as date) as cohort_month,
        status,
        amount
    from opportunities
    where created_date is not null

),

visited as (

    select
        visits.opportunity_id,
        visits.stage_id,
        open_stages.step,
        max(open_stages.step) over (partition by visits.opportunity_id) as last_step,
        row_number() over (
            partition by visits.opportunity_id
            order by visits.visit_order desc nulls last, visits.stage_id asc nulls last
        ) = 1 as is_last_visit
    from visits
    inner join open_stages
        on
            visits.pipeline_id = open_stages.pipeline_id
            and visits.stage_id = open_stages.stage_id

),

deal_visits as (

    select
        opportunity_id,
        stage_id,
        bool_or(is_last_visit) as is_last_visit
    from visited
    group by opportunity_id, stage_id

),

deal_reach as (

    select
        opportunity_id,
        max(last_step) as last_step
    from visited
    group by opportunity_id

),

deal_stages as (

    -- A deal entered a stage when it was there, went past it, or was won.
    select
        deals.cohort_month,
        deals.pipeline_id,
        open_stages.stage_id,
        deals.status,
        deals.amount,
        deals.status = 'won'
        or deal_visits.opportunity_id is not null
        or coalesce(deal_reach.last_step > open_stages.step, false) as has_entered,
        deals.status = 'won' or coalesce(deal_reach.last_step > open_stages.step, false)
            as has_reached_later,
        deals.status = 'lost' and coalesce(deal_visits.is_last_visit, false) as is_dropped
    from deals
    inner join open_stages on deals.pipeline_id = open_stages.pipeline_id
    left join deal_reach on deals.opportunity_id = deal_reach.opportunity_id
    left join deal_visits
        on
            deals.opportunity_id = deal_visits.opportunity_id
            and open_stages.stage_id = deal_visits.stage_id

),

counted as (

    select
        cohort_month,
        pipeline_id,
        stage_id,
        count_if(has_entered) as entered,
        count_if(has_reached_later) as reached_later,
        count_if(has_entered and status = 'won') as won,
        count_if(has_entered and status = 'lost') as lost,
        count_if(has_entered and status = 'open') as still_open,
        count_if(is_dropped) as dropped,
        sum(amount) filter (where has_entered) as amount_entered
    from deal_stages
    group by cohort_month, pipeline_id, stage_id

),

first_cohorts as (

    select
        pipeline_id,
        min(cohort_month) as first_month
    from deals
    group by pipeline_id

),

all_rows as (

    select
        dates.month_start as cohort_month,
        max(dates.date_day) as cohort_end,
        open_stages.pipeline_id,
        open_stages.stage_id,
        open_stages.position,
        open_stages.step
    from first_cohorts
    inner join dates
        on
            first_cohorts.first_month <= dates.month_start
            and dates.month_start <= {{ as_of_date() }}
    inner join open_stages on first_cohorts.pipeline_id = open_stages.pipeline_id
    group by all

),

filled as (

    select
        all_rows.cohort_month,
        all_rows.cohort_end,
        all_rows.pipeline_id,
        all_rows.stage_id,
        all_rows.position,
        all_rows.step,
        coalesce(counted.entered, 0) as entered,
        coalesce(counted.reached_later, 0) as reached_later,
        coalesce(counted.won, 0) as won,
        coalesce(counted.lost, 0) as lost,
        coalesce(counted.still_open, 0) as still_open,
        coalesce(counted.dropped, 0) as dropped,
        coalesce(counted.amount_entered, 0) as amount_entered
    from all_rows
    left join counted
        on
            all_rows.cohort_month = counted.cohort_month
            and all_rows.pipeline_id = counted.pipeline_id
            and all_rows.stage_id = counted.stage_id

),

steps as (

    -- Of stages that share a position, the fullest is the one before.
    select
        cohort_month,
        pipeline_id,
        step,
        max(entered) as entered
    from filled
    group by cohort_month, pipeline_id, step

),

funnel as (

    select
        filled.cohort_month,
        filled.pipeline_id,
        filled.stage_id,
        filled.position,
        cast(filled.entered as bigint) as entered,
        cast(filled.reached_later as bigint) as reached_later,
        cast(filled.won as bigint) as won,
        cast(filled.lost as bigint) as lost,
        cast(filled.still_open as bigint) as still_open,
        {{ ratio('filled.entered', 'previous_steps.entered') }} as rate_of_previous,
        {{ ratio('filled.entered', 'first_steps.entered') }} as rate_of_first,
        {{ ratio('filled.dropped', 'filled.entered') }} as drop_off_rate,
        cast(filled.amount_entered as decimal(18, 4)) as amount_entered,
        cast(filled.cohort_end + {{ var('deal_window_days') }} as date) <= {{ as_of_date() }}
            as is_mature
    from filled
    left join steps as previous_steps
        on
            filled.cohort_month = previous_steps.cohort_month
            and filled.pipeline_id = previous_steps.pipeline_id
            and filled.step = previous_steps.step + 1
    left join steps as first_steps
        on
            filled.cohort_month = first_steps.cohort_month
            and filled.pipeline_id = first_steps.pipeline_id
            and first_steps.step = 1

)

select * from funnel
