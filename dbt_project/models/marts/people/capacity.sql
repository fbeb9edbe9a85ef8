with reps as (

    select * from {{ ref('dim_rep') }}

),

accounts as (

    select * from {{ ref('dim_account') }}

),

opportunities as (

    select * from {{ ref('fct_opportunity') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

open_pipeline as (

    select * from {{ ref('open_pipeline') }}

),

sellers as (

    -- Who owns accounts or deals, and is still there.
    select
        reps.user_id,
        reps.team_id,
        greatest(
            cast({{ as_of_date() }} - 89 as date), coalesce(reps.hire_date, date '1970-01-01')
        ) as first_day
    from reps
    where
        reps.is_active
        and (
            reps.user_id in (select accounts.owner_id from accounts)
            or reps.user_id in (select opportunities.owner_id from opportunities)
        )

),

owned_accounts as (

    select
        owner_id as user_id,
        count(*) as accounts
    from accounts
    where owner_id is not null
    group by owner_id

),

working_days as (

    select
        sellers.user_id,
        count_if(dates.is_business_day) as business_days
    from sellers
    inner join dates on dates.date_day between sellers.first_day and {{ as_of_date() }}
    group by sellers.user_id

),

worked_deals as (

    -- Deals that were open on any of the last 90 days.
    select
        sellers.user_id,
        count(*) as deals
    from sellers
    inner join opportunities
        on
            sellers.user_id = opportunities.owner_id
            and (
                opportunities.status = 'open' or sellers.first_day <= opportunities.closed_date
            )
    group by sellers.user_id

),

loads as (

    select
        sellers.user_id,
        sellers.team_id,
        coalesce(owned_accounts.accounts, 0) as accounts,
        coalesce(open_pipeline.deals, 0) as open_deals,
        coalesce(open_pipeline.amount, 0) as open_pipeline,
        {{ ratio('coalesce(worked_deals.deals, 0)', 'working_days.business_days') }}
            as deals_per_business_day
    from sellers
    left join owned_accounts on sellers.user_id = owned_accounts.user_id
    left join open_pipeline
        on open_pipeline.dimension = 'owner' and sellers.user_id = open_pipeline.member
    left join working_days on sellers.user_id = working_days.user_id
    left join worked_deals on sellers.user_id = worked_deals.user_id

),

medians as (

    select
        team_id,
        {{ percentile(0.5, 'deals_per_business_day') }} as team_median
    from loads
    where team_id is not null
    group by team_id

),

capacity as (

    select
        {{ as_of_date() }} as as_of_date,
        loads.user_id,
        loads.accounts,
        loads.open_deals,
        cast(loads.open_pipeline as decimal(18, 4)) as open_pipeline,
        loads.deals_per_business_day,
        medians.team_median,
        case
            when loads.deals_per_business_day > medians.team_median * 1.5 then 'over'
            when loads.deals_per_business_day < medians.team_median * 0.5 then 'under'
            when medians.team_median is not null and loads.deals_per_business_day is not null
                then 'normal'
        end as load
    from loads
    left join medians on loads.team_id = medians.team_id

)

select * from capacity
