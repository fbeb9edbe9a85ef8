{# References, currencies and merged records: rules that every fact needs. #}

{# The id a reference leads to; the raw one where no source delivers the entity; else NULL. #}
{% macro resolved_id(raw, found, entity) -%}
case
        when {{ found }} is not null then {{ found }}
        when not exists (
            select 1
            from {{ source('run', 'delivered') }} as delivered_entities
            where delivered_entities.entity = '{{ entity }}'
        ) then {{ raw }}
    end
{%- endmacro %}

{# The currency a row is in: its own, else the company's. #}
{% macro currency(column) -%}
coalesce(nullif({{ column }}, ''), '{{ var("company_currency") }}')
{%- endmacro %}

{# The rate into the reporting currency: 1 for the company's own, else what the join found. #}
{% macro rate_of(currency_code, found_rate) -%}
case
        when {{ currency_code }} = '{{ var("company_currency") }}' then cast(1 as decimal(18, 8))
        else {{ found_rate }}
    end
{%- endmacro %}

{# How an amount came into the reporting currency. #}
{% macro conversion_status(currency_code, rate) -%}
case
        when {{ currency_code }} = '{{ var("company_currency") }}' then 'reporting_currency'
        when {{ rate }} is null then 'missing_rate'
        else 'converted'
    end
{%- endmacro %}

{# Money in the reporting currency, rounded half away from zero to four places. Most money is in it
   already, and wide decimals are slow. #}
{% macro reporting(amount, rate) -%}
case
        when {{ rate }} = 1 then cast({{ amount }} as decimal(18, 4))
        else cast(round(cast({{ amount }} as decimal(26, 4)) * {{ rate }}, 4) as decimal(18, 4))
    end
{%- endmacro %}

{# A product of two decimals as money. Wide on purpose: (18, 4) x (18, 4) overflows in DuckDB. #}
{% macro times(amount, quantity) -%}
cast(round(cast({{ amount }} as decimal(28, 4)) * {{ quantity }}, 4) as decimal(18, 4))
{%- endmacro %}

{# Each record of an entity that can be merged, with the record that stands for it now. A chain of
   mergers is followed for four steps; a record that is deleted, or ends nowhere, has none. #}
{% macro survivors(records, id) -%}
select
    records.{{ id }},
    case
        when records.merged_into_id is null then records.{{ id }}
        when first_step.merged_into_id is null then first_step.{{ id }}
        when second_step.merged_into_id is null then second_step.{{ id }}
        when third_step.merged_into_id is null then third_step.{{ id }}
        else fourth_step.{{ id }}
    end as survivor_id
from {{ records }} as records
left join {{ records }} as first_step on records.merged_into_id = first_step.{{ id }}
left join {{ records }} as second_step on first_step.merged_into_id = second_step.{{ id }}
left join {{ records }} as third_step on second_step.merged_into_id = third_step.{{ id }}
left join {{ records }} as fourth_step on third_step.merged_into_id = fourth_step.{{ id }}
where not coalesce(records.is_deleted, false)
{%- endmacro %}
