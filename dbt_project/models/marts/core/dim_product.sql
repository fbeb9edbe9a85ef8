with products as (

    select * from {{ source('gate', 'accepted_orders__products') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

rated as (

    select
        products.product_id,
        products.sku,
        products.name,
        products.category,
        products.family,
        products.unit_cost,
        products.list_price,
        products.is_active,
        products.launched_on,
        products.source_system,
        {{ currency('products.currency_code') }} as currency_code,
        {{ rate_of(currency('products.currency_code'), 'exchange_rates.rate') }} as rate
    from products
    left join exchange_rates
        on
            products.currency_code = exchange_rates.currency_code
            and exchange_rates.rate_date = {{ as_of_date() }}

),

converted as (

    select
        product_id,
        sku,
        name,
        category,
        family,
        {{ reporting('unit_cost', 'rate') }} as unit_cost,
        {{ reporting('list_price', 'rate') }} as list_price,
        is_active,
        launched_on,
        source_system,
        unit_cost as unit_cost_original,
        currency_code
    from rated

)

select * from converted
