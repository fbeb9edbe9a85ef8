with tickets as (

    select * from {{ source('gate', 'accepted_crm__tickets') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

headers as (

    select * from {{ ref('int_order_headers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

contacts as (

    select * from {{ source('gate', 'accepted_crm__contacts') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

known_tickets as (

    select
        tickets.ticket_id,
        {{ resolved_id(
            'coalesce(tickets.account_id, contacts.account_id)',
            'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        {{ resolved_id('tickets.customer_id', 'customers.survivor_id', 'customers') }}
            as customer_id,
        {{ resolved_id('tickets.order_id', 'headers.order_id', 'orders') }} as order_id,
        {{ resolved_id('tickets.owner_id', 'reps.user_id', 'users') }} as owner_id,
        tickets.category,
        tickets.priority,
        tickets.channel,
        tickets.created_at,
        {{ known('tickets.first_response_at') }} as first_response_at,
        {{ known('tickets.resolved_at') }} as resolved_at,
        coalesce(tickets.reopened_count, 0) as reopened_count,
        tickets.source_system
    from tickets
    left join contacts on tickets.contact_id = contacts.contact_id
    left join account_survivors
        on coalesce(tickets.account_id, contacts.account_id) = account_survivors.account_id
    left join customers on tickets.customer_id = customers.customer_id
    left join headers on tickets.order_id = headers.order_id
    left join reps on tickets.owner_id = reps.user_id
    where tickets.created_at < {{ as_of_end() }}

),

local_times as (

    select
        ticket_id,
        {{ utc_to_local('created_at') }} as created_local,
        {{ utc_to_local('first_response_at') }} as answered_local,
        {{ utc_to_local('resolved_at') }} as resolved_local
    from known_tickets

),

worked as (

    select
        local_times.ticket_id,
        {{ working_hours('local_times.created_local', 'created_dates') }} as created_hours,
        {{ working_hours('local_times.answered_local', 'answered_dates') }} as answered_hours,
        {{ working_hours('local_times.resolved_local', 'resolved_dates') }} as resolved_hours
    from local_times
    left join dates as created_dates
        on cast(local_times.created_local as date) = created_dates.date_day
    left join dates as answered_dates
        on cast(local_times.answered_local as date) = answered_dates.date_day
    left join dates as resolved_dates
        on cast(local_times.resolved_local as date) = resolved_dates.date_day

),

measured as (

    -- A reply before the question is a defect, and has no duration.
    select
        known_tickets.ticket_id,
        known_tickets.account_id,
        known_tickets.customer_id,
        known_tickets.order_id,
        known_tickets.owner_id,
        known_tickets.category,
        known_tickets.priority,
        known_tickets.channel,
        known_tickets.created_at,
        known_tickets.first_response_at,
        known_tickets.resolved_at,
        case
            when known_tickets.first_response_at >= known_tickets.created_at
                then cast({{ seconds_between(
                    'known_tickets.created_at', 'known_tickets.first_response_at'
                ) }} / 3600 as double)
        end as first_response_hours,
        case
            when known_tickets.first_response_at >= known_tickets.created_at
                then cast(worked.answered_hours - worked.created_hours as double)
        end as first_response_business_hours,
        case
            when known_tickets.resolved_at >= known_tickets.created_at
                then cast({{ seconds_between(
                    'known_tickets.created_at', 'known_tickets.resolved_at'
                ) }} / 3600 as double)
        end as resolution_hours,
        case
            when known_tickets.resolved_at >= known_tickets.created_at
                then cast(worked.resolved_hours - worked.created_hours as double)
        end as resolution_business_hours,
        known_tickets.reopened_count,
        known_tickets.resolved_at is null as is_open,
        known_tickets.source_system
    from known_tickets
    inner join worked on known_tickets.ticket_id = worked.ticket_id

)

select * from measured
