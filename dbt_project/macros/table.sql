{#
  The adapter's own materialization builds beside the old table and takes two names in turn, for those who read
  meanwhile. Nobody reads a warehouse, a release is a copy, and DuckDB replaces a table in one step: what renaming
  and dropping cost each model was more than most of their queries.
#}
{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none and not existing.is_table %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement('main') -%}
        {%- if config.get('contract').enforced %}
            {{ get_assert_columns_equivalent(compiled_code) }}
            create or replace table {{ target }} {{ get_table_columns_and_constraints() }};
            insert into {{ target }} {{ get_column_names() }} (
                {{ get_select_subquery(compiled_code) }}
            );
        {%- else %}
            create or replace table {{ target }} as (
                {{ compiled_code }}
            );
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
