with customers as (

    select * from {{ source('gate', 'accepted_orders__customers') }}

),

placeholders as (

    select * from {{ ref('identity_placeholders') }}

),

{{ identity('customers', 'placeholders', 'customer_id') }}

select * from identified
