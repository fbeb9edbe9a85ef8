with rules as (

    select * from {{ ref('product_affinity') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

bought as (

    select
        customer_id,
        product as product_id
    from facts
    where
        order_id is not null
        and customer_id is not null
        and date_day > cast({{ as_of_date() }} - interval 24 month as date)
    group by customer_id, product

),

candidates as (

    select
        bought.customer_id,
        rules.other_product_id as product_id,
        rules.product_id as because_product_id,
        rules.confidence,
        rules.lift
    from bought
    inner join rules on bought.product_id = rules.product_id and rules.is_significant
    inner join products on rules.other_product_id = products.product_id
    left join bought as already
        on
            bought.customer_id = already.customer_id
            and rules.other_product_id = already.product_id
    -- What is no longer sold is not offered.
    where already.product_id is null and coalesce(products.is_active, true)

),

best as (

    -- The best reason for each product: the surest rule, of equals the stronger one, then by id.
    select
        customer_id,
        product_id,
        because_product_id,
        confidence,
        lift
    from candidates
    qualify row_number() over (
        partition by customer_id, product_id
        order by
            confidence desc nulls last, lift desc nulls last, because_product_id asc nulls last
    ) = 1

),

ranked as (

    select
        customer_id,
        cast(
            row_number() over (
                partition by customer_id
                order by confidence desc nulls last, lift desc nulls last, product_id asc nulls last
            ) as bigint
        ) as rank,
        product_id,
        confidence as score,
        because_product_id
    from best

),

offered as (

    select * from ranked
    where rank <= 5

)

select * from offered
