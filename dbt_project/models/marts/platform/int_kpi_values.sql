{#- The headline figures as their owning marts have them, one line each. A kind says what parts make
    of the figure: flow (a sum over days), stock (as it stands), rate (one part by the other), score (a
    rate of a hundred), mean (of money) or median (of no parts). -#}
{%- set figures = [
    ('win_rate', 'rate', 'win_rates', 'win_rate', 'won', 'won + lost', 'won + lost'),
    ('bookings', 'flow', 'win_rates', 'won_amount', 'won_amount', 'null', 'won'),
    ('average_won_amount', 'mean', 'win_rates', 'average_won_amount', 'won_amount', 'null', 'won'),
    ('median_cycle_days', 'median', 'win_rates', 'median_cycle_days', 'null', 'null', 'won'),
    ('open_pipeline', 'stock', 'current_pipeline', 'amount', 'amount', 'null', 'deals'),
    (
        'velocity_per_day', 'stock', 'current_velocity', 'velocity_per_day', 'null', 'null',
        'open_deals'
    ),
    ('coverage', 'rate', 'current_coverage', 'coverage', 'open_amount', 'remaining', 'null'),
    (
        'slip_rate', 'rate', 'waterfall', 'slip_rate', 'slipped_deals', 'expected_deals',
        'expected_deals'
    ),
    (
        'conversion_rate', 'rate', 'lead_conversion', 'conversion_rate', 'converted_within_window',
        'mature_leads', 'mature_leads'
    ),
    (
        'median_response_hours', 'median', 'lead_conversion', 'median_response_hours', 'null',
        'null', 'null'
    ),
    ('referred_leads', 'flow', 'referrals', 'referred_leads', 'referred_leads', 'null', 'referred_leads'),
    ('on_time_rate', 'rate', 'fulfilment', 'on_time_rate', 'on_time', 'orders_due', 'orders_due'),
    (
        'otif_rate', 'rate', 'fulfilment', 'otif_rate', 'on_time_in_full', 'orders_due',
        'orders_due'
    ),
    (
        'repeat_rate', 'rate', 'repeat_purchase', 'repeat_rate', 'repeat_customers',
        'mature_customers', 'mature_customers'
    ),
    ('churn_rate', 'rate', 'customer_churn', 'churn_rate', 'churned', 'active_start', 'active_start'),
    ('end_amount', 'stock', 'recurring_revenue', 'end_amount', 'end_amount', 'null', 'null'),
    (
        'logo_churn_rate', 'rate', 'recurring_revenue', 'logo_churn_rate', 'customers_lost',
        'customers_start', 'customers_start'
    ),
    (
        'gross_retention', 'rate', 'recurring_revenue', 'gross_retention',
        'start_amount - contraction - churn', 'start_amount', 'customers_start'
    ),
    (
        'net_retention', 'rate', 'recurring_revenue', 'net_retention',
        'start_amount + expansion - contraction - churn', 'start_amount', 'customers_start'
    ),
    (
        'median_first_response_hours', 'median', 'service_levels', 'median_first_response_hours',
        'null', 'null', 'answered'
    ),
    (
        'median_resolution_hours', 'median', 'service_levels', 'median_resolution_hours', 'null',
        'null', 'resolved'
    ),
    ('reopened_rate', 'rate', 'service_levels', 'reopened_rate', 'reopened', 'tickets', 'tickets'),
    ('share', 'rate', 'shares', 'share', 'own_sales', 'market_size', 'null'),
    ('attainment', 'rate', 'attained', 'attainment', 'credited', 'quota', 'reps'),
    (
        'selling_cost_rate', 'rate', 'selling_costs', 'selling_cost_rate', 'selling_cost',
        'net_sales', 'null'
    )
] -%}
{#- Owners by month, with the column of the month, and owners of the whole company only. -#}
{%- set month_columns = {
    'lead_conversion': 'cohort_month', 'repeat_purchase': 'cohort_month',
    'customer_churn': 'period_start', 'recurring_revenue': 'period_start',
    'referrals': 'period_start'
} -%}
{%- set undivided = ['referrals', 'attained', 'selling_costs'] -%}

with sales as (

    select * from {{ ref('sales_by_period') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}

),

open_pipeline as (

    select * from {{ ref('open_pipeline') }}

),

velocity as (

    select * from {{ ref('pipeline_velocity') }}

),

coverage as (

    select * from {{ ref('pipeline_coverage') }}

),

waterfall as (

    select * from {{ ref('pipeline_waterfall') }}

),

lead_conversion as (

    select * from {{ ref('lead_conversion') }}

),

referrals as (

    select * from {{ ref('referrals') }}

),

fulfilment as (

    select * from {{ ref('fulfilment_by_period') }}

),

repeat_purchase as (

    select * from {{ ref('repeat_purchase') }}

),

customer_churn as (

    select * from {{ ref('customer_churn') }}

),

recurring_revenue as (

    select * from {{ ref('recurring_revenue') }}

),

service_levels as (

    select * from {{ ref('service_levels') }}

),

market_shares as (

    select * from {{ ref('market_share') }}

),

selling_costs as (

    select * from {{ ref('int_selling_costs') }}

),

attainment as (

    select * from {{ ref('quota_attainment') }}

),

survey_scores as (

    select * from {{ ref('survey_scores') }}

),

surveys as (

    select * from {{ ref('dim_survey') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

current_periods as (

    select
        period_type,
        period_start
    from periods
    where {{ as_of_date() }} between period_start and period_end

),

-- What is known as of now only stands in the periods that hold the as-of day.
current_pipeline as (

    select
        current_periods.period_type,
        current_periods.period_start,
        open_pipeline.dimension,
        open_pipeline.member,
        open_pipeline.amount,
        open_pipeline.deals
    from open_pipeline
    cross join current_periods

),

current_velocity as (

    select
        current_periods.period_type,
        current_periods.period_start,
        velocity.dimension,
        velocity.member,
        velocity.velocity_per_day,
        velocity.open_deals
    from velocity
    cross join current_periods

),

current_coverage as (

    -- Quarters to come have rows of their own in pipeline_coverage.
    select
        'quarter' as period_type,
        coverage.period_start,
        coverage.dimension,
        coverage.member,
        coverage.coverage,
        coverage.open_amount,
        coverage.remaining
    from coverage
    inner join current_periods
        on
            coverage.period_start = current_periods.period_start
            and current_periods.period_type = 'quarter'

),

newest_shares as (

    select
        segment,
        region,
        period_start,
        period_end,
        own_sales,
        market_size
    from market_shares
    where market_size is not null
    qualify row_number() over (
        partition by segment, region, period_start, period_end order by vintage desc nulls last
    ) = 1

),

member_shares as (

    -- A scope called all is one of its own, beside those of its parts.
    select
        newest_shares.period_start,
        newest_shares.period_end,
        members.dimension,
        members.member,
        members.is_whole,
        sum(newest_shares.own_sales) as own_sales,
        sum(newest_shares.market_size) as market_size
    from newest_shares
    cross join lateral (
        values
        (
            'total',
            'all',
            newest_shares.segment = 'all' and newest_shares.region = 'all',
            (newest_shares.segment = 'all') = (newest_shares.region = 'all')
        ),
        (
            'region', newest_shares.region, newest_shares.segment = 'all',
            newest_shares.region <> 'all'
        )
    ) as members (dimension, member, is_whole, is_counted)
    where members.is_counted
    group by
        newest_shares.period_start,
        newest_shares.period_end,
        members.dimension,
        members.member,
        members.is_whole

),

shares as (

    -- The scope itself where it is sized, else its parts.
    select
        periods.period_type,
        periods.period_start,
        member_shares.dimension,
        member_shares.member,
        member_shares.own_sales,
        member_shares.market_size,
        {{ ratio('member_shares.own_sales', 'member_shares.market_size') }} as share
    from member_shares
    inner join periods
        on
            member_shares.period_start = periods.period_start
            and member_shares.period_end = periods.period_end
    qualify row_number() over (
        partition by
            periods.period_type,
            periods.period_start,
            member_shares.dimension,
            member_shares.member
        order by member_shares.is_whole desc nulls last
    ) = 1

),

quota_measures as (

    -- Bookings are what a quota is about; revenue where there is none of those.
    select min(measure) as measure  -- bookings comes before revenue
    from attainment
    where measure in ('bookings', 'revenue') and quota > 0

),

attained as (

    select
        attainment.period_type,
        attainment.period_start,
        sum(attainment.credited) as credited,
        sum(attainment.quota) as quota,
        count(*) as reps,
        {{ ratio('sum(attainment.credited)', 'sum(attainment.quota)') }} as attainment
    from attainment
    inner join quota_measures on attainment.measure = quota_measures.measure
    where attainment.quota > 0 and attainment.period_type <> 'quota'
    group by attainment.period_type, attainment.period_start

),

survey_parts as (

    -- What the staff thinks of its team or training is no customer's voice.
    select
        survey_scores.measure as metric,
        case survey_scores.measure when 'nps' then 'score' else 'rate' end as kind,
        survey_scores.period_type,
        survey_scores.period_start,
        survey_scores.dimension,
        survey_scores.member,
        cast(
            sum(
                case
                    when survey_scores.measure = 'nps'
                        then survey_scores.promoters - survey_scores.detractors
                    else round(survey_scores.score * survey_scores.n)
                end
            ) as double
        ) as numerator,
        sum(survey_scores.n) as n
    from survey_scores
    inner join surveys on survey_scores.survey_id = surveys.survey_id
    where
        survey_scores.measure in ('nps', 'csat', 'ces')
        and coalesce(surveys.kind, '') not in ('team', 'training')
    group by
        survey_scores.measure,
        survey_scores.period_type,
        survey_scores.period_start,
        survey_scores.dimension,
        survey_scores.member

),

owned_values as (

    {{ sales_figures(
        'sales', ['period_type', 'period_start', 'dimension', 'member'], owned=true
    ) }}
    {%- for metric, kind, owner, value, numerator, denominator, n in figures %}
    union all
    select
        '{{ metric }}' as metric,
        '{{ kind }}' as kind,
        {{ "'month' as period_type" if owner in month_columns else 'period_type' }},
        {{ month_columns.get(owner, 'period_start') }} as period_start,
        {{ "'total' as dimension" if owner in undivided else 'dimension' }},
        {{ "'all' as member" if owner in undivided else 'member' }},
        cast({{ numerator }} as double) as numerator,
        cast({{ denominator }} as double) as denominator,
        {{ n }} as n,
        cast({{ value }} as double) as value
    from {{ owner }}
    {%- endfor %}
    union all
    select
        metric,
        kind,
        period_type,
        period_start,
        dimension,
        member,
        numerator,
        cast(n as double) as denominator,
        n,
        {{ kpi_value('kind', 'numerator', 'n') }} as value
    from survey_parts

)

select
    metric,
    kind,
    period_type,
    period_start,
    dimension,
    member,
    numerator,
    denominator,
    cast(n as bigint) as n,
    value
from owned_values
where dimension in ('total', 'region', 'team') and period_type not in ('day', 'week')
