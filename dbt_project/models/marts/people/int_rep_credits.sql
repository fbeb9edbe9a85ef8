{#- What counts towards a rep's quotas, on the day it counts. -#}
with deal_credits as (

    select * from {{ ref('int_deal_credits') }}

),

sales_days as (

    select * from {{ ref('int_sales_days') }}

),

credits as (

    select
        user_id,
        'bookings' as measure,
        closed_date as date_day,
        sum(credited) as credited
    from deal_credits
    group by user_id, closed_date
    {%- for measure, column in [
        ('revenue', 'net_sales'), ('new_customers', 'new_customers'), ('units', 'units')
    ] %}
    union all
    select
        member as user_id,
        '{{ measure }}' as measure,
        date_day,
        cast({{ column }} as decimal(38, 4)) as credited
    from sales_days
    where dimension = 'rep' and member <> '(none)' and {{ column }} <> 0
    {%- endfor %}

)

select * from credits
