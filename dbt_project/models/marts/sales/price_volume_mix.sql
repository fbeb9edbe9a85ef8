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

sold as (

    -- The month and the days of the one before that it is compared with lie side by side.
    select
        months.period_start,
        product_days.product_id
        {%- for measure in ['units', 'sold_amount', 'returned_amount'] %},
        sum(product_days.{{ measure }})
            filter (where product_days.date_day >= months.period_start) as {{ measure }},
        sum(product_days.{{ measure }})
            filter (where product_days.date_day <= months.previous_end) as earlier_{{ measure }}
        {%- endfor %}
    from months
    inner join product_days
        on product_days.date_day between months.previous_start and months.period_end
    group by months.period_start, product_days.product_id

),

paired as (

    select
        all_rows.period_start,
        all_rows.product_id,
        coalesce(sold.units, 0) as units,
        coalesce(sold.sold_amount, 0) as sold_amount,
        coalesce(sold.returned_amount, 0) as returned_amount,
        coalesce(sold.earlier_units, 0) as earlier_units,
        coalesce(sold.earlier_sold_amount, 0) as earlier_amount,
        coalesce(sold.earlier_returned_amount, 0) as earlier_returned,
        case
            when sold.units > 0 and sold.earlier_units > 0 then 'continuing'
            when sold.units > 0 or sold.sold_amount <> 0 then 'new'
            when sold.earlier_units > 0 or sold.earlier_sold_amount <> 0 then 'discontinued'
        end as kind
    from all_rows
    left join sold
        on all_rows.period_start = sold.period_start and all_rows.product_id = sold.product_id

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
