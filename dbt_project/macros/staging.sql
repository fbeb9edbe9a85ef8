{# How staging reads the lake. `systems` names the system models (of one entity, in the contract's
   columns and the lake's bookkeeping) that deliver beside the sources whose tables are the contract. #}

{% macro delivered_rows(lake_view, systems=[]) -%}
delivered as (

    select * from {{ lake_view }}
    {%- for system in systems %}
    union all by name
    select * from {{ ref(system) }}
    {%- endfor %}

)
{%- endmacro %}

{# The rows of each record's newest extraction. Rows that are equal in every column collapse;
   others of the same key both stay, for the gate to judge. #}
{% macro newest_extraction(lake_view, systems=[]) -%}
with {{ delivered_rows(lake_view, systems) }},

newest as (

    select *
    from delivered
    qualify
        _batch_id = max(_batch_id) over (partition by source_system, _record_id)
        -- An exact duplicate within one extraction says nothing new.
        and row_number() over (
            partition by source_system, _record_id, _batch_id, _row_hash
            order by _row_number asc nulls last
        ) = 1

),

current_records as (

    select {{ all_but('_is_tombstone') }}
    from newest
    where not _is_tombstone

)

select * from current_records
{%- endmacro %}

{# Every extracted version with the time from which, and until which, it was the newest. #}
{% macro extracted_versions(lake_view, systems=[]) -%}
with {{ delivered_rows(lake_view, systems) }},

versions as (

    select *
    from delivered
    -- Several rows of one key in one extraction are one version: the last line of the file counts.
    qualify row_number() over (
        partition by source_system, _record_id, _batch_id
        order by _row_number desc nulls last, _row_hash asc nulls last
    ) = 1

),

dated as (

    select
        *,
        _extracted_at as valid_from,
        lead(_extracted_at) over (
            partition by source_system, _record_id order by _batch_id asc nulls last
        ) as valid_to
    from versions

)

select * from dated
{%- endmacro %}
