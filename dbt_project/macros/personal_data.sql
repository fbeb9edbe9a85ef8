{#
What people write may hold the e-mail addresses and phone numbers of persons. Every published column of
free text goes through masked_text, unless the setting `privacy.publish_personal_data` lets it stand.
Phone numbers, in this order: with a plus, ten digits and more, Chinese mobiles, with a leading zero,
French and German ways of writing them, and North American. Dates, amounts and order numbers stay.
#}
{% macro masked_text(text) -%}
{%- if var('publish_personal_data') -%}
{{ text }}
{%- else -%}
{%- set email = '[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9-]+([.][A-Za-z0-9-]+)+' -%}
{%- set phones = [
    '[+＋][0-9][0-9 ().-]{6,18}[0-9]',
    '[0-9]{10,}',
    '1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}',
    '0[0-9]([)）]?[ -]{0,2}[0-9]){7,12}',
    '0[0-9]([.][0-9]{2}){4}',
    '0[0-9]{2,4}/[0-9]{5,}',
    '[2-9][0-9]{2}[)]?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}',
] -%}
{{ matches_masked(
    matches_masked(text, '()' ~ email), '(^|[^0-9])[(（]?(?:' ~ phones | join('|') ~ ')'
) }}
{%- endif -%}
{%- endmacro %}
