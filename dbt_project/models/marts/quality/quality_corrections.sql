with correction_log as (

    select * from {{ source('corrections', 'log') }}

),

corrections as (

    select
        correction_id,
        source_system,
        entity,
        record_id,
        column_name,
        rule,
        {% for value in ['value_before', 'value_after'] -%}
        {% if var('publish_personal_data') -%}
        {{ value }},
        {% else -%}
        case
            when is_personal and {{ value }} is not null then '***'
            else {{ value }}
        end as {{ value }},
        {% endif -%}
        {% endfor -%}
        corrected_at,
        approved_by,
        is_undone
    from correction_log

)

select * from corrections
