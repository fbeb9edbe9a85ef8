with activities as (

    select * from {{ source('gate', 'accepted_crm__activities') }}

),

activity_versions as (

    select * from {{ ref('stg_crm__activities_versions') }}

),

contacts as (

    select * from {{ source('gate', 'accepted_crm__contacts') }}

),

leads as (

    select * from {{ source('gate', 'accepted_crm__leads') }}

),

opportunities as (

    select * from {{ source('gate', 'accepted_crm__opportunities') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

first_batches as (

    select
        source_system,
        min(_batch_id) as first_batch_id
    from activity_versions
    group by source_system

),

first_readings as (

    -- The first load says nothing of when a record was entered.
    select
        activity_versions.activity_id,
        min(activity_versions._extracted_at) as first_read_at
    from activity_versions
    inner join first_batches on activity_versions.source_system = first_batches.source_system
    group by activity_versions.activity_id
    having bool_and(activity_versions._batch_id > first_batches.first_batch_id)

),

known_activities as (

    select
        activities.activity_id,
        activities.type,
        activities.direction,
        {{ resolved_id('activities.owner_id', 'reps.user_id', 'users') }} as owner_id,
        coalesce(
            activities.account_id, opportunities.account_id, contacts.account_id, leads.account_id
        ) as raw_account_id,
        activities.lead_id,
        {{ resolved_id(
            'activities.opportunity_id', 'opportunities.opportunity_id', 'opportunities'
        ) }} as opportunity_id,
        activities.happened_at,
        coalesce(activities.entered_at, first_readings.first_read_at) as entered_at,
        cast(activities.duration_minutes as double) as duration_minutes,
        activities.outcome,
        activities.source_system
    from activities
    left join first_readings on activities.activity_id = first_readings.activity_id
    left join contacts on activities.contact_id = contacts.contact_id
    left join leads on activities.lead_id = leads.lead_id
    left join opportunities on activities.opportunity_id = opportunities.opportunity_id
    left join reps on activities.owner_id = reps.user_id
    where activities.happened_at < {{ as_of_end() }}

),

measured as (

    select
        known_activities.activity_id,
        known_activities.type,
        known_activities.direction,
        known_activities.owner_id,
        {{ resolved_id(
            'known_activities.raw_account_id', 'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        known_activities.lead_id,
        known_activities.opportunity_id,
        known_activities.happened_at,
        known_activities.entered_at,
        cast(
            {{ seconds_between('known_activities.happened_at', 'known_activities.entered_at') }}
            / 3600 as double
        ) as entry_delay_hours,
        known_activities.duration_minutes,
        {{ masked_text('known_activities.outcome') }} as outcome,
        known_activities.source_system
    from known_activities
    left join account_survivors
        on known_activities.raw_account_id = account_survivors.account_id

)

select * from measured
