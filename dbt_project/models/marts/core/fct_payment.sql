with payments as (

    select * from {{ source('gate', 'accepted_orders__payments') }}

),

headers as (

    select * from {{ ref('int_order_headers') }}

),

converted as (

    select
        payments.payment_id,
        payments.order_id,
        payments.method,
        {{ reporting('payments.amount', 'headers.rate') }} as amount,
        payments.paid_at,
        {{ local_date('payments.paid_at') }} as paid_date,
        payments.status,
        payments.source_system
    from payments
    inner join headers on payments.order_id = headers.order_id
    where coalesce(payments.paid_at < {{ as_of_end() }}, true)

)

select * from converted
