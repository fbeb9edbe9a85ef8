{#- Why net sales changed against the month before, product by product. Products sold in both months
    changed by price, volume and mix; the others came or went; returns are a term of their own. A
    running month is compared with as many days of the one before. -#}
with days as (

    select * from {{ ref('int_sales_days') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

product_days as (

    select
        member as product_id,
        date_day,
        units,
        net_sales + returned_amount as sold_amount,
        returned_amount
    from days
    where dimension = 'product'

),

months as (

    select * from periods
    where period_type = 'month'

),

first_days as (

    select
        product_id,
        min(date_day) as first_day
    from product_days
    group by product_id

),

all_rows as (

    select
        months.period_start,
        first_days.product_id
    from first_days
    inner join months on first_days.first_day <= months.period_end

),

this_month as (

    select
        months.period_start,
        product_days.product_id,
        sum(product_days.units) as units,
        sum(product_days.sold_amount) as sold_amount,
        sum(product_days.returned_amount) as returned_amount
    from months
    inner join product_days
        on product_days.date_day between months.period_start and months.period_end
    group by months.period_start, product_days.product_id

),

month_before as (

    select
        months.period_start,
        product_days.product_id,
        sum(product_days.units) as units,
        sum(product_days.sold_amount) as sold_amount,
        sum(product_days.returned_amount) as returned_amount
    from months
    inner join product_days
        on product_days.date_day between months.previous_start and months.previous_end
    group by months.period_start, product_days.product_id

),

paired as (

    select
        all_rows.period_start,
        all_rows.product_id,
        coalesce(this_month.units, 0) as units,
        coalesce(this_month.sold_amount, 0) as sold_amount,
        coalesce(this_month.returned_amount, 0) as returned_amount,
        coalesce(month_before.units, 0) as earlier_units,
        coalesce(month_before.sold_amount, 0) as earlier_amount,
        coalesce(month_before.returned_amount, 0) as earlier_returned,
        case
            when this_month.units > 0 and month_before.units > 0 then 'continuing'
            when this_month.units > 0 or this_month.sold_amount <> 0 then 'new'
            when month_before.units > 0 or month_before.sold_amount <> 0 then 'discontinued'
        end as kind
    from all_rows
    left join this_month
        on
            all_rows.period_start = this_month.period_start
            and all_rows.product_id = this_month.product_id
    left join month_before
        on
            all_rows.period_start = month_before.period_start
            and all_rows.product_id = month_before.product_id

),

totalled as (

    select
        *,
        sum(case when kind = 'continuing' then units end) over (partition by period_start)
            as all_units,
        sum(case when kind = 'continuing' then earlier_units end)
            over (partition by period_start) as all_earlier_units
    from paired

),

split as (

    select
        period_start,
        product_id,
        kind,
        sold_amount,
        returned_amount,
        earlier_amount,
        earlier_returned,
        case
            when kind = 'continuing'
                then
                    sold_amount
                    - {{ share_of_money('earlier_amount', 'units', 'earlier_units') }}
            else 0
        end as price_effect,
        case
            when kind = 'continuing'
                then
                    {{ share_of_money('earlier_amount', 'all_units', 'all_earlier_units') }}
                    - earlier_amount
            else 0
        end as volume_effect,
        case when kind = 'continuing' then 0 else sold_amount end as new_effect,
        case when kind = 'continuing' then 0 else -earlier_amount end as discontinued_effect
    from totalled

),

bridge as (

    -- What is left of the change is mix, so that the terms add up to the cent.
    select
        period_start,
        product_id,
        kind,
        cast(sold_amount - returned_amount as decimal(18, 4)) as net_sales,
        cast(earlier_amount - earlier_returned as decimal(18, 4)) as previous_net_sales,
        cast(
            sold_amount - returned_amount - earlier_amount + earlier_returned as decimal(18, 4)
        ) as change,
        cast(price_effect as decimal(18, 4)) as price_effect,
        cast(volume_effect as decimal(18, 4)) as volume_effect,
        cast(
            case
                when kind = 'continuing'
                    then sold_amount - earlier_amount - price_effect - volume_effect
                else 0
            end as decimal(18, 4)
        ) as mix_effect,
        cast(new_effect as decimal(18, 4)) as new_effect,
        cast(discontinued_effect as decimal(18, 4)) as discontinued_effect,
        cast(earlier_returned - returned_amount as decimal(18, 4)) as returns_effect
    from split

)

select * from bridge
