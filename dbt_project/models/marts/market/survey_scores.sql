with facts as (

    select * from {{ ref('int_survey_facts') }}

),

surveys as (

    select * from {{ ref('dim_survey') }}

),

invitations as (

    select * from {{ ref('fct_survey_invitation') }}

),

responses as (

    select * from {{ ref('fct_survey_response') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

reps as (

    select * from {{ ref('dim_rep') }}

),

period_days as (

    select * from {{ ref('int_period_days') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

scored_responses as (

    -- One response may hold several answers of a measure, and is one response.
    select
        survey_id,
        measure,
        response_id,
        date_day,
        segment,
        region,
        channel,
        team,
        rep,
        count(*) as n,
        count_if(is_promoter) as promoters,
        count_if(is_detractor) as detractors,
        count_if(is_top_box) as top_box,
        sum(value_number) as value_sum
    from facts
    group by survey_id, measure, response_id, date_day, segment, region, channel, team, rep

),

members as (

    select
        scored_responses.survey_id,
        scored_responses.measure,
        members.dimension,
        members.member,
        scored_responses.date_day,
        count(*) as responses,
        sum(scored_responses.n) as n,
        sum(scored_responses.promoters) as promoters,
        sum(scored_responses.detractors) as detractors,
        sum(scored_responses.top_box) as top_box,
        sum(scored_responses.value_sum) as value_sum
    from scored_responses
    cross join lateral (
        values
        ('total', 'all'),
        ('segment', scored_responses.segment),
        ('region', scored_responses.region),
        ('channel', scored_responses.channel),
        ('team', scored_responses.team),
        ('rep', scored_responses.rep)
    ) as members (dimension, member)
    group by
        scored_responses.survey_id,
        scored_responses.measure,
        members.dimension,
        members.member,
        scored_responses.date_day

),

first_days as (

    select min(date_day) as mart_first_day
    from members

),

periods as (

    select
        date_day,
        period_type,
        period_start
    from period_days
    where period_type in ('month', 'quarter')

),

answers_by_period as (

    select
        members.survey_id,
        members.measure,
        members.dimension,
        members.member,
        periods.period_type,
        periods.period_start,
        members.responses,
        members.n,
        members.promoters,
        members.detractors,
        members.top_box,
        members.value_sum
    from members
    inner join periods on members.date_day = periods.date_day
    union all
    select
        members.survey_id,
        members.measure,
        members.dimension,
        members.member,
        'all' as period_type,
        first_days.mart_first_day as period_start,
        members.responses,
        members.n,
        members.promoters,
        members.detractors,
        members.top_box,
        members.value_sum
    from members
    cross join first_days

),

counted as (

    select
        survey_id,
        measure,
        dimension,
        member,
        period_type,
        period_start,
        cast(sum(n) as bigint) as n,
        cast(sum(promoters) as bigint) as promoters,
        cast(sum(detractors) as bigint) as detractors,
        cast(sum(top_box) as bigint) as top_box,
        cast(sum(responses) as bigint) as responses,
        {{ ratio('sum(value_sum)', 'sum(n)') }} as mean_value
    from answers_by_period
    group by survey_id, measure, dimension, member, period_type, period_start

),

complete_responses as (

    select
        survey_id,
        invitation_id
    from responses
    where submitted_at is not null and not is_test

),

answered_invitations as (

    select distinct invitation_id  -- an invitation answered twice is answered once
    from complete_responses
    where invitation_id is not null

),

survey_responses as (

    select
        survey_id,
        count(*) as complete_responses,
        count(invitation_id) as invited_responses
    from complete_responses
    group by survey_id

),

placed_invitations as (

    select
        invitations.survey_id,
        invitations.sent_date as date_day,
        answered_invitations.invitation_id is not null as is_answered,
        coalesce(customers.segment, accounts.segment, '(none)') as segment,
        coalesce(customers.region, accounts.region, staff.region, '(none)') as region
    from invitations
    left join answered_invitations
        on invitations.invitation_id = answered_invitations.invitation_id
    left join customers on invitations.customer_id = customers.customer_id
    left join accounts
        on coalesce(invitations.account_id, customers.account_id) = accounts.account_id
    left join reps as staff on invitations.user_id = staff.user_id
    where not invitations.is_bounced

),

invitation_members as (

    -- Whose order, and in which channel, an answer would have been about, no invitation tells.
    select
        placed_invitations.survey_id,
        members.dimension,
        members.member,
        placed_invitations.date_day,
        placed_invitations.is_answered
    from placed_invitations
    cross join lateral (
        values
        ('total', 'all'),
        ('segment', placed_invitations.segment),
        ('region', placed_invitations.region)
    ) as members (dimension, member)

),

invited as (

    select
        invitation_members.survey_id,
        invitation_members.dimension,
        invitation_members.member,
        periods.period_type,
        periods.period_start,
        count(*) as invitations,
        count_if(invitation_members.is_answered) as answered
    from invitation_members
    inner join periods on invitation_members.date_day = periods.date_day
    group by all
    union all
    select
        survey_id,
        dimension,
        member,
        'all' as period_type,
        cast(null as date) as period_start,
        count(*) as invitations,
        count_if(is_answered) as answered
    from invitation_members
    group by survey_id, dimension, member

),

scored as (

    -- Shares of the one best and the one worst group: NPS has both, CSAT and CES the best only.
    select
        counted.survey_id,
        counted.measure,
        counted.dimension,
        counted.member,
        counted.period_type,
        counted.period_start,
        counted.n,
        counted.promoters,
        counted.detractors,
        counted.top_box,
        counted.responses,
        counted.mean_value,
        case
            when counted.measure = 'nps' then counted.promoters else counted.top_box
        end / cast(counted.n as double) as best,
        case when counted.measure = 'nps' then counted.detractors else 0 end
        / cast(counted.n as double) as worst
    from counted

),

measured as (

    select
        *,
        best - worst as share,
        best + worst - (best - worst) * (best - worst) as variance
    from scored

),

rated as (

    select
        survey_id,
        measure,
        dimension,
        member,
        period_type,
        period_start,
        n,
        promoters,
        detractors,
        responses,
        mean_value,
        share,
        variance,
        case when measure = 'nps' then 100 * share else share end as score,
        case
            when measure = 'nps' then 100 * share - 196 * sqrt(variance / n)
            else {{ wilson('top_box', 'n', '-') }}
        end as score_low,
        case
            when measure = 'nps' then 100 * share + 196 * sqrt(variance / n)
            else {{ wilson('top_box', 'n', '+') }}
        end as score_high
    from measured

),

waves as (

    -- Over all time a survey is compared with the one of its kind that was opened before it.
    select
        rated.survey_id,
        rated.measure,
        rated.dimension,
        rated.member,
        rated.period_type,
        rated.period_start,
        rated.n,
        rated.promoters,
        rated.detractors,
        rated.responses,
        rated.mean_value,
        rated.share,
        rated.variance,
        rated.score,
        rated.score_low,
        rated.score_high,
        case
            when rated.period_type = 'all' then coalesce(surveys.kind, '')
            else rated.survey_id
        end as line,
        case when rated.period_type = 'all' then surveys.opened_on else rated.period_start end
            as line_date
    from rated
    inner join surveys on rated.survey_id = surveys.survey_id

),

compared as (

    select
        *,
        {%- for column in ['score', 'share', 'variance', 'n'] %}
        lag({{ column }}) over (
            partition by line, measure, dimension, member, period_type
            order by line_date asc nulls first, survey_id asc nulls last
        ) as previous_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from waves

),

scores as (

    select
        compared.survey_id,
        compared.period_type,
        compared.period_start,
        compared.measure,
        compared.dimension,
        compared.member,
        coalesce(labels.member_label, compared.member) as member_label,
        compared.n,
        compared.score,
        greatest(compared.score_low, case when compared.measure = 'nps' then -100.0 else 0.0 end)
            as score_low,
        least(compared.score_high, case when compared.measure = 'nps' then 100.0 else 1.0 end)
            as score_high,
        (compared.score_high - compared.score_low) / 2 as margin_of_error,
        case when compared.measure = 'nps' then cast(compared.promoters as bigint) end
            as promoters,
        case
            when compared.measure = 'nps'
                then cast(compared.n - compared.promoters - compared.detractors as bigint)
        end as passives,
        case when compared.measure = 'nps' then cast(compared.detractors as bigint) end
            as detractors,
        compared.mean_value,
        case
            when compared.dimension in ('total', 'segment', 'region')
                then coalesce(invited.invitations, 0)
        end as invitations,
        compared.responses,
        case
            when coalesce(survey_responses.invited_responses, 0) > 0
                then {{ ratio('invited.answered', 'invited.invitations') }}
            -- Answers that name no invitation can be set against all of them only.
            when compared.dimension = 'total' and compared.period_type = 'all'
                then least({{ ratio(
                    'survey_responses.complete_responses', 'invited.invitations'
                ) }}, 1.0)
        end as response_rate,
        compared.previous_score,
        case
            when compared.n >= 30 and compared.previous_n >= 30
                then coalesce(
                    abs(compared.share - compared.previous_share) > 1.96 * sqrt(
                        compared.variance / compared.n
                        + compared.previous_variance / compared.previous_n
                    ), false
                )
        end as is_change_significant
    from compared
    left join survey_responses on compared.survey_id = survey_responses.survey_id
    left join invited
        on
            compared.survey_id = invited.survey_id
            and compared.dimension = invited.dimension
            and compared.member = invited.member
            and compared.period_type = invited.period_type
            and (
                compared.period_start = invited.period_start or invited.period_type = 'all'
            )
    left join labels
        on compared.dimension = labels.dimension and compared.member = labels.member

)

select * from scores
