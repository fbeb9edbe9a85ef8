{#- What is additive is shared out among the members of a dimension: together they are the total.
    Products share orders and customers, and categories first orders: theirs are left out. -#}
{%- set marts = {
    'fulfilment_by_period': (
        ['period_type', 'period_start'],
        ['orders_due', 'on_time', 'late', 'in_full', 'on_time_in_full', 'open_past_due']
    ),
    'lead_conversion': (
        ['cohort_month'], ['leads', 'converted', 'mature_leads', 'converted_within_window']
    ),
    'cohort_win_rates': (['cohort_month'], ['created', 'won', 'lost', 'still_open']),
    'pipeline_coverage': (['period_start'], ['open_amount', 'booked']),
    'pipeline_velocity': (['as_of_date'], ['open_deals', 'won', 'lost']),
    'repeat_purchase': (
        ['cohort_month'], ['customers', 'mature_customers', 'repeat_customers']
    ),
    'customer_churn': (
        ['period_start'], ['active_start', 'churned', 'reactivated', 'new_customers']
    ),
    'recurring_revenue': (
        ['period_start'],
        [
            'start_amount', 'new', 'expansion', 'resurrection', 'contraction', 'churn',
            'end_amount', 'customers_start', 'customers_lost'
        ]
    ),
    'service_levels': (
        ['period_type', 'period_start'],
        ['tickets', 'answered', 'resolved', 'reopened', 'open_at_end']
    ),
} -%}
with
{%- for mart in marts %}

{{ mart }} as (

    select * from {{ ref(mart) }}

),
{%- endfor %}
{%- for mart, (keys, measures) in marts.items() %}

{{ mart }}_sums as (

    select
        dimension,
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ mart }}
    where dimension not in ('product'{{ ", 'category'" if mart == 'repeat_purchase' }})
    group by dimension, {{ keys | join(', ') }}

),

{{ mart }}_off as (

    select
        '{{ mart }}' as mart,
        sums.dimension
    from {{ mart }}_sums as totals
    inner join {{ mart }}_sums as sums
        on
            {%- for key in keys %}
            {{ 'and ' if not loop.first }}totals.{{ key }} = sums.{{ key }}
            {%- endfor %}
    where
        totals.dimension = 'total'
        and (
            {%- for measure in measures %}
            {{ 'or ' if not loop.first }}totals.{{ measure }} <> sums.{{ measure }}
            {%- endfor %}
        )

),
{%- endfor %}

disagreeing as (
    {% for mart in marts %}
    select * from {{ mart }}_off
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from disagreeing
