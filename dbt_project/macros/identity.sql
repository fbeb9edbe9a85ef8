{# Which records are one and the same. Accounts and customers share the rules; a rule is a kind of
   key, and two records that share a key are one. #}

{# How the values of a key are compared. Codes and names without case, space and punctuation; phone
   numbers by their last ten digits, which leaves out the country's code. #}
{% macro comparable_code(value) -%}
{{ without('upper(' ~ value ~ ')', "'[^\\p{L}\\p{N}]+'") }}
{%- endmacro %}

{% macro comparable_phone(value) -%}
case
            when length({{ without(value, "'[^0-9]+'") }}) >= 7
                then right({{ without(value, "'[^0-9]+'") }}, 10)
        end
{%- endmacro %}

{# Every record that is not deleted, with the record that stands for it (`survivor_id`, NULL where it
   was merged into one that is gone) and the rule that says so (`match_rule`, NULL for a record that
   stands for itself).

   Of equal records the oldest survives, then the smallest id. Keys that more than ten records
   share, or that are listed as placeholders, tell nobody apart; nor do an e-mail, a phone number or
   a name and city that records with different tax ids share. Records are linked over at most five
   others between them. #}
{% macro identity(records, placeholders, id) -%}
merged_records as (

    {{ survivors(records, id) | indent(4) }}

),

candidates as (

    select
        {{ id }} as record_id,
        {{ comparable_code('tax_id') }} as tax_code,
        {{ comparable_code('external_id') }} as external_code,
        lower(trim(email)) as email,
        {{ comparable_phone('phone') }} as phone,
        {{ comparable_code('name') }} as name,
        {{ comparable_code('city') }} as city,
        row_number() over (order by created_at asc nulls last, {{ id }} asc nulls last) as seniority
    from {{ records }}
    where merged_into_id is null and not coalesce(is_deleted, false)

),

record_keys as (

    select
        candidates.record_id,
        candidates.seniority,
        nullif(candidates.tax_code, '') as tax_code,
        keys.rule_order,
        keys.rule,
        keys.key_value
    from candidates
    cross join lateral (
        values
        (1, 'external_id', candidates.external_code),
        (2, 'tax_id', candidates.tax_code),
        (3, 'email', candidates.email),
        (4, 'phone', candidates.phone),
        (5, 'name_city', nullif(candidates.name, '') || '|' || nullif(candidates.city, ''))
    ) as keys (rule_order, rule, key_value)
    where
        nullif(keys.key_value, '') is not null
        and keys.key_value not in (
            select {{ comparable_code('value') }} from {{ placeholders }}
            union
            select lower(value) from {{ placeholders }}
        )

),

shared_keys as (

    select
        rule,
        key_value
    from record_keys
    group by rule, key_value
    having
        count(*) between 2 and 10
        and (rule in ('external_id', 'tax_id') or count(distinct tax_code) <= 1)

),

links as (

    select
        record_keys.record_id,
        record_keys.seniority,
        record_keys.rule_order,
        record_keys.rule,
        record_keys.key_value
    from record_keys
    inner join shared_keys
        on
            record_keys.rule = shared_keys.rule
            and record_keys.key_value = shared_keys.key_value

),

labels_0 as (

    select
        record_id,
        min(seniority) as label
    from links
    group by record_id

),

{% for round in range(1, 7) -%}
labels_{{ round }} as (

    select
        links.record_id,
        min(key_labels.label) as label
    from links
    inner join (
        select
            links.rule,
            links.key_value,
            min(labels_{{ round - 1 }}.label) as label
        from links
        inner join labels_{{ round - 1 }} on links.record_id = labels_{{ round - 1 }}.record_id
        group by links.rule, links.key_value
    ) as key_labels
        on links.rule = key_labels.rule and links.key_value = key_labels.key_value
    group by links.record_id

),

{% endfor -%}

first_rules as (

    select
        record_id,
        min_by(rule, rule_order) as rule
    from links
    group by record_id

),

matched as (

    select
        candidates.record_id,
        coalesce(oldest.record_id, candidates.record_id) as survivor_id,
        case when oldest.record_id <> candidates.record_id then first_rules.rule end
            as match_rule
    from candidates
    left join labels_6 on candidates.record_id = labels_6.record_id
    left join candidates as oldest on labels_6.label = oldest.seniority
    left join first_rules on candidates.record_id = first_rules.record_id

),

identified as (

    -- Who was merged by hand follows the one they were merged into, where that one still stands.
    select
        merged_records.{{ id }},
        matched.survivor_id,
        case
            when merged_records.survivor_id = merged_records.{{ id }} then matched.match_rule
            when matched.survivor_id is not null then 'merged'
        end as match_rule
    from merged_records
    left join matched on merged_records.survivor_id = matched.record_id

)
{%- endmacro %}
