with shares as (

    select * from {{ ref('market_share') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

customer_360 as (

    select * from {{ ref('customer_360') }}

),

newest_sizes as (

    -- The newest period that is over, in its newest vintage.
    select
        segment,
        region,
        market_size,
        share,
        own_sales
    from shares
    where is_complete
    qualify row_number() over (
        partition by segment, region
        order by period_end desc nulls last, vintage desc nulls last, period_start desc nulls last
    ) = 1

),

year_sales as (

    select
        segment,
        region,
        sum(case when date_day > {{ as_of_date() }} - interval 12 month then net_sales else 0 end)
            as net_sales,
        sum(case when date_day <= {{ as_of_date() }} - interval 12 month then net_sales else 0 end)
            as year_ago_net_sales,
        sum(case when date_day > {{ as_of_date() }} - interval 12 month then gross_margin end)
            as gross_margin,
        sum(
            case
                when date_day > {{ as_of_date() }} - interval 12 month
                    then net_sales - coalesce(net_sales_without_cost, 0)
            end
        ) as net_sales_with_cost
    from facts
    where date_day > {{ as_of_date() }} - interval 24 month
    group by segment, region

),

closed_deals as (

    select
        coalesce(segment, '(none)') as segment,
        coalesce(region, '(none)') as region,
        count_if(status = 'won') as won,
        count(*) as closed
    from opportunities
    where
        status in ('won', 'lost')
        and closed_date > {{ as_of_date() }} - interval 12 month
    group by coalesce(segment, '(none)'), coalesce(region, '(none)')

),

buyers as (

    select
        coalesce(customers.segment, '(none)') as segment,
        coalesce(customers.region, '(none)') as region,
        count(*) as customers,
        sum(customer_360.clv_12m) as clv_12m
    from customer_360
    inner join customers on customer_360.customer_id = customers.customer_id
    where customer_360.orders > 0
    group by coalesce(customers.segment, '(none)'), coalesce(customers.region, '(none)')

),

members as (

    select
        segment,
        region
    from newest_sizes
    union
    select
        segment,
        region
    from year_sales
    union
    select
        segment,
        region
    from buyers

),

joined as (

    select
        members.segment,
        members.region,
        newest_sizes.market_size,
        newest_sizes.share,
        newest_sizes.market_size - newest_sizes.own_sales as headroom,
        {{ growth('year_sales.net_sales', 'year_sales.year_ago_net_sales') }} as growth_yoy,
        {{ ratio('closed_deals.won', 'closed_deals.closed') }} as win_rate,
        {{ ratio('year_sales.gross_margin', 'year_sales.net_sales_with_cost') }}
            as gross_margin_rate,
        coalesce(buyers.customers, 0) as customers,
        buyers.clv_12m
    from members
    left join newest_sizes
        on members.segment = newest_sizes.segment and members.region = newest_sizes.region
    left join year_sales
        on members.segment = year_sales.segment and members.region = year_sales.region
    left join closed_deals
        on members.segment = closed_deals.segment and members.region = closed_deals.region
    left join buyers
        on members.segment = buyers.segment and members.region = buyers.region

),

segment_potential as (

    -- The market that others have, times the chance to win a deal of it (unknown: even).
    select
        segment,
        region,
        cast(market_size as decimal(18, 4)) as market_size,
        share,
        growth_yoy,
        win_rate,
        gross_margin_rate,
        customers,
        cast(clv_12m as decimal(18, 4)) as clv_12m,
        case
            when headroom is not null
                then rank() over (
                    order by cast(headroom as double) * coalesce(win_rate, 0.5) desc nulls last
                )
        end as rank
    from joined

)

select * from segment_potential
