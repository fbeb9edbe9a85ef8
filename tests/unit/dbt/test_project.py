"""The dbt project by itself: golden cases, a warehouse without rows, and the metric dictionary."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from ruamel.yaml import YAML

from data_quality.suites.crm import FLOWS, KPIS
from pipelines.extract import contract
from pipelines.predict.value import COLUMNS as VALUE
from pipelines.transform.dictionary import COLUMNS, read_dictionary

PROJECT = Path(__file__).parents[3] / "dbt_project"
TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "decimal": "decimal(18, 4)",
    "rate": "decimal(18, 8)",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
}
BOOKKEEPING = (
    "source_system varchar, _record_id varchar, _row_hash varchar, _is_tombstone boolean, "
    "_batch_id varchar, _extracted_at timestamptz, _rejected_values varchar, _extra varchar, "
    "_row_number bigint"
)
RUN_TABLES = {
    "predict.customer_value": ", ".join(f"{name} {type_}" for name, (type_, _) in VALUE.items()),
    "run.holidays": "date_day date, holiday_name varchar, is_working_day boolean",
    "run.delivered": "entity varchar, source_system varchar",
    "run.source_entities": "source_system varchar, entity varchar, "
    "last_extracted_at timestamptz, last_record_at timestamptz, rows_read bigint, "
    "rows_deleted bigint, rows_rejected bigint, lag_hours double, is_stale boolean, status varchar",
    "run.steps": "run_id varchar, step varchar, started_at timestamptz, seconds double, "
    "rows bigint, peak_memory_mb double",
    "run.metric_dictionary": ", ".join(
        f"{name} {'boolean' if name == 'is_additive' else 'varchar'}" for name in COLUMNS
    ),
    "run.release": "release_id varchar, created_at timestamptz, as_of_date date, "
    "code_version varchar, run_id varchar, is_degraded boolean, stale_sources varchar",
    "gate.check_results": "run_id varchar, check_id varchar, entity varchar, "
    "source_system varchar, dimension varchar, action varchar, rows_checked bigint, "
    "rows_failed bigint, is_passed boolean, did_run boolean, observed varchar, threshold varchar",
    "gate.check_days": "as_of_date date, entity varchar, source_system varchar, "
    "dimension varchar, checks bigint, rows_checked bigint, passed double",
    "gate.issues": "issue_id varchar, source_system varchar, entity varchar, record_id varchar, "
    "column_name varchar, rule varchar, dimension varchar, action varchar, owner_id varchar, "
    "first_seen_at timestamptz, last_seen_at timestamptz, status varchar, accepted_by varchar, "
    "accepted_until date, message_zh varchar, message_en varchar",
    "corrections.log": "correction_id varchar, source_system varchar, entity varchar, "
    "record_id varchar, column_name varchar, rule varchar, kind varchar, value_before varchar, "
    "value_after varchar, corrected_at timestamptz, last_seen_at timestamptz, approved_by varchar, "
    "is_undone boolean, is_personal boolean",
    "gate.proposals": "correction_id varchar, issue_id varchar, source_system varchar, "
    "entity varchar, record_id varchar, column_name varchar, rule varchar, value_before varchar, "
    "value_after varchar",
    "gate.rejected": "source_system varchar, entity varchar, record_id varchar, rule varchar",
}


def _empty_warehouse(file: Path) -> None:
    """Every table that the models read, without a row in it."""
    with duckdb.connect(str(file)) as connection:
        for schema in ("lake", "gate", "run", "corrections", "predict"):
            connection.execute(f"create schema {schema}")
        for name, columns in RUN_TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        for entity in contract.entities().values():
            name = f"{entity.domain}__{entity.name}"
            columns = ", ".join(f"{c.name} {TYPES[c.type]}" for c in entity.columns)
            connection.execute(f"create table lake.{name} ({columns}, {BOOKKEEPING})")
            connection.execute(
                f"create view gate.accepted_{name} as "
                f"select * exclude (_is_tombstone) from lake.{name}"
            )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Mapping[str, Any]]]:
    """The warehouse after a whole build on no rows, and what became of each node."""
    folder = tmp_path_factory.mktemp("dbt")
    warehouse = folder / "warehouse.duckdb"
    _empty_warehouse(warehouse)
    environment = os.environ | {
        "SALESOPS_WAREHOUSE": str(warehouse),
        "SALESOPS_TEMP_DIRECTORY": str(folder / "spill"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    command = [
        str(Path(sys.executable).parent / "dbt"), "--quiet", "build",
        "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT),
    ]  # fmt: skip
    subprocess.run(command, env=environment, check=False, capture_output=True)
    results = json.loads((folder / "target" / "run_results.json").read_text())["results"]
    return warehouse, results


def test_every_model_builds_and_passes_without_a_row(
    built: tuple[Path, list[Mapping[str, Any]]],
) -> None:
    unwell = {
        result["unique_id"]: result["message"]
        for result in built[1]
        if result["status"] not in ("success", "pass")
    }
    assert unwell == {}


def test_golden_cases_hold(built: tuple[Path, list[Mapping[str, Any]]]) -> None:
    golden = {
        result["unique_id"].rpartition(".")[2]: result["status"]
        for result in built[1]
        if result["unique_id"].startswith("unit_test.")
    }
    assert golden == {
        "a_rate_is_carried_for_seven_days_and_no_longer": "pass",
        "an_order_discount_is_spread_by_amount_and_the_last_line_takes_the_rest": "pass",
        "ratings_score_within_their_scale_only": "pass",
        "a_running_period_is_compared_with_as_many_days_and_february_with_the_28th": "pass",
        "a_deal_that_closes_later_is_open_as_it_stood": "pass",
        "what_a_move_leaves_empty_is_as_it_was_and_what_a_row_leaves_empty_is_empty": "pass",
        "an_order_has_the_status_that_the_as_of_day_saw": "pass",
        "no_decision_is_lost_and_a_lost_deal_without_an_amount_hides_the_rate_by_amount": "pass",
        "a_quota_counts_by_the_days_in_which_the_rep_was_there": "pass",
        "small_numbers_are_drawn_towards_the_mean_of_peers": "pass",
        "eighty_percent_of_three_months_is_enough_and_a_running_month_is_none": "pass",
        "a_text_is_published_without_the_emails_and_phone_numbers_in_it": "pass",
        "a_quota_holds_between_joining_and_leaving_and_a_teams_is_no_reps": "pass",
        "a_text_is_published_as_it_is_where_the_setting_says_so": "pass",
        "scores_weigh_by_money_and_a_check_that_did_not_run_counts_as_failed": "pass",
        "records_that_share_a_key_are_one_and_the_oldest_stands_for_them": "pass",
        "personal_values_of_a_correction_are_masked": "pass",
        "personal_values_of_a_correction_are_published_where_the_setting_says_so": "pass",
        "an_issue_tells_what_is_proposed_for_it": "pass",
        "an_action_helped_when_the_interval_of_its_change_says_so": "pass",
        "a_key_that_more_than_ten_share_tells_nobody_apart": "pass",
        "an_account_hangs_below_what_stands_for_its_parent": "pass",
        "a_customer_has_what_its_account_says_and_stands_for_itself_where_nobody_does": "pass",
        "a_product_is_worth_what_the_as_of_day_pays_for_its_currency": "pass",
        "a_budget_is_worth_what_it_was_on_the_first_day_or_is_today": "pass",
        "who_leaves_after_the_as_of_day_is_still_there": "pass",
        "a_survey_that_closes_later_is_not_closed_yet": "pass",
        "a_competitor_is_what_its_source_says": "pass",
        "a_team_belongs_to_seven_above_it_and_a_ring_comes_to_an_end": "pass",
        "an_activity_is_of_its_deals_account_and_was_entered_when_it_was_first_read": "pass",
        "a_reply_before_the_question_takes_no_time_and_one_that_comes_later_is_unknown": "pass",
        "a_target_is_worth_what_it_was_on_its_first_day_and_counts_have_no_currency": "pass",
        "a_contract_keeps_the_rate_of_its_first_day": "pass",
        "a_payment_has_its_orders_rate_and_is_known_on_the_companys_day": "pass",
        "a_shipment_is_known_from_its_first_date_on": "pass",
        "an_invitation_without_a_date_was_sent_and_one_of_tomorrow_was_not": "pass",
        "the_last_answer_of_who_was_invited_counts_once_for_each_order": "pass",
        "a_touch_is_of_its_contacts_account": "pass",
        "a_training_costs_what_its_day_paid_and_is_unknown_before_it": "pass",
        "a_note_is_about_what_stands_for_its_account": "pass",
        "a_day_is_in_a_period_of_every_kind": "pass",
        "without_quotas_the_best_quarter_is_top_and_with_them_who_reached_theirs": "pass",
        "of_several_products_to_offer_a_customer_shows_the_first": "pass",
        "an_issue_puts_at_risk_what_its_record_is_worth": "pass",
        "rejected_records_are_counted_once_by_source_and_entity": "pass",
        "a_record_is_worth_what_hangs_on_it": "pass",
        "a_release_counts_the_checks_of_its_own_run": "pass",
        "a_step_is_told_as_it_was_measured": "pass",
        "a_metric_is_told_as_the_dictionary_defines_it": "pass",
    }


def test_marts_keep_the_types_that_readers_rely_on(
    built: tuple[Path, list[Mapping[str, Any]]],
) -> None:
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        found = connection.execute(
            "select distinct data_type from information_schema.columns"
            " where table_schema in ('core', 'sales', 'pipeline', 'people', 'customers', 'market',"
            " 'quality', 'platform') and not starts_with(table_name, 'int_')"
        ).fetchall()
    assert {row[0] for row in found} == {
        "VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP WITH TIME ZONE",
        "DECIMAL(18,4)",
    }  # fmt: skip


def test_a_metric_is_published_where_the_dictionary_says(
    built: tuple[Path, list[Mapping[str, Any]]],
) -> None:
    # Names under which a mart carries a metric of another name.
    carried = {
        ("nps", "survey_scores"): "score",
        ("csat", "survey_scores"): "score",
        ("ces", "survey_scores"): "score",
        ("share", "rep_scorecard"): "market_share",
        ("bookings", "win_rates"): "won_amount",
        ("bookings", "quota_attainment"): "credited",
        ("open_pipeline", "open_pipeline"): "amount",
        ("data_quality_score", "quality_scores"): "score",
        ("nps", "customer_360"): "last_nps",
        ("csat", "customer_360"): "last_csat",
    }
    with duckdb.connect(str(built[0]), read_only=True) as connection:
        columns = set(
            connection.execute(
                "select table_name, column_name from information_schema.columns"
            ).fetchall()
        )
    missing = [
        (metric, mart)
        for metric, *_, marts, _owner, _direction, _additive in read_dictionary(
            PROJECT / "metrics.yml"
        )
        for mart in marts.split(", ")
        if mart != "kpis" and (mart, carried.get((metric, mart), metric)) not in columns
    ]
    assert missing == []


def test_every_headline_figure_is_in_the_dictionary() -> None:
    metrics = {row[0]: row for row in read_dictionary(PROJECT / "metrics.yml")}
    headline = {name for name, row in metrics.items() if "kpis" in row[8].split(", ")}
    assert headline == set(KPIS)


def test_the_gate_knows_the_headline_figures_and_which_add_up() -> None:
    models = PROJECT / "models" / "marts" / "platform"
    kinds = dict(
        re.findall(
            r"\(\s*'(\w+)', '(flow|stock|rate|mean|median)',",
            (models / "int_kpi_values.sql").read_text(encoding="utf-8")
            + (PROJECT / "macros" / "kpi_value.sql").read_text(encoding="utf-8"),
        )
    )
    assert {*kinds, "nps", "csat", "ces"} == set(KPIS)
    assert {metric for metric, kind in kinds.items() if kind == "flow"} == set(FLOWS)


def test_every_published_column_has_a_type_and_a_description() -> None:
    bare = []
    for file in sorted((PROJECT / "models" / "marts").glob("*/_*__models.yml")):
        for model in YAML(typ="safe").load(file.read_text(encoding="utf-8"))["models"]:
            if model["name"].startswith("int_"):
                continue
            assert model["config"]["contract"] == {"enforced": True}, model["name"]
            assert "one row" in model["description"].lower(), model["name"]
            bare += [
                f"{model['name']}.{column['name']}"
                for column in model["columns"]
                if not column.get("description") or not column.get("data_type")
            ]
    assert bare == []
