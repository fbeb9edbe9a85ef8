with shipments as (

    select * from {{ source('gate', 'accepted_orders__shipments') }}

),

shipment_lines as (

    select * from {{ source('gate', 'accepted_orders__shipment_lines') }}

),

order_lines as (

    select * from {{ source('gate', 'accepted_orders__order_lines') }}

),

listed_shipments as (

    select distinct shipment_id  -- one row a shipment, however many lines it lists
    from shipment_lines

),

known_shipments as (

    select
        shipments.shipment_id,
        shipments.order_id,
        shipments.source_system,
        {{ known('shipments.shipped_at') }} as shipped_at,
        {{ known('shipments.delivered_at') }} as delivered_at,
        listed_shipments.shipment_id is not null as has_lines,
        coalesce(shipments.shipped_at, shipments.delivered_at) >= {{ as_of_end() }} as is_later,
        coalesce(shipments.delivered_at >= {{ as_of_end() }}, false) as is_delivered_later
    from shipments
    left join listed_shipments on shipments.shipment_id = listed_shipments.shipment_id

),

delivery_sources as (

    -- Where the source knows no delivery, the shipping counts.
    select
        source_system,
        {% if var('on_time_basis') == 'shipped' %}false{% else %}bool_or(delivered_at is not null)
        {%- endif %} as knows_delivery
    from known_shipments
    group by source_system

),

parcels as (

    select
        known_shipments.shipment_id,
        known_shipments.order_id,
        known_shipments.shipped_at,
        known_shipments.delivered_at,
        known_shipments.has_lines,
        coalesce(known_shipments.is_later, false) as is_later,
        known_shipments.is_delivered_later,
        delivery_sources.knows_delivery
    from known_shipments
    inner join delivery_sources
        on known_shipments.source_system = delivery_sources.source_system

),

sent_by_line as (

    select
        parcels.order_id,
        shipment_lines.order_line_id,
        sum(shipment_lines.quantity) as quantity
    from parcels
    inner join shipment_lines on parcels.shipment_id = shipment_lines.shipment_id
    where not parcels.is_later and coalesce(parcels.shipped_at, parcels.delivered_at) is not null
    group by parcels.order_id, shipment_lines.order_line_id

),

short_orders as (

    select
        order_lines.order_id,
        count(*) as short_lines
    from order_lines
    left join sent_by_line
        on
            order_lines.order_id = sent_by_line.order_id
            and order_lines.order_line_id = sent_by_line.order_line_id
    where order_lines.quantity > coalesce(sent_by_line.quantity, 0)
    group by order_lines.order_id

),

by_order as (

    -- The last shipment decides, so an order with one still on its way has not arrived.
    select
        order_id,
        bool_or(knows_delivery) as knows_delivery,
        count_if(not is_later) as shipments,
        case
            when count_if(not is_later and coalesce(shipped_at, delivered_at) is null) = 0
                then max(coalesce(shipped_at, delivered_at))
        end as shipped_at,
        case
            when count_if(not is_later and delivered_at is null) = 0 then max(delivered_at)
        end as delivered_at,
        bool_or(
            not is_later and not has_lines and coalesce(shipped_at, delivered_at) is not null
        ) as holds_every_line,
        bool_or(is_later) as has_later_shipment,
        bool_or(is_delivered_later) as has_later_delivery
    from parcels
    group by order_id

),

deliveries as (

    select
        by_order.order_id,
        by_order.shipments,
        by_order.shipped_at,
        by_order.delivered_at,
        case when by_order.knows_delivery then 'delivered' else 'shipped' end as delivery_basis,
        case when by_order.knows_delivery then by_order.delivered_at else by_order.shipped_at end
            as completed_at,
        by_order.shipments > 0
        and (by_order.holds_every_line or short_orders.order_id is null) as is_in_full,
        by_order.has_later_shipment,
        by_order.has_later_delivery
    from by_order
    left join short_orders on by_order.order_id = short_orders.order_id

)

select * from deliveries
