"""State what must hold of the CRM's entities beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import (
    CURRENCY,
    Expectation,
    between,
    can_be,
    in_set,
    is_currency,
    link,
    local_day,
    matches,
    never_filled,
    not_before,
    percent_scale,
    rows,
    share,
)
from data_quality.peers import (
    currency_mismatch,
    cycle,
    decimal_shift,
    near_duplicate,
    overlap,
)
from data_quality.texts import phone, unmarked_test

# No backslash and no brace: not every way to write a literal keeps them. No two points in a row,
# none at an end, and a domain of two parts or more that does not end in a digit.
_PART = "[^@ .,;:()<>]+"
EMAIL = f"^{_PART}([.]{_PART})*@({_PART}[.])+[^@ .,;:()<>0-9-][^@ .,;:()<>]+$"

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
_IS_LOST = (
    f"(exists ({_STAGE} and stage.is_closed and not stage.is_won)"
    f" or (coalesce(this.is_closed, false) and not coalesce(this.is_won, false)"
    f" and not exists ({_STAGE})))"
)

# The headline figures, and by what beside the total they are known. A flow adds up over days.
FLOWS = (
    "net_sales", "orders", "units", "gross_margin", "new_customers", "bookings", "referred_leads",
)  # fmt: skip
KPIS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("net_sales", "orders", "units", "gross_margin"), ("region", "team")),
    **dict.fromkeys(
        ("average_order_value", "gross_margin_rate", "new_customers"), ("region", "team")
    ),
    **dict.fromkeys(("bookings", "win_rate", "average_won_amount"), ("region", "team")),
    **dict.fromkeys(("median_cycle_days", "open_pipeline"), ("region", "team")),
    **dict.fromkeys(("velocity_per_day", "coverage"), ("region", "team")),
    "slip_rate": ("team",),
    **dict.fromkeys(("conversion_rate", "median_response_hours", "referred_leads"), ()),
    **dict.fromkeys(("on_time_rate", "otif_rate"), ("region",)),
    **dict.fromkeys(("churn_rate", "logo_churn_rate"), ("region",)),
    **dict.fromkeys(("end_amount", "gross_retention", "net_retention"), ("region",)),
    **dict.fromkeys(("median_first_response_hours", "median_resolution_hours"), ()),
    **dict.fromkeys(("reopened_rate", "repeat_rate"), ()),
    "share": ("region",),
    **dict.fromkeys(("nps", "csat", "ces"), ("region", "team")),
    **dict.fromkeys(("attainment", "selling_cost_rate"), ()),
}
# What a target is of. Odd characters in it are told by rules of their own.
_TARGET = "regexp_replace(this.metric || ' ' || this.dimension, '[^ -~]', '', 'g')"
_TARGETED = ", ".join(
    f"'{metric} {dimension}'"
    for metric, dimensions in {**KPIS, "data_quality_score": ("entity",)}.items()
    for dimension in ("total", *dimensions)
)

_DEALS = "staging.stg_crm__opportunities"

# The deal of a row that belongs to one.
_DEAL = (
    "select 1 from staging.stg_crm__opportunities as deal"
    " where deal.opportunity_id = this.opportunity_id"
)


def _peers(entity: str, value: str, group: str, where: str = "true") -> str:
    return (
        f"select source_system, _record_id, {value} as value, {group} as peer_group"
        f" from staging.stg_crm__{entity} where {where}"
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


# A deal against what its lines come to, and what its history said last; a line against what is
# missing in its deal. Else against the deals and lines of the same product.
_LINE_SUMS = (
    "select opportunity_id, sum(amount) as amount from staging.stg_crm__opportunity_lines"
    " where amount > 0 group by opportunity_id"
)
_OWN_AMOUNTS = (
    "select deal.source_system, deal._record_id, deal.amount as value, sums.amount as expected"
    " from staging.stg_crm__opportunities as deal"
    f" join ({_LINE_SUMS}) as sums on sums.opportunity_id = deal.opportunity_id"
    " union all select deal.source_system, deal._record_id, deal.amount,"
    " max_by(history.amount, history.changed_at)"
    " from staging.stg_crm__opportunities as deal"
    " join staging.stg_crm__opportunity_stage_history as history"
    " on history.opportunity_id = deal.opportunity_id"
    " where history.amount > 0 group by deal.source_system, deal._record_id, deal.amount"
)
_OWN_LINE_AMOUNTS = (
    "select lines.source_system, lines._record_id, lines.amount as value,"
    " deal.amount - sums.amount + lines.amount as expected"
    " from staging.stg_crm__opportunity_lines as lines"
    " join staging.stg_crm__opportunities as deal on deal.opportunity_id = lines.opportunity_id"
    f" join ({_LINE_SUMS}) as sums on sums.opportunity_id = lines.opportunity_id"
)

# A day's quota against the others of the same people. Who is new begins with less, and one that is
# nearer to the period before or after than a slip would leave it is only held against.
_QUOTAS = (
    "with days as (select source_system, _record_id, period_start,"
    " amount / (period_end - period_start + 1) as value,"
    " coalesce('user ' || user_id, 'team ' || team_id) || ' ' || measure"
    " || coalesce(currency_code, '') as peer_group"
    " from staging.stg_crm__quotas where amount > 0),"
    " beside as (select *, lag(value) over periods as earlier, lead(value) over periods as later"
    " from days window periods as (partition by peer_group"
    " order by period_start asc nulls last, _record_id asc nulls last))"
    " select source_system, case when coalesce(value between earlier / 6 and earlier * 6, false)"
    " or coalesce(value between later / 6 and later * 6, false) then null else _record_id end"
    " as _record_id, value, peer_group from beside"
)

# Plans that pay for one and the same thing; a plan that is not known is one of its own.
_MEASURE = (
    "coalesce((select min(plan.measure) from staging.stg_crm__commission_plans as plan"
    " where plan.plan_id = {0}.plan_id), {0}.plan_id)"
)

EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "users": (
        matches("users", "email", EMAIL, "email", "warn"),
        unmarked_test("users", ("name",)),
        cycle("users", "manager_id", "staging.stg_crm__users", "user_id"),
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
    "teams": (cycle("teams", "parent_team_id", "staging.stg_crm__teams", "team_id"),),
    "accounts": (
        matches("accounts", "email", EMAIL, "email", "warn"),
        phone("accounts", "staging.stg_crm__accounts"),
        unmarked_test("accounts", ("name", "email")),
        near_duplicate(
            "accounts", "staging.stg_crm__accounts", "account_id", "city", ("tax_id", "external_id")
        ),
        cycle("accounts", "parent_account_id", "staging.stg_crm__accounts", "account_id"),
        cycle("accounts", "merged_into_id", "staging.stg_crm__accounts", "account_id"),
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
    "contacts": (
        matches("contacts", "email", EMAIL, "email", "warn"),
        phone("contacts", "staging.stg_crm__contacts"),
        unmarked_test("contacts", ("name", "email")),
        near_duplicate("contacts", "staging.stg_crm__contacts", "contact_id", "account_id"),
        cycle("contacts", "merged_into_id", "staging.stg_crm__contacts", "contact_id"),
    ),
    "leads": (
        not_before("leads", "first_response_at", "created_at", ("timestamp", "timestamp")),
        not_before("leads", "converted_at", "created_at", ("timestamp", "timestamp")),
        rows(
            "leads.contact_id.near_duplicate",
            ("lead_id", "contact_id"),
            "warn",
            "uniqueness",
            "exists (select 1 from staging.stg_crm__leads as older"
            " where older.contact_id = this.contact_id and older.is_deleted is not true"
            " and older.created_at >= this.created_at - interval 7 day"
            " and (older.created_at < this.created_at"
            " or older.created_at = this.created_at and older.lead_id < this.lead_id))",
            "同一联系人（contact_id）七天内已有一条线索，这一条很可能是重复录入。请合并。",
            "The contact of this lead (contact_id) had one within the seven days before: it was "
            "probably entered twice. Merge them.",
            links=(link("staging.stg_crm__leads", "contact_id"),),
        ),
    ),
    "pipeline_stages": (
        *share("pipeline_stages", "default_probability", "reject"),
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
        *share("opportunities", "probability", "reject"),
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
            "opportunities.lost_reason.required_when_lost",
            ("lost_reason",),
            "warn",
            "completeness",
            f"coalesce(trim(this.lost_reason), '') = '' and {_IS_LOST}"
            " and exists (select 1 from staging.stg_crm__opportunities as other"
            " where other.source_system = this.source_system and trim(other.lost_reason) <> '')",
            "已输单的商机缺少 lost_reason。请补填输单原因。",
            "This lost deal has no lost_reason. Enter why it was lost.",
        ),
        never_filled(
            "opportunities",
            "lost_reason",
            ("lost_reason",),
            f"this.is_deleted is not true and {_IS_LOST}",
            "trim(this.lost_reason) <> ''",
        ),
        not_before("opportunities", "expected_close_date", "created_at", ("date", "timestamp")),
        unmarked_test("opportunities", ("name",)),
        cycle(
            "opportunities", "merged_into_id", "staging.stg_crm__opportunities", "opportunity_id"
        ),
        currency_mismatch(
            "opportunities",
            "staging.stg_crm__opportunities",
            "account_id",
            "staging.stg_crm__accounts",
        ),
        decimal_shift(
            "opportunities",
            "amount",
            _peers("opportunities", "amount", "product_id || ' ' || coalesce(currency_code, '')"),
            own=_OWN_AMOUNTS,
        ),
        rows(
            "opportunities.stage_id.matches_history",
            ("stage_id",),
            "warn",
            "consistency",
            # Stages that nobody knows are told of as that.
            f"exists ({_STAGE}) and this.opportunity_id in (select history.opportunity_id"
            " from staging.stg_crm__opportunity_stage_history as history"
            " join (select opportunity_id, max(changed_at) as changed_at"
            " from staging.stg_crm__opportunity_stage_history group by opportunity_id) as newest"
            " on newest.opportunity_id = history.opportunity_id"
            " and newest.changed_at = history.changed_at"
            " join staging.stg_crm__opportunities as deal"
            " on deal.opportunity_id = history.opportunity_id"
            " join staging.stg_crm__pipeline_stages as reached"
            " on reached.pipeline_id = deal.pipeline_id and reached.stage_id = history.to_stage_id"
            " group by history.opportunity_id"
            " having count(case when history.to_stage_id = deal.stage_id then 1 end) = 0)",
            "商机的 stage_id 与阶段记录中最后到达的阶段不一致。请改正 stage_id 或补记阶段变化。",
            "The stage_id of this deal is not the stage that its history ends in. Correct it, or add "
            "the change of stage.",
            needs=("opportunity_stage_history",),
            links=(
                link(_DEALS, "opportunity_id"),
                link("staging.stg_crm__opportunity_stage_history", "opportunity_id"),
            ),
        ),
        rows(
            "opportunities.closed_at.not_before_created_at",
            ("closed_at", "created_at"),
            "warn",
            "consistency",
            f"{local_day('this.closed_at')} < {local_day('this.created_at')}"
            f" and {can_be('this.closed_at')}",
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
            links=(link("staging.stg_crm__opportunity_splits", "opportunity_id"),),
        ),
    ),
    "opportunity_splits": share("opportunity_splits", "share", "reject"),
    "opportunity_stage_history": (
        between("opportunity_stage_history", "amount", "0", None, "warn"),
        rows(
            "opportunity_stage_history.to_stage_id.reference",
            ("to_stage_id",),
            "warn",
            "consistency",
            f"trim(this.to_stage_id) <> '' and exists ({_DEAL} and deal.pipeline_id in"
            " (select pipeline_id from staging.stg_crm__pipeline_stages))"
            f" and not exists ({_DEAL} and exists (select 1"
            " from staging.stg_crm__pipeline_stages as stage"
            " where stage.pipeline_id = deal.pipeline_id and stage.stage_id = this.to_stage_id))",
            "阶段记录的 to_stage_id 不是该商机所在流程的阶段。请改正。",
            "The to_stage_id of this stage change is no stage of the deal's pipeline. Correct it.",
            needs=("pipeline_stages",),
            links=(link(_DEALS, "opportunity_id"),),
        ),
        rows(
            "opportunity_stage_history.changed_at.within_deal",
            ("changed_at",),
            "warn",
            "consistency",
            # By day: a source may know the day only. Closing is often recorded later.
            f"{can_be('this.changed_at')}"
            f" and exists ({_DEAL} and deal.created_at <= this._extracted_at"
            f" and ({local_day('this.changed_at')} < {local_day('deal.created_at')}"
            f" or deal.is_closed and {local_day('this.changed_at')} > {local_day('deal.closed_at')}"
            " and this.to_stage_id <> this.from_stage_id and exists (select 1"
            " from staging.stg_crm__pipeline_stages as stage"
            " where stage.pipeline_id = deal.pipeline_id and stage.stage_id = this.to_stage_id"
            " and not stage.is_closed)))",
            "阶段记录的 changed_at 早于商机创建，或晚于商机关闭。请核对日期。",
            "The changed_at of this stage change lies before its deal was created or after it was "
            "closed. Check the dates.",
            links=(link(_DEALS, "opportunity_id"),),
        ),
    ),
    "opportunity_lines": (
        between("opportunity_lines", "quantity", "0", None, "warn"),
        between("opportunity_lines", "amount", "0", None, "warn"),
        rows(
            "opportunity_lines.currency_code.currency_mismatch",
            ("currency_code",),
            "warn",
            "consistency",
            f"exists ({_DEAL} and deal.currency_code <> this.currency_code"
            f" and {is_currency('deal.currency_code')} and {is_currency('this.currency_code')})",
            "商机明细的 currency_code 与商机的币种不同。请核对币种。",
            "The currency_code of this deal line is not its deal's. Check it.",
            links=(link(_DEALS, "opportunity_id"),),
        ),
        decimal_shift(
            "opportunity_lines",
            "amount",
            _peers(
                "opportunity_lines",
                "amount / nullif(quantity, 0)",
                "product_id || ' ' || coalesce(currency_code, '')",
            ),
            own=_OWN_LINE_AMOUNTS,
        ),
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
        overlap(
            "quotas",
            ("period_start", "period_end"),
            "staging.stg_crm__quotas",
            (
                "coalesce({0}.user_id, '') || '|' || case when {0}.user_id is null"
                " then {0}.team_id else '' end",
                "{0}.measure",
            ),
        ),
        decimal_shift("quotas", "amount", _QUOTAS),
    ),
    "commission_plans": (
        in_set("commission_plans", "measure", ("bookings", "revenue"), "warn"),
        in_set("commission_plans", "period_type", ("month", "quarter"), "warn"),
    ),
    "commission_tiers": (
        between("commission_tiers", "rate", "0", None, "reject"),
        between("commission_tiers", "attainment_from", "0", None, "warn"),
        between("commission_tiers", "cap_amount", "0", None, "warn"),
        percent_scale("commission_tiers", "rate", "warn"),
        percent_scale("commission_tiers", "attainment_from", "warn", limit="10"),
    ),
    "commission_assignments": (
        overlap(
            "commission_assignments",
            ("valid_from", "valid_to"),
            "staging.stg_crm__commission_assignments",
            ("{0}.user_id", _MEASURE),
            has_open_end=True,
        ),
        not_before("commission_assignments", "valid_to", "valid_from", ("date", "date")),
    ),
    "campaigns": (
        not_before("campaigns", "ends_on", "starts_on", ("date", "date")),
        between("campaigns", "budget", "0", None, "warn"),
        between("campaigns", "cost", "0", None, "warn"),
        unmarked_test("campaigns", ("name",)),
    ),
    "tickets": (
        not_before("tickets", "first_response_at", "created_at", ("timestamp", "timestamp")),
        not_before("tickets", "resolved_at", "created_at", ("timestamp", "timestamp")),
        between("tickets", "reopened_count", "0", None, "warn"),
    ),
    "training_sessions": (
        in_set("training_sessions", "format", ("online", "workshop", "role_play"), "warn"),
        between("training_sessions", "cost", "0", None, "warn"),
    ),
    "training_attendances": (
        *share("training_attendances", "exam_score", "warn"),
        *share("training_attendances", "feedback_score", "warn"),
    ),
    "market_sizes": (
        between("market_sizes", "amount", "0", None, "reject"),
        not_before("market_sizes", "period_end", "period_start", ("date", "date"), "reject"),
        decimal_shift(
            "market_sizes",
            "amount",
            _peers(
                "market_sizes",
                "amount / (period_end - period_start + 1)",
                "segment || '|' || region || coalesce(currency_code, '')",
            ),
        ),
    ),
    "research_notes": (
        in_set(
            "research_notes",
            "kind",
            ("interview", "social", "news", "report", "policy", "rep_feedback"),
            "warn",
        ),
    ),
    "targets": (
        not_before("targets", "period_end", "period_start", ("date", "date"), "reject"),
        percent_scale(
            "targets",
            "amount",
            "warn",
            where="(this.metric like '%_rate' or this.metric in ('attainment', 'share', 'csat',"
            " 'ces', 'gross_retention', 'data_quality_score'))",
        ),
        rows(
            "targets.metric.known",
            ("metric", "dimension"),
            "warn",
            "consistency",
            f"{_TARGET} not in ({_TARGETED})",
            "kpis 中没有此 metric 按此 dimension 的数值，该目标不与任何数值比较。"
            "请按 metric_dictionary 中 marts 含 kpis 的名称填写；dimension 为 total、region 或 team。",
            "kpis has no figure of this metric and dimension: nothing is held against the target. "
            "Name one that metric_dictionary finds in kpis, by total, region or team.",
        ),
        rows(
            "targets.period_end.whole_period",
            ("period_start", "period_end"),
            "warn",
            "consistency",
            f"split_part({_TARGET}, ' ', 1) not in"
            f" ({', '.join(repr(flow) for flow in FLOWS)}, 'data_quality_score')"
            " and (date_trunc('month', this.period_start) <> this.period_start"
            " or this.period_end + interval 1 day not in (this.period_start + interval 1 month,"
            " this.period_start + interval 3 month, this.period_start + interval 12 month))",
            "period_start 至 period_end 不是完整的月、季或年，而此指标不可按天相加：该目标不与任何数值比较。"
            "请填写完整期间。",
            "From period_start to period_end is no whole month, quarter or year, and the figure does "
            "not add up over days: nothing is held against the target. Give a whole period.",
        ),
    ),
    "improvement_actions": (
        not_before("improvement_actions", "closed_on", "started_on", ("date", "date")),
    ),
}
