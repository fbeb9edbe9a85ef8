{#- How a launch goes, month by month, against the launches before it. Products launched before the
    first order are left out: nobody knows how they began. -#}
with facts as (

    select * from {{ ref('int_sales_facts') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

first_days as (

    select min(date_day) as first_day
    from facts

),

launches as (

    select
        products.product_id,
        products.launched_on,
        cast(date_trunc('month', products.launched_on) as date) as launch_month
    from products
    cross join first_days
    where
        products.launched_on >= first_days.first_day
        and products.launched_on <= {{ as_of_date() }}

),

launch_months as (

    select
        launches.product_id,
        launches.launched_on,
        dates.month_start,
        {{ months_between('launches.launch_month', 'dates.month_start') }}
            as months_since_launch
    from launches
    inner join dates
        on
            launches.launch_month <= dates.month_start
            and dates.month_start <= {{ as_of_date() }}
    where dates.date_day = dates.month_start

),

sold as (

    select
        product as product_id,
        cast(date_trunc('month', date_day) as date) as month_start,
        sum(net_sales) as net_sales,
        count(distinct customer_id) filter (where order_id is not null) as customers
    from facts
    group by all

),

followed as (

    select
        launch_months.product_id,
        launch_months.months_since_launch,
        launch_months.launched_on,
        coalesce(sold.net_sales, 0) as net_sales,
        coalesce(sold.customers, 0) as customers
    from launch_months
    left join sold
        on
            launch_months.product_id = sold.product_id
            and launch_months.month_start = sold.month_start

),

earlier_launches as (

    select
        followed.product_id,
        followed.months_since_launch,
        median(cast(earlier.net_sales as double)) as median_net_sales
    from followed
    inner join followed as earlier
        on
            followed.months_since_launch = earlier.months_since_launch
            and followed.launched_on > earlier.launched_on
    group by followed.product_id, followed.months_since_launch

),

compared as (

    select
        followed.product_id,
        cast(followed.months_since_launch as bigint) as months_since_launch,
        followed.launched_on,
        cast(followed.net_sales as decimal(18, 4)) as net_sales,
        followed.customers,
        cast(round(earlier_launches.median_net_sales, 4) as decimal(18, 4))
            as median_of_earlier_launches
    from followed
    left join earlier_launches
        on
            followed.product_id = earlier_launches.product_id
            and followed.months_since_launch = earlier_launches.months_since_launch

)

select * from compared
