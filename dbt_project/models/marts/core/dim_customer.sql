with customers as (

    select * from {{ source('gate', 'accepted_orders__customers') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

customer_survivors as (

    select * from {{ ref('int_customer_survivors') }}

),

identified as (

    select
        customers.customer_id,
        {{ resolved_id(
            'customers.account_id', 'account_survivors.survivor_id', 'accounts'
        ) }} as account_id,
        customers.name,
        coalesce(customers.segment, accounts.segment) as segment,
        accounts.industry,
        customers.country,
        customers.region,
        customers.city,
        customers.created_at,
        -- Merged into a record that is gone, a customer stands for itself.
        coalesce(customer_survivors.survivor_id, customers.customer_id) as survivor_id,
        customer_survivors.match_rule,
        customers.source_system
    from customers
    inner join customer_survivors on customers.customer_id = customer_survivors.customer_id
    left join account_survivors on customers.account_id = account_survivors.account_id
    left join accounts on account_survivors.survivor_id = accounts.account_id

)

select * from identified
