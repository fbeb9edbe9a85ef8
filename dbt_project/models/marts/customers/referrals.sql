with leads as (

    select * from {{ ref('fct_lead') }}

),

deals as (

    select * from {{ ref('fct_opportunity') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

referred_leads as (

    select
        lead_id,
        converted_opportunity_id,
        referred_by_account_id,
        cast(date_trunc('month', created_date) as date) as month_start
    from leads
    where referred_by_account_id is not null

),

led_deals as (

    -- A deal names its lead, or the lead names its deal.
    select
        lead_id,
        opportunity_id
    from deals
    where lead_id is not null
    union  -- both may say so
    select
        lead_id,
        converted_opportunity_id as opportunity_id
    from referred_leads
    where converted_opportunity_id is not null

),

referred_deals as (

    select led_deals.opportunity_id
    from led_deals
    inner join referred_leads on led_deals.lead_id = referred_leads.lead_id
    group by led_deals.opportunity_id

),

months_of_leads as (

    select
        month_start,
        count(*) as referred_leads,
        count(distinct referred_by_account_id) as referring_accounts
    from referred_leads
    group by month_start

),

months_of_deals as (

    select
        cast(date_trunc('month', deals.closed_date) as date) as month_start,
        count(*) as won,
        sum(deals.amount) as won_amount
    from deals
    inner join referred_deals on deals.opportunity_id = referred_deals.opportunity_id
    where deals.status = 'won' and deals.closed_date is not null
    group by cast(date_trunc('month', deals.closed_date) as date)

),

months as (

    select dates.month_start
    from dates
    where
        dates.month_start <= {{ as_of_date() }}
        and dates.month_start >= (
            select min(firsts.month_start)
            from (
                select months_of_leads.month_start from months_of_leads
                union all
                select months_of_deals.month_start from months_of_deals
            ) as firsts
        )
    group by dates.month_start

),

referrals as (

    select
        months.month_start as period_start,
        coalesce(months_of_leads.referred_leads, 0) as referred_leads,
        coalesce(months_of_leads.referring_accounts, 0) as referring_accounts,
        coalesce(months_of_deals.won, 0) as won,
        cast(coalesce(months_of_deals.won_amount, 0) as decimal(18, 4)) as won_amount
    from months
    left join months_of_leads on months.month_start = months_of_leads.month_start
    left join months_of_deals on months.month_start = months_of_deals.month_start

)

select * from referrals
