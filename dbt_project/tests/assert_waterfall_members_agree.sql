{# Teams and owners share the pipeline out: what they start and end with, win and lose is the total,
   and what one hands over another takes. #}
with waterfall as (

    select * from {{ ref('pipeline_waterfall') }}

),

totals as (

    select * from waterfall
    where dimension = 'total'

),

summed as (

    select
        period_type,
        period_start,
        dimension,
        sum(start_amount) as start_amount,
        sum(won) as won,
        sum(lost) as lost,
        sum(end_amount) as end_amount,
        sum(transferred_in) as transferred_in,
        sum(transferred_out) as transferred_out
    from waterfall
    where dimension <> 'total'
    group by period_type, period_start, dimension

),

disagreeing as (

    select
        summed.period_type,
        summed.period_start,
        summed.dimension
    from summed
    inner join totals
        on
            summed.period_type = totals.period_type
            and summed.period_start = totals.period_start
    where
        summed.start_amount <> totals.start_amount
        or summed.won <> totals.won
        or summed.lost <> totals.lost
        or summed.end_amount <> totals.end_amount
        or summed.transferred_in <> summed.transferred_out

)

select * from disagreeing
