with answers as (

    select * from {{ ref('fct_survey_answer') }}

),

placed_responses as (

    select * from {{ ref('int_survey_responses') }}

),

responses as (

    select * from {{ ref('fct_survey_response') }}

),

questions as (

    select * from {{ ref('dim_question') }}

),

survey_themes as (

    select * from {{ ref('survey_themes') }}

),

comments as (

    select
        answers.response_id,
        answers.question_id,
        placed_responses.survey_id,
        placed_responses.date_day,
        placed_responses.is_of_staff,
        answers.value_text
    from answers
    inner join placed_responses on answers.response_id = placed_responses.response_id
    inner join questions on answers.question_id = questions.question_id
    where questions.kind = 'text' and trim(answers.value_text) <> ''

),

ratings as (

    -- What the same response rated, by the first rating question of its survey.
    select
        answers.response_id,
        min_by(answers.measure, coalesce(questions.position, 0)) as measure,
        min_by(answers.value_number, coalesce(questions.position, 0)) as measure_value,
        min_by(
            coalesce(answers.is_detractor, not answers.is_top_box), coalesce(questions.position, 0)
        ) as is_unhappy
    from answers
    inner join questions on answers.question_id = questions.question_id
    where answers.is_valid and answers.measure in ('nps', 'csat', 'ces')
    group by answers.response_id

),

texts as (

    -- Many answer in the same words.
    select distinct
        value_text,
        lower(value_text) as lower_text
    from comments

),

matched as (

    select distinct  -- a theme counts once, however many of its words are there
        texts.value_text,
        survey_themes.theme
    from texts
    inner join survey_themes on strpos(texts.lower_text, lower(survey_themes.word)) > 0

),

themes as (

    select
        value_text,
        concat_ws(', ', array_sort(array_agg(theme))) as themes
    from matched
    group by value_text

),

survey_comments as (

    -- A customer who is not happy, or did not rate, waits for a reply until there is one.
    select
        comments.response_id,
        comments.question_id,
        comments.survey_id,
        comments.date_day as submitted_date,
        comments.value_text as text,
        ratings.measure,
        cast(ratings.measure_value as double) as measure_value,
        themes.themes,
        not comments.is_of_staff
        and responses.replied_at is null
        and coalesce(ratings.is_unhappy, true) as needs_reply,
        responses.replied_at
    from comments
    inner join responses on comments.response_id = responses.response_id
    left join ratings on comments.response_id = ratings.response_id
    left join themes on comments.value_text = themes.value_text

)

select * from survey_comments
