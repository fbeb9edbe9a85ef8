with steps as (

    select * from {{ source('run', 'steps') }}

),

run_steps as (

    select
        run_id,
        step,
        started_at,
        seconds,
        rows,
        peak_memory_mb
    from steps

)

select * from run_steps
