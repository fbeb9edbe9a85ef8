"""State what must hold of surveys and their answers beyond what their declaration implies."""

from __future__ import annotations

from data_quality.expectations import Expectation, in_set, misfit, not_before, rows

_QUESTION = (
    "select 1 from staging.stg_survey__survey_questions as question"
    " where question.question_id = this.question_id"
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
    ),
    "survey_answers": (
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
        ),
    ),
}
