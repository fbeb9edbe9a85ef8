{#- Valid answers that count and the invitations they answer, with the members they count under. -#}
with answers as (

    select * from {{ ref('fct_survey_answer') }}

),

responses as (

    select * from {{ ref('int_survey_responses') }}

),

facts as (

    select
        responses.survey_id,
        answers.measure,
        answers.response_id,
        answers.question_id,
        responses.date_day,
        responses.segment,
        responses.region,
        responses.channel,
        responses.team,
        responses.rep,
        answers.value_number,
        answers.is_promoter,
        answers.is_detractor,
        answers.is_top_box
    from answers
    inner join responses on answers.response_id = responses.response_id
    where answers.is_valid and answers.measure in ('nps', 'csat', 'ces')

)

select * from facts
