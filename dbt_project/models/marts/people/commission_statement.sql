with plans as (

    select * from {{ source('gate', 'accepted_crm__commission_plans') }}

),

plan_tiers as (

    select * from {{ source('gate', 'accepted_crm__commission_tiers') }}

),

assignments as (

    select * from {{ source('gate', 'accepted_crm__commission_assignments') }}

),

credits as (

    select * from {{ ref('int_commission_credits') }}

),

rep_quotas as (

    select * from {{ ref('int_rep_quotas') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

period_days as (

    select * from {{ ref('int_period_days') }}

),

tiers as (

    select
        plan_id,
        tier,
        attainment_from,
        rate,
        coalesce(is_retroactive, false) as is_retroactive,
        cap_amount,
        row_number() over (
            partition by plan_id order by attainment_from asc nulls last, tier asc nulls last
        ) as step,
        lead(attainment_from) over (
            partition by plan_id order by attainment_from asc nulls last, tier asc nulls last
        ) as attainment_to
    from plan_tiers

),

stints as (

    -- The days on which a rep is on a plan, each once, by statement period.
    select distinct
        assignments.user_id,
        assignments.plan_id,
        coalesce(plans.measure, 'bookings') as measure,
        period_days.period_type,
        period_days.period_start,
        period_days.date_day
    from assignments
    inner join plans on assignments.plan_id = plans.plan_id
    inner join period_days
        on
            case when plans.period_type = 'quarter' then 'quarter' else 'month' end
            = period_days.period_type
            and assignments.valid_from <= period_days.date_day
            and (
                assignments.valid_to is null or assignments.valid_to >= period_days.date_day
            )
    where period_days.period_start <= {{ as_of_date() }}

),

earned as (

    select
        stints.user_id,
        stints.plan_id,
        stints.period_start,
        sum(credits.credited) as credited
    from stints
    inner join credits
        on
            stints.user_id = credits.user_id
            and stints.measure = credits.measure
            and stints.date_day = credits.date_day
    group by stints.user_id, stints.plan_id, stints.period_start

),

quota_days as (

    select
        stints.user_id,
        stints.plan_id,
        stints.period_start,
        rep_quotas.quota_id,
        rep_quotas.amount,
        {{ days_between('rep_quotas.quota_start', 'rep_quotas.quota_end') }} + 1 as all_days,
        count(*) as days
    from stints
    inner join rep_quotas
        on
            stints.user_id = rep_quotas.user_id
            and stints.measure = rep_quotas.measure
            and stints.date_day between rep_quotas.active_start and rep_quotas.active_end
    group by all

),

quota_sums as (

    select
        user_id,
        plan_id,
        period_start,
        sum({{ share_of_money('amount', 'days', 'all_days') }}) as quota
    from quota_days
    group by user_id, plan_id, period_start

),

returned as (

    -- What came back is taken back by the plan that paid for it, in the period of the return.
    select
        stints.user_id,
        stints.plan_id,
        stints.period_start as sold_period,
        periods.period_start,
        sum(credits.returned) as returned
    from stints
    inner join credits
        on
            stints.user_id = credits.user_id
            and stints.measure = credits.measure
            and stints.date_day = credits.sold_on
            and credits.returned <> 0
    inner join periods
        on
            stints.period_type = periods.period_type
            and credits.date_day between periods.period_start and periods.period_end
    group by stints.user_id, stints.plan_id, stints.period_start, periods.period_start

),

statements as (

    select
        user_id,
        plan_id,
        period_start
    from stints
    union  -- once, whatever the days
    select
        user_id,
        plan_id,
        period_start
    from returned

),

measured as (

    select
        statements.user_id,
        statements.plan_id,
        case when plans.period_type = 'quarter' then 'quarter' else 'month' end as period_type,
        statements.period_start,
        coalesce(earned.credited, 0) as credited,
        coalesce(quota_sums.quota, 0) as quota
    from statements
    inner join plans on statements.plan_id = plans.plan_id
    left join earned
        on
            statements.user_id = earned.user_id
            and statements.plan_id = earned.plan_id
            and statements.period_start = earned.period_start
    left join quota_sums
        on
            statements.user_id = quota_sums.user_id
            and statements.plan_id = quota_sums.plan_id
            and statements.period_start = quota_sums.period_start

),

tiered as (

    -- Without a quota nothing above the tiers that begin at 0 can be reached. Exactly at a
    -- threshold belongs to the upper tier.
    select
        measured.user_id,
        measured.plan_id,
        measured.period_type,
        measured.period_start,
        measured.credited,
        measured.quota,
        tiers.tier,
        tiers.step,
        tiers.rate,
        tiers.is_retroactive,
        tiers.cap_amount,
        cast(round(measured.quota * tiers.attainment_from, 4) as decimal(18, 4)) as from_amount,
        cast(round(measured.quota * tiers.attainment_to, 4) as decimal(18, 4)) as to_amount,
        case
            when measured.quota > 0
                then measured.credited >= measured.quota * tiers.attainment_from
            else tiers.attainment_from <= 0
        end as is_reached
    from measured
    inner join tiers on measured.plan_id = tiers.plan_id

),

placed as (

    select
        *,
        coalesce(max(case when is_reached then step end) over (
            partition by user_id, plan_id, period_start
        ), 1) as reached_step,
        coalesce(max(case when is_reached and is_retroactive then step end) over (
            partition by user_id, plan_id, period_start
        ), 0) as retroactive_step
    from tiered

),

amounts as (

    -- The highest retroactive tier that is reached pays its rate on all below its end too.
    select
        *,
        case
            when not is_reached or step < retroactive_step then 0
            else
                greatest(
                    case
                        when step = reached_step then credited
                        else least(credited, coalesce(to_amount, credited))
                    end
                    - case when step = retroactive_step then 0 else from_amount end, 0
                )
        end as amount_in_tier
    from placed

),

paid as (

    select
        *,
        cast(round(cast(amount_in_tier as decimal(18, 4)) * rate, 4) as decimal(18, 4))
            as commission
    from amounts

),

totals as (

    select
        user_id,
        plan_id,
        period_start,
        max(credited) as credited,
        sum(commission) as commission
    from paid
    group by user_id, plan_id, period_start

),

claw_backs as (

    -- At the rate that was paid on average on what was sold in that period.
    select
        returned.user_id,
        returned.plan_id,
        returned.period_start,
        sum({{ share_of_money('returned.returned', 'totals.commission', 'totals.credited') }})
            as claw_back
    from returned
    inner join totals
        on
            returned.user_id = totals.user_id
            and returned.plan_id = totals.plan_id
            and returned.sold_period = totals.period_start
    where totals.credited > 0
    group by returned.user_id, returned.plan_id, returned.period_start

),

settled as (

    select
        paid.user_id,
        paid.plan_id,
        paid.period_type,
        paid.period_start,
        paid.tier,
        paid.rate,
        paid.quota,
        paid.credited,
        paid.amount_in_tier,
        paid.commission,
        case when paid.step = paid.reached_step then coalesce(claw_backs.claw_back, 0) else 0 end
            as claw_back,
        case
            when paid.step = paid.reached_step
                then
                    coalesce(
                        greatest(
                            totals.commission - coalesce(claw_backs.claw_back, 0)
                            - paid.cap_amount, 0
                        ), 0
                    )
            else 0
        end as cap_applied
    from paid
    inner join totals
        on
            paid.user_id = totals.user_id
            and paid.plan_id = totals.plan_id
            and paid.period_start = totals.period_start
    left join claw_backs
        on
            paid.user_id = claw_backs.user_id
            and paid.plan_id = claw_backs.plan_id
            and paid.period_start = claw_backs.period_start

),

commission_statement as (

    select
        settled.period_start,
        settled.user_id,
        settled.plan_id,
        settled.tier,
        settled.period_type,
        periods.is_complete,
        {{ ratio('settled.credited', 'settled.quota') }} as attainment,
        cast(settled.amount_in_tier as decimal(18, 4)) as bookings_in_tier,
        cast(settled.rate as double) as rate,
        settled.commission,
        cast(settled.claw_back as decimal(18, 4)) as claw_back,
        cast(settled.cap_applied as decimal(18, 4)) as cap_applied,
        cast(settled.commission - settled.claw_back - settled.cap_applied as decimal(18, 4))
            as total
    from settled
    inner join periods
        on
            settled.period_type = periods.period_type
            and settled.period_start = periods.period_start

)

select * from commission_statement
