{#- What plans pay commission on, and what came back of it. Bookings are won deals by their splits;
    their returns are those of the deals' orders. Revenue is the rep's sales before returns. A return
    is dated by the return (`date_day`) and by what was sold (`sold_on`). -#}
with deal_credits as (

    select * from {{ ref('int_deal_credits') }}

),

orders as (

    select * from {{ ref('int_order_headers') }}

),

sales_days as (

    select * from {{ ref('int_sales_days') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

order_returns as (

    select
        orders.opportunity_id,
        orders.user_id,
        orders.order_date,
        returns.returned_date,
        returns.amount
    from returns
    inner join orders on returns.order_id = orders.order_id
    where returns.is_valid and returns.amount is not null and returns.returned_date is not null

),

credits as (

    select
        'bookings' as measure,
        user_id,
        closed_date as date_day,
        closed_date as sold_on,
        credited,
        cast(0 as decimal(18, 4)) as returned
    from deal_credits
    union all
    select
        'revenue' as measure,
        member as user_id,
        date_day,
        date_day as sold_on,
        cast(gross_sales - discount_amount as decimal(18, 4)) as credited,
        cast(0 as decimal(18, 4)) as returned
    from sales_days
    where dimension = 'rep' and member <> '(none)'
    union all
    select
        'bookings' as measure,
        deal_credits.user_id,
        order_returns.returned_date as date_day,
        deal_credits.closed_date as sold_on,
        cast(0 as decimal(18, 4)) as credited,
        cast(
            round(cast(order_returns.amount as decimal(26, 4)) * deal_credits.share, 4)
            as decimal(18, 4)
        ) as returned
    from order_returns
    inner join deal_credits on order_returns.opportunity_id = deal_credits.opportunity_id
    union all
    select
        'revenue' as measure,
        user_id,
        returned_date as date_day,
        order_date as sold_on,
        cast(0 as decimal(18, 4)) as credited,
        amount as returned
    from order_returns
    where user_id is not null

)

select * from credits
