{#- The headline figures as their owning marts have them, one line each. A kind says what parts make
    of the figure: flow (a sum over days), stock, rate (one part by the other), mean (of money) or
    score (a rate of a hundred). -#}
{%- set figures = [
    ('win_rate', 'rate', 'win_rates', 'win_rate', 'won', 'won + lost', 'won + lost'),
    ('bookings', 'flow', 'win_rates', 'won_amount', 'won_amount', 'null', 'won'),
    ('open_pipeline', 'stock', 'current_pipeline', 'amount', 'amount', 'null', 'deals'),
    ('attainment', 'rate', 'attained', 'attainment', 'credited', 'quota', 'reps')
] -%}

with sales as (

    select * from {{ ref('sales_by_period') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}

),

open_pipeline as (

    select * from {{ ref('open_pipeline') }}

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

current_pipeline as (

    -- Known as of now only: it stands in the periods that hold the as-of day.
    select
        periods.period_type,
        periods.period_start,
        open_pipeline.dimension,
        open_pipeline.member,
        open_pipeline.amount,
        open_pipeline.deals
    from open_pipeline
    inner join periods on {{ as_of_date() }} between periods.period_start and periods.period_end

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
        'total' as dimension,
        'all' as member,
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
        survey_scores.measure in ('nps', 'csat')
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
        period_type,
        period_start,
        dimension,
        member,
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
