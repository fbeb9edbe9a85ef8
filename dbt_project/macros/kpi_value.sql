{# A headline figure from its parts, by its kind. Both parts are sums, so they may be those of any
   window. #}
{% macro kpi_value(kind, numerator, denominator) -%}
case {{ kind }}
            when 'flow' then {{ numerator }}
            when 'stock' then {{ numerator }}
            when 'mean' then round({{ numerator }} / nullif({{ denominator }}, 0), 4)
            when 'score' then 100 * {{ numerator }} / nullif({{ denominator }}, 0)
            else {{ numerator }} / nullif({{ denominator }}, 0)
        end
{%- endmacro %}

{# The headline figures of sales and their parts, one line each, from a relation with the columns of
   sales_by_period; `owned` adds the value and what it rests on. #}
{% macro sales_figures(relation, keys, owned=false) -%}
{%- set figures = [
    ('net_sales', 'flow', 'net_sales', 'null', 'orders'),
    ('orders', 'flow', 'orders', 'null', 'orders'),
    ('units', 'flow', 'units', 'null', 'orders'),
    ('gross_margin', 'flow', 'gross_margin', 'null', 'orders'),
    ('average_order_value', 'mean', 'net_sales', 'orders_with_value', 'orders_with_value'),
    (
        'gross_margin_rate', 'rate', 'gross_margin',
        '(net_sales - coalesce(net_sales_without_cost, 0))', 'orders'
    ),
    ('new_customers', 'flow', 'new_customers', 'null', 'new_customers')
] -%}
{%- for metric, kind, numerator, denominator, n in figures -%}
select
        '{{ metric }}' as metric,
        '{{ kind }}' as kind,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        cast({{ numerator }} as double) as numerator,
        cast({{ denominator }} as double) as denominator
        {%- if owned %},
        {{ n }} as n,
        cast({{ metric }} as double) as value
        {%- endif %}
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {% endif %}
{%- endfor %}
{%- endmacro %}
