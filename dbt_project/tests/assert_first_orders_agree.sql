{#- Whoever ordered first in a month is new in it, wherever new customers are counted. -#}
with cohorts as (

    select * from {{ ref('customer_cohorts') }}

),

repeats as (

    select * from {{ ref('repeat_purchase') }}

),

churn as (

    select * from {{ ref('customer_churn') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

counted as (

    select
        'customer_cohorts' as mart,
        cohort_month as month_start,
        cohort_size as customers
    from cohorts
    where month_number = 0
    union all
    select
        'repeat_purchase' as mart,
        cohort_month as month_start,
        customers
    from repeats
    where dimension = 'total' and customers > 0
    union all
    select
        'customer_churn' as mart,
        period_start as month_start,
        new_customers as customers
    from churn
    where dimension = 'total' and new_customers > 0
    union all
    select
        'sales_by_period' as mart,
        period_start as month_start,
        new_customers as customers
    from sales
    where dimension = 'total' and period_type = 'month' and new_customers > 0

),

disagreeing as (

    select
        month_start,
        count(*) as marts,
        min(customers) as fewest,
        max(customers) as most
    from counted
    group by month_start
    having count(*) <> 4 or min(customers) <> max(customers)

)

select * from disagreeing
