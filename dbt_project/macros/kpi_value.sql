{# A headline figure from its parts. Both parts are sums, so they may be those of any window. #}
{% macro kpi_value(metric, numerator, denominator) -%}
case
            when
                {{ metric }} in (
                    'net_sales', 'orders', 'new_customers', 'bookings', 'open_pipeline'
                )
                then {{ numerator }}
            when {{ metric }} = 'average_order_value'
                then round({{ numerator }} / nullif({{ denominator }}, 0), 4)
            when {{ metric }} = 'nps' then 100 * {{ numerator }} / nullif({{ denominator }}, 0)
            else {{ numerator }} / nullif({{ denominator }}, 0)
        end
{%- endmacro %}
