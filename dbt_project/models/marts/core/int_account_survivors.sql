with accounts as (

    select * from {{ source('gate', 'accepted_crm__accounts') }}

),

account_survivors as (

    {{ survivors('accounts', 'account_id') | indent(4) }}

)

select * from account_survivors
