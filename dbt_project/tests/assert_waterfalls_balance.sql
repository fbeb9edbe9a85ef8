{# Everything that enters a pipeline leaves it or is still there, to the cent, for every member. #}
with waterfall as (

    select * from {{ ref('pipeline_waterfall') }}

),

unbalanced as (

    select
        period_type,
        period_start,
        dimension,
        member
    from waterfall
    where
        start_amount + created + pulled_in + reopened + transferred_in + increased
        - decreased - pushed_out - transferred_out - won - lost
        <> end_amount

)

select * from unbalanced
