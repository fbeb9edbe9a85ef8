"""State what must hold of the CRM's entities beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import (
    Expectation,
    between,
    in_set,
    local_day,
    matches,
    not_before,
    rows,
)

# No backslash: not every way to write a literal keeps it.
EMAIL = "^[^@ ]+@[^@ ]+[.][^@ ]+$"
CURRENCY = "^[A-Z][A-Z][A-Z]$"

# The stage of a deal, where it is known; its own flags count only where it is not.
_STAGE = (
    "select 1 from staging.stg_crm__pipeline_stages as stage"
    " where stage.pipeline_id = this.pipeline_id and stage.stage_id = this.stage_id"
)
_IS_WON = (
    f"(exists ({_STAGE} and stage.is_won)"
    f" or (coalesce(this.is_won, false) and not exists ({_STAGE})))"
)
_IS_CLOSED = (
    f"(exists ({_STAGE} and stage.is_closed)"
    f" or (coalesce(this.is_closed, false) and not exists ({_STAGE})))"
)


def _only_when(column: str, state: str, zh: str, en: str, condition: str) -> Expectation:
    return rows(
        rule=f"opportunities.{column}.required_when_{state}",
        columns=(column,),
        action="reject",
        dimension="completeness",
        # A value that did not fit its type is in the row as none; a won deal cannot do without it.
        condition=f"this.{column} is null and {condition}",
        message_zh=f"{zh}的商机缺少 {column}。请在源系统中补填，补填后该商机自动恢复。",
        message_en=f"This {en} deal has no {column}. Fill it in at the source; the deal comes back "
        "by itself.",
    )


EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "users": (
        matches("users", "email", EMAIL, "email", "warn"),
        not_before("users", "leave_date", "hire_date", ("date", "date")),
        rows(
            "users.manager_id.not_self",
            ("manager_id",),
            "warn",
            "consistency",
            "this.manager_id = this.user_id",
            "用户的 manager_id 是用户自己。请在源系统中改为真正的上级，或留空。",
            "The manager_id of this user is their own. Name the real manager, or leave it empty.",
        ),
    ),
    "accounts": (
        matches("accounts", "email", EMAIL, "email", "warn"),
        between("accounts", "employee_count", "0", None, "warn"),
        rows(
            "accounts.parent_account_id.not_self",
            ("parent_account_id",),
            "warn",
            "consistency",
            "this.parent_account_id = this.account_id",
            "客户公司的 parent_account_id 是它自己。请改为真正的上级公司，或留空。",
            "The parent_account_id of this account is its own. Name the real parent, or leave it "
            "empty.",
        ),
    ),
    "contacts": (matches("contacts", "email", EMAIL, "email", "warn"),),
    "leads": (
        not_before("leads", "first_response_at", "created_at", ("timestamp", "timestamp")),
        not_before("leads", "converted_at", "created_at", ("timestamp", "timestamp")),
    ),
    "pipeline_stages": (
        between("pipeline_stages", "default_probability", "0", "1", "reject"),
        rows(
            "pipeline_stages.is_won.only_when_closed",
            ("is_won", "is_closed"),
            "warn",
            "consistency",
            "this.is_won and not this.is_closed",
            "阶段标记为赢单却没有标记为已关闭。请把 is_closed 也设为是。",
            "This stage has is_won but not is_closed. Set is_closed as well.",
        ),
        rows(
            "pipeline_stages.position.unique",
            ("pipeline_id", "position"),
            "warn",
            "uniqueness",
            'row(this.pipeline_id, this."position") in (select row(pipeline_id, "position")'
            ' from {batch} where "position" is not null and not is_closed'
            ' group by pipeline_id, "position" having count(distinct stage_id) > 1)'
            " and not this.is_closed",
            "同一销售流程中有两个进行中的阶段使用了同一个 position。请给每个阶段不同的次序。",
            "Two open stages of one pipeline share a position. Give each stage its own.",
        ),
    ),
    "opportunities": (
        between("opportunities", "amount", "0", None, "reject"),
        between("opportunities", "probability", "0", "1", "reject"),
        in_set("opportunities", "type", ("new", "expansion", "renewal"), "warn"),
        in_set(
            "opportunities",
            "forecast_category",
            ("pipeline", "best_case", "commit", "closed", "omitted"),
            "warn",
        ),
        matches("opportunities", "currency_code", CURRENCY, "currency", "warn"),
        _only_when("amount", "won", "已赢单", "won", _IS_WON),
        _only_when("created_at", "closed", "已关闭", "closed", _IS_CLOSED),
        _only_when("closed_at", "closed", "已关闭", "closed", _IS_CLOSED),
        rows(
            "opportunities.closed_at.not_before_created_at",
            ("closed_at", "created_at"),
            "warn",
            "consistency",
            f"{local_day('this.closed_at')} < {local_day('this.created_at')}",
            "商机的关闭日期早于创建日期，销售周期无法计算。请核对 closed_at 和 created_at。",
            "This deal was closed before it was created, so it has no sales cycle. Check closed_at "
            "and created_at.",
        ),
        rows(
            "opportunities.stage_id.reference",
            ("pipeline_id", "stage_id"),
            "warn",
            "consistency",
            f"this.pipeline_id is not null and this.stage_id is not null and not exists ({_STAGE})",
            "商机的 stage_id 不是该销售流程中的阶段。请改正 pipeline_id 或 stage_id。",
            "The stage of this deal is no stage of its pipeline. Correct pipeline_id or stage_id.",
            needs=("pipeline_stages",),
        ),
        rows(
            "opportunities.status.matches_stage",
            ("is_closed", "is_won", "stage_id"),
            "warn",
            "consistency",
            f"exists ({_STAGE} and (stage.is_closed <> this.is_closed"
            " or stage.is_won <> this.is_won))",
            "商机的 is_closed 或 is_won 与所在阶段不一致，现以阶段为准。请改正标记或阶段。",
            "The is_closed or is_won of this deal contradicts its stage, and the stage counts. "
            "Correct the flags or stage_id.",
            needs=("pipeline_stages",),
        ),
        rows(
            "opportunities.splits.sum_to_one",
            ("share",),
            "warn",
            "accuracy",
            "this.opportunity_id in (select opportunity_id"
            " from staging.stg_crm__opportunity_splits group by opportunity_id"
            " having abs(sum(share) - 1) > 0.0001)",
            "商机的业绩分成合计不等于 1。请改正各人的 share。",
            "The splits of this deal do not add up to 1. Correct the shares.",
            needs=("opportunity_splits",),
        ),
    ),
    "opportunity_splits": (between("opportunity_splits", "share", "0", "1", "reject"),),
    "opportunity_stage_history": (
        between("opportunity_stage_history", "amount", "0", None, "warn"),
    ),
    "activities": (
        in_set("activities", "type", ("call", "email", "meeting", "demo", "task", "note"), "warn"),
        in_set("activities", "direction", ("in", "out"), "warn"),
        between("activities", "duration_minutes", "0", None, "warn"),
    ),
    "quotas": (
        in_set("quotas", "measure", ("revenue", "bookings", "new_customers", "units"), "reject"),
        between("quotas", "amount", "0", None, "reject"),
        not_before("quotas", "period_end", "period_start", ("date", "date"), "reject"),
        rows(
            "quotas.user_id.or_team",
            ("user_id", "team_id"),
            "reject",
            "completeness",
            "coalesce(trim(this.user_id), '') = '' and coalesce(trim(this.team_id), '') = ''",
            "销售指标既没有 user_id 也没有 team_id。请填写其中一个。",
            "This quota names neither a user nor a team. Fill in user_id or team_id.",
        ),
    ),
    "commission_plans": (
        in_set("commission_plans", "measure", ("bookings", "revenue"), "warn"),
        in_set("commission_plans", "period_type", ("month", "quarter"), "warn"),
    ),
    "commission_tiers": (between("commission_tiers", "rate", "0", None, "reject"),),
    "commission_assignments": (
        not_before("commission_assignments", "valid_to", "valid_from", ("date", "date")),
    ),
    "campaigns": (
        not_before("campaigns", "ends_on", "starts_on", ("date", "date")),
        between("campaigns", "budget", "0", None, "warn"),
        between("campaigns", "cost", "0", None, "warn"),
    ),
    "tickets": (
        not_before("tickets", "first_response_at", "created_at", ("timestamp", "timestamp")),
        not_before("tickets", "resolved_at", "created_at", ("timestamp", "timestamp")),
    ),
    "training_sessions": (
        in_set("training_sessions", "format", ("online", "workshop", "role_play"), "warn"),
    ),
    "training_attendances": (
        between("training_attendances", "exam_score", "0", "1", "warn"),
        between("training_attendances", "feedback_score", "0", "1", "warn"),
    ),
    "market_sizes": (
        between("market_sizes", "amount", "0", None, "reject"),
        not_before("market_sizes", "period_end", "period_start", ("date", "date"), "reject"),
    ),
    "research_notes": (
        in_set(
            "research_notes",
            "kind",
            ("interview", "social", "news", "report", "policy", "rep_feedback"),
            "warn",
        ),
    ),
    "targets": (not_before("targets", "period_end", "period_start", ("date", "date"), "reject"),),
}
