with sales as (

    select * from {{ ref('sales_by_period') }}

),

win_rates as (

    select * from {{ ref('win_rates') }}

),

open_pipeline as (

    select * from {{ ref('open_pipeline') }}

),

deal_states as (

    select * from {{ ref('int_deal_states') }}

),

attainment as (

    select * from {{ ref('quota_attainment') }}

),

credits as (

    select * from {{ ref('int_rep_credits') }}

),

rates as (

    select * from {{ ref('int_rep_rates') }}

),

ramp as (

    select * from {{ ref('int_rep_ramp') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

activities as (

    select * from {{ ref('fct_activity') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

attendances as (

    select * from {{ ref('fct_training_attendance') }}

),

market_shares as (

    select * from {{ ref('market_share') }}

),

issues as (

    select * from {{ source('gate', 'issues') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

rep_activities as (

    select
        owner_id as user_id,
        {{ local_date('happened_at') }} as date_day,
        count(*) as activities,
        count_if(type in ('meeting', 'demo')) as meetings
    from activities
    where owner_id is not null
    group by owner_id, {{ local_date('happened_at') }}

),

rep_trainings as (

    select
        user_id,
        held_on as date_day,
        count(*) as training_sessions
    from attendances
    where has_attended
    group by user_id, held_on

),

rep_responses as (

    select
        owner_id as user_id,
        created_date as date_day,
        first_response_hours
    from leads
    where owner_id is not null

),

first_days as (

    -- A rep's first fact of any kind begins the card.
    select
        facts.user_id,
        min(facts.date_day) as first_day
    from (
        select
            rep_activities.user_id,
            rep_activities.date_day
        from rep_activities
        union all
        select
            rep_trainings.user_id,
            rep_trainings.date_day
        from rep_trainings
        union all
        select
            rep_responses.user_id,
            rep_responses.date_day
        from rep_responses
        union all
        select
            credits.user_id,
            credits.date_day
        from credits
        union all
        select
            win_rates.member as user_id,
            win_rates.period_start as date_day
        from win_rates
        where
            win_rates.dimension = 'owner'
            and win_rates.period_type = 'month'
            and win_rates.won + win_rates.lost > 0
        union all
        select
            sales.member as user_id,
            sales.period_start as date_day
        from sales
        where sales.dimension = 'rep' and sales.period_type = 'month'
    ) as facts
    inner join reps on facts.user_id = reps.user_id
    group by facts.user_id

),

all_time as (

    select min(first_day) as mart_first_day
    from first_days

),

rep_periods as (

    select
        first_days.user_id,
        periods.period_type,
        periods.period_start,
        periods.period_end,
        periods.is_complete
    from first_days
    inner join periods on first_days.first_day <= periods.period_end
    where periods.period_type not in ('day', 'week')
    union all
    select
        first_days.user_id,
        'all' as period_type,
        all_time.mart_first_day as period_start,
        {{ as_of_date() }} as period_end,
        true as is_complete
    from first_days
    cross join all_time

),

period_activities as (

    select
        rep_periods.user_id,
        rep_periods.period_type,
        rep_periods.period_start,
        sum(rep_activities.activities) as activities,
        sum(rep_activities.meetings) as meetings
    from rep_periods
    inner join rep_activities
        on
            rep_periods.user_id = rep_activities.user_id
            and rep_activities.date_day between rep_periods.period_start and rep_periods.period_end
    group by all

),

period_trainings as (

    select
        rep_periods.user_id,
        rep_periods.period_type,
        rep_periods.period_start,
        sum(rep_trainings.training_sessions) as training_sessions
    from rep_periods
    inner join rep_trainings
        on
            rep_periods.user_id = rep_trainings.user_id
            and rep_trainings.date_day between rep_periods.period_start and rep_periods.period_end
    group by all

),

period_responses as (

    select
        rep_periods.user_id,
        rep_periods.period_type,
        rep_periods.period_start,
        median(cast(rep_responses.first_response_hours as double)) as first_response_hours
    from rep_periods
    inner join rep_responses
        on
            rep_periods.user_id = rep_responses.user_id
            and rep_responses.date_day between rep_periods.period_start and rep_periods.period_end
    group by all

),

period_bookings as (

    select
        rep_periods.user_id,
        rep_periods.period_type,
        rep_periods.period_start,
        sum(credits.credited) as bookings
    from rep_periods
    inner join credits
        on
            rep_periods.user_id = credits.user_id
            and credits.measure = 'bookings'
            and credits.date_day between rep_periods.period_start and rep_periods.period_end
    group by all

),

attainments as (

    -- Bookings are what a quota is about; revenue where there is none of those.
    select
        user_id,
        period_type,
        period_start,
        coalesce(
            max(attainment) filter (where measure = 'bookings'),
            max(attainment) filter (where measure = 'revenue')
        ) as attainment
    from attainment
    group by user_id, period_type, period_start

),

period_ends as (

    select distinct  -- periods of several types end together
        period_end,
        {{ to_utc('period_end + interval 1 day') }} as ends_before
    from rep_periods
    where period_end < {{ as_of_date() }}

),

past_pipeline as (

    select
        deal_states.owner as user_id,
        period_ends.period_end,
        sum(deal_states.amount) as open_pipeline
    from period_ends
    inner join deal_states
        on
            period_ends.ends_before > deal_states.valid_from
            and (
                period_ends.ends_before <= deal_states.valid_to or deal_states.valid_to is null
            )
    where deal_states.status = 'open'
    group by deal_states.owner, period_ends.period_end

),

newest_sizes as (

    select
        segment,
        region,
        period_start,
        period_end,
        market_size
    from market_shares
    where market_size is not null
    qualify row_number() over (
        partition by segment, region, period_start, period_end order by vintage desc nulls last
    ) = 1

),

region_sizes as (

    -- The region's whole market where it is sized, else its segments.
    select
        region,
        period_start,
        period_end,
        coalesce(
            sum(case when segment = 'all' then market_size end),
            sum(case when segment <> 'all' then market_size end)
        ) as market_size
    from newest_sizes
    group by region, period_start, period_end

),

first_issues as (

    select min({{ local_date('first_seen_at') }}) as first_day
    from issues

),

past_issues as (

    -- An issue that is no longer open was seen for the last time while it was.
    select
        issues.owner_id as user_id,
        period_ends.period_end,
        count(*) as quality_issues
    from period_ends
    inner join issues
        on
            period_ends.ends_before > issues.first_seen_at
            and (
                issues.status = 'open' or period_ends.ends_before <= issues.last_seen_at
            )
    where issues.owner_id is not null
    group by issues.owner_id, period_ends.period_end

),

rep_issues as (

    select
        owner_id as user_id,
        count(*) as quality_issues
    from issues
    where status = 'open'
    group by owner_id

),

cards as (

    -- A running period shows what is open now.
    select
        rep_periods.period_type,
        rep_periods.period_start,
        rep_periods.user_id,
        rep_periods.is_complete,
        reps.team_id,
        reps.is_active and coalesce(ramp.is_ramped, true) as is_compared,
        coalesce(period_bookings.bookings, 0) as bookings,
        coalesce(sales.net_sales, 0) as net_sales,
        coalesce(sales.orders, 0) as orders,
        coalesce(win_rates.won, 0) as won,
        coalesce(win_rates.lost, 0) as lost,
        win_rates.win_rate,
        win_adjusted.adjusted_rate as win_rate_adjusted,
        win_rates.average_won_amount,
        win_rates.median_cycle_days,
        case
            when rep_periods.period_end >= {{ as_of_date() }}
                then coalesce(open_pipeline.amount, 0)
            else coalesce(past_pipeline.open_pipeline, 0)
        end as open_pipeline,
        coalesce(period_activities.activities, 0) as activities,
        coalesce(period_activities.meetings, 0) as meetings,
        period_responses.first_response_hours,
        csat_adjusted.successes / csat_adjusted.n as csat,
        csat_adjusted.adjusted_rate as csat_adjusted,
        coalesce(csat_adjusted.n, 0) as csat_answers,
        attainments.attainment,
        case
            when rep_periods.period_end >= {{ as_of_date() }}
                then coalesce(rep_issues.quality_issues, 0)
            when rep_periods.period_end >= first_issues.first_day
                then coalesce(past_issues.quality_issues, 0)
        end as quality_issues,
        coalesce(period_trainings.training_sessions, 0) as training_sessions,
        {{ ratio('coalesce(sales.net_sales, 0)', 'region_sizes.market_size') }} as market_share
    from rep_periods
    inner join reps on rep_periods.user_id = reps.user_id
    left join ramp on rep_periods.user_id = ramp.user_id
    left join period_bookings
        on
            rep_periods.user_id = period_bookings.user_id
            and rep_periods.period_type = period_bookings.period_type
            and rep_periods.period_start = period_bookings.period_start
    left join sales
        on
            sales.dimension = 'rep'
            and rep_periods.user_id = sales.member
            and rep_periods.period_type = sales.period_type
            and (
                rep_periods.period_start = sales.period_start or rep_periods.period_type = 'all'
            )
    left join win_rates
        on
            win_rates.dimension = 'owner'
            and rep_periods.user_id = win_rates.member
            and rep_periods.period_type = win_rates.period_type
            and (
                rep_periods.period_start = win_rates.period_start
                or rep_periods.period_type = 'all'
            )
    left join rates as win_adjusted
        on
            win_adjusted.rate = 'win_rate'
            and rep_periods.user_id = win_adjusted.user_id
            and rep_periods.period_type = win_adjusted.period_type
            and (
                rep_periods.period_start = win_adjusted.period_start
                or rep_periods.period_type = 'all'
            )
    left join rates as csat_adjusted
        on
            csat_adjusted.rate = 'csat'
            and rep_periods.user_id = csat_adjusted.user_id
            and rep_periods.period_type = csat_adjusted.period_type
            and (
                rep_periods.period_start = csat_adjusted.period_start
                or rep_periods.period_type = 'all'
            )
    left join open_pipeline
        on open_pipeline.dimension = 'owner' and rep_periods.user_id = open_pipeline.member
    left join period_activities
        on
            rep_periods.user_id = period_activities.user_id
            and rep_periods.period_type = period_activities.period_type
            and rep_periods.period_start = period_activities.period_start
    left join period_responses
        on
            rep_periods.user_id = period_responses.user_id
            and rep_periods.period_type = period_responses.period_type
            and rep_periods.period_start = period_responses.period_start
    left join period_trainings
        on
            rep_periods.user_id = period_trainings.user_id
            and rep_periods.period_type = period_trainings.period_type
            and rep_periods.period_start = period_trainings.period_start
    left join attainments
        on
            rep_periods.user_id = attainments.user_id
            and rep_periods.period_type = attainments.period_type
            and (
                rep_periods.period_start = attainments.period_start
                or rep_periods.period_type = 'all'
            )
    left join rep_issues on rep_periods.user_id = rep_issues.user_id
    left join past_pipeline
        on
            rep_periods.user_id = past_pipeline.user_id
            and rep_periods.period_end = past_pipeline.period_end
    left join past_issues
        on
            rep_periods.user_id = past_issues.user_id
            and rep_periods.period_end = past_issues.period_end
    left join region_sizes
        on
            reps.region = region_sizes.region
            and rep_periods.period_start = region_sizes.period_start
            and rep_periods.period_end = region_sizes.period_end
    cross join first_issues

),

results as (

    -- One result for all reps of a period: attainment where anybody has a quota, else bookings,
    -- else net sales.
    select
        *,
        case
            when count(attainment) over (partition by period_type, period_start) > 0
                then attainment
            when max(bookings) over (partition by period_type, period_start) > 0
                then cast(bookings as double)
            else cast(net_sales as double)
        end as result,
        case when csat_answers >= 5 then csat_adjusted end as csat_compared
    from cards

),

measured as (

    select
        *,
        coalesce(result, win_rate_adjusted, csat_compared) is not null as has_figure
    from results

),

percent_ranks as (

    -- Reps without a figure are not ranked by it; equal ones share the lower rank.
    select
        period_type,
        period_start,
        user_id,
        count(*) over (partition by period_type, period_start) as compared_reps
        {%- for figure in ['result', 'win_rate_adjusted', 'csat_compared'] %},
        case
            when {{ figure }} is not null
                then cast(
                    rank() over (
                        partition by period_type, period_start
                        order by {{ figure }} asc nulls last
                    ) - 1 as double
                ) / nullif(
                    count({{ figure }}) over (partition by period_type, period_start) - 1, 0
                )
        end as {{ figure }}_rank
        {%- endfor %}
    from measured
    where is_compared and has_figure

),

positions as (

    select
        period_type,
        period_start,
        user_id,
        -- The mean of the figures that a rep has.
        (
            coalesce(result_rank, 0) + coalesce(win_rate_adjusted_rank, 0)
            + coalesce(csat_compared_rank, 0)
        ) / nullif(
            case when result_rank is not null then 1 else 0 end
            + case when win_rate_adjusted_rank is not null then 1 else 0 end
            + case when csat_compared_rank is not null then 1 else 0 end, 0
        ) as mean_rank
    from percent_ranks
    where compared_reps >= 5

),

quarters as (

    select
        period_type,
        period_start,
        {{ percentile(0.75, 'mean_rank') }} as upper_quarter,
        {{ percentile(0.25, 'mean_rank') }} as lower_quarter
    from positions
    group by period_type, period_start

),

followed as (

    select
        *,
        coalesce(
            is_complete
            and attainment < 0.7
            and lag(attainment) over (
                partition by period_type, user_id order by period_start asc nulls last
            ) < 0.7, false
        ) as is_short_twice,
        case
            when result is not null
                then rank() over (
                    partition by period_type, period_start order by result desc nulls last
                )
        end as rank
    from measured

),

placed as (

    select
        followed.period_type,
        followed.period_start,
        followed.user_id,
        case
            when positions.mean_rank is null then cast(null as string)
            when
                positions.mean_rank >= quarters.upper_quarter
                and coalesce(followed.attainment >= 1, true) then 'top'
            when positions.mean_rank <= quarters.lower_quarter or followed.is_short_twice
                then 'needs_help'
            else 'middle'
        end as position,
        case
            when not followed.is_compared then 'not compared: has left or is still ramping up'
            when not followed.has_figure then 'not compared: no figure in this period'
            when positions.mean_rank is null
                then 'not compared: fewer than 5 active, ramped reps with a figure'
            else concat_ws(  -- leaves out what is NULL
                ', ',
                'mean rank ' || cast(round(positions.mean_rank, 2) as string),
                'attainment ' || cast(round(followed.attainment, 3) as string),
                'adjusted win rate ' || cast(round(followed.win_rate_adjusted, 3) as string),
                'adjusted csat ' || cast(round(followed.csat_compared, 3) as string),
                case
                    when followed.is_short_twice then 'attainment below 0.7 twice running'
                end
            )
        end as position_reason
    from followed
    left join positions
        on
            followed.period_type = positions.period_type
            and followed.period_start = positions.period_start
            and followed.user_id = positions.user_id
    left join quarters
        on
            followed.period_type = quarters.period_type
            and followed.period_start = quarters.period_start

),

scorecard as (

    select
        followed.period_type,
        followed.period_start,
        followed.user_id,
        followed.is_complete,
        cast(followed.bookings as decimal(18, 4)) as bookings,
        followed.net_sales,
        followed.orders,
        followed.won,
        followed.lost,
        followed.win_rate,
        followed.win_rate_adjusted,
        followed.average_won_amount,
        followed.median_cycle_days,
        cast(followed.open_pipeline as decimal(18, 4)) as open_pipeline,
        cast(followed.activities as bigint) as activities,
        cast(followed.meetings as bigint) as meetings,
        followed.first_response_hours,
        followed.csat,
        followed.csat_adjusted,
        cast(followed.csat_answers as bigint) as csat_answers,
        followed.market_share,
        followed.attainment,
        cast(null as double) as entry_timeliness,
        followed.quality_issues,
        cast(followed.training_sessions as bigint) as training_sessions,
        followed.rank,
        placed.position,
        placed.position_reason
    from followed
    inner join placed
        on
            followed.period_type = placed.period_type
            and followed.period_start = placed.period_start
            and followed.user_id = placed.user_id

)

select * from scorecard
