with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

cohort_deals as (

    select
        opportunity_id,
        cast(date_trunc('month', created_date) as date) as cohort_month,
        status,
        coalesce(owner_id, '(none)') as owner,
        coalesce(lead_source, '(none)') as source,
        coalesce(type, '(none)') as type
    from opportunities
    where created_date is not null

),

members as (

    select
        members.dimension,
        members.member,
        cohort_deals.cohort_month,
        cohort_deals.status
    from cohort_deals
    cross join lateral (
        values
        ('total', 'all'),
        ('owner', cohort_deals.owner),
        ('source', cohort_deals.source),
        ('type', cohort_deals.type)
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
        count(*) as created,
        count_if(status = 'won') as won,
        count_if(status = 'lost') as lost,
        count_if(status = 'open') as still_open
    from members
    group by dimension, member, cohort_month

),

rates as (

    select
        cohorts.cohort_month,
        cohorts.dimension,
        cohorts.member,
        coalesce(labels.member_label, cohorts.member) as member_label,
        coalesce(counted.created, 0) as created,
        cast(coalesce(counted.won, 0) as bigint) as won,
        cast(coalesce(counted.lost, 0) as bigint) as lost,
        cast(coalesce(counted.still_open, 0) as bigint) as still_open,
        {{ ratio('counted.won', '(counted.won + counted.lost)') }} as win_rate,
        cast(cohorts.cohort_end + {{ var('deal_window_days') }} as date) <= {{ as_of_date() }}
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

select * from rates
