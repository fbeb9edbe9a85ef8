{#- Which products are ordered together more often than chance would have it: M. Hahsler et al.,
    arules (2005), for the measures; Y. Benjamini and Y. Hochberg (1995) for what is significant. -#}
{%- set window_months = 24 -%}
{%- set least_orders = 5 -%}
{%- set false_discovery_rate = 0.05 -%}
with facts as (

    select * from {{ ref('int_sales_facts') }}

),

baskets as (

    -- Each is there once: a fact is an order's sales of one product.
    select
        order_id,
        product as product_id
    from facts
    where
        order_id is not null
        and product <> '(none)'
        and date_day > cast({{ as_of_date() }} - interval {{ window_months }} month as date)

),

totals as (

    select count(distinct order_id) as orders_total
    from baskets

),

product_orders as (

    select
        product_id,
        count(*) as orders
    from baskets
    group by product_id

),

pair_orders as (

    select
        baskets.product_id,
        others.product_id as other_product_id,
        count(*) as orders_both
    from baskets
    inner join baskets as others
        on baskets.order_id = others.order_id and baskets.product_id < others.product_id
    group by baskets.product_id, others.product_id
    having count(*) >= {{ least_orders }}

),

pairs as (

    select
        pair_orders.product_id,
        pair_orders.other_product_id,
        pair_orders.orders_both,
        product_orders.orders as orders_product,
        other_orders.orders as orders_other,
        totals.orders_total,
        cast(product_orders.orders as double) * other_orders.orders / totals.orders_total
            as expected
    from pair_orders
    cross join totals
    inner join product_orders on pair_orders.product_id = product_orders.product_id
    inner join product_orders as other_orders
        on pair_orders.other_product_id = other_orders.product_id

),

bounds as (

    -- Eight standard deviations and forty terms on, what is left of the sum is below the last digit
    -- of a double. Below the mean the other tail is the shorter one.
    select
        product_id,
        other_product_id,
        orders_both,
        orders_product,
        orders_other,
        orders_total,
        orders_both > expected as is_upper,
        cast(floor(
            40 + 8 * sqrt(
                expected * (1 - cast(orders_product as double) / orders_total)
                * (orders_total - orders_other) / greatest(orders_total - 1, 1)
            )
        ) as bigint) as terms
    from pairs

),

steps as (

    select
        bounds.product_id,
        bounds.other_product_id,
        bounds.orders_product,
        bounds.orders_other,
        bounds.orders_total,
        case
            when bounds.is_upper then bounds.orders_both + terms.i
            else bounds.orders_both - 1 - terms.i
        end as together
    from bounds
    inner join range(0, 100000) as terms (i) on bounds.terms > terms.i

),

tails as (

    -- The hypergeometric distribution: of as many orders as hold the one product, how many hold the
    -- other too if the two have nothing to do with each other.
    select
        product_id,
        other_product_id,
        sum(exp(
            {{ log_factorial('orders_product') }}
            - {{ log_factorial('together') }}
            - {{ log_factorial('orders_product - together') }}
            + {{ log_factorial('orders_total - orders_product') }}
            - {{ log_factorial('orders_other - together') }}
            - {{ log_factorial('orders_total - orders_product - orders_other + together') }}
            - {{ log_factorial('orders_total') }}
            + {{ log_factorial('orders_other') }}
            + {{ log_factorial('orders_total - orders_other') }}
        )) as tail
    from steps
    where
        together between greatest(0, orders_product + orders_other - orders_total)
        and least(orders_product, orders_other)
    group by product_id, other_product_id

),

tested as (

    select
        bounds.product_id,
        bounds.other_product_id,
        bounds.orders_both,
        bounds.orders_product,
        bounds.orders_other,
        bounds.orders_total,
        greatest(
            0e0,
            least(
                1e0,
                case when bounds.is_upper then tails.tail else 1 - coalesce(tails.tail, 0) end
            )
        ) as p_value
    from bounds
    left join tails
        on
            bounds.product_id = tails.product_id
            and bounds.other_product_id = tails.other_product_id

),

ranked as (

    select
        *,
        {{ false_discovery_rate }} * row_number() over (
            order by
                p_value asc nulls last,
                product_id asc nulls last,
                other_product_id asc nulls last
        ) / count(*) over () as allowed
    from tested

),

discovered as (

    -- Where a pair passes, all that are as unlikely or more so pass.
    select max(p_value) as highest_p_value
    from ranked
    where p_value <= allowed

),

directions as (

    select
        directions.product_id,
        directions.other_product_id,
        tested.orders_both,
        directions.orders_product,
        directions.orders_other,
        tested.orders_total,
        tested.p_value
    from tested
    cross join lateral (
        values
        (tested.product_id, tested.other_product_id, tested.orders_product, tested.orders_other),
        (tested.other_product_id, tested.product_id, tested.orders_other, tested.orders_product)
    ) as directions (product_id, other_product_id, orders_product, orders_other)

),

affinity as (

    select
        directions.product_id,
        directions.other_product_id,
        directions.orders_both,
        directions.orders_product,
        directions.orders_other,
        directions.orders_total,
        {{ ratio('directions.orders_both', 'directions.orders_total') }} as support,
        {{ ratio('directions.orders_both', 'directions.orders_product') }} as confidence,
        cast(directions.orders_both as double) * directions.orders_total
        / nullif(cast(directions.orders_product as double) * directions.orders_other, 0) as lift,
        {{ ratio('directions.orders_both', 'directions.orders_total') }}
        - {{ ratio('directions.orders_product', 'directions.orders_total') }}
        * {{ ratio('directions.orders_other', 'directions.orders_total') }} as leverage,
        directions.p_value,
        coalesce(directions.p_value <= discovered.highest_p_value, false) as is_significant
    from directions
    cross join discovered

)

select * from affinity
