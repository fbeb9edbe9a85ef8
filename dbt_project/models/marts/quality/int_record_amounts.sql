{{ config(materialized='view') }}
{%- set order_parts = [
    'order_lines', 'payments', 'shipments', 'returns'
] -%}
{%- set deal_parts = [
    'opportunity_stage_history', 'opportunity_lines', 'opportunity_splits',
    'opportunity_competitors'
] -%}
with orders as (

    select * from {{ ref('fct_order') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

staged_lines as (

    select * from {{ ref('stg_orders__order_lines') }}

),

staged_orders as (

    select * from {{ ref('stg_orders__orders') }}

),

staged_deals as (

    select * from {{ ref('stg_crm__opportunities') }}

),

-- A record that waits is in no fact: what it would be worth stands in what the source sent.
sent_orders as (

    select
        order_id,
        sum(
            cast(quantity as double) * cast(unit_price as double)
            - coalesce(cast(discount_amount as double), 0)
        ) as amount
    from staged_lines
    group by order_id

),

order_amounts as (

    select
        staged_orders.order_id,
        coalesce(cast(max(orders.net_sales) as double), max(sent_orders.amount), 0) as amount
    from staged_orders
    left join orders on staged_orders.order_id = orders.order_id
    left join sent_orders on staged_orders.order_id = sent_orders.order_id
    where staged_orders.order_id is not null
    group by staged_orders.order_id

),

usual_deal as (

    select coalesce(median(cast(amount as double)), 0) as amount
    from opportunities
    where status = 'won'

),

usual_lead as (

    select
        coalesce(
            count_if(is_converted_within_window and is_mature)
            / nullif(cast(count_if(is_mature) as double), 0), 0
        ) as conversion_rate
    from leads

),

deal_amounts as (

    select
        staged_deals.opportunity_id,
        coalesce(
            max(cast(opportunities.amount as double)),
            max(cast(staged_deals.amount as double)),
            max(usual_deal.amount)
        ) as amount
    from staged_deals
    cross join usual_deal
    left join opportunities on staged_deals.opportunity_id = opportunities.opportunity_id
    where staged_deals.opportunity_id is not null
    group by staged_deals.opportunity_id

),

recent_facts as (

    select
        customer_id,
        product,
        net_sales
    from facts
    where
        date_day > cast({{ as_of_date() }} - interval 12 month as date)

),

customer_amounts as (

    select
        customer_id,
        cast(sum(net_sales) as double) as amount
    from recent_facts
    where customer_id is not null
    group by customer_id

),

product_amounts as (

    select
        product as product_id,
        cast(sum(net_sales) as double) as amount
    from recent_facts
    where product <> '(none)'
    group by product

),

account_sales as (

    select
        customers.account_id,
        sum(customer_amounts.amount) as amount
    from customers
    inner join customer_amounts on customers.customer_id = customer_amounts.customer_id
    where customers.account_id is not null
    group by customers.account_id

),

account_pipeline as (

    select
        account_id,
        cast(sum(amount) as double) as amount
    from opportunities
    where status = 'open' and account_id is not null
    group by account_id

),

owner_pipeline as (

    select
        owner_id,
        cast(sum(amount) as double) as amount
    from opportunities
    where status = 'open' and owner_id is not null
    group by owner_id

),

record_amounts as (

    select
        'orders' as entity,
        staged.source_system,
        staged._record_id as record_id,
        order_amounts.amount
    from staged_orders as staged
    inner join order_amounts on staged.order_id = order_amounts.order_id
    {%- for part in order_parts %}
    union all
    select
        '{{ part }}' as entity,
        staged.source_system,
        staged._record_id as record_id,
        order_amounts.amount
    from {{ ref('stg_orders__' ~ part) }} as staged
    inner join order_amounts on staged.order_id = order_amounts.order_id
    {%- endfor %}
    union all
    select
        'opportunities' as entity,
        staged.source_system,
        staged._record_id as record_id,
        deal_amounts.amount
    from staged_deals as staged
    inner join deal_amounts on staged.opportunity_id = deal_amounts.opportunity_id
    {%- for part in deal_parts %}
    union all
    select
        '{{ part }}' as entity,
        staged.source_system,
        staged._record_id as record_id,
        deal_amounts.amount
    from {{ ref('stg_crm__' ~ part) }} as staged
    inner join deal_amounts on staged.opportunity_id = deal_amounts.opportunity_id
    {%- endfor %}
    union all
    select
        'customers' as entity,
        staged.source_system,
        staged._record_id as record_id,
        customer_amounts.amount
    from {{ ref('stg_orders__customers') }} as staged
    inner join customers on staged.customer_id = customers.customer_id
    inner join customer_amounts on customers.survivor_id = customer_amounts.customer_id
    union all
    select
        'products' as entity,
        staged.source_system,
        staged._record_id as record_id,
        product_amounts.amount
    from {{ ref('stg_orders__products') }} as staged
    inner join product_amounts on staged.product_id = product_amounts.product_id
    union all
    select
        'accounts' as entity,
        staged.source_system,
        staged._record_id as record_id,
        coalesce(account_sales.amount, 0) + coalesce(account_pipeline.amount, 0) as amount
    from {{ ref('stg_crm__accounts') }} as staged
    inner join account_survivors on staged.account_id = account_survivors.account_id
    left join account_sales on account_survivors.survivor_id = account_sales.account_id
    left join account_pipeline on account_survivors.survivor_id = account_pipeline.account_id
    union all
    select
        'users' as entity,
        staged.source_system,
        staged._record_id as record_id,
        owner_pipeline.amount
    from {{ ref('stg_crm__users') }} as staged
    inner join owner_pipeline on staged.user_id = owner_pipeline.owner_id
    union all
    select
        'quotas' as entity,
        staged.source_system,
        staged._record_id as record_id,
        case
            when staged.measure in ('new_customers', 'units') then 0.0
            else cast(staged.amount as double)
        end as amount
    from {{ ref('stg_crm__quotas') }} as staged
    union all
    select
        'leads' as entity,
        staged.source_system,
        staged._record_id as record_id,
        usual_deal.amount * usual_lead.conversion_rate as amount
    from {{ ref('stg_crm__leads') }} as staged
    cross join usual_deal
    cross join usual_lead

)

select * from record_amounts
