with notes as (

    select * from {{ ref('fct_research_note') }}

),

market_intelligence as (

    select
        note_id,
        kind,
        noted_at,
        source,
        title,
        body,
        competitor_id,
        account_id,
        segment,
        tags,
        cast({{ days_between('noted_date', as_of_date()) }} as bigint) as age_days
    from notes

)

select * from market_intelligence
