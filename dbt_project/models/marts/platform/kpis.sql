{%- set sales_metrics = [
    ('net_sales', 'net_sales', none, 'orders'),
    ('orders', 'orders', none, 'orders'),
    ('average_order_value', 'net_sales', 'orders_with_value', 'orders_with_value'),
    ('gross_margin_rate', 'gross_margin', '(net_sales - coalesce(net_sales_without_cost, 0))',
     'orders'),
    ('new_customers', 'new_customers', none, 'new_customers')
] -%}
{%- set flow_list = "'net_sales', 'orders', 'new_customers', 'bookings'" -%}

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

sales_days as (

    select * from {{ ref('int_sales_days') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

survey_facts as (

    select * from {{ ref('int_survey_facts') }}

),

credits as (

    select * from {{ ref('int_rep_credits') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

targets as (

    select * from {{ source('gate', 'accepted_crm__targets') }}

),

dictionary as (

    select * from {{ ref('metric_dictionary') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

long_periods as (

    select * from periods
    where period_type not in ('day', 'week')

),

customer_surveys as (

    -- What the staff thinks of its team or training is no customer's voice.
    select survey_id
    from surveys
    where coalesce(kind, '') not in ('team', 'training')

),

survey_parts as (

    select
        survey_scores.measure as metric,
        survey_scores.period_type,
        survey_scores.period_start,
        survey_scores.dimension,
        survey_scores.member,
        sum(
            case
                when survey_scores.measure = 'nps'
                    then survey_scores.promoters - survey_scores.detractors
                else round(survey_scores.score * survey_scores.n)
            end
        ) as numerator,
        sum(survey_scores.n) as n
    from survey_scores
    inner join customer_surveys on survey_scores.survey_id = customer_surveys.survey_id
    where survey_scores.measure in ('nps', 'csat')
    group by all

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
        bool_and(attainment.is_complete) as is_complete
    from attainment
    inner join quota_measures on attainment.measure = quota_measures.measure
    where attainment.quota > 0 and attainment.period_type <> 'quota'
    group by attainment.period_type, attainment.period_start

),

owned_values as (

    {%- for metric, numerator, denominator, n in sales_metrics %}
    select
        '{{ metric }}' as metric,
        period_type,
        period_start,
        dimension,
        member,
        is_complete,
        cast({{ numerator }} as double) as numerator,
        {{ 'cast(' ~ denominator ~ ' as double)' if denominator else 'cast(null as double)' }}
            as denominator,
        {{ n }} as n,
        cast({{ metric }} as double) as value
    from sales
    union all
    {%- endfor %}
    select
        'win_rate' as metric,
        period_type,
        period_start,
        dimension,
        member,
        is_complete,
        cast(won as double) as numerator,
        cast(won + lost as double) as denominator,
        won + lost as n,
        win_rate as value
    from win_rates
    union all
    select
        'bookings' as metric,
        period_type,
        period_start,
        dimension,
        member,
        is_complete,
        cast(won_amount as double) as numerator,
        cast(null as double) as denominator,
        won as n,
        cast(won_amount as double) as value
    from win_rates
    union all
    -- Known as of now only: it stands in the periods that hold the as-of day.
    select
        'open_pipeline' as metric,
        long_periods.period_type,
        long_periods.period_start,
        open_pipeline.dimension,
        open_pipeline.member,
        long_periods.is_complete,
        cast(open_pipeline.amount as double) as numerator,
        cast(null as double) as denominator,
        open_pipeline.deals as n,
        cast(open_pipeline.amount as double) as value
    from open_pipeline
    inner join long_periods
        on {{ as_of_date() }} between long_periods.period_start and long_periods.period_end
    union all
    select
        'attainment' as metric,
        period_type,
        period_start,
        'total' as dimension,
        'all' as member,
        is_complete,
        cast(credited as double) as numerator,
        cast(quota as double) as denominator,
        reps as n,
        {{ ratio('credited', 'quota') }} as value
    from attained
    union all
    select
        survey_parts.metric,
        survey_parts.period_type,
        survey_parts.period_start,
        survey_parts.dimension,
        survey_parts.member,
        coalesce(long_periods.is_complete, true) as is_complete,
        cast(survey_parts.numerator as double) as numerator,
        cast(survey_parts.n as double) as denominator,
        survey_parts.n,
        {{ kpi_value(
            'survey_parts.metric', 'cast(survey_parts.numerator as double)', 'survey_parts.n'
        ) }} as value
    from survey_parts
    left join long_periods
        on
            survey_parts.period_type = long_periods.period_type
            and survey_parts.period_start = long_periods.period_start

),

kpi_values as (

    select * from owned_values
    where
        dimension in ('total', 'region', 'team')
        and period_type not in ('day', 'week')

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
    inner join customer_surveys on survey_facts.survey_id = customer_surveys.survey_id
    cross join lateral (
        values ('total', 'all'), ('region', survey_facts.region), ('team', survey_facts.team)
    ) as members (dimension, member)
    where survey_facts.measure in ('nps', 'csat')

),

quota_reps as (

    select distinct attainment.user_id  -- whoever has a quota of the measure, in any period
    from attainment
    inner join quota_measures on attainment.measure = quota_measures.measure
    where attainment.quota > 0

),

parts_by_day as (

    {%- for metric, numerator, denominator, n in sales_metrics %}
    select
        '{{ metric }}' as metric,
        dimension,
        member,
        date_day,
        cast({{ numerator }} as decimal(38, 4)) as numerator,
        cast({{ denominator or 'null' }} as decimal(38, 4)) as denominator
    from sales_days
    union all
    {%- endfor %}
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
        'attainment' as metric,
        'total' as dimension,
        'all' as member,
        credits.date_day,
        credits.credited as numerator,
        null as denominator
    from credits
    inner join quota_measures on credits.measure = quota_measures.measure
    inner join quota_reps on credits.user_id = quota_reps.user_id
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

partial_windows as (

    -- Whole earlier periods are looked up; only what compares by elapsed days is summed by day.
    {%- for window in ['previous', 'year_ago'] %}
    select
        '{{ window }}' as compared_with,
        period_type,
        period_start,
        {{ window }}_start as window_start,
        {{ window }}_end as window_end
    from long_periods
    where not is_{{ window }}_whole
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

window_parts as (

    select
        partial_windows.compared_with,
        partial_windows.period_type,
        partial_windows.period_start,
        parts_by_day.metric,
        parts_by_day.dimension,
        parts_by_day.member,
        cast(sum(parts_by_day.numerator) as double) as numerator,
        cast(sum(parts_by_day.denominator) as double) as denominator
    from partial_windows
    inner join parts_by_day
        on parts_by_day.date_day between partial_windows.window_start and partial_windows.window_end
    where parts_by_day.dimension in ('total', 'region', 'team')
    group by all

),

compared as (

    -- A quota is compared whole: of the earlier period, as of this one.
    select
        kpi_values.metric,
        kpi_values.period_type,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.is_complete,
        kpi_values.value,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.n,
        long_periods.period_end,
        {%- for window in ['previous', 'year_ago'] %}
        case
            when long_periods.is_{{ window }}_whole then {{ window }}_values.value
            else {{ kpi_value(
                'kpi_values.metric',
                window ~ '_parts.numerator',
                'coalesce(' ~ window ~ '_parts.denominator, case when kpi_values.metric '
                ~ "= 'attainment' then " ~ window ~ '_values.denominator end)'
            ) }}
        end as {{ window }}_value{{ ',' if not loop.last }}
        {%- endfor %}
    from kpi_values
    left join long_periods
        on
            kpi_values.period_type = long_periods.period_type
            and kpi_values.period_start = long_periods.period_start
    {%- for window in ['previous', 'year_ago'] %}
    left join kpi_values as {{ window }}_values
        on
            kpi_values.metric = {{ window }}_values.metric
            and kpi_values.dimension = {{ window }}_values.dimension
            and kpi_values.member = {{ window }}_values.member
            and kpi_values.period_type = {{ window }}_values.period_type
            and long_periods.{{ window }}_start = {{ window }}_values.period_start
    left join window_parts as {{ window }}_parts
        on
            {{ window }}_parts.compared_with = '{{ window }}'
            and kpi_values.metric = {{ window }}_parts.metric
            and kpi_values.dimension = {{ window }}_parts.dimension
            and kpi_values.member = {{ window }}_parts.member
            and kpi_values.period_type = {{ window }}_parts.period_type
            and kpi_values.period_start = {{ window }}_parts.period_start
    {%- endfor %}

),

sized_targets as (

    select
        metric,
        dimension,
        member,
        period_start as target_start,
        period_end as target_end,
        amount,
        {{ days_between('period_start', 'period_end') }} + 1 as target_days,
        case
            when {{ days_between('period_start', 'period_end') }} < 31 then 'month'
            when {{ days_between('period_start', 'period_end') }} < 93 then 'quarter'
            else 'year'
        end as target_size
    from targets

),

fitting_targets as (

    -- A target of exactly the period counts; else, for what adds up, shorter ones that fill it.
    select
        sized_targets.metric,
        sized_targets.dimension,
        sized_targets.member,
        long_periods.period_type,
        long_periods.period_start,
        sized_targets.target_size,
        max(sized_targets.amount) filter (
            where
            sized_targets.target_start = long_periods.period_start
            and sized_targets.target_end = long_periods.period_end
        ) as own_amount,
        case
            when
                sized_targets.metric in ({{ flow_list }})
                and sum(sized_targets.target_days)
                = max(
                    {{ days_between('long_periods.period_start', 'long_periods.period_end') }}
                    + 1
                )
                then sum(sized_targets.amount)
        end as summed_amount
    from sized_targets
    inner join long_periods
        on
            sized_targets.target_start >= long_periods.period_start
            and sized_targets.target_end <= long_periods.period_end
    group by
        sized_targets.metric,
        sized_targets.dimension,
        sized_targets.member,
        long_periods.period_type,
        long_periods.period_start,
        sized_targets.target_size

),

period_targets as (

    select
        metric,
        dimension,
        member,
        period_type,
        period_start,
        cast(
            coalesce(
                max(own_amount),
                max_by(
                    summed_amount,
                    case target_size when 'year' then 3 when 'quarter' then 2 else 1 end
                ) filter (where summed_amount is not null)
            ) as double
        ) as target
    from fitting_targets
    group by metric, dimension, member, period_type, period_start

),

quota_targets as (

    select
        case attainment.measure when 'revenue' then 'net_sales' else 'bookings' end as metric,
        members.dimension,
        members.member,
        attainment.period_type,
        attainment.period_start,
        cast(sum(attainment.quota) as double) as target
    from attainment
    left join reps on attainment.user_id = reps.user_id
    cross join lateral (
        values ('total', 'all'), ('team', reps.team_id)
    ) as members (dimension, member)
    where
        attainment.measure in ('revenue', 'bookings')
        and attainment.quota > 0
        and attainment.period_type not in ('quota', 'all')
        and members.member is not null
    group by all

),

business_days as (

    select
        long_periods.period_type,
        long_periods.period_start,
        count_if(dates.is_business_day) as business_days,
        count_if(dates.is_business_day and dates.date_day <= {{ as_of_date() }}) as elapsed_days
    from long_periods
    inner join dates on dates.date_day between long_periods.period_start and long_periods.period_end
    group by long_periods.period_type, long_periods.period_start

),

targeted as (

    select
        compared.metric,
        compared.period_type,
        compared.period_start,
        compared.dimension,
        compared.member,
        compared.is_complete,
        compared.value,
        compared.numerator,
        compared.denominator,
        compared.n,
        compared.previous_value,
        compared.year_ago_value,
        coalesce(period_targets.target, quota_targets.target) as target,
        case
            when compared.metric in ({{ flow_list }}) and not compared.is_complete
                then coalesce(
                    cast(business_days.elapsed_days as double)
                    / nullif(business_days.business_days, 0), 1
                )
            else 1.0
        end as elapsed_share
    from compared
    left join period_targets
        on
            compared.metric = period_targets.metric
            and compared.dimension = period_targets.dimension
            and compared.member = period_targets.member
            and compared.period_type = period_targets.period_type
            and compared.period_start = period_targets.period_start
    left join quota_targets
        on
            compared.metric = quota_targets.metric
            and compared.dimension = quota_targets.dimension
            and compared.member = quota_targets.member
            and compared.period_type = quota_targets.period_type
            and compared.period_start = quota_targets.period_start
    left join business_days
        on
            compared.period_type = business_days.period_type
            and compared.period_start = business_days.period_start

),

kpis as (

    select
        targeted.metric,
        targeted.period_type,
        targeted.period_start,
        targeted.dimension,
        targeted.member,
        coalesce(labels.member_label, targeted.member) as member_label,
        targeted.value,
        targeted.numerator,
        targeted.denominator,
        cast(targeted.n as bigint) as n,
        dictionary.unit,
        targeted.target,
        targeted.previous_value,
        targeted.year_ago_value,
        case
            when targeted.target is null or targeted.value is null then 'no_target'
            when coalesce(dictionary.direction, 'higher') = 'higher'
                then
                    case
                        when targeted.value >= targeted.target * targeted.elapsed_share
                            then 'on_track'
                        when targeted.value >= 0.9 * targeted.target * targeted.elapsed_share
                            then 'watch'
                        else 'off_track'
                    end
            when targeted.value <= targeted.target * targeted.elapsed_share then 'on_track'
            when 0.9 * targeted.value <= targeted.target * targeted.elapsed_share then 'watch'
            else 'off_track'
        end as status,
        targeted.is_complete
    from targeted
    left join dictionary on targeted.metric = dictionary.metric
    left join labels
        on targeted.dimension = labels.dimension and targeted.member = labels.member

)

select * from kpis
