with issues as (

    select * from {{ source('gate', 'issues') }}

),

proposals as (

    select * from {{ source('gate', 'proposals') }}

),

record_amounts as (

    select * from {{ ref('int_record_amounts') }}

),

concerned as (

    select distinct
        entity,
        source_system,
        record_id
    from issues

),

risks as (

    -- Of the records in question only. Two rows of one key are one record at risk.
    select
        concerned.entity,
        concerned.source_system,
        concerned.record_id,
        max(record_amounts.amount) as amount
    from concerned
    inner join record_amounts
        on
            concerned.entity = record_amounts.entity
            and concerned.source_system = record_amounts.source_system
            and concerned.record_id = record_amounts.record_id
    group by concerned.entity, concerned.source_system, concerned.record_id

),

valued as (

    select
        issues.issue_id,
        issues.source_system,
        issues.entity,
        issues.record_id,
        issues.column_name,
        issues.rule,
        issues.dimension,
        issues.action,
        issues.owner_id,
        issues.first_seen_at,
        issues.last_seen_at,
        issues.status,
        issues.accepted_by,
        issues.accepted_until,
        cast(round(coalesce(risks.amount, 0), 4) as decimal(18, 4)) as amount_at_risk,
        proposals.value_after as proposed_value,
        issues.message_zh,
        issues.message_en
    from issues
    left join proposals on issues.issue_id = proposals.issue_id
    left join risks
        on
            issues.entity = risks.entity
            and issues.source_system = risks.source_system
            and issues.record_id = risks.record_id

)

select * from valued
