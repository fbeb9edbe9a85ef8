{#- Days, weeks, months, quarters and years are the same facts cut differently: for every member the
    periods of each kind add up to all time. A sale with a mistaken year, before the calendar begins,
    is in all time only: where there is one, nothing is compared. -#}
{%- set marts = {
    'sales_by_period': [
        'orders', 'new_customers', 'units', 'gross_sales', 'discount_amount', 'returned_amount',
        'net_sales', 'gross_margin', 'net_sales_without_cost'
    ],
    'fulfilment_by_period': ['orders_due', 'on_time', 'late', 'in_full', 'open_past_due'],
    'win_rates': ['won', 'lost', 'no_decision', 'won_amount', 'lost_amount'],
} -%}
with facts as (

    select * from {{ ref('int_sales_facts') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

outside as (

    select count(*) as fact_count
    from facts
    where date_day < (select min(dates.date_day) from dates)

),
{%- for mart in marts %}

{{ mart }} as (

    select * from {{ ref(mart) }}

),
{%- endfor %}
{%- for mart, measures in marts.items() %}

{{ mart }}_sums as (

    select
        period_type,
        dimension,
        member
        {%- for measure in measures %},
        sum({{ measure }}) as {{ measure }}
        {%- endfor %}
    from {{ mart }}
    group by period_type, dimension, member

),

{{ mart }}_off as (

    select
        '{{ mart }}' as mart,
        sums.period_type,
        sums.dimension,
        sums.member
    from {{ mart }}_sums as sums
    left join {{ mart }}_sums as whole
        on
            sums.dimension = whole.dimension
            and sums.member = whole.member
            and whole.period_type = 'all'
    cross join outside
    where
        outside.fact_count = 0
        and (
            {%- for measure in measures %}
            {{ 'or ' if not loop.first }}sums.{{ measure }} is distinct from whole.{{ measure }}
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
