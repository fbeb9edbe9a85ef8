{#- Whether what was done helped: the mean of up to six complete months before the action began
    against that of up to six after it was done (not closed: after it began), with Welch's interval.
    -#}
with actions as (

    select * from {{ source('gate', 'accepted_crm__improvement_actions') }}

),

figures as (

    select * from {{ ref('int_monthly_figures') }}

),

metrics as (

    select * from {{ ref('metric_dictionary') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

t_quantiles as (

    select * from {{ ref('t_quantiles') }}

),

known_actions as (

    select
        actions.action_id,
        actions.metric,
        coalesce(actions.dimension, 'total') as dimension,
        coalesce(actions.member, 'all') as member,
        actions.finding,
        {{ resolved_id('actions.owner_id', 'reps.user_id', 'users') }} as owner_id,
        actions.started_on,
        {{ known_date('actions.closed_on') }} as closed_on,
        actions.expected_change,
        cast(date_trunc('month', actions.started_on) as date) as start_month,
        cast(
            date_trunc(
                'month', coalesce({{ known_date('actions.closed_on') }}, actions.started_on)
            ) as date
        ) as end_month
    from actions
    left join reps on actions.owner_id = reps.user_id
    where actions.started_on <= {{ as_of_date() }}

),

measured as (

    select
        known_actions.action_id,
        figures.period_start > known_actions.end_month as is_after,
        figures.value
    from known_actions
    inner join figures
        on
            known_actions.metric = figures.metric
            and known_actions.dimension = figures.dimension
            and known_actions.member = figures.member
            and (
                (
                    known_actions.start_month > figures.period_start
                    and known_actions.start_month - interval 6 month <= figures.period_start
                )
                or (
                    known_actions.end_month < figures.period_start
                    and known_actions.end_month + interval 6 month >= figures.period_start
                )
            )

),

sides as (

    select
        action_id,
        cast(count_if(not is_after) as bigint) as months_before,
        cast(count_if(is_after) as bigint) as months_after,
        avg(cast(case when not is_after then value end as double)) as value_before,
        avg(cast(case when is_after then value end as double)) as value_after,
        var_samp(case when not is_after then value end) as spread_before,
        var_samp(case when is_after then value end) as spread_after
    from measured
    group by action_id

),

errors as (

    select
        action_id,
        months_before,
        months_after,
        value_before,
        value_after,
        spread_before / months_before + spread_after / months_after as squared_error,
        power(spread_before / months_before, 2) / (months_before - 1)
        + power(spread_after / months_after, 2) / (months_after - 1) as squared_weight
    from sides
    where months_before >= 3 and months_after >= 3

),

intervals as (

    -- Degrees of freedom by Welch and Satterthwaite, rounded down; without any spread there is no
    -- doubt.
    select
        errors.action_id,
        errors.value_after - errors.value_before as change,
        sqrt(errors.squared_error) * coalesce(t_quantiles.t_975, 1.959964) as margin
    from errors
    left join t_quantiles
        on
            t_quantiles.degrees_of_freedom
            = cast(
                floor(
                    power(errors.squared_error, 2) / nullif(errors.squared_weight, 0) + 1e-9
                ) as bigint
            )

),

improvement_actions as (

    select
        known_actions.action_id,
        known_actions.metric,
        known_actions.dimension,
        known_actions.member,
        {{ masked_text('known_actions.finding') }} as finding,
        known_actions.owner_id,
        known_actions.started_on,
        known_actions.closed_on,
        coalesce(sides.months_before, 0) as months_before,
        coalesce(sides.months_after, 0) as months_after,
        round(sides.value_before, 9) as value_before,
        round(sides.value_after, 9) as value_after,
        round(intervals.change, 6) as change,
        round(intervals.change - intervals.margin, 6) as change_low,
        round(intervals.change + intervals.margin, 6) as change_high,
        cast(known_actions.expected_change as double) as expected_change,
        case
            when intervals.change is null then 'too_early'
            when
                intervals.change - intervals.margin <= 0
                and intervals.change + intervals.margin >= 0
                then 'no_effect'
            when (intervals.change > 0) = (coalesce(metrics.direction, 'higher') = 'higher')
                then 'better'
            else 'worse'
        end as verdict,
        case
            when sides.action_id is null then 'no monthly figures of this metric and member'
            when sides.months_before < 3 then 'fewer than 3 months before'
            when sides.months_after < 3 then 'fewer than 3 complete months after'
        end as reason
    from known_actions
    left join sides on known_actions.action_id = sides.action_id
    left join intervals on known_actions.action_id = intervals.action_id
    left join metrics on known_actions.metric = metrics.metric

)

select * from improvement_actions
