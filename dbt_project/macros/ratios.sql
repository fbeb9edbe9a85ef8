{# Ratios and means as the metric rules want them: nothing divided by nothing is NULL. #}

{# numerator / denominator as a double; NULL where the denominator is 0 or absent. #}
{% macro ratio(numerator, denominator) -%}
cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{# Money / count, rounded half away from zero to four places, once. #}
{% macro mean_money(amount, count) -%}
{{ share_of_money(amount, '1', count) }}
{%- endmacro %}

{# (this - earlier) / earlier; NULL where the earlier value is absent, 0 or below. #}
{% macro growth(this, earlier) -%}
case
        when {{ earlier }} > 0
            then cast({{ this }} - {{ earlier }} as double) / cast({{ earlier }} as double)
    end
{%- endmacro %}

{# Wilson's 95 % interval of a rate (E. B. Wilson, 1927), `sign` '-' for its lower end, '+' for its
   upper. NULL where nothing was tried. #}
{% macro wilson(successes, trials, sign) -%}
{%- set z = 1.959964 -%}
case
        when {{ trials }} > 0
            -- Where none or all succeed, rounding would leave the interval a hair outside 0 to 1.
            then greatest(0.0, least(1.0,
                (
                    cast({{ successes }} as double) / cast({{ trials }} as double)
                    + {{ z * z / 2 }} / cast({{ trials }} as double)
                    {{ sign }} {{ z }} * sqrt(
                        (
                            cast({{ successes }} as double) / cast({{ trials }} as double)
                            * (1 - cast({{ successes }} as double) / cast({{ trials }} as double))
                            + {{ z * z / 4 }} / cast({{ trials }} as double)
                        ) / cast({{ trials }} as double)
                    )
                ) / (1 + {{ z * z }} / cast({{ trials }} as double))
            ))
    end
{%- endmacro %}

{# A percentile that interpolates linearly. #}
{% macro percentile(p, value) -%}
percentile_cont({{ p }}) within group (order by cast({{ value }} as double) nulls last)
{%- endmacro %}

{# The same of whole days, in four bytes each, as every one of millions is held. Two are too few: a
   mistaken year lies centuries away. #}
{% macro percentile_of_days(p, days) -%}
percentile_cont({{ p }}) within group (order by cast({{ days }} as integer) nulls last)
{%- endmacro %}
