{%- set dimensions = ['segment', 'region', 'channel', 'team', 'rep'] -%}
with answers as (

    select * from {{ ref('fct_survey_answer') }}

),

responses as (

    select * from {{ ref('int_survey_responses') }}

),

questions as (

    select * from {{ ref('dim_question') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

given as (

    select
        answers.question_id,
        answers.choice,
        answers.response_id,
        responses.segment,
        responses.region,
        responses.channel,
        responses.team,
        responses.rep,
        -- A rating outside its scale is a defect, and no value.
        case when answers.measure is null or answers.is_valid then answers.value_number end
            as value_number
    from answers
    inner join responses on answers.response_id = responses.response_id

),

respondents as (

    select distinct  -- who chooses several answers is one respondent
        question_id,
        response_id,
        segment,
        region,
        channel,
        team,
        rep
    from given

),

answered as (

    select
        respondents.question_id,
        members.dimension,
        members.member,
        count(*) as respondents
    from respondents
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in dimensions %},
        ('{{ dimension }}', respondents.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    group by respondents.question_id, members.dimension, members.member

),

chosen as (

    select
        given.question_id,
        given.choice,
        members.dimension,
        members.member,
        count(*) as n,
        avg(cast(given.value_number as double)) as mean_value
    from given
    cross join lateral (
        values
        ('total', 'all')
        {%- for dimension in dimensions %},
        ('{{ dimension }}', given.{{ dimension }})
        {%- endfor %}
    ) as members (dimension, member)
    group by given.question_id, given.choice, members.dimension, members.member

),

survey_answers_by_question as (

    select
        chosen.question_id,
        chosen.choice,
        chosen.dimension,
        chosen.member,
        coalesce(labels.member_label, chosen.member) as member_label,
        questions.survey_id,
        chosen.n,
        answered.respondents,
        {{ ratio('chosen.n', 'answered.respondents') }} as share,
        chosen.mean_value
    from chosen
    inner join answered
        on
            chosen.question_id = answered.question_id
            and chosen.dimension = answered.dimension
            and chosen.member = answered.member
    left join questions on chosen.question_id = questions.question_id
    left join labels
        on chosen.dimension = labels.dimension and chosen.member = labels.member

)

select * from survey_answers_by_question
