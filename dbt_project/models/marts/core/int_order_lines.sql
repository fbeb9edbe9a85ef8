with order_lines as (

    select * from {{ source('gate', 'accepted_orders__order_lines') }}

),

headers as (

    select * from {{ ref('int_order_headers') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

valued_lines as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.product_id,
        order_lines.quantity,
        order_lines.unit_price,
        order_lines.unit_cost,
        order_lines.source_system,
        {{ times('order_lines.quantity', 'order_lines.unit_price') }} as gross_sales,
        coalesce(order_lines.discount_amount, 0) as line_discount,
        headers.order_date,
        headers.customer_id,
        headers.user_id,
        headers.channel,
        headers.region,
        headers.rate,
        headers.discount_amount as order_discount,
        headers.is_valid
    from order_lines
    inner join headers on order_lines.order_id = headers.order_id

),

discounted_lines as (

    select
        order_id,
        order_line_id,
        order_discount as discount_amount,
        gross_sales - line_discount as amount,
        cast(sum(gross_sales - line_discount) over (partition by order_id) as decimal(18, 4))
            as order_amount,
        row_number() over (partition by order_id order by order_line_id desc nulls last) = 1
            as is_last
    from valued_lines
    where order_discount <> 0

),

shares as (

    select
        order_id,
        order_line_id,
        discount_amount,
        is_last,
        case
            when is_last then 0
            else coalesce({{ share_of_money('discount_amount', 'amount', 'order_amount') }}, 0)
        end as share
    from discounted_lines

),

spread_discounts as (

    -- The last line takes what rounding left, so that the shares add up to the order's discount.
    select
        order_id,
        order_line_id,
        case
            when is_last
                then discount_amount - sum(share) over (partition by order_id)
            else share
        end as order_discount
    from shares

),

costed_lines as (

    select
        valued_lines.order_line_id,
        valued_lines.order_id,
        valued_lines.order_date,
        valued_lines.customer_id,
        products.product_id,
        valued_lines.user_id,
        valued_lines.channel,
        valued_lines.region,
        valued_lines.quantity,
        valued_lines.unit_price,
        valued_lines.gross_sales,
        valued_lines.line_discount + coalesce(spread_discounts.order_discount, 0)
            as discount_amount,
        valued_lines.rate,
        -- A line's cost is in its order's currency, a product's in the product's.
        coalesce(
            {{ reporting('valued_lines.unit_cost', 'valued_lines.rate') }},
            {{ reporting(
                'products.unit_cost_original',
                rate_of('products.currency_code', 'exchange_rates.rate')
            ) }}
        ) as unit_cost,
        valued_lines.is_valid,
        valued_lines.source_system
    from valued_lines
    left join spread_discounts
        on
            valued_lines.order_id = spread_discounts.order_id
            and valued_lines.order_line_id = spread_discounts.order_line_id
    left join products on valued_lines.product_id = products.product_id
    left join exchange_rates
        on
            products.currency_code = exchange_rates.currency_code
            and valued_lines.order_date = exchange_rates.rate_date

),

converted_lines as (

    select
        order_line_id,
        order_id,
        order_date,
        customer_id,
        product_id,
        user_id,
        channel,
        region,
        quantity,
        {{ reporting('unit_price', 'rate') }} as unit_price,
        {{ reporting('gross_sales', 'rate') }} as gross_sales,
        {{ reporting('discount_amount', 'rate') }} as discount_amount,
        unit_cost,
        is_valid,
        source_system
    from costed_lines

)

select * from converted_lines
