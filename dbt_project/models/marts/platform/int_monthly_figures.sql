{#- Figures of months that are over, by metric and member, as their owning marts have them: what
    improvement actions are measured by. -#}
with kpis as (

    select * from {{ ref('kpis') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}

),

fulfilment as (

    select * from {{ ref('fulfilment_by_period') }}

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
    where period_type = 'month' and is_complete
    {%- for column in ['median_cycle_days', 'average_won_amount'] %}
    union all
    select
        '{{ column }}' as metric,
        dimension,
        member,
        period_start,
        cast({{ column }} as double) as value
    from win_rates
    where period_type = 'month' and is_complete
    {%- endfor %}
    {%- for column in ['on_time_rate', 'otif_rate'] %}
    union all
    select
        '{{ column }}' as metric,
        dimension,
        member,
        period_start,
        {{ column }} as value
    from fulfilment
    where period_type = 'month' and is_complete
    {%- endfor %}
    union all
    select
        'first_response_hours' as metric,
        dimension,
        member,
        cohort_month as period_start,
        median_response_hours as value
    from lead_conversion
    where cohort_month + interval 1 month <= {{ as_of_date() }} + interval 1 day

)

select
    metric,
    dimension,
    member,
    period_start,
    value
from figures
where value is not null
