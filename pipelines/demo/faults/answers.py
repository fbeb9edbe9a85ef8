"""Faults of surveys and their answers."""

from __future__ import annotations

from pipelines.demo.faults.planter import Kind, Planter, shifted
from pipelines.demo.stores import Record

_EACH = 4
_RATED = "question_id in (select question_id from survey_questions where kind = 'rating' and {})"
# A form with a block of ratings, which none of the demo's own has: in such a block the same mark all
# the way down says that nobody read it.
_GRID = "S-GRID"
_ASPECTS = ("精度", "稳定性", "外观", "软件", "手册", "接口", "包装", "培训")
_RESPONDENTS = 60
_STRAIGHT = (7, 19, 33, 48)


def _rating_off_scale(planter: Planter) -> None:
    for top, value in (("scale_max = '10'", "11.0"), ("scale_max = '5'", "6.0"),
                       ("scale_max = '5'", "0.0"), ("scale_max = '10'", "-1.0")):  # fmt: skip
        (answer,) = planter.take("survey_answers", _RATED.format(top))
        planter.spoil(answer, {"value_number": value})


def _foreign_question(planter: Planter) -> None:
    for _ in range(_EACH):
        (answer,) = planter.take("survey_answers", _RATED.format("measure = 'nps'"))
        own = answer.row["question_id"].rsplit("-", 1)[0]
        others = planter.sources.ask(
            "select question_id from survey_questions where measure = 'nps' and survey_id <> ?"
            " order by question_id", own,
        )  # fmt: skip
        planter.spoil(answer, {"question_id": planter.chance.choice(others)[0]})


def _two_answers(planter: Planter) -> None:
    """The same respondent in the same wave once more, a day later."""
    for number in range(3):
        (first,) = planter.take("survey_responses", "customer_id is not null and survey_id in"
                                " (select survey_id from surveys where kind = 'nps')")  # fmt: skip
        row = {**first.row, "response_id": planter.new_id(first, number), "replied_at": None}
        row |= {
            name: shifted(row[name], seconds=3_600 * 5) for name in ("started_at", "submitted_at")
        }
        for place in planter.sources.places(
            "survey_answers", f"response_id = '{first.record_id}'", 100
        ):
            answer = planter.sources.row("survey_answers", place)
            planter.sources.insert("survey_answers", {**answer, "response_id": row["response_id"]})
        planter.add("survey_responses", row, column="survey_id,customer_id,response_id",
                    related=(f"survey_responses:{first.record_id}",))  # fmt: skip


def _speeder(planter: Planter) -> None:
    for seconds in (2, 5, 8, 11):
        (response,) = planter.take("survey_responses", "replied_at is null and survey_id in"
                                   " (select survey_id from survey_responses group by survey_id"
                                   " having count(*) >= 25)")  # fmt: skip
        end = shifted(response.row["started_at"], seconds=seconds)
        planter.spoil(response, {"submitted_at": end}, column="submitted_at,started_at")


def _early_answer(planter: Planter) -> None:
    for days in (-1, -3, -10):
        (response,) = planter.take(
            "survey_responses", "invitation_id is not null and replied_at is null"
        )
        ((sent,),) = planter.sources.ask(
            "select sent_at from survey_invitations where invitation_id = ?",
            response.row["invitation_id"],
        )
        begun = shifted(sent, days=days)
        end = shifted(begun, seconds=200)
        planter.spoil(response, {"started_at": begun, "submitted_at": end},
                      column="started_at,submitted_at,invitation_id")  # fmt: skip


def _straight_liner(planter: Planter) -> None:
    """A wave of its own with a block of ratings, and a few who tick the same mark all the way."""
    day = shifted(planter.as_of.isoformat(), days=-30)
    planter.sources.insert("surveys", {"survey_id": _GRID, "name": "产品满意度矩阵", "kind": "csat",
                                       "opened_on": day, "closed_on": shifted(day, days=20)})  # fmt: skip
    for place, aspect in enumerate(_ASPECTS, start=1):
        question: Record = {
            "question_id": f"{_GRID}-{place}", "survey_id": _GRID, "position": str(place),
            "text": f"您对{aspect}满意吗？", "kind": "rating", "measure": "",
            "scale_min": "1", "scale_max": "5",
        }  # fmt: skip
        planter.sources.insert("survey_questions", question)
    customers = [found.record_id for found in planter.look("customers")][:_RESPONDENTS]
    if len(customers) <= max(_STRAIGHT):
        raise planter.too_small("customers")
    for number, customer in enumerate(customers):
        response_id = f"RG{number + 1:04d}"
        begun = f"{shifted(day, days=number % 18)}T10:{number % 60:02d}:00+08:00"
        row: Record = {
            "response_id": response_id, "survey_id": _GRID, "invitation_id": None,
            "account_id": None, "customer_id": customer, "user_id": None,
            "order_id": None, "ticket_id": None, "started_at": begun,
            "submitted_at": shifted(begun, seconds=90 + planter.chance.randrange(120)),
            "replied_at": None, "channel": "web", "is_test": False,
        }  # fmt: skip
        is_straight = number in _STRAIGHT
        mood = planter.chance.choice((2, 3, 4))
        marks = [mood] * len(_ASPECTS) if is_straight else _marks(planter, mood)
        for place, mark in enumerate(marks, start=1):
            planter.sources.insert(
                "survey_answers",
                {"response_id": response_id, "question_id": f"{_GRID}-{place}", "choice": "",
                 "value_number": f"{mark}.0", "value_text": ""},
            )  # fmt: skip
        if is_straight:
            planter.taken.add(("survey_responses", response_id))
            planter.add("survey_responses", row, column="response_id,value_number")
        else:
            planter.sources.insert("survey_responses", row)


def _marks(planter: Planter, mood: int) -> list[int]:
    """Marks about a mood, of which two at least differ."""
    marks = [mood + planter.chance.choice((-1, 0, 0, 1)) for _ in _ASPECTS]
    return [marks[0] - 1 if marks[0] > 1 else 2, *marks[1:-1], marks[0] % 5 + 1]


KINDS = (
    Kind("straight_liner", "accuracy", _straight_liner),
    Kind("two_answers", "uniqueness", _two_answers),
    Kind("early_answer", "consistency", _early_answer),
    Kind("speeder", "accuracy", _speeder),
    Kind("foreign_question", "consistency", _foreign_question),
    Kind("rating_off_scale", "accuracy", _rating_off_scale),
)
