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

members as (

    select
        answers.question_id,
        answers.choice,
        answers.response_id,
        members.dimension,
        members.member,
        -- A rating outside its scale is a defect, and no value.
        case when answers.measure is null or answers.is_valid then answers.value_number end
            as value_number
    from answers
    inner join responses on answers.response_id = responses.response_id
    cross join lateral (
        values
        ('total', 'all'),
        ('segment', responses.segment),
        ('region', responses.region),
        ('channel', responses.channel),
        ('team', responses.team),
        ('rep', responses.rep)
    ) as members (dimension, member)

),

answered as (

    select
        question_id,
        dimension,
        member,
        count(distinct response_id) as respondents
    from members
    group by question_id, dimension, member

),

chosen as (

    select
        question_id,
        choice,
        dimension,
        member,
        count(*) as n,
        avg(cast(value_number as double)) as mean_value
    from members
    group by question_id, choice, dimension, member

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
