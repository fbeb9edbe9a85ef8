with attribution as (

    select * from {{ ref('attribution') }}

),

deal_touches as (

    select * from {{ ref('int_deal_touches') }}

),

touches as (

    select * from {{ ref('fct_campaign_touch') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

leads as (

    select * from {{ ref('fct_lead') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

order_headers as (

    select * from {{ ref('int_order_headers') }}

),

orders as (

    select * from {{ ref('fct_order') }}

),

sales as (

    select * from {{ ref('sales_by_period') }}

),

margin_rates as (

    -- Of all time, by product and of the company (`all`).
    select
        member,
        gross_margin_rate
    from sales
    where
        period_type = 'all'
        and dimension in ('product', 'total')
        and gross_margin_rate is not null

),

company_rate as (

    select max(gross_margin_rate) as gross_margin_rate
    from margin_rates
    where member = 'all'

),

order_margins as (

    -- What is known of the cost of a deal's orders stands for the whole of them.
    select
        order_headers.opportunity_id,
        sum(orders.gross_margin) as gross_margin
    from orders
    inner join order_headers on orders.order_id = order_headers.order_id
    where
        orders.is_valid
        and order_headers.opportunity_id is not null
        and orders.gross_margin is not null
    group by order_headers.opportunity_id

),

first_wins as (

    -- The deal that made an account a customer.
    select opportunity_id
    from opportunities
    where status = 'won' and account_id is not null
    qualify row_number() over (
        partition by account_id order by closed_at asc nulls last, opportunity_id asc nulls last
    ) = 1

),

deal_margins as (

    select
        opportunities.opportunity_id,
        cast(
            coalesce(
                order_margins.gross_margin,
                round(
                    cast(opportunities.amount as double)
                    * coalesce(margin_rates.gross_margin_rate, company_rate.gross_margin_rate), 4
                )
            ) as decimal(18, 4)
        ) as margin,
        first_wins.opportunity_id is not null as is_first_win
    from opportunities
    cross join company_rate
    left join order_margins on opportunities.opportunity_id = order_margins.opportunity_id
    left join margin_rates on opportunities.product_id = margin_rates.member
    left join first_wins on opportunities.opportunity_id = first_wins.opportunity_id
    where opportunities.status = 'won'

),

attributed as (

    select
        attribution.campaign_id,
        attribution.model,
        sum(attribution.amount) as attributed_revenue,
        sum(
            cast(round(cast(deal_margins.margin as double) * attribution.weight, 4)
                as decimal(18, 4))
        ) as attributed_margin,
        sum(
            case
                when deal_margins.is_first_win
                    then cast(round(attribution.weight, 9) as decimal(18, 9))
                else 0
            end
        ) as new_customers
    from attribution
    inner join deal_margins on attribution.opportunity_id = deal_margins.opportunity_id
    group by attribution.campaign_id, attribution.model

),

touch_counts as (

    select
        campaign_id,
        count(*) as touches
    from touches
    where campaign_id is not null
    group by campaign_id

),

campaign_leads as (

    -- Leads that name the campaign or were touched by it.
    select
        campaign_id,
        lead_id
    from leads
    where campaign_id is not null
    union
    select
        touches.campaign_id,
        touches.lead_id
    from touches
    inner join leads on touches.lead_id = leads.lead_id
    where touches.campaign_id is not null

),

lead_counts as (

    select
        campaign_id,
        count(*) as leads
    from campaign_leads
    group by campaign_id

),

deal_counts as (

    select
        campaign_id,
        count(distinct opportunity_id) as opportunities,
        count(distinct case when status = 'won' then opportunity_id end) as won
    from deal_touches
    group by campaign_id

),

unattributed as (

    select count(distinct opportunity_id) as won
    from attribution
    where touch_id = '(none)'

),

members as (

    select
        campaigns.campaign_id,
        campaigns.budget,
        campaigns.cost,
        coalesce(deal_counts.opportunities, 0) as opportunities,
        coalesce(deal_counts.won, 0) as won
    from campaigns
    left join deal_counts on campaigns.campaign_id = deal_counts.campaign_id
    union all
    select
        '(unattributed)' as campaign_id,
        cast(null as decimal(18, 4)) as budget,
        cast(null as decimal(18, 4)) as cost,
        coalesce(deal_counts.opportunities, 0) + unattributed.won as opportunities,
        coalesce(deal_counts.won, 0) + unattributed.won as won
    from unattributed
    left join deal_counts on deal_counts.campaign_id = '(unattributed)'
    where unattributed.won > 0 or deal_counts.won > 0

),

rows_by_model as (

    select
        members.campaign_id,
        models.model,
        members.budget,
        members.cost,
        members.opportunities,
        members.won
    from members
    cross join lateral (
        values ('first'), ('last'), ('linear'), ('position'), ('time_decay')
    ) as models (model)

),

joined as (

    select
        rows_by_model.campaign_id,
        rows_by_model.model,
        coalesce(touch_counts.touches, 0) as touches,
        coalesce(lead_counts.leads, 0) as leads,
        rows_by_model.opportunities,
        rows_by_model.won,
        coalesce(attributed.attributed_revenue, 0) as attributed_revenue,
        case
            when attributed.campaign_id is null then 0 else attributed.attributed_margin
        end as attributed_margin,
        rows_by_model.budget,
        rows_by_model.cost,
        coalesce(attributed.new_customers, 0) as new_customers
    from rows_by_model
    left join attributed
        on
            rows_by_model.campaign_id = attributed.campaign_id
            and rows_by_model.model = attributed.model
    left join touch_counts on rows_by_model.campaign_id = touch_counts.campaign_id
    left join lead_counts on rows_by_model.campaign_id = lead_counts.campaign_id

),

campaign_performance as (

    select
        campaign_id,
        model,
        touches,
        leads,
        opportunities,
        won,
        cast(attributed_revenue as decimal(18, 4)) as attributed_revenue,
        cast(attributed_margin as decimal(18, 4)) as attributed_margin,
        budget,
        cost,
        {{ ratio('attributed_margin - cost', 'cost') }} as roi,
        {{ ratio('attributed_revenue', 'cost') }} as roas,
        cast(new_customers as double) as new_customers,
        case
            when cost > 0 and new_customers > 0
                then cast(
                    round(cast(cost as double) / cast(new_customers as double), 4)
                    as decimal(18, 4)
                )
        end as cac
    from joined

)

select * from campaign_performance
