{#- Orders, lines, periods and members tell one story: every row here is a sum that does not. -#}
with sales as (

    select * from {{ ref('sales_by_period') }}

),

orders as (

    select * from {{ ref('fct_order') }}

),

order_lines as (

    select * from {{ ref('fct_order_line') }}

),

returns as (

    select * from {{ ref('fct_return') }}

),

return_rates as (

    select * from {{ ref('return_rates') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

totals as (

    select * from sales
    where dimension = 'total'

),

member_sums as (

    select
        period_type,
        period_start,
        dimension,
        sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount,
        sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales,
        sum(gross_margin) as gross_margin,
        sum(units) as units,
        sum(new_customers) as new_customers,
        sum(orders) as orders
    from sales
    where dimension <> 'total'
    group by period_type, period_start, dimension

),

members_off as (

    -- Orders by what they hold do not add up; by their own attributes they do.
    select
        concat_ws(' ', 'members of', member_sums.dimension, member_sums.period_type) as finding,
        member_sums.period_start,
        cast(totals.net_sales as decimal(38, 4)) as expected,
        member_sums.net_sales as found
    from member_sums
    inner join totals
        on
            member_sums.period_type = totals.period_type
            and member_sums.period_start = totals.period_start
    where
        member_sums.gross_sales <> totals.gross_sales
        or member_sums.discount_amount <> totals.discount_amount
        or member_sums.returned_amount <> totals.returned_amount
        or member_sums.net_sales <> totals.net_sales
        or member_sums.gross_margin <> totals.gross_margin
        or member_sums.units <> totals.units
        or (
            member_sums.dimension not in ('product', 'category', 'family')
            and (
                member_sums.orders <> totals.orders
                or member_sums.new_customers <> totals.new_customers
            )
        )

),

facts as (

    select
        coalesce(sum(net_sales), 0) as net_sales,
        coalesce(sum(gross_margin), 0) as gross_margin,
        count(*) as orders,
        count_if(is_new_customer) as new_customers
    from orders
    where is_valid

),

stray_returns as (

    select coalesce(sum(amount), 0) as amount
    from returns
    where order_id is null and is_valid and returned_date is not null

),

undated_returns as (

    select coalesce(sum(amount), 0) as amount
    from returns
    where order_id is not null and is_valid and returned_date is null

),

all_time_off as (

    select
        'all time against orders' as finding,
        totals.period_start,
        facts.net_sales - stray_returns.amount + undated_returns.amount as expected,
        totals.net_sales as found
    from totals
    cross join facts
    cross join stray_returns
    cross join undated_returns
    where
        totals.period_type = 'all'
        and (
            totals.net_sales <> facts.net_sales - stray_returns.amount + undated_returns.amount
            or totals.orders <> facts.orders
            or totals.new_customers <> facts.new_customers
            or (undated_returns.amount = 0 and totals.gross_margin <> facts.gross_margin)
        )

),

month_sums as (

    select
        dates.month_start,
        sum(totals.net_sales) as net_sales,
        sum(totals.orders) as orders
    from totals
    inner join dates on totals.period_start = dates.date_day
    where totals.period_type = 'day'
    group by dates.month_start

),

months_off as (

    select
        'days against months' as finding,
        totals.period_start,
        totals.net_sales as expected,
        month_sums.net_sales as found
    from totals
    left join month_sums on totals.period_start = month_sums.month_start
    where
        totals.period_type = 'month'
        and (
            month_sums.net_sales is distinct from totals.net_sales
            or month_sums.orders is distinct from totals.orders
        )

),

line_sums as (

    select
        order_id,
        sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount,
        sum(net_sales) as net_sales
    from order_lines
    group by order_id

),

order_returns as (

    select
        order_id,
        sum(amount) as amount
    from returns
    where not has_line and order_id is not null
    group by order_id

),

orders_off as (

    select
        concat('lines of order ', orders.order_id) as finding,
        orders.order_date as period_start,
        orders.net_sales as expected,
        line_sums.net_sales - coalesce(order_returns.amount, 0) as found
    from orders
    inner join line_sums on orders.order_id = line_sums.order_id
    left join order_returns on orders.order_id = order_returns.order_id
    where
        line_sums.gross_sales <> orders.gross_sales
        or line_sums.discount_amount <> orders.discount_amount
        or line_sums.net_sales - coalesce(order_returns.amount, 0) <> orders.net_sales

),

sold_lines as (

    select coalesce(sum(quantity), 0) as units
    from order_lines
    where is_valid

),

traced_returns as (

    select
        coalesce(sum(returns.quantity), 0) as units,
        coalesce(sum(returns.amount), 0) as amount
    from returns
    inner join order_lines on returns.order_line_id = order_lines.order_line_id
    where returns.has_line and returns.is_valid and order_lines.is_valid

),

cohort_sums as (

    select
        count(*) as cohorts,
        min(sale_month) as sale_month,
        sum(units_sold) as units_sold,
        sum(units_returned) as units_returned,
        sum(amount_returned) as amount_returned
    from return_rates

),

cohorts_off as (

    select
        'cohorts of sale against lines and returns' as finding,
        cohort_sums.sale_month as period_start,
        traced_returns.amount as expected,
        cohort_sums.amount_returned as found
    from cohort_sums
    cross join sold_lines
    cross join traced_returns
    where
        -- Where no source tells of returns, there are no cohorts.
        cohort_sums.cohorts > 0
        and (
            cohort_sums.units_sold <> sold_lines.units
            or cohort_sums.units_returned <> traced_returns.units
            or cohort_sums.amount_returned <> traced_returns.amount
        )

)

select * from members_off
union all
select * from all_time_off
union all
select * from months_off
union all
select * from cohorts_off
union all
select * from orders_off
