{# Percentiles of whole numbers from how often each occurs: exact, and in a fraction of the memory
   that keeping every value takes. `counts` has the grouping columns, value and n. #}

{# Each value with the ranks it takes among the values of its group, from 0. As doubles, which hold
   whole numbers exactly and cost less than wide decimals. #}
{% macro ranked_values(counts, groups) -%}
select
        {{ groups | join(',\n        ') }},
        value,
        cast(n as double) as n,
        sum(cast(n as double)) over (
            partition by {{ groups | join(', ') }}
            order by value asc nulls last
            rows unbounded preceding
        ) - n as first_rank,
        sum(cast(n as double)) over (partition by {{ groups | join(', ') }}) as total
    from {{ counts }}
{%- endmacro %}

{# The percentile p (linear between ranks) of one kind of value, over the rows of a group. #}
{% macro ranked_percentile(p, kind) -%}
{%- set place = '(total - 1) * ' ~ p ~ 'e0' -%}
max(
            case
                when
                    kind = '{{ kind }}'
                    and first_rank <= floor({{ place }})
                    and floor({{ place }}) < first_rank + n
                    then value * (1 - ({{ place }} - floor({{ place }})))
            end
        )
        + max(
            case
                when
                    kind = '{{ kind }}'
                    and first_rank <= least(floor({{ place }}) + 1, total - 1)
                    and least(floor({{ place }}) + 1, total - 1) < first_rank + n
                    then value * ({{ place }} - floor({{ place }}))
            end
        )
{%- endmacro %}

{# The mean of one kind of value, over the rows of a group. #}
{% macro ranked_mean(kind) -%}
sum(case when kind = '{{ kind }}' then value * n end)
        / sum(case when kind = '{{ kind }}' then n end)
{%- endmacro %}
