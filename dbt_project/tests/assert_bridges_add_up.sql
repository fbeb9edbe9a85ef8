{# The terms of a product's bridge are its change, and its net sales those of sales_by_period. #}
with bridge as (

    select * from {{ ref('price_volume_mix') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

broken as (

    select
        bridge.period_start,
        bridge.product_id
    from bridge
    left join sales
        on
            bridge.period_start = sales.period_start
            and bridge.product_id = sales.member
            and sales.period_type = 'month'
            and sales.dimension = 'product'
    where
        bridge.price_effect + bridge.volume_effect + bridge.mix_effect + bridge.new_effect
        + bridge.discontinued_effect + bridge.returns_effect
        <> bridge.change
        or bridge.change <> bridge.net_sales - bridge.previous_net_sales
        or bridge.net_sales is distinct from sales.net_sales
        or bridge.previous_net_sales <> coalesce(sales.previous_net_sales, 0)

)

select * from broken
