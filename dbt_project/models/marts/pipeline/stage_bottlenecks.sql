with durations as (

    select * from {{ ref('stage_durations') }}

),

visit_months as (

    select * from {{ ref('int_stage_visit_months') }}

),

versions as (

    select * from {{ ref('fct_opportunity_version') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

month_ends as (

    select
        period_start,
        {{ to_utc('least(period_end, ' ~ as_of_date() ~ ') + interval 1 day') }} as ends_at
    from periods
    where period_type = 'month'

),

waiting as (

    -- What the deals were worth then, not what they are worth now.
    select
        visit_months.period_start,
        visit_months.pipeline_id,
        visit_months.stage_id,
        count(*) as deals_waiting,
        sum(versions.amount) as amount_waiting
    from visit_months
    inner join month_ends on visit_months.period_start = month_ends.period_start
    left join versions
        on
            visit_months.opportunity_id = versions.opportunity_id
            and month_ends.ends_at > versions.valid_from
            and (month_ends.ends_at <= versions.valid_to or versions.valid_to is null)
    where visit_months.is_open
    group by visit_months.period_start, visit_months.pipeline_id, visit_months.stage_id

),

scored as (

    select
        durations.period_start,
        durations.pipeline_id,
        durations.stage_id,
        stages.position,
        durations.visits_measured,
        durations.median_days,
        durations.baseline_median_days,
        case
            when durations.median_days > durations.baseline_median_days
                then durations.median_days - durations.baseline_median_days
            when durations.baseline_median_days is not null and durations.median_days is not null
                then 0
        end as excess_days,
        coalesce(waiting.deals_waiting, 0) as deals_waiting,
        coalesce(waiting.amount_waiting, 0) as amount_waiting
    from durations
    inner join stages
        on
            durations.pipeline_id = stages.pipeline_id
            and durations.stage_id = stages.stage_id
    left join waiting
        on
            durations.period_start = waiting.period_start
            and durations.pipeline_id = waiting.pipeline_id
            and durations.stage_id = waiting.stage_id

),

ranked as (

    -- Of stages that cost the same the earlier one is the bottleneck: the others wait for it.
    select
        period_start,
        pipeline_id,
        stage_id,
        median_days,
        baseline_median_days,
        excess_days,
        deals_waiting,
        amount_waiting,
        visits_measured,
        excess_days * deals_waiting as cost_score,
        rank() over (
            partition by period_start, pipeline_id
            order by excess_days * deals_waiting desc nulls last
        ) as rank,
        row_number() over (
            partition by period_start, pipeline_id
            order by
                excess_days * deals_waiting desc nulls last,
                position asc nulls last,
                stage_id asc nulls last
        ) as place
    from scored

),

bottlenecks as (

    select
        period_start,
        pipeline_id,
        stage_id,
        median_days,
        baseline_median_days,
        excess_days,
        deals_waiting,
        cast(amount_waiting as decimal(18, 4)) as amount_waiting,
        cost_score,
        rank,
        place = 1 and coalesce(cost_score > 0, false) and visits_measured >= 5 as is_bottleneck,
        visits_measured
    from ranked

)

select * from bottlenecks
