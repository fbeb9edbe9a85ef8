{#- How long deals stayed: visits that ended in the month, and those open at its end at their age.
    Without the latter a stage in which everything is stuck would look quick. -#}
with visit_months as (

    select * from {{ ref('int_stage_visit_months') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

months as (

    select * from periods
    where period_type = 'month'

),

timed as (

    -- A visit whose beginning no history tells has no length.
    select * from visit_months
    where days is not null

),

first_months as (

    select
        pipeline_id,
        min(period_start) as first_month
    from visit_months
    group by pipeline_id

),

all_rows as (

    select
        months.period_start,
        stages.pipeline_id,
        stages.stage_id
    from first_months
    inner join months on first_months.first_month <= months.period_start
    inner join stages on first_months.pipeline_id = stages.pipeline_id
    where not stages.is_closed

),

measured as (

    select
        period_start,
        pipeline_id,
        stage_id,
        count(*) as visits_measured,
        count_if(not is_open) as visits,
        median(cast(days as double)) as median_days,
        {{ percentile(0.75, 'days') }} as p75_days,
        avg(cast(days as double)) as mean_days,
        median(cast(business_days as double)) as median_business_days
    from timed
    group by period_start, pipeline_id, stage_id

),

waiting as (

    select
        period_start,
        pipeline_id,
        stage_id,
        count(*) as open_visits
    from visit_months
    where is_open
    group by period_start, pipeline_id, stage_id

),

year_before as (

    select
        all_rows.period_start,
        all_rows.pipeline_id,
        all_rows.stage_id,
        count(*) as visits,
        median(cast(timed.days as double)) as median_days
    from all_rows
    inner join timed
        on
            all_rows.pipeline_id = timed.pipeline_id
            and all_rows.stage_id = timed.stage_id
            and all_rows.period_start > timed.period_start
            and timed.period_start >= cast(all_rows.period_start - interval 12 month as date)
    where not timed.is_open
    group by all_rows.period_start, all_rows.pipeline_id, all_rows.stage_id

),

other_stages as (

    select
        all_rows.period_start,
        all_rows.pipeline_id,
        all_rows.stage_id,
        median(cast(timed.days as double)) as median_days
    from all_rows
    inner join timed
        on
            all_rows.period_start = timed.period_start
            and all_rows.pipeline_id = timed.pipeline_id
            and all_rows.stage_id <> timed.stage_id
    group by all_rows.period_start, all_rows.pipeline_id, all_rows.stage_id

),

durations as (

    select
        all_rows.period_start,
        all_rows.pipeline_id,
        all_rows.stage_id,
        cast(coalesce(measured.visits, 0) as bigint) as visits,
        measured.median_days,
        measured.p75_days,
        measured.mean_days,
        measured.median_business_days,
        coalesce(waiting.open_visits, 0) as open_visits,
        case
            when year_before.visits >= 5 then year_before.median_days
            else other_stages.median_days
        end as baseline_median_days,
        case
            when year_before.visits >= 5 then 'year before'
            when other_stages.median_days is not null then 'other stages'
        end as baseline,
        coalesce(measured.visits_measured, 0) as visits_measured
    from all_rows
    left join measured
        on
            all_rows.period_start = measured.period_start
            and all_rows.pipeline_id = measured.pipeline_id
            and all_rows.stage_id = measured.stage_id
    left join waiting
        on
            all_rows.period_start = waiting.period_start
            and all_rows.pipeline_id = waiting.pipeline_id
            and all_rows.stage_id = waiting.stage_id
    left join year_before
        on
            all_rows.period_start = year_before.period_start
            and all_rows.pipeline_id = year_before.pipeline_id
            and all_rows.stage_id = year_before.stage_id
    left join other_stages
        on
            all_rows.period_start = other_stages.period_start
            and all_rows.pipeline_id = other_stages.pipeline_id
            and all_rows.stage_id = other_stages.stage_id

)

select * from durations
