with research_notes as (

    select * from {{ source('gate', 'accepted_crm__research_notes') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

competitors as (

    select * from {{ ref('dim_competitor') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

known_notes as (

    select
        research_notes.note_id,
        research_notes.kind,
        research_notes.noted_at,
        {{ local_date('research_notes.noted_at') }} as noted_date,
        research_notes.source,
        {{ masked_text('research_notes.title') }} as title,
        {{ masked_text('research_notes.body') }} as body,
        {{ resolved_id('research_notes.account_id', 'account_survivors.survivor_id', 'accounts') }}
            as account_id,
        {{ resolved_id(
            'research_notes.competitor_id', 'competitors.competitor_id', 'competitors'
        ) }} as competitor_id,
        {{ resolved_id('research_notes.user_id', 'reps.user_id', 'users') }} as user_id,
        research_notes.segment,
        {{ masked_text('research_notes.tags') }} as tags,
        research_notes.source_system
    from research_notes
    left join account_survivors on research_notes.account_id = account_survivors.account_id
    left join competitors on research_notes.competitor_id = competitors.competitor_id
    left join reps on research_notes.user_id = reps.user_id
    where research_notes.noted_at < {{ as_of_end() }}

)

select * from known_notes
