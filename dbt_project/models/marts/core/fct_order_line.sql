with order_lines as (

    select * from {{ ref('int_order_lines') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

returned as (

    select
        order_line_id,
        cast(coalesce(sum(quantity), 0) as decimal(18, 4)) as returned_quantity,
        cast(sum(amount) as decimal(18, 4)) as returned_amount,
        cast(coalesce(sum(cost_amount), 0) as decimal(18, 4)) as returned_cost
    from returns
    where has_line
    group by order_line_id

),

netted as (

    select
        order_lines.order_line_id,
        order_lines.order_id,
        order_lines.order_date,
        order_lines.customer_id,
        order_lines.product_id,
        order_lines.user_id,
        order_lines.channel,
        order_lines.region,
        order_lines.quantity,
        order_lines.unit_price,
        order_lines.gross_sales,
        order_lines.discount_amount,
        coalesce(returned.returned_quantity, 0) as returned_quantity,
        case
            when order_lines.gross_sales is not null then coalesce(returned.returned_amount, 0)
        end as returned_amount,
        order_lines.unit_cost,
        {{ times('order_lines.quantity', 'order_lines.unit_cost') }}
        - coalesce(returned.returned_cost, 0) as cost_amount,
        order_lines.is_valid,
        order_lines.source_system
    from order_lines
    left join returned on order_lines.order_line_id = returned.order_line_id

),

lines as (

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
        unit_price,
        gross_sales,
        cast(discount_amount as decimal(18, 4)) as discount_amount,
        cast(returned_quantity as decimal(18, 4)) as returned_quantity,
        cast(returned_amount as decimal(18, 4)) as returned_amount,
        cast(gross_sales - discount_amount - returned_amount as decimal(18, 4)) as net_sales,
        unit_cost,
        cast(gross_sales - discount_amount - returned_amount - cost_amount as decimal(18, 4))
            as gross_margin,
        is_valid,
        source_system
    from netted

)

select * from lines
