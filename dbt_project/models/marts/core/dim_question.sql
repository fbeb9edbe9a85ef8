with survey_questions as (

    select * from {{ source('gate', 'accepted_survey__survey_questions') }}

),

renamed as (

    select
        question_id,
        survey_id,
        position,
        {{ masked_text('text') }} as text,
        kind,
        measure,
        scale_min,
        scale_max,
        source_system
    from survey_questions

)

select * from renamed
