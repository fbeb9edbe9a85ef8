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
    left join account_survivors as parents on accounts.parent_account_id = parents.account_id
    where
        not coalesce(accounts.is_deleted, false)
        and accounts.merged_into_id is null

)

select * from surviving
