with returns as (

    select * from {{ source('gate', 'accepted_orders__returns') }}

),

orders as (

    select * from {{ source('gate', 'accepted_orders__orders') }}

),

order_lines as (

    select * from {{ ref('int_order_lines') }}

),

headers as (

    select * from {{ ref('int_order_headers') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

one_line_orders as (

    select
        order_id,
        min(order_line_id) as order_line_id
    from order_lines
    where
        order_id in (
            select returns.order_id
            from returns
            where returns.order_line_id is null
        )
    group by order_id
    having count(*) = 1

),

traced as (

    -- A return that names its order only, is of that order's line where it has but one.
    select
        returns.return_id,
        coalesce(named_lines.order_line_id, one_line_orders.order_line_id) as order_line_id,
        coalesce(named_lines.order_id, returns.order_id) as order_id,
        returns.product_id,
        returns.customer_id,
        returns.quantity,
        returns.amount,
        returns.returned_at,
        returns.reason,
        returns.source_system
    from returns
    left join order_lines as named_lines on returns.order_line_id = named_lines.order_line_id
    left join one_line_orders
        on returns.order_id = one_line_orders.order_id and returns.order_line_id is null

),

dated as (

    select
        traced.return_id,
        traced.order_line_id,
        headers.order_id,
        coalesce(order_lines.product_id, products.product_id) as product_id,
        case
            when headers.order_id is not null then headers.customer_id
            else survivors.customer_id
        end as customer_id,
        {{ local_date(
            'coalesce(traced.returned_at, headers.delivered_at, headers.ordered_at)'
        ) }} as returned_date,
        traced.quantity,
        traced.amount as amount_original,
        coalesce(headers.currency_code, '{{ var("company_currency") }}') as currency_code,
        {{ reporting(
            'traced.amount',
            'case when headers.order_id is null then cast(1 as decimal(18, 8))'
            ~ ' else headers.rate end'
        ) }} as amount,
        {{ times('traced.quantity', 'order_lines.unit_cost') }} as cost_amount,
        order_lines.unit_cost is not null as has_cost,
        {{ masked_text('traced.reason') }} as reason,
        traced.order_line_id is not null as has_line,
        -- What comes back from an order that does not count, does not count either.
        case
            when headers.order_id is not null then headers.is_valid
            else orders.order_id is null
        end as is_valid,
        traced.source_system
    from traced
    left join headers on traced.order_id = headers.order_id
    left join orders on traced.order_id = orders.order_id
    left join order_lines on traced.order_line_id = order_lines.order_line_id
    left join products on traced.product_id = products.product_id
    left join customers as named on traced.customer_id = named.customer_id
    left join customers as survivors on named.survivor_id = survivors.customer_id

),

known_returns as (

    select
        return_id,
        order_line_id,
        order_id,
        product_id,
        customer_id,
        returned_date,
        quantity,
        amount,
        reason,
        has_line,
        is_valid,
        has_cost,
        cost_amount,
        amount_original,
        currency_code,
        source_system
    from dated
    where returned_date <= {{ as_of_date() }} or returned_date is null

)

select * from known_returns
