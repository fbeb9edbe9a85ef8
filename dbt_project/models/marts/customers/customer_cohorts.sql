with orders as (

    select * from {{ ref('fct_order') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

first_orders as (

    select
        customer_id,
        cast(date_trunc('month', order_date) as date) as cohort_month
    from orders
    where is_new_customer

),

customer_months as (

    select
        customer_id,
        cast(date_trunc('month', date_day) as date) as month_start,
        bool_or(order_id is not null) as has_bought,
        sum(net_sales) as net_sales
    from facts
    where customer_id is not null
    group by customer_id, cast(date_trunc('month', date_day) as date)

),

cohort_months as (

    select
        first_orders.cohort_month,
        customer_months.month_start,
        count_if(customer_months.has_bought) as active_customers,
        sum(customer_months.net_sales) as net_sales
    from first_orders
    inner join customer_months on first_orders.customer_id = customer_months.customer_id
    group by first_orders.cohort_month, customer_months.month_start

),

cohorts as (

    select
        cohort_month,
        count(*) as cohort_size
    from first_orders
    group by cohort_month

),

all_rows as (

    select
        cohorts.cohort_month,
        cohorts.cohort_size,
        dates.month_start,
        max(dates.date_day) <= {{ as_of_date() }} as is_complete
    from cohorts
    inner join dates
        on
            cohorts.cohort_month <= dates.month_start
            and dates.month_start <= {{ as_of_date() }}
    group by cohorts.cohort_month, cohorts.cohort_size, dates.month_start

),

retained as (

    select
        all_rows.cohort_month,
        cast(
            {{ months_between('all_rows.cohort_month', 'all_rows.month_start') }}
            as bigint
        ) as month_number,
        all_rows.cohort_size,
        cast(coalesce(cohort_months.active_customers, 0) as bigint) as active_customers,
        {{ ratio('coalesce(cohort_months.active_customers, 0)', 'all_rows.cohort_size') }}
            as retention_rate,
        cast(coalesce(cohort_months.net_sales, 0) as decimal(18, 4)) as net_sales,
        cast(
            sum(coalesce(cohort_months.net_sales, 0)) over (
                partition by all_rows.cohort_month
                order by all_rows.month_start nulls last rows unbounded preceding
            ) as decimal(18, 4)
        ) as cumulative_net_sales,
        all_rows.is_complete
    from all_rows
    left join cohort_months
        on
            all_rows.cohort_month = cohort_months.cohort_month
            and all_rows.month_start = cohort_months.month_start

)

select * from retained
