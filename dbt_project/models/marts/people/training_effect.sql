{#- Difference in differences, stacked by the day of training: within each day the mean change of
    those who were trained against that of those who were not yet, the days weighted as least squares
    weights them. The interval is clustered by rep (CR1) with Student's t of as many degrees of
    freedom as there are reps, less one. -#}
with attendances as (

    select * from {{ ref('fct_training_attendance') }}

),

changes as (

    select * from {{ ref('int_training_changes') }}

),

t_quantiles as (

    select * from {{ ref('t_quantiles') }}

),

sessions as (

    select
        session_id,
        course,
        max(session_cost) as session_cost
    from attendances
    group by session_id, course

),

costs as (

    select
        course,
        count(*) as sessions,
        sum(session_cost) as cost
    from sessions
    group by course

),

courses as (

    select
        course,
        cast(count_if(has_attended) as bigint) as attended,
        {{ ratio('count_if(has_attended)', 'count(has_attended)') }} as attendance_rate,
        avg(cast(case when has_attended then exam_score end as double)) as exam_score,
        avg(cast(case when has_attended then feedback_score end as double)) as feedback_score
    from attendances
    group by course

),

centred as (

    -- Against the means of the same day: what moved everybody then falls out.
    select
        course,
        metric,
        user_id,
        is_trained,
        case when is_trained then 1.0 else 0.0 end
        - avg(cast(case when is_trained then 1.0 else 0.0 end as double)) over (
            partition by course, metric, trained_on
        ) as treatment,
        change - avg(cast(change as double)) over (
            partition by course, metric, trained_on
        ) as change,
        count_if(is_trained) over (partition by course, metric, trained_on) as trained_that_day,
        count_if(not is_trained) over (partition by course, metric, trained_on)
            as others_that_day,
        trained_on
    from changes

),

compared as (

    -- A day on which nobody is left to compare with says nothing.
    select * from centred
    where trained_that_day > 0 and others_that_day > 0

),

fitted as (

    select
        course,
        metric,
        sum(treatment * change) / sum(treatment * treatment) as effect,
        sum(treatment * treatment) as information,
        count(distinct case when is_trained then user_id end) as n_trained,
        count(distinct case when not is_trained then user_id end) as n_control,
        count(distinct user_id) as n_reps,
        count(*) as n,
        count(distinct trained_on) + 1 as parameters
    from compared
    group by course, metric

),

rep_scores as (

    select
        compared.course,
        compared.metric,
        compared.user_id,
        sum(compared.treatment * (compared.change - fitted.effect * compared.treatment)) as score
    from compared
    inner join fitted
        on compared.course = fitted.course and compared.metric = fitted.metric
    group by compared.course, compared.metric, compared.user_id

),

spreads as (

    select
        course,
        metric,
        sum(score * score) as spread
    from rep_scores
    group by course, metric

),

estimated as (

    select
        fitted.course,
        fitted.metric,
        fitted.effect,
        fitted.n_trained,
        fitted.n_control,
        fitted.n_trained >= 5 and fitted.n_control >= 5 as is_enough,
        sqrt(
            spreads.spread
            * fitted.n_reps / nullif(fitted.n_reps - 1, 0)
            * (fitted.n - 1) / nullif(fitted.n - fitted.parameters, 0)
        ) / fitted.information * coalesce(t_quantiles.t_975, 1.959964) as margin
    from fitted
    inner join spreads on fitted.course = spreads.course and fitted.metric = spreads.metric
    left join t_quantiles on fitted.n_reps - 1 = t_quantiles.degrees_of_freedom

),

metrics as (

    select
        courses.course,
        metrics.metric
    from courses
    cross join lateral (
        values ('attainment'), ('win_rate')
    ) as metrics (metric)

),

training_effect as (

    select
        metrics.course,
        metrics.metric,
        courses.attended,
        costs.sessions,
        courses.attendance_rate,
        courses.exam_score,
        courses.feedback_score,
        cast(costs.cost as decimal(18, 4)) as cost,
        coalesce(estimated.n_trained, 0) as n_trained,
        coalesce(estimated.n_control, 0) as n_control,
        case when estimated.is_enough then round(estimated.effect, 9) end as effect,
        case when estimated.is_enough then round(estimated.effect - estimated.margin, 9) end
            as effect_low,
        case when estimated.is_enough then round(estimated.effect + estimated.margin, 9) end
            as effect_high,
        case
            when not coalesce(estimated.is_enough, false)
                then
                    'fewer than 5 reps a side: '
                    || cast(coalesce(estimated.n_trained, 0) as string) || ' trained, '
                    || cast(coalesce(estimated.n_control, 0) as string) || ' not yet trained'
        end as reason
    from metrics
    inner join courses on metrics.course = courses.course
    inner join costs on metrics.course = costs.course
    left join estimated
        on metrics.course = estimated.course and metrics.metric = estimated.metric

)

select * from training_effect
