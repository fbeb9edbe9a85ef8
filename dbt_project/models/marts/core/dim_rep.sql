with users as (

    select * from {{ source('gate', 'accepted_crm__users') }}

),

reps as (

    select
        user_id,
        name,
        team_id,
        manager_id,
        role,
        region,
        hire_date,
        {{ known_date('leave_date') }} as leave_date,
        case
            -- Who leaves after the as-of day is still there.
            when leave_date > {{ as_of_date() }} then true
            else coalesce(is_active, leave_date is null)
        end as is_active,
        source_system
    from users

)

select * from reps
