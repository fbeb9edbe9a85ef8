{#- Responses that count, with the members they count under. -#}
with responses as (

    select * from {{ ref('fct_survey_response') }}

),

orders as (

    select * from {{ ref('fct_order') }}

),

tickets as (

    select * from {{ ref('fct_ticket') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

placed as (

    -- Who is asked about: the rep of the order, of the ticket, or of the account. Who answers as a
    -- member of the staff is nobody's customer, and is known by the team only.
    select
        responses.response_id,
        responses.survey_id,
        {{ local_date('responses.submitted_at') }} as date_day,
        responses.channel,
        case
            when responses.user_id is not null then staff.region
            else coalesce(customers.region, accounts.region, orders.region)
        end as region,
        case
            when responses.user_id is null then coalesce(customers.segment, accounts.segment)
        end as segment,
        case
            when responses.user_id is null
                then coalesce(orders.user_id, tickets.owner_id, accounts.owner_id)
        end as rep,
        responses.user_id
    from responses
    left join orders on responses.order_id = orders.order_id
    left join tickets on responses.ticket_id = tickets.ticket_id
    left join customers on responses.customer_id = customers.customer_id
    left join accounts
        on coalesce(responses.account_id, customers.account_id) = accounts.account_id
    left join reps as staff on responses.user_id = staff.user_id
    where responses.is_counted

),

members as (

    select
        placed.response_id,
        placed.survey_id,
        placed.date_day,
        coalesce(placed.segment, '(none)') as segment,
        coalesce(placed.region, '(none)') as region,
        coalesce(placed.channel, '(none)') as channel,
        coalesce(reps.team_id, '(none)') as team,
        coalesce(placed.rep, '(none)') as rep,
        placed.user_id is not null as is_of_staff
    from placed
    left join reps on coalesce(placed.rep, placed.user_id) = reps.user_id

)

select * from members
