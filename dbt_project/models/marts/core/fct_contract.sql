with contracts as (

    select * from {{ source('gate', 'accepted_orders__contracts') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

converted as (

    -- One rate for a contract's whole life, its first day's: movements are never those of rates.
    select
        contracts.contract_id,
        customers.survivor_id as customer_id,
        products.product_id,
        contracts.starts_on,
        contracts.ends_on,
        {{ reporting(
            'contracts.monthly_amount',
            rate_of(currency('contracts.currency_code'), 'exchange_rates.rate')
        ) }} as monthly_amount,
        contracts.monthly_amount as monthly_amount_original,
        {{ currency('contracts.currency_code') }} as currency_code,
        {{ known_date('contracts.cancelled_on') }} as cancelled_on,
        contracts.source_system
    from contracts
    left join customers on contracts.customer_id = customers.customer_id
    left join products on contracts.product_id = products.product_id
    left join exchange_rates
        on
            contracts.currency_code = exchange_rates.currency_code
            and contracts.starts_on = exchange_rates.rate_date
    where contracts.starts_on <= {{ as_of_date() }}

)

select * from converted
