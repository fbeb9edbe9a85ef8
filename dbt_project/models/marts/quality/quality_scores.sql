with check_days as (

    select * from {{ source('gate', 'check_days') }}

),

record_amounts as (

    select * from {{ ref('int_record_amounts') }}

),

targets as (

    select * from {{ source('gate', 'accepted_crm__targets') }}
    where metric = 'data_quality_score'

),

entity_amounts as (

    select
        entity,
        source_system,
        count(*) as records,
        -- Decimals add up to the same in any order.
        sum(cast(greatest(amount, 1.0) as decimal(18, 4))) as amount
    from record_amounts
    group by entity, source_system

),

tonight as (

    select
        entity,
        source_system,
        max(rows_checked) as rows_checked
    from check_days
    where as_of_date = {{ as_of_date() }}
    group by entity, source_system

),

-- A row counts for its money, and for one where it has none; in former nights too.
row_weights as (

    select
        tonight.entity,
        tonight.source_system,
        (
            coalesce(cast(entity_amounts.amount as double), 0.0)
            + greatest(tonight.rows_checked - coalesce(entity_amounts.records, 0), 0)
        ) / nullif(cast(tonight.rows_checked as double), 0) as row_weight
    from tonight
    left join entity_amounts
        on
            tonight.entity = entity_amounts.entity
            and tonight.source_system = entity_amounts.source_system

),

weighted as (

    select
        check_days.as_of_date,
        check_days.entity,
        check_days.dimension,
        check_days.checks,
        check_days.passed,
        greatest(check_days.rows_checked * coalesce(row_weights.row_weight, 1.0), 1.0) as weight
    from check_days
    left join row_weights
        on
            check_days.entity = row_weights.entity
            and check_days.source_system = row_weights.source_system

),

scores as (

    select
        as_of_date,
        entity,
        dimension,
        sum(checks) as checks,
        round(sum(checks * weight), 4) as weight,
        sum(passed * weight) / sum(checks * weight) as score
    from weighted
    group by as_of_date, entity, dimension

),

month_before as (

    -- The newest night that is thirty days back, or longer.
    select
        scores.as_of_date,
        scores.entity,
        scores.dimension,
        max(earlier.as_of_date) as earlier_date
    from scores
    inner join scores as earlier
        on
            scores.entity = earlier.entity
            and scores.dimension = earlier.dimension
            and {{ days_between('earlier.as_of_date', 'scores.as_of_date') }} >= 30
    group by scores.as_of_date, scores.entity, scores.dimension

),

score_targets as (

    -- An entity's own target before that of all; of several, the one that began last.
    select
        scores.as_of_date,
        scores.entity,
        scores.dimension,
        cast(targets.amount as double) as target,
        row_number() over (
            partition by scores.as_of_date, scores.entity, scores.dimension
            order by
                case when targets.dimension = 'entity' then 0 else 1 end asc nulls last,
                targets.period_start desc nulls last,
                targets.period_end desc nulls last,
                targets.source_system asc nulls last
        ) as choice
    from scores
    inner join targets
        on
            scores.as_of_date between targets.period_start and targets.period_end
            and (
                targets.dimension = 'total'
                or (targets.dimension = 'entity' and scores.entity = targets.member)
            )

)

select
    scores.as_of_date,
    scores.entity,
    scores.dimension,
    cast(scores.checks as bigint) as checks,
    scores.weight,
    scores.score,
    scores.score - earlier.score as trend_30d,
    score_targets.target
from scores
left join month_before
    on
        scores.as_of_date = month_before.as_of_date
        and scores.entity = month_before.entity
        and scores.dimension = month_before.dimension
left join scores as earlier
    on
        month_before.earlier_date = earlier.as_of_date
        and scores.entity = earlier.entity
        and scores.dimension = earlier.dimension
left join score_targets
    on
        scores.as_of_date = score_targets.as_of_date
        and scores.entity = score_targets.entity
        and scores.dimension = score_targets.dimension
        and score_targets.choice = 1
