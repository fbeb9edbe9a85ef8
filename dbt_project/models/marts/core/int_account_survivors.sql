with accounts as (

    select * from {{ source('gate', 'accepted_crm__accounts') }}

),

placeholders as (

    select * from {{ ref('identity_placeholders') }}

),

{{ identity('accounts', 'placeholders', 'account_id') }}

select * from identified
