with source_entities as (

    select * from {{ source('run', 'source_entities') }}

),

rejected as (

    select * from {{ source('gate', 'rejected') }}

),

rejected_rows as (

    select
        source_system,
        entity,
        count(distinct record_id) as rows_rejected  -- a record may break several rules
    from rejected
    group by source_system, entity

),

freshness as (

    select
        source_entities.source_system,
        source_entities.entity,
        source_entities.last_extracted_at,
        source_entities.last_record_at,
        source_entities.rows_read,
        source_entities.rows_deleted,
        coalesce(rejected_rows.rows_rejected, 0) as rows_rejected,
        source_entities.lag_hours,
        source_entities.is_stale,
        source_entities.status
    from source_entities
    left join rejected_rows
        on
            source_entities.source_system = rejected_rows.source_system
            and source_entities.entity = rejected_rows.entity

)

select * from freshness
