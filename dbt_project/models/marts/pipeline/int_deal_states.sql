{#- A deal's versions, each with what it takes to say how it stood at any instant: since when its
    status is what it is, and what it was last worth while it was open. While it is open it goes
    with its owner from team to team. -#}
with versions as (

    select * from {{ ref('fct_opportunity_version') }}

),

rep_history as (

    select * from {{ ref('dim_rep_history') }}

),

teams as (

    select
        user_id,
        team_id,
        {{ team_change_seen('valid_from') }} as valid_from,
        {{ team_change_seen('valid_to') }} as valid_to
    from rep_history

),

followed as (

    -- A closed deal that is edited was not closed again.
    select
        *,
        coalesce(
            status <> lag(status) over (
                partition by opportunity_id
                order by valid_from asc nulls last
            ), true
        ) as is_turn
    from versions

),

dated as (

    select
        opportunity_id,
        valid_from,
        valid_to,
        status,
        coalesce(amount, 0) as amount,
        expected_close_date,
        owner_id,
        team_id,
        min(valid_from) over (partition by opportunity_id) as began_at,
        max(valid_from) filter (where is_turn) over (
            partition by opportunity_id order by valid_from asc nulls last rows unbounded preceding
        ) as status_since,
        coalesce(
            max_by(amount, valid_from) filter (where status = 'open') over (
                partition by opportunity_id
                order by valid_from asc nulls last rows unbounded preceding
            ), 0
        ) as last_open_amount
    from followed

),

states as (

    select
        dated.opportunity_id,
        greatest(dated.valid_from, teams.valid_from) as valid_from,
        least(dated.valid_to, teams.valid_to) as valid_to,
        dated.status,
        dated.amount,
        dated.expected_close_date,
        coalesce(dated.owner_id, '(none)') as owner,
        coalesce(
            case when dated.status = 'open' then teams.team_id else dated.team_id end, '(none)'
        ) as team,
        dated.began_at,
        dated.status_since,
        dated.last_open_amount
    from dated
    left join teams
        on
            dated.status = 'open'
            and dated.owner_id = teams.user_id
            and (dated.valid_from < teams.valid_to or teams.valid_to is null)
            and (dated.valid_to > teams.valid_from or dated.valid_to is null)

)

select * from states
