{#- A customer's contracts of one member count together. What they come to on a month's last day is
    what the next month begins with. -#}
{%- set movements = [
    ('new', 'is_new', 'end_amount'),
    ('expansion', 'was_active and is_active and end_amount > start_amount',
     'end_amount - start_amount'),
    ('resurrection', 'is_back', 'end_amount'),
    ('contraction', 'was_active and is_active and end_amount < start_amount',
     'start_amount - end_amount'),
    ('churn', 'was_active and not is_active', 'start_amount'),
] -%}
with contracts as (

    select * from {{ ref('fct_contract') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

periods as (

    select * from {{ ref('int_periods') }}

),

labels as (

    select * from {{ ref('int_member_labels') }}

),

months as (

    select
        period_start,
        cast(period_start + interval 1 month as date) as next_start,
        least(period_end, {{ as_of_date() }}) as last_day
    from periods
    where period_type = 'month'

),

active_contracts as (

    -- A contract of nobody known stands alone: its money counts, and no customer.
    select
        contracts.customer_id,
        coalesce(contracts.customer_id, contracts.contract_id) as holder_id,
        coalesce(customers.segment, '(none)') as segment,
        coalesce(customers.region, '(none)') as region,
        coalesce(contracts.product_id, '(none)') as product,
        contracts.monthly_amount,
        contracts.starts_on,
        -- The day before it was cancelled or the one on which it ends; least() passes over NULLs.
        least(cast(contracts.cancelled_on - interval 1 day as date), contracts.ends_on) as ends_on
    from contracts
    left join customers on contracts.customer_id = customers.customer_id
    where contracts.monthly_amount is not null

),

member_contracts as (

    select
        members.dimension,
        members.member,
        active_contracts.customer_id,
        active_contracts.holder_id,
        active_contracts.monthly_amount,
        active_contracts.starts_on,
        active_contracts.ends_on
    from active_contracts
    cross join lateral (
        values
        ('total', 'all'),
        ('segment', active_contracts.segment),
        ('region', active_contracts.region),
        ('product', active_contracts.product)
    ) as members (dimension, member)
    where active_contracts.ends_on is null or active_contracts.starts_on <= active_contracts.ends_on

),

first_days as (

    select
        dimension,
        member,
        holder_id,
        min(starts_on) as first_day
    from member_contracts
    group by dimension, member, holder_id

),

month_ends as (

    select
        member_contracts.dimension,
        member_contracts.member,
        member_contracts.holder_id,
        months.period_start,
        months.next_start,
        count(member_contracts.customer_id) > 0 as is_customer,
        sum(member_contracts.monthly_amount) as amount
    from member_contracts
    inner join months
        on
            member_contracts.starts_on <= months.last_day
            and (member_contracts.ends_on >= months.last_day or member_contracts.ends_on is null)
    group by
        member_contracts.dimension,
        member_contracts.member,
        member_contracts.holder_id,
        months.period_start,
        months.next_start

),

ends as (

    select
        dimension,
        member,
        holder_id,
        period_start,
        is_customer,
        cast(0 as decimal(18, 4)) as start_amount,
        amount as end_amount,
        false as was_active,
        true as is_active
    from month_ends
    union all
    select
        month_ends.dimension,
        month_ends.member,
        month_ends.holder_id,
        months.period_start,
        month_ends.is_customer,
        month_ends.amount as start_amount,
        cast(0 as decimal(18, 4)) as end_amount,
        true as was_active,
        false as is_active
    from month_ends
    inner join months on month_ends.next_start = months.period_start

),

compared as (

    select
        dimension,
        member,
        holder_id,
        period_start,
        bool_or(is_customer) as is_customer,
        sum(start_amount) as start_amount,
        sum(end_amount) as end_amount,
        bool_or(was_active) as was_active,
        bool_or(is_active) as is_active
    from ends
    group by dimension, member, holder_id, period_start

),

moved as (

    select
        compared.dimension,
        compared.member,
        compared.period_start,
        compared.is_customer,
        compared.start_amount,
        compared.end_amount,
        compared.was_active,
        compared.is_active,
        not compared.was_active and first_days.first_day >= compared.period_start as is_new,
        not compared.was_active and first_days.first_day < compared.period_start as is_back
    from compared
    inner join first_days
        on
            compared.dimension = first_days.dimension
            and compared.member = first_days.member
            and compared.holder_id = first_days.holder_id

),

summed as (

    select
        dimension,
        member,
        period_start,
        sum(start_amount) as start_amount,
        {%- for movement, condition, amount in movements %}
        sum({{ amount }}) filter (where {{ condition }}) as {{ movement }},
        {%- endfor %}
        sum(end_amount) as end_amount,
        count_if(was_active and is_customer) as customers_start,
        count_if(was_active and not is_active and is_customer) as customers_lost,
        sum(least(start_amount, end_amount)) filter (where was_active) as kept_amount,
        sum(end_amount) filter (where was_active) as grown_amount
    from moved
    group by dimension, member, period_start

),

all_rows as (

    select
        member_starts.dimension,
        member_starts.member,
        months.period_start
    from (
        select
            first_days.dimension,
            first_days.member,
            min(first_days.first_day) as first_day
        from first_days
        group by first_days.dimension, first_days.member
    ) as member_starts
    inner join months on member_starts.first_day <= months.last_day

),

revenue as (

    select
        all_rows.period_start,
        all_rows.dimension,
        all_rows.member,
        coalesce(labels.member_label, all_rows.member) as member_label,
        cast(coalesce(summed.start_amount, 0) as decimal(18, 4)) as start_amount,
        {%- for movement, condition, amount in movements %}
        cast(coalesce(summed.{{ movement }}, 0) as decimal(18, 4)) as {{ movement }},
        {%- endfor %}
        cast(coalesce(summed.end_amount, 0) as decimal(18, 4)) as end_amount,
        cast(coalesce(summed.customers_start, 0) as bigint) as customers_start,
        cast(coalesce(summed.customers_lost, 0) as bigint) as customers_lost,
        {{ ratio('summed.customers_lost', 'summed.customers_start') }} as logo_churn_rate,
        {{ ratio('summed.kept_amount', 'summed.start_amount') }} as gross_retention,
        {{ ratio('summed.grown_amount', 'summed.start_amount') }} as net_retention
    from all_rows
    left join summed
        on
            all_rows.dimension = summed.dimension
            and all_rows.member = summed.member
            and all_rows.period_start = summed.period_start
    left join labels
        on all_rows.dimension = labels.dimension and all_rows.member = labels.member

)

select * from revenue
