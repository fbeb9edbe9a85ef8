{%- set measures = [
    'status', 'is_no_decision', 'amount', 'lost_amount', 'cycle_days'
] -%}
with opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

opportunity_competitors as (

    select * from {{ source('gate', 'accepted_crm__opportunity_competitors') }}

),

competitors as (

    select * from {{ ref('dim_competitor') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

period_days as (

    select * from {{ ref('int_period_days') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

closed_deals as (

    select
        opportunity_id,
        closed_date as date_day,
        status,
        is_no_decision,
        amount,
        lost_amount,
        cycle_days,
        coalesce(owner_id, '(none)') as owner,
        coalesce(team_id, '(none)') as team,
        coalesce(region, '(none)') as region,
        coalesce(industry, '(none)') as industry,
        coalesce(segment, '(none)') as segment,
        coalesce(lead_source, '(none)') as source,
        coalesce(type, '(none)') as type,
        coalesce(product_id, '(none)') as product
    from opportunities
    where status <> 'open' and closed_date is not null

),

named_competitors as (

    select
        opportunity_competitors.opportunity_id,
        competitors.competitor_id
    from opportunity_competitors
    inner join competitors
        on opportunity_competitors.competitor_id = competitors.competitor_id

),

members as (

    select
        members.dimension,
        members.member,
        closed_deals.date_day
        {%- for measure in measures %},
        closed_deals.{{ measure }}
        {%- endfor %}
    from closed_deals
    cross join lateral (
        values
        ('total', 'all'),
        ('owner', closed_deals.owner),
        ('team', closed_deals.team),
        ('region', closed_deals.region),
        ('industry', closed_deals.industry),
        ('segment', closed_deals.segment),
        ('source', closed_deals.source),
        ('type', closed_deals.type),
        ('product', closed_deals.product)
    ) as members (dimension, member)
    union all
    select
        'competitor' as dimension,
        coalesce(named_competitors.competitor_id, '(none)') as member,
        closed_deals.date_day
        {%- for measure in measures %},
        closed_deals.{{ measure }}
        {%- endfor %}
    from closed_deals
    left join named_competitors
        on closed_deals.opportunity_id = named_competitors.opportunity_id

),

first_days as (

    select
        dimension,
        member,
        min(date_day) as first_day,
        min(min(date_day)) over () as mart_first_day
    from members
    group by dimension, member

),

all_rows as (

    {{ dense_periods('first_days', 'periods') }}

),

facts as (

    {{ facts_by_period('members', 'period_days', measures) }}

),

measured as (

    select
        dimension,
        member,
        period_type,
        period_start,
        count_if(status = 'won') as won,
        count_if(status = 'lost') as lost,
        count_if(is_no_decision) as no_decision,
        count(*) as closed,
        sum(amount) filter (where status = 'won') as won_amount,
        count(amount) filter (where status = 'won') as won_with_amount,
        sum(lost_amount) as lost_amount,
        count_if(status = 'lost' and lost_amount is null) as lost_without_amount,
        median(cast(cycle_days as double)) filter (where status = 'won') as median_cycle_days,
        percentile_cont(0.75) within group (order by cast(cycle_days as double) nulls last)
            filter (where status = 'won') as p75_cycle_days,
        avg(cast(cycle_days as double)) filter (where status = 'won') as mean_cycle_days
    from facts
    group by dimension, member, period_type, period_start

),

rates as (

    -- The rate by amount would be too high if lost deals without an amount were left out of it.
    select
        all_rows.period_type,
        all_rows.period_start,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        all_rows.is_complete,
        cast(coalesce(measured.won, 0) as bigint) as won,
        cast(coalesce(measured.lost, 0) as bigint) as lost,
        cast(coalesce(measured.no_decision, 0) as bigint) as no_decision,
        {{ ratio('measured.won', 'measured.closed') }} as win_rate,
        {{ wilson('measured.won', 'measured.closed', '-') }} as win_rate_low,
        {{ wilson('measured.won', 'measured.closed', '+') }} as win_rate_high,
        cast(coalesce(measured.won_amount, 0) as decimal(18, 4)) as won_amount,
        cast(coalesce(measured.lost_amount, 0) as decimal(18, 4)) as lost_amount,
        case
            when measured.lost_without_amount = 0
                then {{ ratio(
                    'coalesce(measured.won_amount, 0)',
                    '(coalesce(measured.won_amount, 0) + coalesce(measured.lost_amount, 0))'
                ) }}
        end as amount_win_rate,
        {{ mean_money('measured.won_amount', 'measured.won_with_amount') }} as average_won_amount,
        measured.median_cycle_days,
        measured.p75_cycle_days,
        measured.mean_cycle_days
    from all_rows
    left join measured
        on
            all_rows.dimension = measured.dimension
            and all_rows.member = measured.member
            and all_rows.period_type = measured.period_type
            and all_rows.period_start = measured.period_start
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from rates
