with versions as (

    select * from {{ ref('int_opportunity_versions') }}

),

opportunities as (

    select * from {{ source('gate', 'accepted_crm__opportunities') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

moves as (

    select
        opportunity_id,
        pipeline_id,
        stage_id,
        status,
        valid_from,
        is_first and is_left_censored as is_left_censored,
        lead(valid_from) over (
            partition by opportunity_id
            order by valid_from asc nulls last
        ) as exited_at,
        lead(stage_id) over (
            partition by opportunity_id
            order by valid_from asc nulls last
        ) as next_stage_id
    from versions
    where is_move

),

visits as (

    select
        moves.opportunity_id,
        moves.pipeline_id,
        moves.stage_id,
        row_number() over (
            partition by moves.opportunity_id, moves.stage_id
            order by moves.valid_from asc nulls last
        ) as visit_number,
        moves.valid_from as visit_order,
        case when not moves.is_left_censored then moves.valid_from end as entered_at,
        moves.exited_at,
        moves.is_left_censored,
        moves.next_stage_id,
        opportunities.source_system
    from moves
    inner join opportunities on moves.opportunity_id = opportunities.opportunity_id
    where moves.status = 'open' and moves.stage_id is not null

),

measured as (

    select
        visits.opportunity_id,
        visits.pipeline_id,
        visits.stage_id,
        visits.visit_number,
        visits.visit_order,
        visits.entered_at,
        visits.exited_at,
        cast(
            {{ seconds_between(
                'visits.entered_at', 'coalesce(visits.exited_at, ' ~ as_of_end() ~ ')'
            ) }} / 86400 as double
        ) as days,
        cast(last_days.business_days_to_date - first_days.business_days_to_date as double)
            as business_days,
        visits.exited_at is null as is_open,
        visits.visit_number > 1 as is_reentry,
        visits.is_left_censored,
        visits.next_stage_id,
        visits.source_system
    from visits
    left join dates as first_days
        on {{ local_date('visits.entered_at') }} = first_days.date_day
    left join dates as last_days
        on
            coalesce({{ local_date('visits.exited_at') }}, {{ as_of_date() }})
            = last_days.date_day

)

select * from measured
