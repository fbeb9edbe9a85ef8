{#- Names of members that have one besides their id; every other member is its own label. -#}
with reps as (

    select * from {{ ref('dim_rep') }}

),

teams as (

    select * from {{ ref('dim_team') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

stages as (

    select * from {{ ref('dim_stage') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

competitors as (

    select * from {{ ref('dim_competitor') }}

),

labels as (

    select
        'rep' as dimension,
        user_id as member,
        name as member_label
    from reps
    union all
    select
        'owner' as dimension,
        user_id as member,
        name as member_label
    from reps
    union all
    select
        'team' as dimension,
        team_id as member,
        name as member_label
    from teams
    union all
    select
        'product' as dimension,
        product_id as member,
        name as member_label
    from products
    union all
    select
        'stage' as dimension,
        concat(pipeline_id, ':', stage_id) as member,
        stage_name as member_label
    from stages
    union all
    select
        'campaign' as dimension,
        campaign_id as member,
        name as member_label
    from campaigns
    union all
    select
        'competitor' as dimension,
        competitor_id as member,
        name as member_label
    from competitors

),

named as (

    select
        dimension,
        member,
        member_label
    from labels
    where member_label is not null

)

select * from named
