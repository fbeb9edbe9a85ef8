with competitors as (

    select * from {{ source('gate', 'accepted_crm__competitors') }}

),

renamed as (

    select
        competitor_id,
        name,
        source_system
    from competitors

)

select * from renamed
