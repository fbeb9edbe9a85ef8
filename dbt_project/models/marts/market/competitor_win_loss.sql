with win_rates as (

    select * from {{ ref('win_rates') }}

),

competitor_win_loss as (

    select
        period_type,
        period_start,
        member as competitor_id,
        member_label as competitor_name,
        is_complete,
        won,
        lost,
        no_decision,
        win_rate,
        win_rate_low,
        win_rate_high,
        won_amount,
        lost_amount
    from win_rates
    where dimension = 'competitor' and member <> '(none)'

)

select * from competitor_win_loss
