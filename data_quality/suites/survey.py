"""State what must hold of surveys and their answers beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import (
    Expectation,
    can_be,
    in_set,
    link,
    literal,
    misfit,
    not_before,
    rows,
)
from data_quality.texts import unmarked_test

_QUESTION = (
    "select 1 from staging.stg_survey__survey_questions as question"
    " where question.question_id = this.question_id"
)
_TO_QUESTION = link("staging.stg_survey__survey_questions", "question_id")

# Who answers, and to what: as the marts count them.
_AGAIN = """row(this.source_system, this._record_id) in (
    with submitted as (
        select response.source_system, response._record_id, response.response_id,
            response.survey_id || '|' || coalesce('order ' || response.order_id,
                'ticket ' || response.ticket_id, '') as wave,
            coalesce('user ' || coalesce(response.user_id, invitation.user_id),
                'customer ' || coalesce(response.customer_id, invitation.customer_id),
                'account ' || coalesce(response.account_id, invitation.account_id),
                'invitation ' || response.invitation_id) as respondent
        from staging.stg_survey__survey_responses as response
        left join staging.stg_survey__survey_invitations as invitation
            on invitation.invitation_id = response.invitation_id
        where response.submitted_at is not null and response.is_test is not true
    )
    select row(source_system, _record_id) from submitted where respondent is not null
    qualify count(distinct response_id) over (partition by wave, respondent) > 1
)"""

# Of twenty responses or more: below a third of the median, and far below the quick ones among them.
_SPEEDER = """row(this.source_system, this._record_id) in (
    with taken as (
        select source_system, _record_id, survey_id,
            epoch(submitted_at) - epoch(started_at) as seconds
        from staging.stg_survey__survey_responses
        where submitted_at >= started_at and is_test is not true
    ),
    usual as (
        select survey_id, median(seconds) as middle, quantile_cont(seconds, 0.1) as quick
        from taken group by survey_id having count(*) >= 20
    )
    select row(taken.source_system, taken._record_id)
    from taken join usual on usual.survey_id = taken.survey_id
    where taken.seconds < usual.middle / 3
        and taken.seconds < greatest(0.4 * usual.quick, usual.middle / 6)
)"""

# Five ratings or more on one scale, all the same. Where that is how many answer, it tells nothing.
_STRAIGHT_LINER = """row(this.source_system, this._record_id) in (
    with rated as (
        select response.source_system, response._record_id, response.survey_id,
            count(distinct answer.value_number) = 1 as is_straight
        from staging.stg_survey__survey_answers as answer
        join staging.stg_survey__survey_questions as question
            on question.question_id = answer.question_id and question.kind = 'rating'
        join staging.stg_survey__survey_responses as response
            on response.response_id = answer.response_id
        where answer.value_number is not null
        group by response.source_system, response._record_id, response.survey_id
        having count(distinct answer.question_id) >= 5
            and count(distinct row(question.scale_min, question.scale_max)) = 1
    ),
    usual as (
        select survey_id, count(*) < 20 or avg(case when is_straight then 1 else 0 end) <= 0.1
            as is_telling
        from rated group by survey_id
    )
    select row(rated.source_system, rated._record_id)
    from rated join usual on usual.survey_id = rated.survey_id
    where rated.is_straight and usual.is_telling
)"""

_TRIAL_WORDS = (
    "^(test|testing|tests|test test|asdf[a-z]*|qwer[a-z]*"
    "|测试|測試|测试测试|试填|测试数据)[ 0-9.!。]*$"
)
_IS_TRIAL = literal(
    "this.is_test is not true and (lower(trim(this.channel)) in ('test', 'preview', '测试', '预览')"
    " or this.response_id in (select response_id from staging.stg_survey__survey_answers"
    f" where regexp_matches(lower(trim(value_text)), '{_TRIAL_WORDS}')))"
)

EXPECTATIONS: dict[str, tuple[Expectation, ...]] = {
    "surveys": (
        in_set(
            "surveys",
            "kind",
            ("nps", "csat", "ces", "market_research", "team", "training"),
            "warn",
        ),
        not_before("surveys", "closed_on", "opened_on", ("date", "date")),
    ),
    "survey_questions": (
        in_set(
            "survey_questions",
            "kind",
            ("rating", "single_choice", "multiple_choice", "text"),
            "reject",
        ),
        in_set("survey_questions", "measure", ("nps", "csat", "ces"), "warn"),
        rows(
            "survey_questions.scale.order",
            ("scale_min", "scale_max"),
            "reject",
            "accuracy",
            "this.scale_min >= this.scale_max",
            "题目的 scale_min 不小于 scale_max。请改正量表的两端。",
            "The scale of this question ends where it begins or before. Correct scale_min and "
            "scale_max.",
        ),
        rows(
            "survey_questions.scale.present_when_measured",
            ("scale_min", "scale_max"),
            "warn",
            "completeness",
            "this.kind = 'rating' and this.measure in ('csat', 'ces')"
            f" and ((this.scale_min is null and {misfit('scale_min')} is null)"
            f" or (this.scale_max is null and {misfit('scale_max')} is null))",
            "满意度或费力度题目没有量表，无法计算得分。请填写 scale_min 和 scale_max。",
            "This satisfaction or effort question has no scale, so it has no score. Fill in "
            "scale_min and scale_max.",
        ),
    ),
    "survey_responses": (
        not_before("survey_responses", "submitted_at", "started_at", ("timestamp", "timestamp")),
        not_before("survey_responses", "replied_at", "submitted_at", ("timestamp", "timestamp")),
        rows(
            "survey_responses.started_at.not_before_invitation",
            ("started_at", "submitted_at", "invitation_id"),
            "warn",
            "consistency",
            f"{can_be('coalesce(this.started_at, this.submitted_at)')} and exists (select 1"
            " from staging.stg_survey__survey_invitations as invitation"
            " where invitation.invitation_id = this.invitation_id"
            " and invitation.sent_at <= this._extracted_at"
            " and coalesce(this.started_at, this.submitted_at) < invitation.sent_at)",
            "答卷的 started_at 或 submitted_at 早于邀请的发送时间。请核对时间或 invitation_id。",
            "The started_at or submitted_at of this response lies before its invitation was sent. "
            "Check the times, or its invitation_id.",
            needs=("survey_invitations",),
            links=(link("staging.stg_survey__survey_invitations", "invitation_id"),),
        ),
        rows(
            "survey_responses.respondent.unique",
            ("response_id", "user_id", "customer_id", "account_id", "invitation_id"),
            "warn",
            "uniqueness",
            _AGAIN,
            "同一受访者在同一轮问卷中交了不止一份答卷，只计最后一份（response_id 不同）。请核对。",
            "One respondent submitted more than one response (response_id) in a wave; only the last "
            "one counts. Check which is theirs.",
        ),
        rows(
            "survey_responses.submitted_at.speeder",
            ("started_at", "submitted_at"),
            "warn",
            "accuracy",
            _SPEEDER,
            "这份答卷的用时（started_at 到 submitted_at）不到同一问卷中位数的三分之一，可能没有认真作答。",
            "This response took less than a third of its survey's median time (started_at to "
            "submitted_at): it may not have been answered in earnest.",
        ),
        rows(
            "survey_responses.answers.straight_liner",
            ("value_number",),
            "warn",
            "accuracy",
            _STRAIGHT_LINER,
            "这份答卷的所有评分（value_number）都相同，可能没有认真作答。",
            "All ratings of this response (value_number) are the same: it may not have been answered "
            "in earnest.",
        ),
        unmarked_test(
            "survey_responses",
            ("is_test", "response_id"),
            _IS_TRIAL,
            links=(link("staging.stg_survey__survey_answers", "response_id"),),
        ),
    ),
    "survey_answers": (
        rows(
            "survey_answers.question_id.of_survey",
            ("question_id",),
            "warn",
            "consistency",
            "exists (select 1 from staging.stg_survey__survey_questions as question"
            " join staging.stg_survey__survey_responses as response"
            " on response.survey_id <> question.survey_id"
            " where question.question_id = this.question_id"
            " and response.response_id = this.response_id"
            " and response.survey_id in (select survey_id from staging.stg_survey__surveys)"
            " and question.survey_id in (select survey_id from staging.stg_survey__surveys))",
            "答案的 question_id 属于另一份问卷。请改正 question_id。",
            "The question_id of this answer belongs to another survey. Correct it.",
            links=(_TO_QUESTION, link("staging.stg_survey__survey_responses", "response_id")),
        ),
        rows(
            "survey_answers.value_number.within_scale",
            ("value_number",),
            "reject",
            "accuracy",
            f"exists ({_QUESTION} and question.kind = 'rating' and ("
            "this.value_number < coalesce(question.scale_min,"
            " case when question.measure = 'nps' then 0 end)"
            " or this.value_number > coalesce(question.scale_max,"
            " case when question.measure = 'nps' then 10 end)))",
            "答案的 value_number 超出题目的量表范围。请核对答案，或改正题目的 scale_min 和 scale_max。",
            "The value_number of this answer is off its question's scale. Check the answer, or correct "
            "the scale_min and scale_max of the question.",
            links=(_TO_QUESTION,),
        ),
        rows(
            "survey_answers.value_number.present_when_rated",
            ("value_number",),
            "warn",
            "completeness",
            f"this.value_number is null and {misfit('value_number')} is null"
            f" and exists ({_QUESTION} and question.kind = 'rating')",
            "评分题的答案没有分数，不计入得分。请补填 value_number，或删除该答案。",
            "This answer to a rating question has no number and does not count. Fill in "
            "value_number, or delete the answer.",
            links=(_TO_QUESTION,),
        ),
        rows(
            "survey_answers.choice.matches_kind",
            ("choice",),
            "warn",
            "conformity",
            f"exists ({_QUESTION} and (question.kind in ('single_choice', 'multiple_choice'))"
            " <> (coalesce(this.choice, '') <> ''))",
            "选择题的答案应填写 choice，评分题和文字题应留空。请改正。",
            "An answer to a choice question needs its choice, and any other answer has none. "
            "Correct it.",
            links=(_TO_QUESTION,),
        ),
    ),
}
