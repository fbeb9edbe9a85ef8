{#- Commission by tier is commission in total: on plans with a tier from 0 every credit is in one
    tier, claw-back and cap stand on one tier, and what is paid is the rest. -#}
with statement as (

    select * from {{ ref('commission_statement') }}

),

credits as (

    select * from {{ ref('int_commission_credits') }}

),

plans as (

    select * from {{ source('gate', 'accepted_crm__commission_plans') }}

),

tiers as (

    select * from {{ source('gate', 'accepted_crm__commission_tiers') }}

),

assignments as (

    select * from {{ source('gate', 'accepted_crm__commission_assignments') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

from_zero as (

    select plan_id
    from tiers
    where attainment_from <= 0

),

whole_plans as (

    select
        plans.plan_id,
        coalesce(plans.measure, 'bookings') as measure
    from plans
    where plans.plan_id in (select from_zero.plan_id from from_zero)

),

covered_days as (

    select distinct  -- assignments may overlap: a day counts once
        whole_plans.plan_id,
        whole_plans.measure,
        assignments.user_id,
        dates.date_day
    from whole_plans
    inner join assignments on whole_plans.plan_id = assignments.plan_id
    inner join dates
        on
            assignments.valid_from <= dates.date_day
            and (assignments.valid_to is null or assignments.valid_to >= dates.date_day)

),

earned as (

    select
        covered_days.plan_id,
        covered_days.user_id,
        sum(credits.credited) as credited
    from covered_days
    inner join credits
        on
            covered_days.user_id = credits.user_id
            and covered_days.measure = credits.measure
            and covered_days.date_day = credits.date_day
    group by covered_days.plan_id, covered_days.user_id

),

placed as (

    select
        plan_id,
        user_id,
        sum(bookings_in_tier) as credited
    from statement
    group by plan_id, user_id

),

totals as (

    select
        period_start,
        user_id,
        plan_id,
        sum(commission) - sum(claw_back) - sum(cap_applied) as paid,
        sum(total) as total,
        count_if(claw_back <> 0 or cap_applied <> 0) as settled_tiers
    from statement
    group by period_start, user_id, plan_id

)

select
    earned.plan_id,
    earned.user_id,
    'credits are not in tiers' as finding
from earned
left join placed on earned.plan_id = placed.plan_id and earned.user_id = placed.user_id
where earned.credited <> coalesce(placed.credited, 0)
union all
select
    plan_id,
    user_id,
    'the total is not what is left' as finding
from totals
where total <> paid or settled_tiers > 1
