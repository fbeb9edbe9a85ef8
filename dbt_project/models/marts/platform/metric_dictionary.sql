with metric_dictionary as (

    select * from {{ source('run', 'metric_dictionary') }}

),

metrics as (

    select
        metric,
        name_zh,
        name_en,
        definition_zh,
        definition_en,
        formula,
        unit,
        grain,
        marts,
        owner,
        direction,
        is_additive
    from metric_dictionary

)

select * from metrics
