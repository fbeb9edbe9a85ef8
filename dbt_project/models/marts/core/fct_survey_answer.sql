with survey_answers as (

    select * from {{ source('gate', 'accepted_survey__survey_answers') }}

),

responses as (

    select * from {{ ref('fct_survey_response') }}

),

questions as (

    select * from {{ ref('dim_question') }}

),

known_answers as (

    select
        survey_answers.response_id,
        survey_answers.question_id,
        coalesce(survey_answers.choice, '') as choice,
        responses.survey_id,
        questions.measure,
        survey_answers.value_number,
        {{ masked_text('survey_answers.value_text') }} as value_text,
        coalesce(questions.scale_min, case questions.measure when 'nps' then 0 else 1 end)
            as scale_min,
        coalesce(
            questions.scale_max,
            case questions.measure when 'nps' then 10 when 'ces' then 7 else 5 end
        ) as scale_max,
        responses.is_counted,
        survey_answers.source_system
    from survey_answers
    inner join responses on survey_answers.response_id = responses.response_id
    inner join questions on survey_answers.question_id = questions.question_id

),

valid_answers as (

    -- A value outside its scale is a defect and scores nothing.
    select
        *,
        coalesce(
            measure is not null and value_number between scale_min and scale_max, false
        ) as is_valid
    from known_answers

),

scored as (

    select
        response_id,
        question_id,
        choice,
        survey_id,
        measure,
        value_number,
        value_text,
        case when measure = 'nps' and is_valid then value_number >= 9 end as is_promoter,
        case when measure = 'nps' and is_valid then value_number <= 6 end as is_detractor,
        case
            when measure = 'csat' and is_valid then value_number >= scale_max - 1
            -- (value - min) / (max - min) >= 2/3, without a division.
            when measure = 'ces' and is_valid
                then 3 * (value_number - scale_min) >= 2 * (scale_max - scale_min)
        end as is_top_box,
        is_valid,
        is_counted,
        source_system
    from valid_answers

)

select * from scored
