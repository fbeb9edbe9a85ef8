with user_versions as (

    select * from {{ ref('stg_crm__users_versions') }}

),

users as (

    select * from {{ source('gate', 'accepted_crm__users') }}

),

versions as (

    select
        user_versions.user_id,
        user_versions.valid_from,
        user_versions.team_id,
        user_versions.manager_id,
        user_versions.region,
        user_versions.source_system
    from user_versions
    where not user_versions._is_tombstone and user_versions.user_id is not null
    union all
    -- A rep whose versions are not to be had is what the gate let through, since always.
    select
        users.user_id,
        users._extracted_at as valid_from,
        users.team_id,
        users.manager_id,
        users.region,
        users.source_system
    from users
    where users.user_id not in (
        select user_versions.user_id from user_versions
        where not user_versions._is_tombstone and user_versions.user_id is not null
    )

),

followed as (

    select
        user_id,
        valid_from,
        team_id,
        manager_id,
        region,
        source_system,
        row_number() over (
            partition by user_id
            order by valid_from asc nulls last
        ) as version_number,
        lag(team_id) over (
            partition by user_id
            order by valid_from asc nulls last
        ) as earlier_team_id,
        lag(manager_id) over (partition by user_id order by valid_from asc nulls last)
            as earlier_manager_id,
        lag(region) over (partition by user_id order by valid_from asc nulls last) as earlier_region
    from versions
    -- Two sources never share a user; two rows of one extraction would be one version.
    qualify row_number() over (
        partition by user_id, valid_from order by source_system asc nulls last
    ) = 1

),

changes as (

    select * from followed
    where
        version_number = 1
        or team_id is distinct from earlier_team_id
        or manager_id is distinct from earlier_manager_id
        or region is distinct from earlier_region

),

history as (

    -- Only extractions tell of earlier teams: the oldest version holds before the first one.
    select
        user_id,
        case when version_number = 1 then {{ since_always() }} else valid_from end as valid_from,
        lead(valid_from) over (partition by user_id order by valid_from asc nulls last) as valid_to,
        team_id,
        manager_id,
        region,
        source_system
    from changes

)

select * from history
