{#- Quotas of reps with the days on which they hold: those before joining and after leaving are
    out. -#}
with quotas as (

    select * from {{ ref('fct_quota') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

rep_quotas as (

    select
        quotas.quota_id,
        quotas.user_id,
        quotas.measure,
        quotas.period_start as quota_start,
        quotas.period_end as quota_end,
        -- A date that is not known limits nothing.
        greatest(quotas.period_start, reps.hire_date) as active_start,
        least(quotas.period_end, reps.leave_date) as active_end,
        quotas.amount
    from quotas
    left join reps on quotas.user_id = reps.user_id
    where
        quotas.user_id is not null
        and quotas.amount is not null
        and quotas.period_end >= quotas.period_start

)

select * from rep_quotas
