-- What the bench holds dbt's build of people, customers, market and platform against: the heaviest tables
-- as one writes them for DuckDB alone, on the star and the marts of sales and pipeline as they stand.
-- Words in braces are filled in; a line `-- table:` names what the next statement makes.

-- table: customers.int_order_days
with days as (
    select distinct customer_id, order_date
    from core.fct_order
    where is_valid and customer_id is not null
)
select
    d.customer_id, coalesce(c.segment, '(none)') as segment, coalesce(c.region, '(none)') as region,
    d.order_date,
    lead(d.order_date) over (partition by d.customer_id order by d.order_date) as next_date
from days d
join core.dim_customer c using (customer_id)

-- table: customers.int_churn_limits
with gaps as (
    -- How often each number of days was waited, by the month from whose first day on it is known.
    select
        segment, (date_trunc('month', next_date) + interval 1 month)::date as known_from,
        next_date - order_date as days, count(*) as n
    from int_order_days
    where next_date is not null
    group by all
), days as (
    select segment, next_date, next_date - order_date as days
    from int_order_days
    where next_date is not null
), months as (
    select distinct month_start as known_on
    from core.dim_date
    where month_start <= date '{as_of}'
        and month_start > (select min(order_date) from int_order_days)
), counted as (
    select known_on, segment, days, sum(n) as n
    from months join gaps on known_from <= known_on
    group by all
    union all
    select date '{as_of}' + 1, segment, days, count(*)
    from days
    where next_date <= date '{as_of}'
    group by all
), both_levels as (
    select known_on, segment, days, n from counted
    union all
    select known_on, null, days, sum(n) from counted group by all
), ranked as (
    select
        known_on, segment, days,
        sum(n) over (partition by known_on, segment order by days rows unbounded preceding) as upto,
        sum(n) over (partition by known_on, segment) as total
    from both_levels
), places as (
    select *, share, (total - 1) * share as place
    from ranked, (values (0.8::double), (0.95::double)) as shares (share)
), found as (
    select
        known_on, segment, share, any_value(total) as total,
        min(days) filter (where upto > floor(place)) as lower_days,
        min(days) filter (where upto > least(floor(place) + 1, total - 1)) as upper_days,
        any_value(place - floor(place)) as part
    from places
    group by known_on, segment, share
), limits as (
    select
        known_on, segment, any_value(total) as total,
        max(lower_days + (upper_days - lower_days) * part) filter (where share < 0.9) as at_risk,
        max(lower_days + (upper_days - lower_days) * part) filter (where share > 0.9) as churn
    from found
    group by known_on, segment
), all_days as (
    select known_on from months union all select date '{as_of}' + 1
)
select
    a.known_on::date as known_on, s.segment,
    coalesce(own.at_risk, company.at_risk)::double as at_risk_days,
    coalesce(own.churn, company.churn)::double as churn_days
from all_days a
cross join (select distinct segment from int_order_days) s
left join limits own on own.known_on = a.known_on and own.segment = s.segment and own.total >= 30
left join limits company on company.known_on = a.known_on and company.segment is null

-- table: customers.next_products
with bought as (
    select distinct customer_id, product as product_id
    from sales.int_sales_facts
    where order_id is not null and customer_id is not null
        and date_day > date '{as_of}' - interval 24 month
), offers as (
    select
        b.customer_id, r.other_product_id as product_id,
        first({'confidence': r.confidence, 'because': r.product_id}
            order by r.confidence desc, r.lift desc, r.product_id) as best
    from bought b
    join customers.product_affinity r on r.product_id = b.product_id and r.is_significant
    join core.dim_product p on p.product_id = r.other_product_id and coalesce(p.is_active, true)
    anti join bought h on h.customer_id = b.customer_id and h.product_id = r.other_product_id
    group by all
)
select
    customer_id,
    row_number() over (partition by customer_id order by best.confidence desc, product_id) as rank,
    product_id, best.confidence as score, best.because as because_product_id
from offers
qualify rank <= 5

-- table: market.survey_comments
with comments as (
    select
        a.response_id, a.question_id, r.survey_id, r.date_day, r.is_of_staff, a.value_text,
        lower(a.value_text) as lowered
    from core.fct_survey_answer a
    join int_survey_responses r using (response_id)
    join core.dim_question q using (question_id)
    where q.kind = 'text' and trim(a.value_text) <> ''
), themes as (
    select lowered, string_agg(distinct theme, ', ' order by theme) as themes
    from (select distinct lowered from comments)
    join seeds.survey_themes on contains(lowered, lower(word))
    group by lowered
), ratings as (
    select
        response_id,
        min_by({'measure': a.measure, 'value': a.value_number,
            'is_unhappy': coalesce(a.is_detractor, not a.is_top_box)}, coalesce(q.position, 0)) as rated
    from core.fct_survey_answer a
    join core.dim_question q using (question_id)
    where a.is_valid and a.measure in ('nps', 'csat', 'ces')
    group by response_id
)
select
    c.response_id, c.question_id, c.survey_id, c.date_day as submitted_date, c.value_text as text,
    rated.measure, rated.value::double as measure_value, t.themes,
    not c.is_of_staff and s.replied_at is null and coalesce(rated.is_unhappy, true) as needs_reply,
    s.replied_at
from comments c
join core.fct_survey_response s using (response_id)
left join ratings using (response_id)
left join themes t using (lowered)

-- table: market.survey_answers_by_question
with answers as (
    select
        a.question_id, a.choice, a.response_id, r.segment, r.region, r.channel, r.team, r.rep,
        if(a.measure is null or a.is_valid, a.value_number, null)::double as value
    from core.fct_survey_answer a
    join int_survey_responses r using (response_id)
), chosen as (
    select
        question_id, choice, segment, region, channel, team, rep, count(*) as n,
        avg(value) as mean_value
    from answers
    group by grouping sets (
        (question_id, choice), (question_id, choice, segment), (question_id, choice, region),
        (question_id, choice, channel), (question_id, choice, team), (question_id, choice, rep)
    )
), answered as (
    select
        question_id, segment, region, channel, team, rep, count(distinct response_id) as respondents
    from answers
    group by grouping sets (
        (question_id), (question_id, segment), (question_id, region), (question_id, channel),
        (question_id, team), (question_id, rep)
    )
), shares as (
    select
        c.question_id, c.choice,
        case
            when c.segment is not null then 'segment' when c.region is not null then 'region'
            when c.channel is not null then 'channel' when c.team is not null then 'team'
            when c.rep is not null then 'rep' else 'total'
        end as dimension,
        coalesce(c.segment, c.region, c.channel, c.team, c.rep, 'all') as member,
        c.n, a.respondents, c.mean_value
    from chosen c
    join answered a on a.question_id = c.question_id
        and a.segment is not distinct from c.segment and a.region is not distinct from c.region
        and a.channel is not distinct from c.channel and a.team is not distinct from c.team
        and a.rep is not distinct from c.rep
)
select
    s.question_id, s.choice, s.dimension, s.member, coalesce(l.member_label, s.member) as member_label,
    q.survey_id, s.n, s.respondents, s.n / s.respondents as share, s.mean_value
from shares s
left join core.dim_question q using (question_id)
left join core.int_member_labels l on l.dimension = s.dimension and l.member = s.member

-- table: customers.service_levels
with tickets as (
    select
        unnest([
            {'dimension': 'total', 'member': 'all'},
            {'dimension': 'category', 'member': coalesce(category, '(none)')},
            {'dimension': 'priority', 'member': coalesce(priority, '(none)')},
            {'dimension': 'channel', 'member': coalesce(channel, '(none)')},
            {'dimension': 'owner', 'member': coalesce(owner_id, '(none)')}
        ], recursive := true),
        timezone('{zone}', created_at)::date as day,
        timezone('{zone}', greatest(created_at, resolved_at))::date as resolved_day,
        first_response_at is not null as is_answered, not is_open as is_resolved,
        reopened_count > 0 as is_reopened, first_response_hours::double as response,
        first_response_business_hours::double as business_response,
        resolution_hours::double as resolution,
        resolution_business_hours::double as business_resolution
    from core.fct_ticket
), starts as (
    select dimension, member, min(day) as first_day from tickets group by all
), rows as (
    select s.dimension, s.member, p.period_type, p.period_start, p.period_end, p.is_complete
    from starts s
    join core.int_periods p on p.period_end >= s.first_day
    where p.period_type <> 'day' or s.dimension in ('total', 'channel')
    union all
    select dimension, member, 'all', (select min(first_day) from starts), null, true from starts
), dated as (
    select t.*, p.period_type, p.period_start
    from tickets t
    join core.int_period_days p on p.date_day = t.day
    where p.period_type <> 'day' or t.dimension in ('total', 'channel')
    union all
    select *, 'all', (select min(first_day) from starts) from tickets
), measured as (
    select
        dimension, member, period_type, period_start, count(*) as tickets,
        count_if(is_answered)::bigint as answered, count_if(is_resolved)::bigint as resolved,
        count_if(is_reopened)::bigint as reopened,
        quantile_cont(response, [0.5, 0.9]) as response,
        quantile_cont(business_response, [0.5, 0.9]) as business_response,
        median(resolution) as resolution, median(business_resolution) as business_resolution
    from dated
    group by all
), changes as (
    select dimension, member, day, sum(change) as change
    from (
        select dimension, member, day, 1 as change from tickets
        union all
        select dimension, member, resolved_day, -1 from tickets where is_resolved
    )
    group by all
), backlog as (
    select
        dimension, member, day,
        sum(change) over (partition by dimension, member order by day) as open_tickets
    from changes
), ends as (
    select *, least(coalesce(period_end, date '{as_of}'), date '{as_of}') as last_day from rows
)
select
    e.period_type, e.period_start, e.dimension, e.member,
    coalesce(l.member_label, e.member) as member_label, e.is_complete,
    coalesce(m.tickets, 0) as tickets, coalesce(m.answered, 0) as answered,
    coalesce(m.resolved, 0) as resolved,
    m.response[1] as median_first_response_hours, m.response[2] as p90_first_response_hours,
    m.resolution as median_resolution_hours,
    m.business_response[1] as median_first_response_business_hours,
    m.business_response[2] as p90_first_response_business_hours,
    m.business_resolution as median_resolution_business_hours,
    coalesce(m.reopened, 0) as reopened, m.reopened / m.tickets as reopened_rate,
    coalesce(b.open_tickets, 0)::bigint as open_at_end
from ends e
left join measured m using (dimension, member, period_type, period_start)
asof left join backlog b on b.dimension = e.dimension and b.member = e.member and b.day <= e.last_day
left join core.int_member_labels l on l.dimension = e.dimension and l.member = e.member

-- table: customers.customer_churn
with months as (
    select period_start, least(period_end, date '{as_of}') as last_day
    from core.int_periods
    where period_type = 'month'
), standing as (
    select
        o.segment, o.region, m.period_start, m.last_day - o.order_date as days,
        m.period_start - 1 - lag(o.order_date) over (partition by o.customer_id order by m.period_start)
            as days_before
    from int_order_days o
    join months m on o.order_date <= m.last_day
        and (o.next_date > m.last_day or o.next_date is null)
), judged as (
    select
        s.segment, s.region, s.period_start, l.churn_days is not null as has_limit,
        days_before is null as is_new,
        coalesce(days_before <= coalesce(l.churn_days, 1e9), false) as was_active,
        days <= coalesce(l.churn_days, 1e9) as is_active
    from standing s
    left join int_churn_limits l on l.known_on = s.period_start and l.segment = s.segment
), counted as (
    select
        period_start, segment, region, bool_and(has_limit) as has_limit,
        count_if(was_active)::bigint as active_start,
        count_if(was_active and not is_active)::bigint as churned,
        count_if(not is_new and not was_active and is_active)::bigint as reactivated,
        count_if(is_new)::bigint as new_customers
    from judged
    group by grouping sets ((period_start), (period_start, segment), (period_start, region))
)
select
    period_start,
    case when segment is not null then 'segment' when region is not null then 'region' else 'total' end
        as dimension,
    coalesce(segment, region, 'all') as member, coalesce(segment, region, 'all') as member_label,
    active_start, churned,
    if(has_limit and active_start > 0, churned / active_start, null) as churn_rate,
    reactivated, new_customers
from counted

-- table: customers.recurring_revenue
with months as (
    select period_start, least(period_end, date '{as_of}') as last_day
    from core.int_periods
    where period_type = 'month'
), holdings as (
    select
        coalesce(c.customer_id, c.contract_id) as holder, c.customer_id is not null as is_customer,
        c.monthly_amount, c.starts_on, least(c.cancelled_on - 1, c.ends_on) as ends_on,
        unnest([
            {'dimension': 'total', 'member': 'all'},
            {'dimension': 'segment', 'member': coalesce(d.segment, '(none)')},
            {'dimension': 'region', 'member': coalesce(d.region, '(none)')},
            {'dimension': 'product', 'member': coalesce(c.product_id, '(none)')}
        ], recursive := true)
    from core.fct_contract c
    left join core.dim_customer d using (customer_id)
    where c.monthly_amount is not null
        and coalesce(c.starts_on <= least(c.cancelled_on - 1, c.ends_on), true)
), firsts as (
    select dimension, member, holder, min(starts_on) as first_day from holdings group by all
), held as (
    select
        dimension, member, holder, period_start, bool_or(is_customer) as is_customer,
        sum(monthly_amount) as amount
    from holdings
    join months on starts_on <= last_day and (ends_on >= last_day or ends_on is null)
    group by all
), before as (
    select * replace ((period_start + interval 1 month)::date as period_start) from held
), moved as (
    select
        dimension, member, period_start, f.first_day,
        coalesce(n.is_customer, false) or coalesce(b.is_customer, false) as is_customer,
        b.amount as was, n.amount as now
    from held n
    full join before b using (dimension, member, holder, period_start)
    join firsts f using (dimension, member, holder)
), summed as (
    select
        dimension, member, period_start, sum(was) as start_amount,
        sum(now) filter (where was is null and first_day >= period_start) as new,
        sum(now - was) filter (where now > was) as expansion,
        sum(now) filter (where was is null and first_day < period_start) as resurrection,
        sum(was - now) filter (where now < was) as contraction,
        sum(was) filter (where now is null) as churn,
        sum(now) as end_amount,
        count(*) filter (where was is not null and is_customer) as customers_start,
        count(*) filter (where was is not null and now is null and is_customer) as customers_lost,
        sum(least(was, coalesce(now, 0))) filter (where was is not null) as kept,
        sum(coalesce(now, 0)) filter (where was is not null) as grown
    from moved
    group by all
), rows as (
    select dimension, member, period_start
    from (select dimension, member, min(first_day) as first_day from firsts group by all)
    join months on first_day <= last_day
)
select
    r.period_start, r.dimension, r.member, coalesce(l.member_label, r.member) as member_label,
    coalesce(start_amount, 0)::decimal(18, 4) as start_amount, coalesce(new, 0)::decimal(18, 4) as new,
    coalesce(expansion, 0)::decimal(18, 4) as expansion,
    coalesce(resurrection, 0)::decimal(18, 4) as resurrection,
    coalesce(contraction, 0)::decimal(18, 4) as contraction, coalesce(churn, 0)::decimal(18, 4) as churn,
    coalesce(end_amount, 0)::decimal(18, 4) as end_amount,
    coalesce(customers_start, 0) as customers_start, coalesce(customers_lost, 0) as customers_lost,
    customers_lost / nullif(customers_start, 0) as logo_churn_rate,
    kept::double / nullif(start_amount::double, 0) as gross_retention,
    grown::double / nullif(start_amount::double, 0) as net_retention
from rows r
left join summed s using (dimension, member, period_start)
left join core.int_member_labels l on l.dimension = r.dimension and l.member = r.member

-- table: market.survey_scores
with scored as (
    select
        survey_id, measure, any_value(date_day) as day, any_value(segment) as segment,
        any_value(region) as region, any_value(channel) as channel, any_value(team) as team,
        any_value(rep) as rep, count(*) as n, count_if(is_promoter) as promoters,
        count_if(is_detractor) as detractors, count_if(is_top_box) as top_box,
        sum(value_number) as total
    from int_survey_facts
    group by survey_id, measure, response_id
), dated as (
    select
        *, date_trunc('month', day)::date as month, date_trunc('quarter', day)::date as quarter
    from scored
), counted as (
    select
        survey_id, measure,
        case when segment is not null then 'segment' when region is not null then 'region'
            when channel is not null then 'channel' when team is not null then 'team'
            when rep is not null then 'rep' else 'total' end as dimension,
        coalesce(segment, region, channel, team, rep, 'all') as member,
        case when month is not null then 'month' when quarter is not null then 'quarter' else 'all' end
            as period_type,
        coalesce(month, quarter, (select min(day) from scored)) as period_start,
        count(*) as responses, sum(n)::bigint as n, sum(promoters)::bigint as promoters,
        sum(detractors)::bigint as detractors, sum(top_box)::bigint as top_box,
        sum(total)::double / sum(n)::double as mean_value
    from dated
    group by survey_id, measure, grouping sets ((month), (quarter), ()),
        grouping sets ((segment), (region), (channel), (team), (rep), ())
), answered as (
    select survey_id, invitation_id
    from core.fct_survey_response
    where submitted_at is not null and not is_test
), totals as (
    select survey_id, count(*) as complete, count(invitation_id) as invited from answered group by all
), sent as (
    select
        i.survey_id, date_trunc('month', i.sent_date)::date as month,
        date_trunc('quarter', i.sent_date)::date as quarter,
        i.invitation_id in (select invitation_id from answered where invitation_id is not null)
            as is_answered,
        coalesce(c.segment, a.segment, '(none)') as segment,
        coalesce(c.region, a.region, s.region, '(none)') as region
    from core.fct_survey_invitation i
    left join core.dim_customer c using (customer_id)
    left join core.dim_account a on a.account_id = coalesce(i.account_id, c.account_id)
    left join core.dim_rep s on s.user_id = i.user_id
    where not i.is_bounced
), invited as (
    select
        survey_id,
        case when grouping(segment) = 0 then 'segment' when grouping(region) = 0 then 'region'
            else 'total' end as dimension,
        coalesce(segment, region, 'all') as member,
        case when grouping(month) = 0 then 'month' when grouping(quarter) = 0 then 'quarter' else 'all' end
            as period_type,
        coalesce(month, quarter) as sent_from, count(*) as invitations,
        count_if(is_answered) as answered
    from sent
    group by survey_id, grouping sets ((month), (quarter), ()), grouping sets ((segment), (region), ())
), rated as (
    select
        *, if(measure = 'nps', promoters, top_box) / n as best,
        if(measure = 'nps', detractors, 0) / n as worst, top_box / n as p, 1.959964 as z
    from counted
), spread as (
    select *, best - worst as share, best + worst - (best - worst) ** 2 as variance from rated
), bounded as (
    select
        *, if(measure = 'nps', 100 * share, share) as score,
        if(measure = 'nps', 100 * share - 196 * sqrt(variance / n), greatest(0, least(1,
            (p + z * z / 2 / n - z * sqrt((p * (1 - p) + z * z / 4 / n) / n)) / (1 + z * z / n)))) as low,
        if(measure = 'nps', 100 * share + 196 * sqrt(variance / n), greatest(0, least(1,
            (p + z * z / 2 / n + z * sqrt((p * (1 - p) + z * z / 4 / n) / n)) / (1 + z * z / n)))) as high
    from spread
), compared as (
    select
        b.*,
        lag({'score': score, 'share': share, 'variance': variance, 'n': n}) over (
            partition by if(period_type = 'all', coalesce(s.kind, ''), b.survey_id), measure, dimension,
                member, period_type
            order by if(period_type = 'all', s.opened_on, period_start) nulls first, b.survey_id
        ) as earlier
    from bounded b
    join core.dim_survey s using (survey_id)
)
select
    c.survey_id, c.period_type, c.period_start, c.measure, c.dimension, c.member,
    coalesce(l.member_label, c.member) as member_label, c.n, c.score,
    greatest(c.low, if(measure = 'nps', -100.0, 0.0)) as score_low,
    least(c.high, if(measure = 'nps', 100.0, 1.0)) as score_high, (c.high - c.low) / 2 as margin_of_error,
    if(measure = 'nps', c.promoters, null) as promoters,
    if(measure = 'nps', c.n - c.promoters - c.detractors, null) as passives,
    if(measure = 'nps', c.detractors, null) as detractors, c.mean_value,
    if(c.dimension in ('total', 'segment', 'region'), coalesce(i.invitations, 0), null) as invitations,
    c.responses,
    case
        when t.invited > 0 then i.answered / i.invitations
        when c.dimension = 'total' and c.period_type = 'all' then least(t.complete / i.invitations, 1.0)
    end as response_rate,
    c.earlier.score as previous_score,
    if(c.n >= 30 and c.earlier.n >= 30, coalesce(abs(c.share - c.earlier.share)
        > 1.96 * sqrt(c.variance / c.n + c.earlier.variance / c.earlier.n), false), null)
        as is_change_significant
from compared c
left join totals t using (survey_id)
left join invited i on i.survey_id = c.survey_id and i.dimension = c.dimension and i.member = c.member
    and i.period_type = c.period_type and (c.period_type = 'all' or i.sent_from = c.period_start)
left join core.int_member_labels l on l.dimension = c.dimension and l.member = c.member
