with accounts as (

    select * from {{ source('gate', 'accepted_crm__accounts') }}

),

account_survivors as (

    select * from {{ ref('int_account_survivors') }}

),

surviving as (

    select
        accounts.account_id,
        accounts.name,
        parents.survivor_id as parent_account_id,
        accounts.industry,
        accounts.segment,
        accounts.employee_count,
        accounts.country,
        accounts.region,
        accounts.city,
        accounts.owner_id,
        accounts.source,
        accounts.created_at,
        accounts.source_system
    from accounts
    -- Deleted accounts, and those that another stands for, are gone.
    inner join account_survivors
        on
            accounts.account_id = account_survivors.account_id
            and accounts.account_id = account_survivors.survivor_id
    left join account_survivors as parents on accounts.parent_account_id = parents.account_id

)

select * from surviving
