-- What the bench holds dbt's build against: the heaviest tables as one writes them for DuckDB alone,
-- and for a company that delivers every entity. Words in braces are filled in ({masked x}: the column
-- x with personal data hidden); a line `-- table:` names what the next statement makes.

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
with orders as (
    -- Whatever is an order's own adds up over its products.
    select
        date_day, region, country, channel, rep, team, segment, industry,
        sum(order_count) as orders,
        sum(if(has_value, order_count, 0)) as orders_with_value,
        sum(if(is_new_customer, order_count, 0)) as new_customers,
        sum(if(has_missing_rate, order_count, 0)) as missing_rate_orders,
        sum(units) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales, sum(gross_margin) as gross_margin,
        sum(net_sales_without_cost) as net_sales_without_cost
    from int_sales_facts
    group by all
), by_order as (
    select
        date_day,
        case
            when grouping(region) = 0 then 'region' when grouping(country) = 0 then 'country'
            when grouping(channel) = 0 then 'channel' when grouping(rep) = 0 then 'rep'
            when grouping(team) = 0 then 'team' when grouping(segment) = 0 then 'segment'
            when grouping(industry) = 0 then 'industry' else 'total'
        end as dimension,
        coalesce(region, country, channel, rep, team, segment, industry, 'all') as member,
        sum(columns(* exclude (
            date_day, region, country, channel, rep, team, segment, industry
        )))
    from orders
    group by grouping sets (
        (date_day), (date_day, region), (date_day, country), (date_day, channel), (date_day, rep),
        (date_day, team), (date_day, segment), (date_day, industry)
    )
), products as (
    select
        date_day, product, category, family, count(order_id) as orders,
        count_if(has_value) as orders_with_value, count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders,
        sum(units) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(net_sales) as net_sales, sum(gross_margin) as gross_margin,
        sum(net_sales_without_cost) as net_sales_without_cost
    from int_sales_facts
    group by all
), by_category as (
    select date_day, category, sum(columns(* exclude (date_day, product, category, family)))
    from products
    group by all
), by_family as (
    select date_day, family, sum(columns(* exclude (date_day, product, category, family)))
    from products
    group by all
), by_product as (
    select date_day, product, sum(columns(* exclude (date_day, product, category, family)))
    from products
    group by all
), category_orders as (
    select
        date_day, category, count(*) as orders, count_if(has_value) as orders_with_value,
        count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders
    from (
        select distinct date_day, category, order_id, has_value, is_new_customer, has_missing_rate
        from int_sales_facts
        where order_id is not null
    )
    group by all
), family_orders as (
    select
        date_day, family, count(*) as orders, count_if(has_value) as orders_with_value,
        count_if(is_new_customer) as new_customers,
        count_if(has_missing_rate) as missing_rate_orders
    from (
        select distinct date_day, family, order_id, has_value, is_new_customer, has_missing_rate
        from int_sales_facts
        where order_id is not null
    )
    group by all
)
from (
    from by_order
    union all by name
    select 'product' as dimension, product as member, * exclude (product) from by_product
    union all by name
    select
        'category' as dimension, category as member,
        s.* exclude (category) replace (
            coalesce(o.orders, 0) as orders,
            coalesce(o.orders_with_value, 0) as orders_with_value,
            coalesce(o.new_customers, 0) as new_customers,
            coalesce(o.missing_rate_orders, 0) as missing_rate_orders
        )
    from by_category s
    left join category_orders o using (date_day, category)
    union all by name
    select
        'family' as dimension, family as member,
        s.* exclude (family) replace (
            coalesce(o.orders, 0) as orders,
            coalesce(o.orders_with_value, 0) as orders_with_value,
            coalesce(o.new_customers, 0) as new_customers,
            coalesce(o.missing_rate_orders, 0) as missing_rate_orders
        )
    from by_family s
    left join family_orders o using (date_day, family)
);

-- table: sales.int_sales_customers
with customers as (
    -- Numbers sort several times as fast as ids.
    select customer_id, row_number() over (order by customer_id)::integer as customer
    from core.dim_customer
), purchases as (
    select f.* exclude (customer_id), customer
    from int_sales_facts f
    join customers using (customer_id)
    where order_id is not null
), members as (
    select dimension, member, row_number() over ()::integer as number
    from int_sales_days
    group by all
), of_orders as (
    select dimension, member, date_day, customer
    from purchases
    cross join lateral (
        values ('region', region), ('channel', channel), ('rep', rep), ('team', team)
    ) m (dimension, member)
    where order_count = 1
    union all
    select dimension, member, date_day, customer
    from purchases
    cross join lateral (
        values ('product', product), ('category', category), ('family', family)
    ) m (dimension, member)
), followed as (
    select
        number, date_day,
        lag(date_day) over (partition by number, customer order by date_day) as earlier_day
    from of_orders
    join members using (dimension, member)
    union all
    select number, date_day, earlier_day
    from (
        select
            *,
            lag(date_day) over (partition by customer order by date_day) as earlier_day
        from purchases
        where order_count = 1
    )
    cross join lateral (
        values ('total', 'all'), ('country', country), ('segment', segment), ('industry', industry)
    ) m (dimension, member)
    join members using (dimension, member)
), counted as (
    select
        number, date_day,
        count_if(earlier_day is null) as first_ever,
        count_if(coalesce(earlier_day < date_day, true)) as first_of_day,
        count_if(coalesce(earlier_day < week_start, true)) as first_of_week,
        count_if(coalesce(earlier_day < month_start, true)) as first_of_month,
        count_if(coalesce(earlier_day < quarter_start, true)) as first_of_quarter,
        count_if(coalesce(earlier_day < make_date(year::integer, 1, 1), true)) as first_of_year,
        count_if(coalesce(earlier_day < fiscal_quarter_start, true)) as first_of_fiscal_quarter,
        count_if(coalesce(earlier_day < fiscal_year_start, true)) as first_of_fiscal_year
    from followed
    join core.dim_date using (date_day)
    group by all
)
select dimension, member, counted.* exclude (number)
from counted
join members using (number);

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

-- table: core.int_order_deliveries
with sources as (
    select source_system, bool_or(delivered_at < {as_of_end}) as knows_delivery
    from gate.accepted_orders__shipments
    group by all
), listed as (
    select distinct shipment_id from gate.accepted_orders__shipment_lines
), parcels as (
    select
        shipment_id, order_id, knows_delivery, l.shipment_id is not null as has_lines,
        coalesce(coalesce(shipped_at, delivered_at) >= {as_of_end}, false) as is_later,
        coalesce(delivered_at >= {as_of_end}, false) as is_delivered_later,
        if(shipped_at < {as_of_end}, shipped_at, null) as shipped,
        if(delivered_at < {as_of_end}, delivered_at, null) as delivered,
        coalesce(shipped, delivered) as sent
    from gate.accepted_orders__shipments
    join sources using (source_system)
    left join listed l using (shipment_id)
), short as (
    select distinct order_id
    from gate.accepted_orders__order_lines o
    left join (
        select order_id, order_line_id, sum(quantity) as sent_quantity
        from parcels
        join gate.accepted_orders__shipment_lines using (shipment_id)
        where not is_later and sent is not null
        group by all
    ) using (order_id, order_line_id)
    where o.quantity > coalesce(sent_quantity, 0)
), by_order as (
    select
        order_id, bool_or(knows_delivery) as knows, count_if(not is_later) as shipments,
        if(count_if(not is_later and sent is null) = 0, max(sent), null) as shipped_at,
        if(count_if(not is_later and delivered is null) = 0, max(delivered), null) as delivered_at,
        bool_or(not is_later and not has_lines and sent is not null) as holds_every_line,
        bool_or(is_later) as has_later_shipment, bool_or(is_delivered_later) as has_later_delivery
    from parcels
    group by all
)
select
    b.order_id, shipments, shipped_at, delivered_at,
    if(knows, 'delivered', 'shipped') as delivery_basis,
    if(knows, delivered_at, shipped_at) as completed_at,
    shipments > 0 and (holds_every_line or s.order_id is null) as is_in_full,
    has_later_shipment, has_later_delivery
from by_order b
left join short s using (order_id);

-- table: core.int_order_headers
with promises as (
    select order_id, min_by(promised_date, _batch_id) as promised_date
    from staging.stg_orders__orders_versions
    where promised_date is not null and not _is_tombstone
    group by all
), customers as (
    select n.customer_id as named_id, s.*
    from core.dim_customer n
    join core.dim_customer s on n.survivor_id = s.customer_id
), orders as (
    select
        o.*, p.promised_date as first_promise, d.* exclude (order_id, shipments, is_in_full),
        coalesce(d.is_in_full, false) as is_in_full,
        timezone('{zone}', ordered_at)::date as order_date,
        coalesce(nullif(currency_code, ''), '{currency}') as currency,
        case
            when o.status = 'draft' or o.confirmed_at >= {as_of_end} then 'draft'
            when o.status = 'cancelled' and coalesce(o.cancelled_at < {as_of_end}, true)
                then 'cancelled'
            when o.status in ('shipped', 'delivered') and has_later_shipment then 'confirmed'
            when o.status = 'delivered' and has_later_delivery then 'shipped'
            when o.status <> 'cancelled' then o.status
            when d.delivered_at is not null then 'delivered'
            when d.shipped_at is not null then 'shipped'
            else 'confirmed'
        end as known_status
    from gate.accepted_orders__orders o
    left join promises p using (order_id)
    left join int_order_deliveries d using (order_id)
    where ordered_at < {as_of_end} and not coalesce(is_deleted, false)
)
select
    o.order_id, o.order_number, c.customer_id, o.customer_id is null as is_guest, o.channel,
    o.known_status as status, r.user_id, h.team_id,
    coalesce(o.region, c.region, h.region) as region, c.country, c.segment, c.industry,
    o.opportunity_id, o.ordered_at, o.entered_at, o.order_date,
    if(o.confirmed_at < {as_of_end}, o.confirmed_at, null) as confirmed_at,
    coalesce(o.first_promise, o.promised_date, o.requested_date) as promised_date, o.shipped_at,
    o.delivered_at, o.delivery_basis, o.completed_at, o.is_in_full, o.discount_amount,
    o.shipping_amount, o.currency as currency_code,
    if(o.currency = '{currency}', 1::decimal(18, 8), x.rate) as rate, o.source_system,
    not coalesce(o.is_test, false) and o.known_status not in ('draft', 'cancelled') as is_valid
from orders o
left join customers c on o.customer_id = c.named_id
left join core.dim_rep r on o.sales_rep_id = r.user_id
left join core.dim_rep_history h
    on o.sales_rep_id = h.user_id and o.ordered_at >= h.valid_from
    and (o.ordered_at < h.valid_to or h.valid_to is null)
left join int_exchange_rates x on o.currency = x.currency_code and o.order_date = x.rate_date;

-- table: core.fct_order_line
with returned as (
    select
        order_line_id, coalesce(sum(quantity), 0) as quantity, sum(amount) as amount,
        coalesce(sum(cost_amount), 0) as cost
    from core.fct_return
    where has_line
    group by all
)
select
    l.order_line_id, l.order_id, l.order_date, l.customer_id, l.product_id, l.user_id, l.channel,
    l.region, l.quantity, l.unit_price, l.gross_sales,
    l.discount_amount,
    coalesce(r.quantity, 0)::decimal(18, 4) as returned_quantity,
    if(l.gross_sales is null, null, coalesce(r.amount, 0)::decimal(18, 4)) as returned_amount,
    (l.gross_sales - l.discount_amount - coalesce(r.amount, 0)::decimal(18, 4))::decimal(18, 4)
        as net_sales,
    l.unit_cost,
    (
        l.gross_sales - l.discount_amount - coalesce(r.amount, 0)::decimal(18, 4)
        - (
            round(l.quantity::decimal(28, 4) * l.unit_cost, 4)::decimal(18, 4)
            - coalesce(r.cost, 0)::decimal(18, 4)
        )
    )::decimal(18, 4) as gross_margin,
    l.is_valid, l.source_system
from int_order_lines l
left join returned r using (order_line_id);

-- table: core.fct_order
with lines as (
    select
        order_id, count(*) as line_count, sum(quantity) as units, sum(gross_sales) as gross_sales,
        sum(discount_amount) as discount_amount, sum(returned_amount) as returned_amount,
        sum(gross_margin) as gross_margin,
        sum(net_sales) filter (gross_margin is null) as without_cost
    from core.fct_order_line
    group by all
), returned as (
    select order_id, sum(amount) as amount
    from core.fct_return
    where not has_line and order_id is not null
    group by all
), numbered as (
    select
        order_id,
        row_number() over (partition by customer_id order by ordered_at, order_id)
            as customer_order_number
    from int_order_headers
    where is_valid and customer_id is not null
), joined as (
    select
        h.*, coalesce(l.line_count, 0) as line_count, coalesce(l.units, 0) as units,
        if(rate is null, null, coalesce(l.gross_sales, 0)) as gross_sales,
        if(rate is null, null, coalesce(l.discount_amount, 0)) as discount,
        if(rate is null, null, coalesce(l.returned_amount, 0) + coalesce(r.amount, 0)) as returned,
        l.gross_margin,
        if(rate is null, null, coalesce(l.without_cost, 0) - coalesce(r.amount, 0))
            as without_cost,
        coalesce(
            promised_date <= date '{as_of}' and l.line_count > 0
            and (select count(*) > 0 from run.delivered where entity = 'shipments'), false
        ) as is_due,
        timezone('{zone}', completed_at)::date as completed_date, n.customer_order_number
    from int_order_headers h
    left join lines l using (order_id)
    left join returned r using (order_id)
    left join numbered n using (order_id)
)
select
    order_id, order_number, customer_id, is_guest, channel, status, user_id, team_id, region,
    country, segment, industry, opportunity_id, ordered_at, entered_at, order_date, confirmed_at,
    promised_date, shipped_at, delivered_at, delivery_basis, completed_at,
    if(is_due, coalesce(completed_date <= promised_date, false), null) as is_on_time,
    if(line_count > 0, is_in_full, null) as is_in_full, is_due,
    datediff('day', order_date, completed_date)::double as cycle_days, line_count,
    units::decimal(18, 4) as units, gross_sales::decimal(18, 4) as gross_sales,
    discount::decimal(18, 4) as discount_amount, returned::decimal(18, 4) as returned_amount,
    (gross_sales - discount - returned)::decimal(18, 4) as net_sales,
    gross_margin::decimal(18, 4) as gross_margin,
    without_cost::decimal(18, 4) as net_sales_without_cost,
    if(rate = 1, shipping_amount, round(shipping_amount::decimal(26, 4) * rate, 4))
        ::decimal(18, 4) as shipping_amount,
    currency_code, rate::double as exchange_rate,
    case
        when currency_code = '{currency}' then 'reporting_currency'
        when rate is null then 'missing_rate' else 'converted'
    end as conversion_status,
    customer_order_number, coalesce(customer_order_number = 1, false) as is_new_customer, is_valid,
    source_system
from joined;

-- table: core.fct_activity
with versions as (
    select activity_id, source_system, _batch_id, _extracted_at
    from staging.stg_crm__activities_versions
), firsts as (
    select source_system, min(_batch_id) as first_batch from versions group by all
), first_read as (
    select activity_id, min(_extracted_at) as first_read_at
    from versions
    join firsts using (source_system)
    group by all
    having not bool_or(_batch_id = first_batch)
), outcomes as (
    select outcome, {masked outcome} as masked
    from (select distinct outcome from gate.accepted_crm__activities)
)
select
    a.activity_id, a.type, a.direction, u.user_id as owner_id, s.survivor_id as account_id,
    a.lead_id, o.opportunity_id, a.happened_at,
    coalesce(a.entered_at, f.first_read_at) as entered_at,
    (epoch_us(coalesce(a.entered_at, f.first_read_at)) - epoch_us(a.happened_at)) / 1000000 / 3600
        as entry_delay_hours,
    a.duration_minutes::double as duration_minutes, m.masked as outcome, a.source_system
from gate.accepted_crm__activities a
left join first_read f using (activity_id)
left join gate.accepted_crm__contacts c on a.contact_id = c.contact_id
left join gate.accepted_crm__leads l on a.lead_id = l.lead_id
left join gate.accepted_crm__opportunities o on a.opportunity_id = o.opportunity_id
left join core.dim_rep u on a.owner_id = u.user_id
left join int_account_survivors s
    on s.account_id = coalesce(a.account_id, o.account_id, c.account_id, l.account_id)
left join outcomes m on a.outcome = m.outcome
where a.happened_at < {as_of_end};

-- table: core.int_opportunity_versions
with first_stages as (
    select pipeline_id, arg_min(stage_id, (position, stage_id)) as first_stage_id
    from core.dim_stage
    where not is_closed
    group by all
), history as (
    select
        *, changed_at >= {as_of_end} as is_later,
        row_number() over (partition by opportunity_id order by changed_at, history_id) as number
    from gate.accepted_crm__opportunity_stage_history
), begins as (
    select
        opportunity_id,
        arg_min(coalesce(from_stage_id, to_stage_id), number) as stage_id,
        arg_min(from_stage_id is not null, number) as has_from_stage,
        min(changed_at) as changed_at,
        arg_min(amount, number) as amount,
        arg_min(expected_close_date, number) as expected_close_date,
        arg_min(owner_id, number) as owner_id,
        bool_or(is_later) as has_later_change
    from history
    group by all
), extracted as (
    select
        opportunity_id, stage_id, amount, expected_close_date, owner_id,
        least(_extracted_at, coalesce(updated_at, _extracted_at)) as changed_at,
        row_number() over (partition by opportunity_id order by _batch_id) as number
    from staging.stg_crm__opportunities_versions
    where not _is_tombstone and opportunity_id is not null
), deals as (
    select
        o.opportunity_id, o.pipeline_id, o.stage_id, o.amount, o.expected_close_date, o.owner_id,
        o.created_at, o.closed_at,
        coalesce(o.created_at, timestamptz '1970-01-01 00:00:00+00') as started_at,
        least(
            o._extracted_at, coalesce(o.updated_at, o._extracted_at),
            timezone('{zone}', date '{as_of}'::timestamp)
        ) as read_at,
        case
            when not coalesce(s.is_closed, o.is_closed, o.is_won, false) then 'open'
            when coalesce(s.is_won, o.is_won, false) then 'won'
            else 'lost'
        end as status,
        b.opportunity_id is not null as has_history,
        coalesce(b.has_later_change, false)
        or (status <> 'open' and coalesce(o.closed_at >= {as_of_end}, false)) as has_moved_later,
        o.created_at is null or b.opportunity_id is null or (
            not b.has_from_stage
            and timezone('{zone}', b.changed_at)::date > timezone('{zone}', o.created_at)::date
        ) as is_left_censored,
        b.stage_id as first_stage, b.amount as first_amount,
        b.expected_close_date as first_close_date, b.owner_id as first_owner
    from gate.accepted_crm__opportunities o
    left join core.dim_stage s using (pipeline_id, stage_id)
    left join begins b using (opportunity_id)
    where
        not coalesce(o.is_deleted, false) and o.merged_into_id is null
        and coalesce(coalesce(o.created_at, o.entered_at) < {as_of_end}, true)
), changes as (
    select
        opportunity_id, greatest(changed_at, started_at) as valid_from, 2 as kind, number,
        h.to_stage_id as stage_id, h.amount, h.expected_close_date, h.owner_id
    from history h
    join deals d using (opportunity_id)
    where
        not is_later
        and (status = 'open' or has_moved_later or coalesce(changed_at < closed_at, true))
    union all
    select
        opportunity_id, greatest(changed_at, started_at), 3, number,
        if(has_history, null, e.stage_id), e.amount, e.expected_close_date, e.owner_id
    from extracted e
    join deals d using (opportunity_id)
    left join core.dim_stage s on s.pipeline_id = d.pipeline_id and s.stage_id = e.stage_id
    where
        number > 1 and changed_at < {as_of_end} and (status = 'open' or changed_at < closed_at)
        and not (has_moved_later and coalesce(s.is_closed, false))
), events as (
    select *, null as row_status, false as is_left_censored from changes
    union all
    select
        d.opportunity_id, d.started_at, 1, 0,
        case
            when d.has_history then d.first_stage
            when s.is_closed is not true and e.stage_id is not null then e.stage_id
            when d.status = 'open' then d.stage_id
            else f.first_stage_id
        end,
        coalesce(d.first_amount, e.amount, d.amount),
        coalesce(d.first_close_date, e.expected_close_date, d.expected_close_date),
        coalesce(d.first_owner, e.owner_id, d.owner_id), null, d.is_left_censored
    from deals d
    left join extracted e on e.opportunity_id = d.opportunity_id and e.number = 1
    left join core.dim_stage s on s.pipeline_id = d.pipeline_id and s.stage_id = e.stage_id
    left join first_stages f on f.pipeline_id = d.pipeline_id
    union all
    select
        d.opportunity_id,
        greatest(
            if(d.status <> 'open', coalesce(d.closed_at, d.read_at), d.read_at), d.started_at,
            c.last_change
        ),
        4, 0, d.stage_id, d.amount, d.expected_close_date, d.owner_id, d.status, false
    from deals d
    left join (
        select opportunity_id, max(valid_from) as last_change from changes group by all
    ) c using (opportunity_id)
    where not d.has_moved_later
), filled as (
    select
        opportunity_id, valid_from, kind, number, row_status, is_left_censored,
        last_value(stage_id ignore nulls) over so_far as stage_id,
        if(kind >= 3, amount, last_value(amount ignore nulls) over so_far) as amount,
        if(
            kind >= 3, expected_close_date,
            last_value(expected_close_date ignore nulls) over so_far
        ) as expected_close_date,
        if(kind >= 3, owner_id, last_value(owner_id ignore nulls) over so_far) as owner_id
    from events
    window so_far as (
        partition by opportunity_id order by valid_from, kind, number
        rows between unbounded preceding and current row
    )
    qualify coalesce(
        lead(valid_from) over (partition by opportunity_id order by valid_from, kind, number)
        <> valid_from, true
    )
), staged as (
    select
        f.opportunity_id, d.pipeline_id, f.valid_from, f.stage_id, f.amount,
        f.expected_close_date, f.owner_id, f.is_left_censored,
        coalesce(
            f.row_status, case when s.is_won then 'won' when s.is_closed then 'lost' end, 'open'
        ) as status
    from filled f
    join deals d using (opportunity_id)
    left join core.dim_stage s on s.pipeline_id = d.pipeline_id and s.stage_id = f.stage_id
), followed as (
    select
        *, row_number() over following = 1 as is_first,
        stage_id is distinct from lag(stage_id) over following
        or status is distinct from lag(status) over following as has_moved,
        amount is distinct from lag(amount) over following
        or expected_close_date is distinct from lag(expected_close_date) over following
        or owner_id is distinct from lag(owner_id) over following as has_changed
    from staged
    window following as (partition by opportunity_id order by valid_from)
)
select
    opportunity_id, pipeline_id, valid_from,
    lead(valid_from) over (partition by opportunity_id order by valid_from) as valid_to,
    stage_id, amount, expected_close_date, owner_id, status, is_left_censored,
    is_first or has_moved as is_move, is_first
from followed
where is_first or has_moved or has_changed;

-- table: core.fct_opportunity
with versions as (
    select
        opportunity_id,
        arg_max(amount, valid_from) filter (amount > 0) as last_amount,
        count_if(expected_close_date > earlier_close_date)::bigint as pushes
    from (
        select
            *,
            lag(expected_close_date) over (partition by opportunity_id order by valid_from)
                as earlier_close_date
        from int_opportunity_versions
    )
    group by all
), activities as (
    select opportunity_id, max(happened_at) as last_activity_at
    from gate.accepted_crm__activities
    where happened_at < {as_of_end} and type not in ('task', 'note')
    group by all
), deals as (
    select
        o.* exclude (stage_id, owner_id, amount, expected_close_date, currency_code, closed_at,
            lost_reason, account_id, lead_source, campaign_id),
        a.survivor_id as account_id, v.owner_id, v.stage_id, v.amount, v.expected_close_date,
        v.status, coalesce(nullif(o.currency_code, ''), '{currency}') as currency_code,
        coalesce(o.lead_source, l.source) as lead_source,
        coalesce(o.campaign_id, l.campaign_id) as campaign_id,
        if(v.status = 'lost', o.lost_reason, null) as lost_reason,
        case
            when v.status = 'open' or o.closed_at is null then null
            when o.closed_at < {as_of_end} then o.closed_at
            else v.valid_from
        end as closed_at,
        timezone('{zone}', o.created_at)::date as created_date,
        timezone('{zone}', closed_at)::date as closed_date
    from gate.accepted_crm__opportunities o
    join int_opportunity_versions v on v.opportunity_id = o.opportunity_id and v.valid_to is null
    left join gate.accepted_crm__leads l on o.lead_id = l.lead_id
    left join int_account_survivors a on o.account_id = a.account_id
), converted as (
    select
        d.*, h.team_id, coalesce(a.region, h.region) as region, a.country, a.segment, a.industry,
        u.user_id, p.product_id as known_product_id, c.campaign_id as known_campaign_id,
        if(d.currency_code = '{currency}', 1::decimal(18, 8), x.rate) as deal_rate,
        coalesce(d.probability::double, s.default_probability) as chance,
        v.last_amount, v.pushes, t.days, last_activity_at,
        if(
            deal_rate = 1, d.amount, round(d.amount::decimal(26, 4) * deal_rate, 4)
        )::decimal(18, 4) as reporting_amount
    from deals d
    left join core.dim_account a on d.account_id = a.account_id
    left join core.dim_rep u on d.owner_id = u.user_id
    left join core.dim_rep_history h
        on d.owner_id = h.user_id
        and coalesce(d.closed_at >= h.valid_from, h.valid_from - interval 1 day < {as_of_end})
        and (
            h.valid_to is null
            or coalesce(d.closed_at < h.valid_to, h.valid_to - interval 1 day >= {as_of_end})
        )
    left join core.dim_stage s on d.pipeline_id = s.pipeline_id and d.stage_id = s.stage_id
    left join core.dim_product p on d.product_id = p.product_id
    left join core.dim_campaign c on d.campaign_id = c.campaign_id
    left join int_exchange_rates x
        on d.currency_code = x.currency_code
        and x.rate_date = coalesce(d.closed_date, date '{as_of}')
    left join versions v on d.opportunity_id = v.opportunity_id
    left join core.fct_stage_visit t on d.opportunity_id = t.opportunity_id and t.is_open
    left join activities on d.opportunity_id = activities.opportunity_id
)
select
    opportunity_id, {masked name} as name, account_id, user_id as owner_id, team_id, region,
    country, segment, industry, pipeline_id, stage_id, type, known_product_id as product_id,
    reporting_amount as amount, amount as amount_original, currency_code,
    deal_rate::double as exchange_rate,
    case
        when currency_code = '{currency}' then 'reporting_currency'
        when deal_rate is null then 'missing_rate' else 'converted'
    end as conversion_status,
    chance as probability,
    if(status = 'open', round(reporting_amount * chance::decimal(12, 8), 4), null)
        ::decimal(18, 4) as weighted_amount,
    forecast_category, lead_id, lead_source, known_campaign_id as campaign_id,
    {masked lost_reason} as lost_reason, {masked next_step} as next_step, created_at,
    created_date, entered_at, expected_close_date, closed_at, closed_date, status,
    status = 'lost' and coalesce(lower(trim(lost_reason)) in {no_decision}, false)
        as is_no_decision,
    if(
        status = 'lost',
        if(
            deal_rate = 1, last_amount, round(last_amount::decimal(26, 4) * deal_rate, 4)
        ), null
    )::decimal(18, 4) as lost_amount,
    if(
        status <> 'open' and closed_date >= created_date,
        datediff('day', created_date, closed_date), null
    )::double as cycle_days,
    if(status = 'open', datediff('day', created_date, date '{as_of}'), null)::double as age_days,
    if(status = 'open', days, null) as days_in_stage,
    coalesce(pushes, 0) as close_date_pushes, last_activity_at, source_system
from converted;

-- table: pipeline.pipeline_waterfall
with state_days as (
    select
        team, owner, min(timezone('{zone}', valid_from)::date) as first_day,
        min(timezone('{zone}', valid_from)::date)
            filter (began_at > timestamptz '1970-01-01 00:00:00+00') as first_dated
    from int_deal_states
    group by all
), firsts as (
    select
        dimension, member, min(first_day) as first_day, min(min(first_dated)) over () as mart_first
    from state_days
    cross join lateral (
        values ('total', 'all'), ('team', team), ('owner', owner)
    ) m (dimension, member)
    group by all
), windows as (
    select
        period_type, period_start, period_end,
        timezone('{zone}', period_start::timestamp) as starts_at,
        timezone('{zone}', least(period_end, date '{as_of}') + interval 1 day) as ends_at
    from int_periods
    where period_type not in ('day', 'week')
    union all
    select
        'all', min(mart_first), date '{as_of}', timezone('{zone}', min(mart_first)::timestamp),
        {as_of_end}
    from firsts
    having min(mart_first) is not null
), starts as (
    select
        period_type, period_start, s.*,
        coalesce(expected_close_date <= period_end, false) as is_in,
        coalesce(expected_close_date between period_start and period_end, false) as is_expected
    from windows w
    join int_deal_states s
        on starts_at > valid_from and (starts_at <= valid_to or valid_to is null)
    where status = 'open'
), deals as (
    select
        w.period_type, w.period_start, s.opportunity_id is not null as was_open,
        s.team as start_team, s.owner as start_owner, s.amount as start_amount,
        s.expected_close_date as start_close_date, coalesce(s.is_in, false) as starts_in,
        coalesce(s.is_expected, false) as is_expected, e.team, e.owner, e.status,
        if(e.status = 'lost', e.last_open_amount, e.amount) as amount,
        e.status = 'open' and coalesce(e.expected_close_date <= w.period_end, false) as ends_in,
        e.began_at < w.starts_at as is_earlier
    from windows w
    join int_deal_states e
        on ends_at > e.valid_from and (ends_at <= e.valid_to or e.valid_to is null)
    left join starts s
        on s.opportunity_id = e.opportunity_id and s.period_type = w.period_type
        and s.period_start = w.period_start
    where
        (e.status = 'open' or e.status_since >= w.starts_at)
        and (starts_in or ends_in or e.status <> 'open')
), members as (
    select *
    from deals
    cross join lateral (
        values
        ('total', if(was_open, 'all', null), 'all'), ('team', start_team, team),
        ('owner', start_owner, owner)
    ) m (dimension, start_member, end_member)
), movements as (
    select
        period_type, period_start, dimension, start_member as member, 'start' as entry,
        start_amount as entered, is_expected,
        is_expected and status = 'open' and not ends_in as is_slipped,
        case
            when status = 'open' and not ends_in then 'pushed_out'
            when start_member <> end_member then 'transferred_out'
            when status = 'open' then 'end'
            else status
        end as leaving,
        if(leaving = 'transferred_out', start_amount, amount) as left_with
    from members
    where starts_in
    union all
    select
        period_type, period_start, dimension, end_member,
        case
            when starts_in then 'transferred_in'
            when start_member is null and is_earlier then 'reopened'
            when start_member is null then 'created'
            when start_close_date is null and status <> 'open' then 'created'
            else 'pulled_in'
        end as entry,
        if(
            starts_in
            or (start_member is not null and (start_close_date is not null or status = 'open')),
            start_amount, amount
        ),
        false, false, if(status = 'open', 'end', status), amount
    from members
    where (status <> 'open' or ends_in) and not (starts_in and start_member = end_member)
), sums as (
    select
        period_type, period_start, dimension, member,
        sum(entered) filter (entry = 'start') as start_amount,
        sum(entered) filter (entry = 'created') as created,
        sum(entered) filter (entry = 'pulled_in') as pulled_in,
        sum(entered) filter (entry = 'reopened') as reopened,
        sum(entered) filter (entry = 'transferred_in') as transferred_in,
        sum(greatest(left_with - entered, 0)) as increased,
        sum(greatest(entered - left_with, 0)) as decreased,
        sum(left_with) filter (leaving = 'pushed_out') as pushed_out,
        sum(left_with) filter (leaving = 'transferred_out') as transferred_out,
        sum(left_with) filter (leaving = 'won') as won,
        sum(left_with) filter (leaving = 'lost') as lost,
        sum(left_with) filter (leaving = 'end') as end_amount,
        count_if(entry = 'start')::decimal(18, 0) as start_deals,
        count_if(leaving = 'end')::decimal(18, 0) as end_deals,
        count_if(is_expected)::decimal(18, 0) as expected_deals,
        count_if(is_slipped)::decimal(18, 0) as slipped_deals
    from movements
    group by all
), every_period as (
    select dimension, member, period_type, period_start, is_complete
    from firsts
    join int_periods on first_day <= period_end
    where period_type not in ('day', 'week')
    union all
    select dimension, member, 'all', mart_first, true from firsts
)
select
    period_type, period_start, dimension, member, coalesce(member_label, member) as member_label,
    is_complete,
    coalesce(columns([
        'start_amount', 'created', 'pulled_in', 'reopened', 'transferred_in', 'increased',
        'decreased', 'pushed_out', 'transferred_out', 'won', 'lost', 'end_amount'
    ]), 0)::decimal(18, 4),
    coalesce(columns(['start_deals', 'end_deals', 'expected_deals', 'slipped_deals']), 0)::bigint,
    slipped_deals / nullif(expected_deals, 0)::double as slip_rate
from every_period
left join sums using (period_type, period_start, dimension, member)
left join int_member_labels using (dimension, member);

-- table: sales.fulfilment_by_period
with due as (
    select
        order_id, promised_date as date_day, coalesce(region, '(none)') as region,
        coalesce(channel, '(none)') as channel, coalesce(user_id, '(none)') as rep,
        is_on_time, coalesce(is_in_full, false) as is_in_full,
        completed_at is not null as is_completed, cycle_days::integer as cycle,
        datediff('day', order_date, timezone('{zone}', confirmed_at)::date)::integer as confirm,
        datediff('day', order_date, timezone('{zone}', shipped_at)::date)::integer as ship,
        datediff(
            'day', timezone('{zone}', shipped_at)::date, timezone('{zone}', delivered_at)::date
        )::integer as deliver
    from core.fct_order
    where is_valid and is_due
), members as (
    select dimension, member, due.* exclude (order_id, region, channel, rep)
    from due
    cross join lateral (
        values ('total', 'all'), ('region', region), ('channel', channel), ('rep', rep)
    ) m (dimension, member)
    union all
    select 'product', product, due.* exclude (order_id, region, channel, rep)
    from due
    join int_sales_facts using (order_id)
), firsts as (
    select
        dimension, member, min(date_day) as first_day, min(min(date_day)) over () as mart_first_day
    from members
    group by all
), every_period as (
    select dimension, member, period_type, period_start, is_complete
    from firsts
    join int_periods on first_day <= period_end
    where period_type <> 'day' or dimension in ('total', 'region', 'channel')
    union all
    select dimension, member, 'all', mart_first_day, true from firsts
), measured as (
    select
        dimension, member, period_type, period_start,
        count(*) as orders_due, count_if(is_on_time) as on_time, count_if(is_in_full) as in_full,
        count_if(is_on_time and is_in_full) as on_time_in_full,
        count_if(not is_completed) as open_past_due,
        quantile_cont(cycle, [0.5, 0.9]) as cycles, avg(cycle) as mean_cycle_days,
        avg(ship) as mean_ship_days, quantile_cont(confirm, 0.5) as median_confirm_days,
        quantile_cont(ship, 0.5) as median_ship_days,
        quantile_cont(deliver, 0.5) as median_deliver_days
    from (
        select members.* exclude (date_day), period_type, period_start
        from members
        join int_period_days using (date_day)
        where period_type <> 'day' or dimension in ('total', 'region', 'channel')
        union all by name
        select members.* exclude (date_day), 'all' as period_type, mart_first_day as period_start
        from members
        join firsts using (dimension, member)
    )
    group by all
)
select
    period_type, period_start, dimension, member, coalesce(member_label, member) as member_label,
    is_complete, coalesce(orders_due, 0) as orders_due, coalesce(on_time, 0)::bigint as on_time,
    coalesce(orders_due - on_time, 0)::bigint as late, coalesce(in_full, 0)::bigint as in_full,
    coalesce(on_time_in_full, 0)::bigint as on_time_in_full,
    on_time / nullif(orders_due, 0) as on_time_rate,
    on_time_in_full / nullif(orders_due, 0) as otif_rate,
    coalesce(open_past_due, 0)::bigint as open_past_due,
    cycles[1] as median_cycle_days, cycles[2] as p90_cycle_days, mean_cycle_days, mean_ship_days,
    median_confirm_days, median_ship_days, median_deliver_days
from every_period
left join measured using (dimension, member, period_type, period_start)
left join int_member_labels using (dimension, member);
