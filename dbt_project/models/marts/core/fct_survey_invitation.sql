with survey_invitations as (

    select * from {{ source('gate', 'accepted_survey__survey_invitations') }}

),

surveys as (

    select * from {{ ref('dim_survey') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

known_invitations as (

    select
        survey_invitations.invitation_id,
        surveys.survey_id,
        {{ resolved_id(
            'survey_invitations.account_id', 'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        {{ resolved_id('survey_invitations.customer_id', 'customers.survivor_id', 'customers') }}
            as customer_id,
        {{ resolved_id('survey_invitations.user_id', 'reps.user_id', 'users') }} as user_id,
        survey_invitations.sent_at,
        {{ local_date('survey_invitations.sent_at') }} as sent_date,
        coalesce(survey_invitations.is_bounced, false) as is_bounced,
        survey_invitations.source_system
    from survey_invitations
    inner join surveys on survey_invitations.survey_id = surveys.survey_id
    left join account_survivors
        on survey_invitations.account_id = account_survivors.account_id
    left join customers on survey_invitations.customer_id = customers.customer_id
    left join reps on survey_invitations.user_id = reps.user_id
    where coalesce(survey_invitations.sent_at < {{ as_of_end() }}, true)

)

select * from known_invitations
