with survey_responses as (

    select * from {{ source('gate', 'accepted_survey__survey_responses') }}

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

invitations as (

    select * from {{ source('gate', 'accepted_survey__survey_invitations') }}

),

known_responses as (

    -- Who answered by an invitation is who was invited.
    select
        survey_responses.response_id,
        surveys.survey_id,
        survey_responses.invitation_id,
        coalesce(survey_responses.account_id, invitations.account_id) as raw_account_id,
        coalesce(survey_responses.customer_id, invitations.customer_id) as raw_customer_id,
        coalesce(survey_responses.user_id, invitations.user_id) as raw_user_id,
        survey_responses.order_id,
        survey_responses.ticket_id,
        survey_responses.channel,
        survey_responses.started_at,
        {{ known('survey_responses.submitted_at') }} as submitted_at,
        {{ known('survey_responses.replied_at') }} as replied_at,
        coalesce(survey_responses.is_test, false) as is_test,
        survey_responses.source_system
    from survey_responses
    inner join surveys on survey_responses.survey_id = surveys.survey_id
    left join invitations on survey_responses.invitation_id = invitations.invitation_id
    where
        coalesce(
            coalesce(survey_responses.started_at, survey_responses.submitted_at)
            < {{ as_of_end() }}, true
        )

),

identified as (

    select
        known_responses.response_id,
        known_responses.survey_id,
        known_responses.invitation_id,
        {{ resolved_id(
            'known_responses.raw_account_id', 'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        {{ resolved_id(
            'known_responses.raw_customer_id', 'customers.survivor_id', 'customers'
        ) }} as customer_id,
        {{ resolved_id('known_responses.raw_user_id', 'reps.user_id', 'users') }} as user_id,
        known_responses.order_id,
        known_responses.ticket_id,
        known_responses.channel,
        known_responses.started_at,
        known_responses.submitted_at,
        known_responses.replied_at,
        known_responses.is_test,
        known_responses.source_system
    from known_responses
    left join account_survivors
        on known_responses.raw_account_id = account_survivors.account_id
    left join customers on known_responses.raw_customer_id = customers.customer_id
    left join reps on known_responses.raw_user_id = reps.user_id

),

waves as (

    -- A wave is the survey, or the order or ticket that was asked about.
    select
        *,
        case
            when user_id is not null then concat('user:', user_id)
            when customer_id is not null then concat('customer:', customer_id)
            when account_id is not null then concat('account:', account_id)
            when invitation_id is not null then concat('invitation:', invitation_id)
            else concat('response:', response_id)
        end as respondent,
        case
            when order_id is not null then concat(survey_id, ':order:', order_id)
            when ticket_id is not null then concat(survey_id, ':ticket:', ticket_id)
            else survey_id
        end as wave
    from identified

),

counted as (

    -- Of a respondent's answers in a wave the last one counts.
    select
        response_id,
        survey_id,
        invitation_id,
        account_id,
        customer_id,
        user_id,
        order_id,
        ticket_id,
        channel,
        respondent,
        wave,
        started_at,
        submitted_at,
        replied_at,
        submitted_at is not null
        and not is_test
        and row_number() over (
            partition by wave, respondent, submitted_at is not null and not is_test
            order by submitted_at desc nulls last, response_id desc nulls last
        ) = 1 as is_counted,
        is_test,
        case
            when submitted_at >= started_at
                then cast({{ seconds_between('started_at', 'submitted_at') }} as double)
        end as seconds_taken,
        source_system
    from waves

)

select * from counted
