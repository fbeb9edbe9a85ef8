{#- A deal's versions, each with what it takes to say how it stood at any instant: since when its
    status is what it is, and what it was last worth while it was open. -#}
with versions as (

    select * from {{ ref('fct_opportunity_version') }}

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

states as (

    select
        opportunity_id,
        valid_from,
        valid_to,
        status,
        coalesce(amount, 0) as amount,
        expected_close_date,
        coalesce(owner_id, '(none)') as owner,
        coalesce(team_id, '(none)') as team,
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

)

select * from states
