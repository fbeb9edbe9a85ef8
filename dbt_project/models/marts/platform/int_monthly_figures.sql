{#- Figures of months that are over, by metric and member, as their owning marts have them: what
    improvement actions are measured by. -#}
{#- Headline figures of members that kpis has not, by owner, with the column of the month. -#}
{%- set owners = {
    'win_rates': ('period_start', ['win_rate', 'average_won_amount', 'median_cycle_days']),
    'fulfilment': ('period_start', ['on_time_rate', 'otif_rate']),
    'lead_conversion': ('cohort_month', ['conversion_rate', 'median_response_hours'])
} -%}

with kpis as (

    select * from {{ ref('kpis') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}
    where period_type = 'month'

),

fulfilment as (

    select * from {{ ref('fulfilment_by_period') }}
    where period_type = 'month'

),

lead_conversion as (

    select * from {{ ref('lead_conversion') }}

),

figures as (

    select
        metric,
        dimension,
        member,
        period_start,
        value
    from kpis
    where period_type = 'month'
    {%- for owner, (month, columns) in owners.items() %}
    {%- for column in columns %}
    union all
    select
        '{{ column }}' as metric,
        dimension,
        member,
        {{ month }} as period_start,
        cast({{ column }} as double) as value
    from {{ owner }}
    where dimension not in ('total', 'region', 'team')
    {%- endfor %}
    {%- endfor %}

)

select
    metric,
    dimension,
    member,
    period_start,
    value
from figures
where value is not null and period_start + interval 1 month <= {{ as_of_date() }} + interval 1 day
