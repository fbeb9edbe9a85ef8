with shipments as (

    select * from {{ source('gate', 'accepted_orders__shipments') }}

),

headers as (

    select * from {{ ref('int_order_headers') }}

),

known_shipments as (

    select
        shipments.shipment_id,
        shipments.order_id,
        shipments.shipped_at,
        {{ known('shipments.delivered_at') }} as delivered_at,
        {{ local_date('shipments.shipped_at') }} as shipped_date,
        shipments.carrier,
        shipments.source_system
    from shipments
    inner join headers on shipments.order_id = headers.order_id
    where
        coalesce(
            coalesce(shipments.shipped_at, shipments.delivered_at) < {{ as_of_end() }}, true
        )

)

select * from known_shipments
