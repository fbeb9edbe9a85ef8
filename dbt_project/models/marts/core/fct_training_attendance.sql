with training_attendances as (

    select * from {{ source('gate', 'accepted_crm__training_attendances') }}

),

training_sessions as (

    select * from {{ source('gate', 'accepted_crm__training_sessions') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

attended as (

    select
        training_attendances.session_id,
        training_attendances.user_id,
        training_sessions.course,
        training_sessions.format,
        training_sessions.held_on,
        {{ reporting(
            'training_sessions.cost',
            rate_of(currency('training_sessions.currency_code'), 'exchange_rates.rate')
        ) }} as session_cost,
        training_attendances.has_attended,
        cast(training_attendances.exam_score as double) as exam_score,
        cast(training_attendances.feedback_score as double) as feedback_score,
        training_attendances.source_system
    from training_attendances
    inner join training_sessions
        on training_attendances.session_id = training_sessions.session_id
    left join exchange_rates
        on
            training_sessions.currency_code = exchange_rates.currency_code
            and training_sessions.held_on = exchange_rates.rate_date
    where training_sessions.held_on <= {{ as_of_date() }}

)

select * from attended
