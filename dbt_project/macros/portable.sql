{# What DuckDB and Spark write differently, and nothing else. #}

{# An instant as the wall clock of a zone shows it. #}
{% macro utc_to_local(instant, zone=none) -%}
{%- set zone = zone or var('company_timezone') -%}
{{ adapter.dispatch('utc_to_local', 'salesops')(instant, zone) }}
{%- endmacro %}

{% macro default__utc_to_local(instant, zone) -%}
timezone('{{ zone }}', {{ instant }})
{%- endmacro %}

{% macro spark__utc_to_local(instant, zone) -%}
from_utc_timestamp({{ instant }}, '{{ zone }}')
{%- endmacro %}

{# The instant at which a zone's wall clock shows a local time. #}
{% macro to_utc(local_time, zone=none) -%}
{%- set zone = zone or var('company_timezone') -%}
{{ adapter.dispatch('to_utc', 'salesops')(local_time, zone) }}
{%- endmacro %}

{% macro default__to_utc(local_time, zone) -%}
timezone('{{ zone }}', cast({{ local_time }} as timestamp))
{%- endmacro %}

{% macro spark__to_utc(local_time, zone) -%}
to_utc_timestamp({{ local_time }}, '{{ zone }}')
{%- endmacro %}

{# Seconds from one instant to another, with fractions. #}
{% macro seconds_between(earlier, later) -%}
{{ adapter.dispatch('seconds_between', 'salesops')(earlier, later) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
(epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0
{%- endmacro %}

{% macro spark__seconds_between(earlier, later) -%}
(unix_micros({{ later }}) - unix_micros({{ earlier }})) / 1000000.0
{%- endmacro %}

{# amount x part / whole to four places, half away from zero, in integers: no float touches money. #}
{% macro share_of_money(amount, part, whole) -%}
{{ adapter.dispatch('share_of_money', 'salesops')(amount, part, whole) }}
{%- endmacro %}

{% macro default__share_of_money(amount, part, whole) -%}
{%- set top = 'abs(cast(' ~ amount ~ ' * 10000 as hugeint) * cast(' ~ part ~ ' * 10000 as hugeint))' -%}
{%- set bottom = 'abs(cast(' ~ whole ~ ' * 10000 as hugeint))' -%}
cast(
    sign({{ amount }}) * sign({{ part }}) * sign({{ whole }})
    * cast((2 * {{ top }} + {{ bottom }}) // nullif(2 * {{ bottom }}, 0) as decimal(30, 0))
    * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)
)
{%- endmacro %}

{% macro spark__share_of_money(amount, part, whole) -%}
cast(round({{ amount }} * {{ part }} / nullif({{ whole }}, 0), 4) as decimal(18, 4))
{%- endmacro %}

{# Every column but one. #}
{% macro all_but(column) -%}
{{ adapter.dispatch('all_but', 'salesops')(column) }}
{%- endmacro %}

{% macro default__all_but(column) -%}
* exclude ({{ column }})
{%- endmacro %}

{% macro spark__all_but(column) -%}
* except ({{ column }})
{%- endmacro %}

{# A text with every match of a pattern as three asterisks, after what its first group matched. #}
{% macro matches_masked(text, pattern) -%}
{{ adapter.dispatch('matches_masked', 'salesops')(text, pattern) }}
{%- endmacro %}

{% macro default__matches_masked(text, pattern) -%}
regexp_replace({{ text }}, '{{ pattern }}', '\1***', 'g')
{%- endmacro %}

{% macro spark__matches_masked(text, pattern) -%}
regexp_replace({{ text }}, '{{ pattern }}', '$1***')
{%- endmacro %}

{# A text without what matches a pattern (an SQL text), wherever it does. #}
{% macro without(text, pattern) -%}
{{ adapter.dispatch('without', 'salesops')(text, pattern) }}
{%- endmacro %}

{% macro default__without(text, pattern) -%}
regexp_replace({{ text }}, {{ pattern }}, '', 'g')
{%- endmacro %}

{% macro spark__without(text, pattern) -%}
regexp_replace({{ text }}, {{ pattern }}, '')
{%- endmacro %}

{# The last value of a window's frame that is not NULL. #}
{% macro last_known(column) -%}
{{ adapter.dispatch('last_known', 'salesops')(column) }}
{%- endmacro %}

{% macro default__last_known(column) -%}
last_value({{ column }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(column) -%}
last_value({{ column }}, true)
{%- endmacro %}

{# The logarithm of n factorial. #}
{% macro log_factorial(n) -%}
{{ adapter.dispatch('log_factorial', 'salesops')(n) }}
{%- endmacro %}

{% macro default__log_factorial(n) -%}
lgamma(({{ n }}) + 1)
{%- endmacro %}

{# Stirling's series of n + 9, from which the factors above n are taken off again. #}
{% macro spark__log_factorial(n) -%}
(
    ({{ n }} + 9.5) * ln({{ n }} + 9) - ({{ n }} + 9) + 0.9189385332046727
    + 1 / (12e0 * ({{ n }} + 9)) - 1 / (360e0 * power({{ n }} + 9, 3))
    + 1 / (1260e0 * power({{ n }} + 9, 5))
    {%- for i in range(1, 10) %} - ln({{ n }} + {{ i }}){% endfor %}
)
{%- endmacro %}
