{#- The days on which a customer ordered, each with the next one. Two orders of one day are one
    occasion: the time between them says nothing of how long customers wait. -#}
with orders as (

    select * from {{ ref('fct_order') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

order_days as (

    select
        customer_id,
        order_date
    from orders
    where is_valid and customer_id is not null
    group by customer_id, order_date

),

followed as (

    select
        order_days.customer_id,
        coalesce(customers.segment, '(none)') as segment,
        coalesce(customers.region, '(none)') as region,
        order_days.order_date,
        lead(order_days.order_date) over (
            partition by order_days.customer_id order by order_days.order_date asc nulls last
        ) as next_date
    from order_days
    inner join customers on order_days.customer_id = customers.customer_id

)

select * from followed
