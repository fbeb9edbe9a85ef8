-- Northwind as the contract sees it: one view for each entity, in a schema of their own.
create schema if not exists salesops;

create or replace view salesops.users as
select
    employees.employee_id::text as user_id,
    employees.first_name || ' ' || employees.last_name as name,
    employees.reports_to::text as manager_id,
    employees.title as role,
    regions.region,
    employees.hire_date
from public.employees
left join (
    -- Employee to territory is many to many; all territories of one employee lie in one region.
    select
        employee_territories.employee_id,
        min(trim(region.region_description)) as region
    from public.employee_territories
    inner join public.territories using (territory_id)
    inner join public.region using (region_id)
    group by employee_territories.employee_id
) as regions using (employee_id);

create or replace view salesops.customers as
select
    customer_id,
    company_name as name,
    phone,
    country,
    city
from public.customers;

create or replace view salesops.products as
select
    products.product_id::text as product_id,
    products.product_name as name,
    categories.category_name as category,
    round(products.unit_price::numeric, 2) as list_price,
    products.discontinued = 0 as is_active
from public.products
left join public.categories using (category_id);

create or replace view salesops.orders as
select
    order_id::text as order_id,
    order_id::text as order_number,
    customer_id,
    case when shipped_date is null then 'confirmed' else 'shipped' end as status,
    employee_id::text as sales_rep_id,
    order_date as ordered_at,
    required_date as requested_date,
    required_date as promised_date,
    round(freight::numeric, 2) as shipping_amount
from public.orders;

create or replace view salesops.order_lines as
select
    order_id::text || '-' || product_id::text as order_line_id,
    order_id::text as order_id,
    product_id::text as product_id,
    quantity,
    round(unit_price::numeric, 2) as unit_price,
    -- The discount is a share kept as a 4-byte real (0.15000001).
    round(round(unit_price::numeric, 2) * quantity * round(discount::numeric, 2), 4)
        as discount_amount
from public.order_details;

create or replace view salesops.shipments as
select
    orders.order_id::text as shipment_id,
    orders.order_id::text as order_id,
    orders.shipped_date as shipped_at,
    shippers.company_name as carrier
from public.orders
left join public.shippers on orders.ship_via = shippers.shipper_id
where orders.shipped_date is not null;
