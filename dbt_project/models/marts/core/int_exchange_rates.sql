with exchange_rates as (

    select * from {{ source('gate', 'accepted_orders__exchange_rates') }}

),

published_rates as (

    select
        currency_code,
        rate_date,
        rate
    from exchange_rates
    where rate_date <= {{ as_of_date() }}
    -- Two sources may publish one rate: one of them counts, the same one every night.
    qualify row_number() over (
        partition by currency_code, rate_date
        order by source_system asc nulls last, _record_id asc nulls last
    ) = 1

),

days_until_next as (

    select
        currency_code,
        rate_date,
        rate,
        coalesce(
            {{ days_between(
                'rate_date',
                'lead(rate_date) over (partition by currency_code order by rate_date)'
            ) }}, 8
        ) as days_until_next
    from published_rates

),

carried_rates as (

    -- A day without a rate takes the last of the 7 days before.
    select
        days_until_next.currency_code,
        cast(days_until_next.rate_date + cast(r.i as integer) as date) as rate_date,
        days_until_next.rate
    from days_until_next
    cross join range(0, 8) as r (i)
    where r.i < days_until_next.days_until_next

)

select * from carried_rates
