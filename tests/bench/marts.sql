-- What the bench holds dbt's build against: the heaviest tables as one writes them for DuckDB alone.
-- fulfilment_by_period is not here: its medians as one writes them hold ten million values, more than
-- the memory that both sides have at a million lines.
-- {zone} and {currency} are filled in; a line `-- table:` names what the next statement makes.

-- table: core.int_order_lines
with valued as (
    select
        l.order_line_id, l.order_id, l.product_id, l.quantity, l.unit_price, l.unit_cost,
        l.source_system, h.order_date, h.customer_id, h.user_id, h.channel, h.region, h.rate,
        h.is_valid, h.discount_amount as order_discount,
        round(l.quantity::decimal(28, 4) * l.unit_price, 4)::decimal(18, 4) as gross,
        coalesce(l.discount_amount, 0) as line_discount
    from gate.accepted_orders__order_lines l
    join int_order_headers h using (order_id)
), shares as (
    select
        order_line_id, order_id, order_discount,
        row_number() over last_first = 1 as is_last,
        gross - line_discount as amount,
        sum(gross - line_discount) over (partition by order_id)::decimal(18, 4) as total
    from valued
    where order_discount <> 0
    window last_first as (partition by order_id order by order_line_id desc)
), rounded as (
    select
        *,
        case when is_last then 0 else coalesce(
            sign(order_discount) * sign(amount) * sign(total) * (
                (2 * abs((order_discount * 10000)::hugeint * (amount * 10000)::hugeint)
                + abs((total * 10000)::hugeint))
                // nullif(2 * abs((total * 10000)::hugeint), 0)
            )::decimal(30, 0) * 0.0001::decimal(4, 4), 0
        )::decimal(18, 4) end as share
    from shares
), spread as (
    select
        order_line_id, order_id,
        case
            when is_last then order_discount - sum(share) over (partition by order_id) else share
        end as order_discount
    from rounded
)
select
    v.order_line_id, v.order_id, v.order_date, v.customer_id, p.product_id, v.user_id, v.channel,
    v.region, v.quantity,
    if(v.rate = 1, v.unit_price, round(v.unit_price::decimal(26, 4) * v.rate, 4)::decimal(18, 4))
        as unit_price,
    if(v.rate = 1, v.gross, round(v.gross::decimal(26, 4) * v.rate, 4)::decimal(18, 4))
        as gross_sales,
    round(
        (v.line_discount + coalesce(s.order_discount, 0))::decimal(26, 4) * v.rate, 4
    )::decimal(18, 4) as discount_amount,
    coalesce(
        round(v.unit_cost::decimal(26, 4) * v.rate, 4)::decimal(18, 4),
        round(
            p.unit_cost_original::decimal(26, 4)
            * if(p.currency_code = '{currency}', 1::decimal(18, 8), r.rate), 4
        )::decimal(18, 4)
    ) as unit_cost,
    v.is_valid, v.source_system
from valued v
left join spread s using (order_id, order_line_id)
left join core.dim_product p using (product_id)
left join int_exchange_rates r on r.currency_code = p.currency_code and r.rate_date = v.order_date;

-- table: pipeline.win_rates
with deals as (
    select
        opportunity_id, closed_date as date_day, status = 'won' as is_won, is_no_decision, amount,
        lost_amount, cycle_days,
        coalesce(owner_id, '(none)') as owner, coalesce(team_id, '(none)') as team,
        coalesce(region, '(none)') as region, coalesce(industry, '(none)') as industry,
        coalesce(segment, '(none)') as segment, coalesce(lead_source, '(none)') as source,
        coalesce(type, '(none)') as type, coalesce(product_id, '(none)') as product
    from core.fct_opportunity
    where status <> 'open' and closed_date is not null
), facts as (
    select dimension, member, date_day, is_won, is_no_decision, amount, lost_amount, cycle_days
    from deals
    cross join lateral (
        values ('total', 'all'), ('owner', owner), ('team', team), ('region', region),
            ('industry', industry), ('segment', segment), ('source', source), ('type', type),
            ('product', product)
    ) m (dimension, member)
    union all
    select 'competitor', coalesce(c.competitor_id, '(none)'), date_day, is_won, is_no_decision,
        amount, lost_amount, cycle_days
    from deals
    left join (
        select o.opportunity_id, d.competitor_id
        from gate.accepted_crm__opportunity_competitors o
        join core.dim_competitor d using (competitor_id)
    ) c using (opportunity_id)
), first_days as (
    select
        dimension, member, min(date_day) as first_day, min(min(date_day)) over () as mart_first_day
    from facts
    group by all
), measured as (
    select
        dimension, member, period_type, period_start,
        count_if(is_won) as won,
        count_if(not is_won) as lost,
        count_if(is_no_decision) as no_decision,
        count(*) as closed,
        sum(amount) filter (is_won) as won_amount,
        count(amount) filter (is_won) as won_with_amount,
        sum(lost_amount) as lost_amount,
        count_if(not is_won and lost_amount is null) as lost_without_amount,
        quantile_cont(cycle_days, [0.5, 0.75]) filter (is_won) as cycles,
        avg(cycle_days) filter (is_won) as mean_cycle_days
    from (
        select * exclude (date_day)
        from facts
        join int_period_days using (date_day)
        where period_type <> 'day' or dimension in ('total', 'region', 'channel')
        union all by name
        select facts.* exclude (date_day), 'all' as period_type, mart_first_day as period_start
        from facts
        join first_days using (dimension, member)
    )
    group by all
), every_period as (
    select dimension, member, period_type, period_start, is_complete
    from first_days
    join int_periods on first_day <= period_end
    where period_type <> 'day' or dimension in ('total', 'region', 'channel')
    union all
    select dimension, member, 'all', mart_first_day, true from first_days
), wilson as (
    select
        *,
        won / closed as p,
        1.959964::double ** 2 as z2,
        1.959964::double * sqrt((p * (1 - p) + z2 / 4 / closed) / closed) as half
    from measured
)
select
    period_type, period_start, dimension, member, coalesce(member_label, member) as member_label,
    is_complete,
    coalesce(won, 0) as won,
    coalesce(lost, 0) as lost,
    coalesce(no_decision, 0) as no_decision,
    p as win_rate,
    if(closed > 0, greatest(0, least(1, (p + z2 / 2 / closed - half) / (1 + z2 / closed))), null)
        as win_rate_low,
    if(closed > 0, greatest(0, least(1, (p + z2 / 2 / closed + half) / (1 + z2 / closed))), null)
        as win_rate_high,
    coalesce(won_amount, 0)::decimal(18, 4) as won_amount,
    coalesce(lost_amount, 0)::decimal(18, 4) as lost_amount,
    if(
        lost_without_amount = 0,
        coalesce(won_amount, 0)::double
        / nullif((coalesce(won_amount, 0) + coalesce(lost_amount, 0))::double, 0), null
    ) as amount_win_rate,
    sign(won_amount) * (
        (2 * abs((won_amount * 10000)::hugeint) + won_with_amount)
        // nullif(2 * won_with_amount, 0)
    )::decimal(30, 0) * 0.0001::decimal(4, 4) as average_won_amount,
    cycles[1] as median_cycle_days,
    cycles[2] as p75_cycle_days,
    mean_cycle_days
from every_period
left join wilson using (dimension, member, period_type, period_start)
left join int_member_labels using (dimension, member);

-- table: sales.int_sales_facts
with sold as (
    select
        order_id, product_id, min(order_line_id) as first_line_id,
        sum(quantity)::decimal(18, 4) as units,
        sum(gross_sales)::decimal(18, 4) as gross_sales,
        sum(discount_amount)::decimal(18, 4) as discount_amount,
        sum(gross_sales - discount_amount)::decimal(18, 4) as net_sales,
        sum(
            gross_sales - discount_amount
            - round(quantity::decimal(28, 4) * unit_cost, 4)::decimal(18, 4)
        )::decimal(18, 4) as gross_margin,
        sum(gross_sales - discount_amount) filter (unit_cost is null)::decimal(18, 4)
            as net_sales_without_cost
    from core.fct_order_line
    where is_valid
    group by all
), facts as (
    select
        o.order_date as date_day, o.order_id, o.customer_id, o.region, o.country, o.channel,
        o.user_id as rep, o.team_id as team, o.segment, o.industry, s.product_id as product,
        (first_line_id is null
            or first_line_id = min(first_line_id) over (partition by o.order_id))::int
            as order_count,
        o.is_new_customer,
        o.line_count > 0 and o.conversion_status <> 'missing_rate' as has_value,
        o.conversion_status = 'missing_rate' as has_missing_rate,
        s.units, s.gross_sales, s.discount_amount, 0::decimal(18, 4) as returned_amount,
        s.net_sales, s.gross_margin, s.net_sales_without_cost
    from core.fct_order o
    left join sold s using (order_id)
    where o.is_valid
    union all
    select
        r.returned_date, null, r.customer_id,
        if(o.order_id is null, c.region, o.region), if(o.order_id is null, c.country, o.country),
        o.channel, o.user_id, o.team_id, if(o.order_id is null, c.segment, o.segment),
        if(o.order_id is null, c.industry, o.industry), r.product_id,
        0, false, false, false, 0, 0, 0, r.amount, -r.amount,
        if(r.has_cost, coalesce(r.cost_amount, 0) - r.amount, null),
        if(r.has_cost, null, -r.amount)
    from core.fct_return r
    left join core.fct_order o using (order_id)
    left join core.dim_customer c on c.customer_id = r.customer_id
    where r.is_valid and r.returned_date is not null
)
select
    facts.* replace (
        coalesce(region, '(none)') as region, coalesce(country, '(none)') as country,
        coalesce(channel, '(none)') as channel, coalesce(rep, '(none)') as rep,
        coalesce(team, '(none)') as team, coalesce(segment, '(none)') as segment,
        coalesce(industry, '(none)') as industry, coalesce(product, '(none)') as product
    ),
    coalesce(p.category, '(none)') as category, coalesce(p.family, '(none)') as family
from facts
left join core.dim_product p on p.product_id = facts.product;

-- table: sales.int_sales_days
with by_order as (
    -- Whatever is an order's own adds up over its products.
    select
        date_day,
        case
            when grouping(region) = 0 then 'region' when grouping(country) = 0 then 'country'
            when grouping(channel) = 0 then 'channel' when grouping(rep) = 0 then 'rep'
            when grouping(team) = 0 then 'team' when grouping(segment) = 0 then 'segment'
            when grouping(industry) = 0 then 'industry' else 'total'
        end as dimension,
        coalesce(region, country, channel, rep, team, segment, industry, 'all') as member,
        sum(order_count) as orders,
        sum(order_count) filter (has_value) as orders_with_value,
        sum(order_count) filter (is_new_customer) as new_customers,
        sum(order_count) filter (has_missing_rate) as missing_rate_orders,
        sum(units) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales, sum(gross_margin) as gross_margin,
        sum(net_sales_without_cost) as net_sales_without_cost
    from int_sales_facts
    group by grouping sets (
        (date_day), (date_day, region), (date_day, country), (date_day, channel), (date_day, rep),
        (date_day, team), (date_day, segment), (date_day, industry)
    )
), by_product as (
    select
        date_day,
        case
            when grouping(product) = 0 then 'product' when grouping(category) = 0 then 'category'
            else 'family'
        end as dimension,
        coalesce(product, category, family) as member,
        count(distinct order_id) as orders,
        count(distinct order_id) filter (has_value) as orders_with_value,
        count(distinct order_id) filter (is_new_customer) as new_customers,
        count(distinct order_id) filter (has_missing_rate) as missing_rate_orders,
        sum(units) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales, sum(gross_margin) as gross_margin,
        sum(net_sales_without_cost) as net_sales_without_cost
    from int_sales_facts
    group by grouping sets ((date_day, product), (date_day, category), (date_day, family))
)
select
    * replace (
        coalesce(orders_with_value, 0) as orders_with_value,
        coalesce(new_customers, 0) as new_customers,
        coalesce(missing_rate_orders, 0) as missing_rate_orders
    )
from (from by_order union all by name from by_product);

-- table: sales.sales_by_period
with firsts as (
    select
        dimension, member, min(date_day) as first_day, min(min(date_day)) over () as mart_first_day
    from int_sales_days
    group by all
), every_period as (
    select p.*, dimension, member, mart_first_day
    from firsts
    join int_periods p on first_day <= period_end
    where period_type <> 'day' or dimension in ('total', 'region', 'channel')
), sums as (
    select
        dimension, member, period_type, period_start,
        sum(orders) as orders, sum(orders_with_value) as orders_with_value,
        sum(new_customers) as new_customers, sum(missing_rate_orders) as missing_rate_orders,
        sum(units) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales, sum(gross_margin) as gross_margin,
        sum(net_sales_without_cost) as net_sales_without_cost
    from (
        select d.*, period_type, period_start
        from int_sales_days d
        join int_period_days using (date_day)
        where period_type <> 'day' or dimension in ('total', 'region', 'channel')
        union all by name
        select d.*, 'all' as period_type, mart_first_day as period_start
        from int_sales_days d
        join firsts using (dimension, member)
    )
    group by all
), buyers as (
    select
        dimension, member, period_type, period_start,
        sum(
            case period_type
                when 'day' then first_of_day when 'week' then first_of_week
                when 'month' then first_of_month when 'quarter' then first_of_quarter
                when 'year' then first_of_year when 'fiscal_quarter' then first_of_fiscal_quarter
                when 'fiscal_year' then first_of_fiscal_year else first_ever
            end
        ) as customers
    from (
        select c.*, period_type, period_start
        from int_sales_customers c
        join int_period_days using (date_day)
        where period_type <> 'day' or dimension in ('total', 'region', 'channel')
        union all by name
        select c.*, 'all' as period_type, mart_first_day as period_start
        from int_sales_customers c
        join firsts using (dimension, member)
    )
    group by all
), parts as (
    -- As many days of the period before, and of the year before, as this one has.
    select
        e.dimension, e.member, e.period_type, e.period_start,
        sum(d.net_sales) filter (d.date_day between previous_start and previous_end) as previous,
        sum(d.net_sales) filter (d.date_day between year_ago_start and year_ago_end) as year_ago
    from every_period e
    join int_sales_days d
        on d.dimension = e.dimension and d.member = e.member
        and d.date_day between least(previous_start, year_ago_start)
        and greatest(previous_end, year_ago_end)
    where not (is_previous_whole and is_year_ago_whole)
    group by all
), rows_ as (
    select
        e.dimension, e.member, e.period_type, e.period_start, e.is_complete,
        if(
            e.previous_end >= e.mart_first_day,
            coalesce(if(e.is_previous_whole, previous.net_sales, parts.previous), 0), null
        ) as previous_net_sales,
        if(
            e.year_ago_end >= e.mart_first_day,
            coalesce(if(e.is_year_ago_whole, year_ago.net_sales, parts.year_ago), 0), null
        ) as year_ago_net_sales
    from every_period e
    left join parts using (dimension, member, period_type, period_start)
    left join sums previous
        on previous.dimension = e.dimension and previous.member = e.member
        and previous.period_type = e.period_type and previous.period_start = e.previous_start
    left join sums year_ago
        on year_ago.dimension = e.dimension and year_ago.member = e.member
        and year_ago.period_type = e.period_type and year_ago.period_start = e.year_ago_start
    union all
    select dimension, member, 'all', mart_first_day, true, null, null from firsts
), filled as (
    select
        dimension, member, period_type, period_start, is_complete, previous_net_sales,
        year_ago_net_sales, coalesce(customers, 0) as customers,
        coalesce(orders, 0) as orders, coalesce(orders_with_value, 0) as orders_with_value,
        coalesce(new_customers, 0) as new_customers,
        coalesce(missing_rate_orders, 0) as missing_rate_orders, coalesce(units, 0) as units,
        coalesce(gross_sales, 0) as gross_sales, coalesce(discount_amount, 0) as discount_amount,
        coalesce(returned_amount, 0) as returned_amount, coalesce(net_sales, 0) as net_sales,
        coalesce(gross_margin, 0) as gross_margin,
        coalesce(net_sales_without_cost, 0) as net_sales_without_cost,
        max(coalesce(net_sales, 0)) filter (dimension = 'total')
            over (partition by period_type, period_start) as total
    from rows_
    left join sums using (dimension, member, period_type, period_start)
    left join buyers using (dimension, member, period_type, period_start)
)
select
    period_type, period_start, dimension, member, coalesce(member_label, member) as member_label,
    is_complete, orders::bigint as orders, customers::bigint as customers,
    new_customers::bigint as new_customers, missing_rate_orders::bigint as missing_rate_orders,
    units::decimal(18, 4) as units, gross_sales::decimal(18, 4) as gross_sales,
    discount_amount::decimal(18, 4) as discount_amount,
    returned_amount::decimal(18, 4) as returned_amount, net_sales::decimal(18, 4) as net_sales,
    gross_margin::decimal(18, 4) as gross_margin,
    gross_margin::double / nullif((net_sales - net_sales_without_cost)::double, 0)
        as gross_margin_rate,
    net_sales_without_cost::decimal(18, 4) as net_sales_without_cost,
    orders_with_value::bigint as orders_with_value,
    sign(net_sales) * (
        (2 * abs((net_sales * 10000)::hugeint) + orders_with_value::hugeint)
        // nullif(2 * orders_with_value::hugeint, 0)
    )::decimal(30, 0) * 0.0001::decimal(4, 4) as average_order_value,
    net_sales::double / nullif(total::double, 0) as share_of_total,
    rank() over (partition by period_type, period_start, dimension order by net_sales desc) as rank,
    previous_net_sales::decimal(18, 4) as previous_net_sales,
    if(
        previous_net_sales > 0,
        (net_sales - previous_net_sales)::double / previous_net_sales::double, null
    ) as growth,
    year_ago_net_sales::decimal(18, 4) as year_ago_net_sales,
    if(
        year_ago_net_sales > 0,
        (net_sales - year_ago_net_sales)::double / year_ago_net_sales::double, null
    ) as growth_yoy
from filled
left join int_member_labels using (dimension, member);
