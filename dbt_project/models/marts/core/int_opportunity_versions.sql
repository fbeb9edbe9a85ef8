{#- What a deal was worth, where it stood and whose it was, from one change to the next. Told by the
    stage history, by extracted versions, and by the row itself; as-of, so the last version is what
    the as-of day knew. -#}
with opportunities as (

    select * from {{ source('gate', 'accepted_crm__opportunities') }}

),

stage_history as (

    select * from {{ source('gate', 'accepted_crm__opportunity_stage_history') }}

),

opportunity_versions as (

    select * from {{ ref('stg_crm__opportunities_versions') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

first_open_stages as (

    select
        pipeline_id,
        min_by(stage_id, (position, stage_id)) as stage_id
    from stages
    where not is_closed
    group by pipeline_id

),

history as (

    select
        opportunity_id,
        from_stage_id,
        to_stage_id,
        amount,
        expected_close_date,
        owner_id,
        changed_at,
        changed_at >= {{ as_of_end() }} as is_later,
        row_number() over (
            partition by opportunity_id
            order by changed_at asc nulls last, history_id asc nulls last
        ) as change_number
    from stage_history

),

history_starts as (

    select
        opportunity_id,
        min_by(coalesce(from_stage_id, to_stage_id), change_number) as stage_id,
        min_by(from_stage_id is not null, change_number) as has_from_stage,
        min(changed_at) as changed_at,
        min_by(amount, change_number) filter (where amount is not null) as amount,
        min_by(expected_close_date, change_number)
            filter (where expected_close_date is not null) as expected_close_date,
        min_by(owner_id, change_number) filter (where owner_id is not null) as owner_id,
        bool_or(is_later) as has_later_change
    from history
    group by opportunity_id

),

extracted as (

    select
        opportunity_id,
        stage_id,
        amount,
        expected_close_date,
        owner_id,
        -- What the row says of its own change comes before the time at which it was read.
        least(_extracted_at, coalesce(updated_at, _extracted_at)) as changed_at,
        row_number() over (
            partition by opportunity_id
            order by _batch_id asc nulls last
        ) as version_number
    from opportunity_versions
    where not _is_tombstone and opportunity_id is not null

),

first_versions as (

    select * from extracted
    where version_number = 1

),

deals as (

    select
        opportunities.opportunity_id,
        opportunities.pipeline_id,
        opportunities.stage_id,
        opportunities.amount,
        opportunities.expected_close_date,
        opportunities.owner_id,
        coalesce(opportunities.created_at, {{ since_always() }}) as started_at,
        opportunities.created_at,
        opportunities.closed_at,
        least(
            opportunities._extracted_at,
            coalesce(opportunities.updated_at, opportunities._extracted_at),
            {{ as_of_start() }}
        ) as read_at,
        -- The stage says whether a deal is closed; the row only where the stage is unknown.
        case
            when coalesce(stages.is_closed, opportunities.is_closed, opportunities.is_won, false)
                then
                    case
                        when coalesce(stages.is_won, opportunities.is_won, false) then 'won'
                        else 'lost'
                    end
            else 'open'
        end as status
    from opportunities
    left join stages
        on
            opportunities.pipeline_id = stages.pipeline_id
            and opportunities.stage_id = stages.stage_id
    where
        not coalesce(opportunities.is_deleted, false)
        and opportunities.merged_into_id is null
        and coalesce(
            coalesce(opportunities.created_at, opportunities.entered_at) < {{ as_of_end() }}, true
        )

),

known_deals as (

    select
        deals.opportunity_id,
        deals.pipeline_id,
        deals.stage_id,
        deals.amount,
        deals.expected_close_date,
        deals.owner_id,
        deals.started_at,
        deals.created_at,
        deals.closed_at,
        deals.read_at,
        deals.status,
        coalesce(history_starts.has_later_change, false)
        or (deals.status <> 'open' and coalesce(deals.closed_at >= {{ as_of_end() }}, false))
            as has_moved_later,
        history_starts.opportunity_id is not null as has_history,
        -- History that begins with a move of unknown origin, after the deal did, is cut off.
        deals.created_at is null
        or history_starts.opportunity_id is null
        or (
            not history_starts.has_from_stage
            and {{ local_date('history_starts.changed_at') }}
            > {{ local_date('deals.created_at') }}
        ) as is_left_censored,
        history_starts.stage_id as history_stage_id,
        history_starts.amount as history_amount,
        history_starts.expected_close_date as history_close_date,
        history_starts.owner_id as history_owner_id
    from deals
    left join history_starts on deals.opportunity_id = history_starts.opportunity_id

),

starts as (

    select
        known_deals.opportunity_id,
        known_deals.started_at as valid_from,
        1 as event_kind,
        case
            when known_deals.has_history then known_deals.history_stage_id
            when first_stages.is_closed is not true and first_versions.stage_id is not null
                then first_versions.stage_id
            when known_deals.status = 'open' then known_deals.stage_id
            else first_open_stages.stage_id
        end as stage_id,
        coalesce(known_deals.history_amount, first_versions.amount, known_deals.amount) as amount,
        coalesce(
            known_deals.history_close_date,
            first_versions.expected_close_date,
            known_deals.expected_close_date
        ) as expected_close_date,
        coalesce(known_deals.history_owner_id, first_versions.owner_id, known_deals.owner_id)
            as owner_id,
        cast(null as string) as row_status,
        known_deals.is_left_censored
    from known_deals
    left join first_versions on known_deals.opportunity_id = first_versions.opportunity_id
    left join stages as first_stages
        on
            known_deals.pipeline_id = first_stages.pipeline_id
            and first_versions.stage_id = first_stages.stage_id
    left join first_open_stages on known_deals.pipeline_id = first_open_stages.pipeline_id

),

moves as (

    select
        history.opportunity_id,
        greatest(history.changed_at, known_deals.started_at) as valid_from,
        2 as event_kind,
        history.to_stage_id as stage_id,
        history.amount,
        history.expected_close_date,
        history.owner_id,
        cast(null as string) as row_status,
        false as is_left_censored,
        history.change_number
    from history
    inner join known_deals on history.opportunity_id = known_deals.opportunity_id
    where
        not history.is_later
        -- The row dates its own closing.
        and (
            known_deals.status = 'open'
            or known_deals.has_moved_later
            or coalesce(history.changed_at < known_deals.closed_at, true)
        )

),

rereadings as (

    select
        extracted.opportunity_id,
        greatest(extracted.changed_at, known_deals.started_at) as valid_from,
        3 as event_kind,
        case
            when known_deals.has_history then cast(null as string) else extracted.stage_id
        end as stage_id,
        extracted.amount,
        extracted.expected_close_date,
        extracted.owner_id,
        cast(null as string) as row_status,
        false as is_left_censored,
        extracted.version_number as change_number
    from extracted
    inner join known_deals on extracted.opportunity_id = known_deals.opportunity_id
    left join stages
        on
            known_deals.pipeline_id = stages.pipeline_id
            and extracted.stage_id = stages.stage_id
    where
        extracted.version_number > 1
        and extracted.changed_at < {{ as_of_end() }}
        and (known_deals.status = 'open' or extracted.changed_at < known_deals.closed_at)
        and not (known_deals.has_moved_later and coalesce(stages.is_closed, false))

),

last_changes as (

    select
        opportunity_id,
        max(valid_from) as valid_from
    from (
        select
            moves.opportunity_id,
            moves.valid_from
        from moves
        union all
        select
            rereadings.opportunity_id,
            rereadings.valid_from
        from rereadings
    ) as changes
    group by opportunity_id

),

ends as (

    -- The row as it is: from its closing, or since it last changed.
    select
        known_deals.opportunity_id,
        greatest(
            case
                when known_deals.status <> 'open' and known_deals.closed_at is not null
                    then known_deals.closed_at
                else known_deals.read_at
            end,
            known_deals.started_at,
            coalesce(last_changes.valid_from, known_deals.started_at)
        ) as valid_from,
        4 as event_kind,
        known_deals.stage_id,
        known_deals.amount,
        known_deals.expected_close_date,
        known_deals.owner_id,
        known_deals.status as row_status,
        false as is_left_censored,
        0 as change_number
    from known_deals
    left join last_changes on known_deals.opportunity_id = last_changes.opportunity_id
    where not known_deals.has_moved_later

),

events as (

    select
        *,
        0 as change_number
    from starts
    union all by name
    select * from moves
    union all by name
    select * from rereadings
    union all by name
    select * from ends

),

numbered as (

    select
        *,
        row_number() over (
            partition by opportunity_id
            order by
                valid_from asc nulls last,
                event_kind asc nulls last,
                change_number asc nulls last
        ) as event_number
    from events

),

filled as (

    -- A move says where the deal went; what it leaves open is as it was. A full row says all.
    select
        opportunity_id,
        valid_from,
        event_kind,
        event_number,
        {{ last_known('stage_id') }} over (
            partition by opportunity_id order by event_number nulls last rows unbounded preceding
        ) as stage_id,
        {%- for column in ['amount', 'expected_close_date', 'owner_id'] %}
        case
            when event_kind >= 3 then {{ column }}
            else
                {{ last_known(column) }} over (
                    partition by opportunity_id
                    order by event_number nulls last rows unbounded preceding
                )
        end as {{ column }},
        {%- endfor %}
        row_status,
        is_left_censored
    from numbered

),

staged as (

    select
        filled.opportunity_id,
        known_deals.pipeline_id,
        filled.valid_from,
        filled.event_number,
        filled.stage_id,
        filled.amount,
        filled.expected_close_date,
        filled.owner_id,
        filled.is_left_censored,
        coalesce(
            filled.row_status,
            case
                when stages.is_won then 'won'
                when stages.is_closed then 'lost'
                else 'open'
            end
        ) as status
    from filled
    inner join known_deals on filled.opportunity_id = known_deals.opportunity_id
    left join stages
        on
            known_deals.pipeline_id = stages.pipeline_id
            and filled.stage_id = stages.stage_id
    -- Of several changes at one instant the last one counts.
    qualify row_number() over (
        partition by filled.opportunity_id, filled.valid_from
        order by filled.event_number desc nulls last
    ) = 1

),

followed as (

    select
        *,
        row_number() over (
            partition by opportunity_id
            order by valid_from asc nulls last
        ) as version_number
        {%- for column in ['stage_id', 'status', 'amount', 'expected_close_date', 'owner_id'] %},
        lag({{ column }}) over (partition by opportunity_id order by valid_from asc nulls last)
            as earlier_{{ column }}
        {%- endfor %}
    from staged

),

compared as (

    select
        *,
        (stage_id is distinct from earlier_stage_id or status is distinct from earlier_status)
            as is_move,
        (
            amount is distinct from earlier_amount
            or expected_close_date is distinct from earlier_expected_close_date
            or owner_id is distinct from earlier_owner_id
        ) as is_change
    from followed

),

versions as (

    select
        opportunity_id,
        pipeline_id,
        valid_from,
        lead(valid_from) over (
            partition by opportunity_id
            order by valid_from asc nulls last
        ) as valid_to,
        stage_id,
        amount,
        expected_close_date,
        owner_id,
        status,
        is_left_censored,
        version_number = 1 or is_move as is_move,
        version_number = 1 as is_first
    from compared
    where version_number = 1 or is_move or is_change

)

select * from versions
