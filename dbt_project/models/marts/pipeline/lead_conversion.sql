with leads as (

    select * from {{ ref('fct_lead') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

cohort_leads as (

    select
        lead_id,
        cast(date_trunc('month', created_date) as date) as cohort_month,
        coalesce(source, '(none)') as source,
        coalesce(campaign_id, '(none)') as campaign,
        coalesce(owner_id, '(none)') as owner,
        is_converted,
        is_converted_within_window,
        is_mature,
        first_response_hours
    from leads

),

members as (

    select
        members.dimension,
        members.member,
        cohort_leads.cohort_month,
        cohort_leads.is_converted,
        cohort_leads.is_converted_within_window,
        cohort_leads.is_mature,
        cohort_leads.first_response_hours
    from cohort_leads
    cross join lateral (
        values
        ('total', 'all'),
        ('source', cohort_leads.source),
        ('campaign', cohort_leads.campaign),
        ('owner', cohort_leads.owner)
    ) as members (dimension, member)

),

cohorts as (

    {{ dense_cohorts('members', 'dates') }}

),

counted as (

    select
        dimension,
        member,
        cohort_month,
        count(*) as leads,
        count_if(is_converted) as converted,
        count_if(is_mature) as mature_leads,
        count_if(is_mature and is_converted_within_window) as converted_within_window,
        median(cast(first_response_hours as double)) as median_response_hours
    from members
    group by dimension, member, cohort_month

),

conversion as (

    select
        cohorts.cohort_month,
        cohorts.dimension,
        cohorts.member,
        coalesce(labels.member_label, cohorts.member) as member_label,
        coalesce(counted.leads, 0) as leads,
        cast(coalesce(counted.converted, 0) as bigint) as converted,
        cast(coalesce(counted.mature_leads, 0) as bigint) as mature_leads,
        cast(coalesce(counted.converted_within_window, 0) as bigint) as converted_within_window,
        {{ ratio('counted.converted_within_window', 'counted.mature_leads') }}
            as conversion_rate,
        cast({{ var('lead_window_days') }} as bigint) as window_days,
        counted.median_response_hours,
        cast(cohorts.cohort_end + {{ var('lead_window_days') }} as date) <= {{ as_of_date() }}
            as is_mature
    from cohorts
    left join counted
        on
            cohorts.dimension = counted.dimension
            and cohorts.member = counted.member
            and cohorts.cohort_month = counted.cohort_month
    left join labels
        on cohorts.dimension = labels.dimension and cohorts.member = labels.member

)

select * from conversion
