{%- set windows = ['previous', 'year_ago'] -%}

with kpi_values as (

    select * from {{ ref('int_kpi_values') }}

),

window_parts as (

    select * from {{ ref('int_kpi_windows') }}

),

targets as (

    select * from {{ ref('int_kpi_targets') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

dictionary as (

    select * from {{ ref('metric_dictionary') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

first_days as (

    select
        metric,
        coalesce(
            min(case when period_type = 'all' then period_start end), min(period_start)
        ) as first_day
    from kpi_values
    group by metric

),

business_days as (

    select
        periods.period_type,
        periods.period_start,
        cast(count_if(dates.is_business_day and dates.date_day <= {{ as_of_date() }}) as double)
        / nullif(count_if(dates.is_business_day), 0) as elapsed_share
    from periods
    inner join dates on dates.date_day between periods.period_start and periods.period_end
    where not periods.is_complete and periods.period_type not in ('day', 'week')
    group by periods.period_type, periods.period_start

),

compared as (

    -- A quota is compared whole: of the earlier period, as of this one. What stands at an end is
    -- compared with the earlier end. Where nothing was added since the data begin, it was 0.
    select
        kpi_values.metric,
        kpi_values.kind,
        kpi_values.period_type,
        kpi_values.period_start,
        kpi_values.dimension,
        kpi_values.member,
        coalesce(periods.is_complete, true) as is_complete,
        kpi_values.value,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.n,
        {%- for window in windows %}
        case
            when
                kpi_values.kind = 'flow'
                and case
                    when periods.is_{{ window }}_whole then {{ window }}_values.metric
                    else {{ window }}_parts.metric
                end is null
                then case when periods.{{ window }}_end >= first_days.first_day then 0.0 end
            when kpi_values.kind = 'stock' or periods.is_{{ window }}_whole
                then {{ window }}_values.value
            else {{ kpi_value(
                'kpi_values.kind',
                window ~ '_parts.numerator',
                'coalesce(' ~ window ~ '_parts.denominator, case when kpi_values.metric '
                ~ "= 'attainment' then " ~ window ~ '_values.denominator end)'
            ) }}
        end as {{ window }}_value{{ ',' if not loop.last }}
        {%- endfor %}
    from kpi_values
    left join periods
        on
            kpi_values.period_type = periods.period_type
            and kpi_values.period_start = periods.period_start
    left join first_days on kpi_values.metric = first_days.metric
    {%- for window in windows %}
    left join kpi_values as {{ window }}_values
        on
            kpi_values.metric = {{ window }}_values.metric
            and kpi_values.dimension = {{ window }}_values.dimension
            and kpi_values.member = {{ window }}_values.member
            and kpi_values.period_type = {{ window }}_values.period_type
            and periods.{{ window }}_start = {{ window }}_values.period_start
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
        targets.target,
        -- Of what adds up over days, a running period owes as much as has passed of it.
        targets.target
        * case when compared.kind = 'flow' then coalesce(business_days.elapsed_share, 1) else 1 end
            as expected
    from compared
    left join targets
        on
            compared.metric = targets.metric
            and compared.dimension = targets.dimension
            and compared.member = targets.member
            and compared.period_type = targets.period_type
            and compared.period_start = targets.period_start
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
        targeted.n,
        dictionary.unit,
        targeted.target,
        targeted.previous_value,
        targeted.year_ago_value,
        case
            when targeted.expected is null or targeted.value is null then 'no_target'
            when coalesce(dictionary.direction, 'higher') = 'higher'
                then
                    case
                        when targeted.value >= targeted.expected then 'on_track'
                        when targeted.value >= 0.9 * targeted.expected then 'watch'
                        else 'off_track'
                    end
            when targeted.value <= targeted.expected then 'on_track'
            when 0.9 * targeted.value <= targeted.expected then 'watch'
            else 'off_track'
        end as status,
        targeted.is_complete
    from targeted
    left join dictionary on targeted.metric = dictionary.metric
    left join labels
        on targeted.dimension = labels.dimension and targeted.member = labels.member

)

select * from kpis
