{#- What was sold, by order and product on the order's date; what came back, on the return's. -#}
with orders as (

    select * from {{ ref('fct_order') }}

),

order_lines as (

    select * from {{ ref('fct_order_line') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

sold_products as (

    select
        order_id,
        product_id,
        min(order_line_id) as first_line_id,
        cast(sum(quantity) as decimal(18, 4)) as units,
        cast(sum(gross_sales) as decimal(18, 4)) as gross_sales,
        cast(sum(discount_amount) as decimal(18, 4)) as discount_amount,
        -- Before returns: they count on their own date.
        cast(sum(gross_sales - discount_amount) as decimal(18, 4)) as net_sales,
        cast(sum(
            gross_sales - discount_amount - {{ times('quantity', 'unit_cost') }}
        ) as decimal(18, 4)) as gross_margin,
        cast(sum(gross_sales - discount_amount) filter (where unit_cost is null) as decimal(18, 4))
            as net_sales_without_cost
    from order_lines
    where is_valid
    group by order_id, product_id

),

first_lines as (

    select
        order_id,
        min(order_line_id) as first_line_id
    from order_lines
    where is_valid
    group by order_id

),

sales as (

    select
        orders.order_date as date_day,
        orders.order_id,
        orders.customer_id,
        orders.region,
        orders.country,
        orders.channel,
        orders.user_id,
        orders.team_id,
        orders.segment,
        orders.industry,
        sold_products.product_id,
        -- One row of each order counts it, where an order is one member's.
        case
            when
                sold_products.first_line_id is null
                or sold_products.first_line_id = first_lines.first_line_id
                then 1
            else 0
        end as order_count,
        orders.is_new_customer,
        orders.line_count > 0 and orders.conversion_status <> 'missing_rate' as has_value,
        orders.conversion_status = 'missing_rate' as has_missing_rate,
        sold_products.units,
        sold_products.gross_sales,
        sold_products.discount_amount,
        cast(0 as decimal(18, 4)) as returned_amount,
        sold_products.net_sales,
        sold_products.gross_margin,
        sold_products.net_sales_without_cost
    from orders
    left join sold_products on orders.order_id = sold_products.order_id
    left join first_lines on orders.order_id = first_lines.order_id
    where orders.is_valid

),

returned as (

    select
        returns.returned_date as date_day,
        cast(null as string) as order_id,
        returns.customer_id,
        case when orders.order_id is not null then orders.region else customers.region end
            as region,
        case when orders.order_id is not null then orders.country else customers.country end
            as country,
        orders.channel,
        orders.user_id,
        orders.team_id,
        case when orders.order_id is not null then orders.segment else customers.segment end
            as segment,
        case when orders.order_id is not null then orders.industry else customers.industry end
            as industry,
        returns.product_id,
        0 as order_count,
        false as is_new_customer,
        false as has_value,
        false as has_missing_rate,
        cast(0 as decimal(18, 4)) as units,
        cast(0 as decimal(18, 4)) as gross_sales,
        cast(0 as decimal(18, 4)) as discount_amount,
        returns.amount as returned_amount,
        -returns.amount as net_sales,
        case
            when returns.has_cost then coalesce(returns.cost_amount, 0) - returns.amount
        end as gross_margin,
        case when not returns.has_cost then -returns.amount end as net_sales_without_cost
    from returns
    left join orders on returns.order_id = orders.order_id
    left join customers on returns.customer_id = customers.customer_id
    where returns.is_valid and returns.returned_date is not null

),

dated as (

    select * from sales
    union all
    select * from returned

),

facts as (

    select
        dated.date_day,
        dated.order_id,
        dated.customer_id,
        coalesce(dated.region, '(none)') as region,
        coalesce(dated.country, '(none)') as country,
        coalesce(dated.channel, '(none)') as channel,
        coalesce(dated.user_id, '(none)') as rep,
        coalesce(dated.team_id, '(none)') as team,
        coalesce(dated.segment, '(none)') as segment,
        coalesce(dated.industry, '(none)') as industry,
        coalesce(dated.product_id, '(none)') as product,
        coalesce(products.category, '(none)') as category,
        coalesce(products.family, '(none)') as family,
        dated.order_count,
        dated.is_new_customer,
        dated.has_value,
        dated.has_missing_rate,
        dated.units,
        dated.gross_sales,
        dated.discount_amount,
        dated.returned_amount,
        dated.net_sales,
        dated.gross_margin,
        dated.net_sales_without_cost
    from dated
    left join products on dated.product_id = products.product_id

)

select * from facts
