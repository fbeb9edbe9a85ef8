-- Northwind in SQLite as the contract sees it. SQLite has no schemas: the views carry a prefix, which
-- the source's `table_prefix` names.

create view salesops_users as
select
    cast(employees.employee_id as text) as user_id,
    employees.first_name || ' ' || employees.last_name as name,
    cast(employees.reports_to as text) as manager_id,
    employees.title as role,
    regions.region,
    employees.hire_date
from employees
left join (
    -- Employee to territory is many to many; all territories of one employee lie in one region.
    select
        employee_territories.employee_id,
        min(trim(region.region_description)) as region
    from employee_territories
    inner join territories using (territory_id)
    inner join region using (region_id)
    group by employee_territories.employee_id
) as regions using (employee_id);

create view salesops_customers as
select
    customer_id,
    company_name as name,
    phone,
    country,
    city
from customers;

create view salesops_products as
select
    cast(products.product_id as text) as product_id,
    products.product_name as name,
    categories.category_name as category,
    round(products.unit_price, 2) as list_price,
    products.discontinued = 0 as is_active
from products
left join categories using (category_id);

create view salesops_orders as
select
    cast(order_id as text) as order_id,
    cast(order_id as text) as order_number,
    customer_id,
    case when shipped_date is null then 'confirmed' else 'shipped' end as status,
    cast(employee_id as text) as sales_rep_id,
    order_date as ordered_at,
    required_date as requested_date,
    required_date as promised_date,
    round(freight, 2) as shipping_amount
from orders;

create view salesops_order_lines as
select
    cast(order_id as text) || '-' || cast(product_id as text) as order_line_id,
    cast(order_id as text) as order_id,
    cast(product_id as text) as product_id,
    quantity,
    round(unit_price, 2) as unit_price,
    -- The discount is a share kept as a 4-byte real (0.15000001).
    round(round(unit_price, 2) * quantity * round(discount, 2), 4)
        as discount_amount
from order_details;

create view salesops_shipments as
select
    cast(orders.order_id as text) as shipment_id,
    cast(orders.order_id as text) as order_id,
    orders.shipped_date as shipped_at,
    shippers.company_name as carrier
from orders
left join shippers on orders.ship_via = shippers.shipper_id
where orders.shipped_date is not null;
