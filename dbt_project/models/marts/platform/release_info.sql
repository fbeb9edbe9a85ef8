{#- Publishing fills in the checks and rows of the release, which only it knows. -#}
with release as (

    select * from {{ source('run', 'release') }}

),

check_results as (

    select * from {{ source('gate', 'check_results') }}

),

counted_checks as (

    select
        count_if(is_passed) as checks_passed,
        count_if(not is_passed and action = 'warn') as checks_warned
    from check_results
    where run_id = '{{ var("run_id") }}'

),

releases as (

    select
        release.release_id,
        release.created_at,
        release.as_of_date,
        release.code_version,
        release.run_id,
        cast(counted_checks.checks_passed as bigint) as checks_passed,
        cast(counted_checks.checks_warned as bigint) as checks_warned,
        cast(null as bigint) as rows,
        release.is_degraded,
        release.stale_sources
    from release
    cross join counted_checks

)

select * from releases
