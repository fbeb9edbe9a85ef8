with check_results as (

    select * from {{ source('gate', 'check_results') }}

),

checks as (

    select
        run_id,
        check_id,
        entity,
        source_system,
        dimension,
        action,
        rows_checked,
        rows_failed,
        is_passed,
        did_run,
        cast(observed as string) as observed,
        cast(threshold as string) as threshold
    from check_results

)

select * from checks
