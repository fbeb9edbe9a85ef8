with headers as (

    select * from {{ ref('int_order_headers') }}

),

order_lines as (

    select * from {{ ref('fct_order_line') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

delivering_sources as (

    select distinct source_system  -- the sources that tell of shipments at all
    from {{ source('run', 'delivered') }}
    where entity = 'shipments'

),

line_totals as (

    select
        order_id,
        count(*) as line_count,
        sum(quantity) as units,
        sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount,
        sum(gross_margin) as gross_margin,
        sum(net_sales) filter (where gross_margin is null) as net_sales_without_cost
    from order_lines
    group by order_id

),

returned_orders as (

    select
        order_id,
        sum(amount) as returned_amount
    from returns
    where not has_line and order_id is not null
    group by order_id

),

numbered as (

    select
        order_id,
        row_number() over (
            partition by customer_id
            order by ordered_at asc nulls last, order_id asc nulls last
        )
            as customer_order_number
    from headers
    where is_valid and customer_id is not null

),

totalled as (

    select
        headers.order_id,
        cast(coalesce(line_totals.line_count, 0) as bigint) as line_count,
        coalesce(line_totals.units, 0) as units,
        -- An order without a rate has no amount; one without lines sold nothing.
        case when headers.rate is not null then coalesce(line_totals.gross_sales, 0) end
            as gross_sales,
        case when headers.rate is not null then coalesce(line_totals.discount_amount, 0) end
            as discount_amount,
        case
            when headers.rate is not null
                then
                    coalesce(line_totals.returned_amount, 0)
                    + coalesce(returned_orders.returned_amount, 0)
        end as returned_amount,
        line_totals.gross_margin,
        case
            when headers.rate is not null
                then
                    coalesce(line_totals.net_sales_without_cost, 0)
                    - coalesce(returned_orders.returned_amount, 0)
        end as net_sales_without_cost,
        -- Without a word on shipments nothing can be said of an order's delivery.
        headers.promised_date <= {{ as_of_date() }}
        and coalesce(line_totals.line_count, 0) > 0
        and exists (select 1 from delivering_sources) as is_due
    from headers
    left join line_totals on headers.order_id = line_totals.order_id
    left join returned_orders on headers.order_id = returned_orders.order_id

),

orders as (

    select
        headers.order_id,
        headers.order_number,
        headers.customer_id,
        headers.is_guest,
        headers.channel,
        headers.status,
        headers.user_id,
        headers.team_id,
        headers.region,
        headers.country,
        headers.segment,
        headers.industry,
        headers.opportunity_id,
        headers.ordered_at,
        headers.entered_at,
        headers.order_date,
        headers.confirmed_at,
        headers.promised_date,
        headers.shipped_at,
        headers.delivered_at,
        headers.delivery_basis,
        headers.completed_at,
        case
            when totalled.is_due
                then coalesce(
                    {{ local_date('headers.completed_at') }} <= headers.promised_date, false
                )
        end as is_on_time,
        case when totalled.line_count > 0 then headers.is_in_full end as is_in_full,
        coalesce(totalled.is_due, false) as is_due,
        cast(
            {{ days_between('headers.order_date', local_date('headers.completed_at')) }} as double
        ) as cycle_days,
        totalled.line_count,
        cast(totalled.units as decimal(18, 4)) as units,
        cast(totalled.gross_sales as decimal(18, 4)) as gross_sales,
        cast(totalled.discount_amount as decimal(18, 4)) as discount_amount,
        cast(totalled.returned_amount as decimal(18, 4)) as returned_amount,
        cast(
            totalled.gross_sales - totalled.discount_amount - totalled.returned_amount
            as decimal(18, 4)
        ) as net_sales,
        cast(totalled.gross_margin as decimal(18, 4)) as gross_margin,
        cast(totalled.net_sales_without_cost as decimal(18, 4)) as net_sales_without_cost,
        {{ reporting('headers.shipping_amount', 'headers.rate') }} as shipping_amount,
        headers.currency_code,
        cast(headers.rate as double) as exchange_rate,
        {{ conversion_status('headers.currency_code', 'headers.rate') }} as conversion_status,
        numbered.customer_order_number,
        coalesce(numbered.customer_order_number = 1, false) as is_new_customer,
        headers.is_valid,
        headers.source_system
    from headers
    inner join totalled on headers.order_id = totalled.order_id
    left join numbered on headers.order_id = numbered.order_id

)

select * from orders
