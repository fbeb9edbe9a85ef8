with teams as (

    select * from {{ source('gate', 'accepted_crm__teams') }}

),

renamed as (

    select
        team_id,
        name,
        parent_team_id,
        region,
        source_system
    from teams

)

select * from renamed
