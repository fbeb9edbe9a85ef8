with customers as (

    select * from {{ ref('dim_customer') }}

),

orders as (

    select * from {{ ref('fct_order') }}

),

facts as (

    select * from {{ ref('int_sales_facts') }}

),

activities as (

    select * from {{ ref('fct_activity') }}

),

tickets as (

    select * from {{ ref('fct_ticket') }}

),

responses as (

    select * from {{ ref('fct_survey_response') }}

),

answers as (

    select * from {{ ref('fct_survey_answer') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

order_days as (

    select * from {{ ref('int_order_days') }}

),

churn_limits as (

    select * from {{ ref('int_churn_limits') }}

),

next_products as (

    select * from {{ ref('next_products') }}

),

expectations as (

    select * from {{ source('predict', 'customer_value') }}

),

rfm_segments as (

    select * from {{ ref('rfm_segments') }}

),

surviving as (

    select
        customer_id,
        account_id
    from customers
    where customer_id = survivor_id

),

bought as (

    select
        customer_id,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        count(*) as orders,
        count_if(line_count > 0 and conversion_status <> 'missing_rate') as orders_with_value
    from orders
    where is_valid and customer_id is not null
    group by customer_id

),

sold as (

    -- Returns that name the customer only, are in here too.
    select
        customer_id,
        sum(net_sales) as net_sales,
        sum(gross_margin) as gross_margin
    from facts
    where customer_id is not null
    group by customer_id

),

scored as (

    select
        bought.customer_id,
        {{ days_between('bought.last_order_date', as_of_date()) }} as days_since_last_order,
        bought.orders,
        coalesce(sold.net_sales, 0) as net_sales
    from bought
    left join sold on bought.customer_id = sold.customer_id

),

cuts as (

    select
        {%- for measure in ['days_since_last_order', 'orders', 'net_sales'] %}
        {%- set measure_loop = loop %}
        {%- for share in [20, 40, 60, 80] %}
        {{ percentile(share / 100, measure) }}
            as {{ measure }}_{{ share }}{{ ',' if not (loop.last and measure_loop.last) }}
        {%- endfor %}
        {%- endfor %}
    from scored

),

rated as (

    -- Ties share a score; the fewer days since the last order, the better.
    select
        scored.customer_id,
        5
        {%- for share in [20, 40, 60, 80] %}
        - case
            when scored.days_since_last_order > cuts.days_since_last_order_{{ share }} then 1
            else 0
        end
        {%- endfor %} as rfm_recency,
        1
        {%- for share in [20, 40, 60, 80] %}
        + case when scored.orders > cuts.orders_{{ share }} then 1 else 0 end
        {%- endfor %} as rfm_frequency,
        1
        {%- for share in [20, 40, 60, 80] %}
        + case when cast(scored.net_sales as double) > cuts.net_sales_{{ share }} then 1 else 0 end
        {%- endfor %} as rfm_monetary
    from scored
    cross join cuts

),

waited as (

    select
        order_days.customer_id,
        churn_limits.at_risk_days,
        churn_limits.churn_days,
        {{ days_between('max(order_days.order_date)', as_of_date()) }} as gap_days,
        max({{ days_between('order_days.order_date', 'order_days.next_date') }})
            as longest_gap_days
    from order_days
    left join churn_limits
        on
            order_days.segment = churn_limits.segment
            and churn_limits.known_on = cast({{ as_of_date() }} + interval 1 day as date)
    group by order_days.customer_id, churn_limits.at_risk_days, churn_limits.churn_days

),

stayed as (

    -- Where no gap between orders is known yet, nobody can be told to have left.
    select
        customer_id,
        churn_days,
        case
            when churn_days is null then cast(null as string)
            when gap_days > churn_days then 'churned'
            when gap_days > at_risk_days then 'at_risk'
            when longest_gap_days > churn_days then 'reactivated'
            else 'active'
        end as churn_status
    from waited

),

customer_categories as (

    select
        customer_id,
        category,
        count(distinct order_id) as orders,  -- an order counts once for a category
        sum(net_sales) as net_sales
    from facts
    where customer_id is not null and order_id is not null and category <> '(none)'
    group by customer_id, category

),

preferred_categories as (

    select
        customer_id,
        category
    from customer_categories
    -- The one ordered most often; of equals the larger, then the first by name.
    qualify row_number() over (
        partition by customer_id
        order by orders desc nulls last, net_sales desc nulls last, category asc nulls last
    ) = 1

),

customer_channels as (

    select
        customer_id,
        channel,
        sum(order_count) as orders,
        sum(net_sales) as net_sales
    from facts
    where customer_id is not null and order_id is not null and channel <> '(none)'
    group by customer_id, channel

),

preferred_channels as (

    select
        customer_id,
        channel
    from customer_channels
    -- As for categories.
    qualify row_number() over (
        partition by customer_id
        order by orders desc nulls last, net_sales desc nulls last, channel asc nulls last
    ) = 1

),

contacts as (

    select
        account_id,
        max(happened_at) as last_contact_at,
        count_if(
            {{ local_date('happened_at') }} > cast({{ as_of_date() }} - interval 12 month as date)
        ) as contacts_12m
    from activities
    where account_id is not null and type not in ('task', 'note')
    group by account_id

),

customer_tickets as (

    -- A ticket of an account is each of its customers', unless it names one.
    select
        customer_id,
        count(*) as open_tickets
    from (
        select
            tickets.customer_id,
            tickets.ticket_id
        from tickets
        where tickets.is_open and tickets.customer_id is not null
        union all
        select
            surviving.customer_id,
            tickets.ticket_id
        from tickets
        inner join surviving on tickets.account_id = surviving.account_id
        where tickets.is_open and tickets.customer_id is null
    ) as open_ones
    group by customer_id

),

counted_answers as (

    select
        responses.customer_id,
        responses.account_id,
        answers.measure,
        answers.value_number,
        responses.submitted_at,
        responses.response_id,
        answers.question_id
    from answers
    inner join responses on answers.response_id = responses.response_id
    where
        responses.is_counted
        and answers.is_valid
        and answers.measure in ('nps', 'csat')
        and responses.user_id is null

),

placed_answers as (

    -- An answer of an account is each of its customers', unless it names one.
    select
        customer_id,
        measure,
        value_number,
        submitted_at,
        response_id,
        question_id
    from counted_answers
    where customer_id is not null
    union all
    select
        surviving.customer_id,
        counted_answers.measure,
        counted_answers.value_number,
        counted_answers.submitted_at,
        counted_answers.response_id,
        counted_answers.question_id
    from counted_answers
    inner join surviving on counted_answers.account_id = surviving.account_id
    where counted_answers.customer_id is null

),

customer_answers as (

    select
        customer_id,
        measure,
        max_by(
            cast(value_number as double), (submitted_at, response_id, question_id)
        ) as last_value
    from placed_answers
    group by customer_id, measure

),

referrals as (

    select
        account_id,
        min_by(referred_by_account_id, (created_at, lead_id)) as referred_by
    from leads
    where account_id is not null and referred_by_account_id is not null
    group by account_id

),

profiles as (

    select
        surviving.customer_id,
        surviving.account_id,
        bought.first_order_date,
        bought.last_order_date,
        coalesce(bought.orders, 0) as orders,
        cast(coalesce(sold.net_sales, 0) as decimal(18, 4)) as net_sales,
        cast(coalesce(sold.gross_margin, 0) as decimal(18, 4)) as gross_margin,
        {{ mean_money('sold.net_sales', 'bought.orders_with_value') }} as average_order_value,
        cast({{ days_between('bought.last_order_date', as_of_date()) }} as double)
            as days_since_last_order,
        cast(rated.rfm_recency as bigint) as rfm_recency,
        cast(rated.rfm_frequency as bigint) as rfm_frequency,
        cast(rated.rfm_monetary as bigint) as rfm_monetary,
        rfm_segments.segment as rfm_segment,
        rfm_segments.action_en as suggested_action,
        rfm_segments.action_zh as suggested_action_zh,
        expectations.probability_alive,
        expectations.expected_orders_12m,
        expectations.clv_12m,
        case
            when bought.customer_id is null then 'No order yet.'
            else expectations.clv_reason
        end as clv_reason,
        stayed.churn_days as churn_gap_days,
        stayed.churn_status,
        expectations.probability_no_order_90d,
        nps_answers.last_value as last_nps,
        csat_answers.last_value as last_csat,
        coalesce(customer_tickets.open_tickets, 0) as open_tickets,
        contacts.last_contact_at,
        cast(coalesce(contacts.contacts_12m, 0) as bigint) as contacts_12m,
        preferred_categories.category as preferred_category,
        preferred_channels.channel as preferred_channel,
        referrals.referred_by,
        next_products.product_id as next_product_id
    from surviving
    left join bought on surviving.customer_id = bought.customer_id
    left join sold on surviving.customer_id = sold.customer_id
    left join rated on surviving.customer_id = rated.customer_id
    left join rfm_segments
        on
            rated.rfm_recency = rfm_segments.recency
            and rated.rfm_frequency = rfm_segments.frequency
    left join customer_answers as nps_answers
        on surviving.customer_id = nps_answers.customer_id and nps_answers.measure = 'nps'
    left join customer_answers as csat_answers
        on surviving.customer_id = csat_answers.customer_id and csat_answers.measure = 'csat'
    left join customer_tickets on surviving.customer_id = customer_tickets.customer_id
    left join contacts on surviving.account_id = contacts.account_id
    left join preferred_categories on surviving.customer_id = preferred_categories.customer_id
    left join preferred_channels on surviving.customer_id = preferred_channels.customer_id
    left join referrals on surviving.account_id = referrals.account_id
    left join stayed on surviving.customer_id = stayed.customer_id
    left join expectations on surviving.customer_id = expectations.customer_id
    left join next_products
        on surviving.customer_id = next_products.customer_id and next_products.rank = 1

)

select * from profiles
