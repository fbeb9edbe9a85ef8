with surveys as (

    select * from {{ source('gate', 'accepted_survey__surveys') }}

),

renamed as (

    select
        survey_id,
        name,
        kind,
        opened_on,
        {{ known_date('closed_on') }} as closed_on,
        source_system
    from surveys

)

select * from renamed
