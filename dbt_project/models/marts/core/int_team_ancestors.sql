{#- The teams that a team belongs to: itself, its parent, that one's parent, up to seven above. -#}
with teams as (

    select * from {{ ref('dim_team') }}

),

level_0 as (

    select
        team_id,
        team_id as ancestor_id,
        parent_team_id as next_id
    from teams

),

{% for level in range(1, 8) -%}
level_{{ level }} as (

    select
        level_{{ level - 1 }}.team_id,
        teams.team_id as ancestor_id,
        teams.parent_team_id as next_id
    from level_{{ level - 1 }}
    inner join teams on level_{{ level - 1 }}.next_id = teams.team_id

),

{% endfor -%}

lines as (

    {% for level in range(8) -%}
    select
        team_id,
        ancestor_id,
        {{ level }} as depth
    from level_{{ level }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor %}
),

ancestors as (

    -- Teams that are above each other in a ring meet themselves again: the shortest way counts.
    select
        team_id,
        ancestor_id,
        min(depth) as depth
    from lines
    group by team_id, ancestor_id

)

select * from ancestors
