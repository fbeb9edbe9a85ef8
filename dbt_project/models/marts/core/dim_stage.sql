with pipeline_stages as (

    select * from {{ source('gate', 'accepted_crm__pipeline_stages') }}

),

renamed as (

    select
        pipeline_id,
        stage_id,
        pipeline_name,
        stage_name,
        position,
        cast(default_probability as double) as default_probability,
        is_closed,
        is_won,
        source_system
    from pipeline_stages

)

select * from renamed
