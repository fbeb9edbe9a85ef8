with sizes as (

    select * from {{ source('gate', 'accepted_crm__market_sizes') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

scopes as (

    -- A size of a currency is worth what it was at the end of its period.
    select
        sizes.segment,
        sizes.region,
        sizes.period_start,
        sizes.vintage,
        sizes.period_end,
        sizes.source,
        {{ reporting(
            'sizes.amount', rate_of(currency('sizes.currency_code'), 'exchange_rates.rate')
        ) }} as market_size
    from sizes
    left join exchange_rates
        on
            sizes.currency_code = exchange_rates.currency_code
            and least(sizes.period_end, {{ as_of_date() }}) = exchange_rates.rate_date
    where sizes.period_start <= {{ as_of_date() }}

),

scope_days as (

    select
        segment,
        region,
        date_day,
        sum(net_sales) as net_sales
    from facts
    group by segment, region, date_day

),

periods as (

    select distinct  -- vintages restate the same period
        segment,
        region,
        period_start,
        period_end
    from scopes

),

own as (

    -- `all` stands for every segment or region.
    select
        periods.segment,
        periods.region,
        periods.period_start,
        periods.period_end,
        sum(scope_days.net_sales) as own_sales
    from periods
    inner join scope_days
        on
            scope_days.date_day between periods.period_start and periods.period_end
            and periods.segment in ('all', scope_days.segment)
            and periods.region in ('all', scope_days.region)
    group by periods.segment, periods.region, periods.period_start, periods.period_end

),

shares as (

    select
        scopes.segment,
        scopes.region,
        scopes.period_start,
        scopes.vintage,
        scopes.period_end,
        scopes.source,
        coalesce(own.own_sales, 0) as own_sales,
        scopes.market_size,
        {{ ratio('coalesce(own.own_sales, 0)', 'scopes.market_size') }} as share
    from scopes
    left join own
        on
            scopes.segment = own.segment
            and scopes.region = own.region
            and scopes.period_start = own.period_start
            and scopes.period_end = own.period_end

),

market_share as (

    -- Against the period before in the same vintage: another vintage may measure otherwise.
    select
        segment,
        region,
        period_start,
        vintage,
        period_end,
        period_end <= {{ as_of_date() }} as is_complete,
        cast(own_sales as decimal(18, 4)) as own_sales,
        cast(market_size as decimal(18, 4)) as market_size,
        share,
        share - lag(share) over (
            partition by segment, region, vintage order by period_start asc nulls last
        ) as share_change,
        source
    from shares

)

select * from market_share
