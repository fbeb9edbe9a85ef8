{#- Work done twice or not at all: moves back into a stage, stages jumped over, deals handed on, and
    what a win takes. The stage `(all)` is the pipeline. -#}
with visits as (

    select * from {{ ref('fct_stage_visit') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

versions as (

    select * from {{ ref('fct_opportunity_version') }}

),

activities as (

    select * from {{ ref('fct_activity') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

delivered as (

    select * from {{ source('run', 'delivered') }}

),

months as (

    select
        period_start,
        {{ to_utc('period_start') }} as starts_at,
        {{ to_utc('least(period_end, ' ~ as_of_date() ~ ') + interval 1 day') }} as ends_at
    from periods
    where period_type = 'month'

),

open_stages as (

    select * from stages
    where not is_closed

),

first_days as (

    select
        pipeline_id,
        min(cast(date_trunc('month', {{ local_date('visit_order') }}) as date)) as first_month
    from visits
    -- A deal that nobody dated would begin the calendar in 1970.
    where entered_at is not null
    group by pipeline_id

),

stage_rows as (

    select
        months.period_start,
        open_stages.pipeline_id,
        open_stages.stage_id
    from first_days
    inner join months on first_days.first_month <= months.period_start
    inner join open_stages on first_days.pipeline_id = open_stages.pipeline_id

),

entries as (

    select
        cast(date_trunc('month', {{ local_date('entered_at') }}) as date) as period_start,
        pipeline_id,
        stage_id,
        count(*) as entered,
        count_if(is_reentry) as reentered
    from visits
    where entered_at is not null
    group by all

),

left_visits as (

    select
        visits.opportunity_id,
        visits.pipeline_id,
        cast(date_trunc('month', {{ local_date('visits.exited_at') }}) as date) as period_start,
        from_stages.position as from_position,
        next_stages.is_won,
        -- To be lost is to have left the way.
        case when not next_stages.is_closed then next_stages.position end as to_position
    from visits
    inner join stages as from_stages
        on visits.pipeline_id = from_stages.pipeline_id and visits.stage_id = from_stages.stage_id
    inner join stages as next_stages
        on
            visits.pipeline_id = next_stages.pipeline_id
            and visits.next_stage_id = next_stages.stage_id
    where visits.exited_at is not null

),

skips as (

    select
        left_visits.period_start,
        left_visits.pipeline_id,
        open_stages.stage_id,
        count(*) as skipped
    from left_visits
    inner join open_stages
        on
            left_visits.pipeline_id = open_stages.pipeline_id
            and left_visits.from_position < open_stages.position
            -- To be won is to have passed every stage.
            and (left_visits.is_won or left_visits.to_position > open_stages.position)
    group by left_visits.period_start, left_visits.pipeline_id, open_stages.stage_id

),

deals_worked as (

    select
        months.period_start,
        visits.pipeline_id,
        visits.stage_id,
        visits.opportunity_id
    from visits
    inner join months
        on
            visits.visit_order < months.ends_at
            and (visits.exited_at >= months.starts_at or visits.exited_at is null)
    -- A deal that came back within the month was worked on once.
    group by all

),

followed_versions as (

    select
        versions.opportunity_id,
        opportunities.pipeline_id,
        versions.stage_id,
        versions.valid_from,
        versions.status,
        versions.owner_id,
        lag(versions.owner_id)
            over (partition by versions.opportunity_id order by versions.valid_from asc nulls last)
            as earlier_owner_id
    from versions
    inner join opportunities on versions.opportunity_id = opportunities.opportunity_id

),

owner_changes as (

    select
        cast(date_trunc('month', {{ local_date('valid_from') }}) as date) as period_start,
        pipeline_id,
        stage_id,
        count(*) as owner_changes
    from followed_versions
    where
        owner_id <> earlier_owner_id
        and status = 'open'
    group by all

),

won_deals as (

    select
        opportunity_id,
        pipeline_id,
        cast(date_trunc('month', closed_date) as date) as period_start
    from opportunities
    where status = 'won' and closed_date is not null

),

won_visits as (

    select
        won_deals.period_start,
        won_deals.pipeline_id,
        won_deals.opportunity_id,
        visits.stage_id,
        visits.visit_order,
        visits.exited_at
    from won_deals
    inner join visits on won_deals.opportunity_id = visits.opportunity_id

),

won_by_stage as (

    select
        period_start,
        pipeline_id,
        stage_id,
        count(distinct opportunity_id) as won
    from won_visits
    group by period_start, pipeline_id, stage_id

),

activities_by_stage as (

    select
        won_visits.period_start,
        won_visits.pipeline_id,
        won_visits.stage_id,
        count(*) as activities
    from won_visits
    inner join activities
        on
            won_visits.opportunity_id = activities.opportunity_id
            and won_visits.visit_order <= activities.happened_at
            and (won_visits.exited_at > activities.happened_at or won_visits.exited_at is null)
    group by won_visits.period_start, won_visits.pipeline_id, won_visits.stage_id

),

worked_by_stage as (

    select
        period_start,
        pipeline_id,
        stage_id,
        count(*) as deals
    from deals_worked
    group by period_start, pipeline_id, stage_id

),

by_stage as (

    select
        stage_rows.period_start,
        stage_rows.pipeline_id,
        stage_rows.stage_id,
        coalesce(entries.entered, 0) as entered,
        coalesce(entries.reentered, 0) as reentered,
        coalesce(skips.skipped, 0) as skipped,
        coalesce(owner_changes.owner_changes, 0) as owner_changes,
        coalesce(worked_by_stage.deals, 0) as deals,
        coalesce(activities_by_stage.activities, 0) as activities,
        coalesce(won_by_stage.won, 0) as won
    from stage_rows
    {%- for part in [
        'entries', 'skips', 'owner_changes', 'worked_by_stage', 'activities_by_stage',
        'won_by_stage'
    ] %}
    left join {{ part }}
        on
            stage_rows.period_start = {{ part }}.period_start
            and stage_rows.pipeline_id = {{ part }}.pipeline_id
            and stage_rows.stage_id = {{ part }}.stage_id
    {%- endfor %}

),

worked_by_pipeline as (

    select
        period_start,
        pipeline_id,
        count(distinct opportunity_id) as deals
    from deals_worked
    group by period_start, pipeline_id

),

won_by_pipeline as (

    select
        won_deals.period_start,
        won_deals.pipeline_id,
        count(distinct won_deals.opportunity_id) as won,
        count(activities.activity_id) as activities
    from won_deals
    left join opportunities on won_deals.opportunity_id = opportunities.opportunity_id
    left join activities
        on
            won_deals.opportunity_id = activities.opportunity_id
            and opportunities.closed_at >= activities.happened_at
    group by won_deals.period_start, won_deals.pipeline_id

),

summed as (

    select
        period_start,
        pipeline_id,
        sum(entered) as entered,
        sum(reentered) as reentered,
        sum(skipped) as skipped,
        sum(owner_changes) as owner_changes
    from by_stage
    group by period_start, pipeline_id

),

by_pipeline as (

    select
        summed.period_start,
        summed.pipeline_id,
        '(all)' as stage_id,
        summed.entered,
        summed.reentered,
        summed.skipped,
        summed.owner_changes,
        coalesce(worked_by_pipeline.deals, 0) as deals,
        coalesce(won_by_pipeline.activities, 0) as activities,
        coalesce(won_by_pipeline.won, 0) as won
    from summed
    left join worked_by_pipeline
        on
            summed.period_start = worked_by_pipeline.period_start
            and summed.pipeline_id = worked_by_pipeline.pipeline_id
    left join won_by_pipeline
        on
            summed.period_start = won_by_pipeline.period_start
            and summed.pipeline_id = won_by_pipeline.pipeline_id

),

effort as (

    -- Where no source tells of activities, how many it takes is not known.
    select count(*) > 0 as is_known
    from delivered
    where entity = 'activities'

),

counted as (

    select * from by_stage
    union all
    select * from by_pipeline

),

friction as (

    select
        counted.period_start,
        counted.pipeline_id,
        counted.stage_id,
        cast(counted.entered as bigint) as entered,
        {{ ratio('counted.reentered', 'counted.entered') }} as reentry_rate,
        {{ ratio('counted.skipped', '(counted.skipped + counted.entered)') }} as skip_rate,
        {{ ratio('counted.owner_changes', 'counted.deals') }} as owner_changes_per_deal,
        case when effort.is_known then {{ ratio('counted.activities', 'counted.won') }} end
            as activities_per_won_deal,
        cast(counted.reentered as bigint) as reentered,
        cast(counted.skipped as bigint) as skipped,
        cast(counted.owner_changes as bigint) as owner_changes,
        cast(counted.deals as bigint) as deals_worked,
        case when effort.is_known then cast(counted.activities as bigint) end as activities,
        cast(counted.won as bigint) as won
    from counted
    cross join effort

)

select * from friction
