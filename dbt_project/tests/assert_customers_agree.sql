{#- Customers counted one by one, by cohort and by period are the same customers. -#}
with customer_360 as (

    select * from {{ ref('customer_360') }}

),

cohorts as (

    select * from {{ ref('customer_cohorts') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

by_customer as (

    select count_if(orders > 0) as customers
    from customer_360

),

by_cohort as (

    select coalesce(sum(cohort_size) filter (where month_number = 0), 0) as customers
    from cohorts

),

by_period as (

    select coalesce(sum(new_customers), 0) as customers
    from sales
    where period_type = 'all' and dimension = 'total'

),

compared as (

    select
        by_customer.customers as customers_one_by_one,
        by_cohort.customers as customers_by_cohort,
        by_period.customers as customers_by_period
    from by_customer
    cross join by_cohort
    cross join by_period
    where
        by_customer.customers <> by_cohort.customers
        or by_customer.customers <> by_period.customers

)

select * from compared
