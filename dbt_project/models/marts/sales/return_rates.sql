{#- What came back of what was sold in a month, however late it came back. Returns that name no line
    can't be held against a sale: they are counted apart, in the month in which they came. Where no
    source tells of returns, nothing is known of them, and there are no rows. -#}
with order_lines as (

    select * from {{ ref('fct_order_line') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

delivered as (

    select * from {{ source('run', 'delivered') }}

),

sold as (

    select
        cast(date_trunc('month', order_date) as date) as sale_month,
        coalesce(product_id, '(none)') as product_id,
        sum(quantity) as units_sold
    from order_lines
    where is_valid
    group by all

),

came_back as (

    select
        cast(date_trunc('month', order_lines.order_date) as date) as sale_month,
        coalesce(order_lines.product_id, '(none)') as product_id,
        sum(returns.quantity) as units_returned,
        sum(returns.amount) as amount_returned
    from returns
    inner join order_lines on returns.order_line_id = order_lines.order_line_id
    where returns.is_valid and returns.has_line and order_lines.is_valid
    group by all

),

without_line as (

    select
        cast(date_trunc('month', returned_date) as date) as sale_month,
        coalesce(product_id, '(none)') as product_id,
        count(*) as returns_without_line
    from returns
    where is_valid and not has_line and returned_date is not null
    group by all

),

first_months as (

    select
        product_id,
        min(sale_month) as first_month
    from (
        select
            sale_month,
            product_id
        from sold
        union all
        select
            sale_month,
            product_id
        from without_line
    ) as months
    group by product_id

),

all_rows as (

    select
        dates.month_start as sale_month,
        max(dates.date_day) as last_day,
        first_months.product_id
    from first_months
    inner join dates
        on
            first_months.first_month <= dates.month_start
            and dates.month_start <= {{ as_of_date() }}
    where 'returns' in (select delivered.entity from delivered)
    group by dates.month_start, first_months.product_id

),

rates as (

    select
        all_rows.sale_month,
        all_rows.product_id,
        cast(coalesce(sold.units_sold, 0) as decimal(18, 4)) as units_sold,
        cast(coalesce(came_back.units_returned, 0) as decimal(18, 4)) as units_returned,
        {{ ratio('coalesce(came_back.units_returned, 0)', 'sold.units_sold') }} as return_rate,
        cast(coalesce(came_back.amount_returned, 0) as decimal(18, 4)) as amount_returned,
        cast(coalesce(without_line.returns_without_line, 0) as bigint) as returns_without_line,
        cast(all_rows.last_day + {{ var('return_window_days') }} as date) <= {{ as_of_date() }}
            as is_mature
    from all_rows
    left join sold
        on
            all_rows.sale_month = sold.sale_month and all_rows.product_id = sold.product_id
    left join came_back
        on
            all_rows.sale_month = came_back.sale_month
            and all_rows.product_id = came_back.product_id
    left join without_line
        on
            all_rows.sale_month = without_line.sale_month
            and all_rows.product_id = without_line.product_id

)

select * from rates
