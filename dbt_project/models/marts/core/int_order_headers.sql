with orders as (

    select * from {{ source('gate', 'accepted_orders__orders') }}

),

order_versions as (

    select * from {{ ref('stg_orders__orders_versions') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

deliveries as (

    select * from {{ ref('int_order_deliveries') }}

),

exchange_rates as (

    select * from {{ ref('int_exchange_rates') }}

),

first_promises as (

    -- What was promised first counts, however often the date moved since.
    select
        order_id,
        min_by(promised_date, _batch_id) as promised_date
    from order_versions
    where promised_date is not null and not _is_tombstone
    group by order_id

),

known_orders as (

    select
        orders.order_id,
        orders.order_number,
        orders.customer_id,
        orders.channel,
        orders.sales_rep_id,
        orders.opportunity_id,
        orders.region,
        orders.ordered_at,
        orders.entered_at,
        {{ local_date('orders.ordered_at') }} as order_date,
        {{ known('orders.confirmed_at') }} as confirmed_at,
        coalesce(first_promises.promised_date, orders.promised_date, orders.requested_date)
            as promised_date,
        orders.discount_amount,
        orders.shipping_amount,
        {{ currency('orders.currency_code') }} as currency_code,
        coalesce(orders.is_test, false) as is_test,
        orders.source_system,
        deliveries.shipped_at,
        deliveries.delivered_at,
        deliveries.delivery_basis,
        deliveries.completed_at,
        coalesce(deliveries.is_in_full, false) as is_in_full,
        -- The status that the as-of day saw: later confirmations, parcels and cancellations are
        -- unknown to it.
        case
            when orders.status = 'draft' then 'draft'
            when orders.confirmed_at >= {{ as_of_end() }} then 'draft'
            when
                orders.status = 'cancelled'
                and coalesce(orders.cancelled_at < {{ as_of_end() }}, true) then 'cancelled'
            when orders.status in ('shipped', 'delivered') and deliveries.has_later_shipment
                then 'confirmed'
            when orders.status = 'delivered' and deliveries.has_later_delivery then 'shipped'
            when orders.status <> 'cancelled' then orders.status
            when deliveries.delivered_at is not null then 'delivered'
            when deliveries.shipped_at is not null then 'shipped'
            else 'confirmed'
        end as status
    from orders
    left join first_promises on orders.order_id = first_promises.order_id
    left join deliveries on orders.order_id = deliveries.order_id
    where
        orders.ordered_at < {{ as_of_end() }}
        and not coalesce(orders.is_deleted, false)

),

headers as (

    select
        known_orders.order_id,
        known_orders.order_number,
        survivors.customer_id,
        known_orders.customer_id is null as is_guest,
        known_orders.channel,
        known_orders.status,
        {{ resolved_id('known_orders.sales_rep_id', 'reps.user_id', 'users') }} as user_id,
        rep_history.team_id,
        coalesce(known_orders.region, survivors.region, rep_history.region) as region,
        survivors.country,
        survivors.segment,
        survivors.industry,
        known_orders.opportunity_id,
        known_orders.ordered_at,
        known_orders.entered_at,
        known_orders.order_date,
        known_orders.confirmed_at,
        known_orders.promised_date,
        known_orders.shipped_at,
        known_orders.delivered_at,
        known_orders.delivery_basis,
        known_orders.completed_at,
        known_orders.is_in_full,
        known_orders.discount_amount,
        known_orders.shipping_amount,
        known_orders.currency_code,
        {{ rate_of('known_orders.currency_code', 'exchange_rates.rate') }} as rate,
        known_orders.source_system,
        not known_orders.is_test and known_orders.status not in ('draft', 'cancelled') as is_valid
    from known_orders
    left join customers as named on known_orders.customer_id = named.customer_id
    left join customers as survivors on named.survivor_id = survivors.customer_id
    left join reps on known_orders.sales_rep_id = reps.user_id
    left join rep_history
        on
            known_orders.sales_rep_id = rep_history.user_id
            and known_orders.ordered_at >= rep_history.valid_from
            and (
                known_orders.ordered_at < rep_history.valid_to or rep_history.valid_to is null
            )
    left join exchange_rates
        on
            known_orders.currency_code = exchange_rates.currency_code
            and known_orders.order_date = exchange_rates.rate_date

)

select * from headers
