{#- What headline figures came to on as many days of the period before and of the year before, where
    those are not whole periods: whole ones are looked up. -#}
with sales_days as (

    select * from {{ ref('int_sales_days') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

credits as (

    select * from {{ ref('int_rep_credits') }}

),

attainment as (

    select * from {{ ref('quota_attainment') }}

),

survey_facts as (

    select * from {{ ref('int_survey_facts') }}

),

surveys as (

    select * from {{ ref('dim_survey') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

windows as (

    {%- for window in ['previous', 'year_ago'] %}
    select
        '{{ window }}' as compared_with,
        period_type,
        period_start,
        {{ window }}_start as window_start,
        {{ window }}_end as window_end
    from periods
    where not is_{{ window }}_whole and period_type not in ('day', 'week')
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

sales as (

    select
        windows.compared_with,
        windows.period_type,
        windows.period_start,
        sales_days.dimension,
        sales_days.member,
        sum(sales_days.orders) as orders,
        sum(sales_days.orders_with_value) as orders_with_value,
        sum(sales_days.new_customers) as new_customers,
        sum(sales_days.units) as units,
        sum(sales_days.net_sales) as net_sales,
        sum(sales_days.net_sales_without_cost) as net_sales_without_cost,
        coalesce(sum(sales_days.gross_margin), 0) as gross_margin
    from windows
    inner join sales_days
        on sales_days.date_day between windows.window_start and windows.window_end
    where sales_days.dimension in ('total', 'region', 'team')
    group by
        windows.compared_with,
        windows.period_type,
        windows.period_start,
        sales_days.dimension,
        sales_days.member

),

closed_deals as (

    select
        members.dimension,
        members.member,
        opportunities.closed_date as date_day,
        opportunities.status,
        opportunities.amount
    from opportunities
    cross join lateral (
        values
        ('total', 'all'),
        ('region', coalesce(opportunities.region, '(none)')),
        ('team', coalesce(opportunities.team_id, '(none)'))
    ) as members (dimension, member)
    where opportunities.status <> 'open' and opportunities.closed_date is not null

),

quota_reps as (

    -- Whoever has a quota of what attainment is about, in any period.
    select distinct
        user_id,
        measure
    from attainment
    where
        quota > 0
        and measure = (
            select min(measured.measure)
            from attainment as measured
            where measured.measure in ('bookings', 'revenue') and measured.quota > 0
        )

),

rated_answers as (

    select
        survey_facts.measure,
        members.dimension,
        members.member,
        survey_facts.date_day,
        survey_facts.is_promoter,
        survey_facts.is_detractor,
        survey_facts.is_top_box
    from survey_facts
    inner join surveys on survey_facts.survey_id = surveys.survey_id
    cross join lateral (
        values ('total', 'all'), ('region', survey_facts.region), ('team', survey_facts.team)
    ) as members (dimension, member)
    where
        survey_facts.measure in ('nps', 'csat', 'ces')
        and coalesce(surveys.kind, '') not in ('team', 'training')

),

parts_by_day as (

    select
        'win_rate' as metric,
        dimension,
        member,
        date_day,
        case when status = 'won' then 1 else 0 end as numerator,
        1 as denominator
    from closed_deals
    union all
    select
        'bookings' as metric,
        dimension,
        member,
        date_day,
        amount as numerator,
        null as denominator
    from closed_deals
    where status = 'won'
    union all
    select
        'average_won_amount' as metric,
        dimension,
        member,
        date_day,
        amount as numerator,
        1 as denominator
    from closed_deals
    where status = 'won' and amount is not null
    union all
    select
        'referred_leads' as metric,
        'total' as dimension,
        'all' as member,
        created_date as date_day,
        1 as numerator,
        null as denominator
    from leads
    where referred_by_account_id is not null
    union all
    select
        'attainment' as metric,
        'total' as dimension,
        'all' as member,
        credits.date_day,
        credits.credited as numerator,
        null as denominator
    from credits
    inner join quota_reps
        on credits.measure = quota_reps.measure and credits.user_id = quota_reps.user_id
    union all
    select
        measure as metric,
        dimension,
        member,
        date_day,
        case
            when measure = 'nps'
                then
                    case when is_promoter then 1 else 0 end
                    - case when is_detractor then 1 else 0 end
            when is_top_box then 1
            else 0
        end as numerator,
        1 as denominator
    from rated_answers

),

summed as (

    select
        parts_by_day.metric,
        windows.compared_with,
        windows.period_type,
        windows.period_start,
        parts_by_day.dimension,
        parts_by_day.member,
        cast(sum(parts_by_day.numerator) as double) as numerator,
        cast(sum(parts_by_day.denominator) as double) as denominator
    from windows
    inner join parts_by_day
        on parts_by_day.date_day between windows.window_start and windows.window_end
    group by
        parts_by_day.metric,
        windows.compared_with,
        windows.period_type,
        windows.period_start,
        parts_by_day.dimension,
        parts_by_day.member

),

sales_parts as (

    {{ sales_figures(
        'sales', ['compared_with', 'period_type', 'period_start', 'dimension', 'member']
    ) }}

)

select
    metric,
    compared_with,
    period_type,
    period_start,
    dimension,
    member,
    numerator,
    denominator
from summed
union all
select
    metric,
    compared_with,
    period_type,
    period_start,
    dimension,
    member,
    numerator,
    denominator
from sales_parts
