"""Market, further: what customers and the team wrote, who waits for a reply, answers by question."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Part, Table
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

_MOST_IN_WORKBOOK = 1000


def _themes(release: Release) -> list[Row]:
    """How many comments hold each theme, and how many of those wait for a reply."""
    return release.rows(
        "with found as (select needs_reply, unnest(string_split(themes, ', ')) as theme"
        " from survey_comments where themes <> '')"
        " select theme, count(*) as comments, count(*) filter (where needs_reply) as waiting"
        " from found group by theme order by comments desc, theme"
    )


def _waiting(release: Release) -> list[Row]:
    """The comments that wait for a reply, the newest first: an answer after a year mends little."""
    surveys, people = release.has("dim_survey"), release.has("fct_survey_response", "customer_id")
    people = people and release.has("dim_customer")
    survey = "coalesce(dim_survey.name, comments.survey_id)" if surveys else "comments.survey_id"
    customer = "dim_customer.name" if people else "cast(null as varchar)"
    joins = [
        "left join dim_survey on comments.survey_id = dim_survey.survey_id" if surveys else "",
        "left join fct_survey_response as responses on comments.response_id = responses.response_id"
        " left join dim_customer on responses.customer_id = dim_customer.customer_id"
        if people
        else "",
    ]
    return release.rows(
        "select comments.submitted_date, comments.text, comments.measure, comments.measure_value,"
        f" comments.themes, {survey} as survey, {customer} as customer"
        f" from survey_comments as comments {' '.join(joins)} where comments.needs_reply"
        " order by comments.submitted_date desc nulls last, comments.response_id,"
        " comments.question_id limit ?",
        [_MOST_IN_WORKBOOK],
    )


def comments(release: Release, words: Words) -> Part:
    """What comments are about, and which of them wait for a reply."""
    if not release.has("survey_comments"):
        return Part()
    numbers = words.numbers
    [counts] = release.rows(
        "select count(*) as n, count(*) filter (where needs_reply) as waiting from survey_comments"
    )
    ordered, waiting = _themes(release), _waiting(release)
    for counted in ordered:
        counted["theme"] = words.choice("theme", counted["theme"])
    parts = []
    if ordered:
        parts.append(
            words.say(
                "voices.themes",
                n=numbers.whole(counts["n"]),
                theme=ordered[0]["theme"],
                comments=numbers.whole(ordered[0]["comments"]),
            )
        )
    else:
        parts.append(words.say("voices.no_theme", n=numbers.whole(counts["n"])))
    parts.append(
        words.say("voices.waiting", n=numbers.whole(counts["waiting"]))
        if waiting
        else words.say("voices.none_waiting")
    )
    finding = words.join(*parts)
    tables = []
    if waiting:
        for row in waiting:
            row["about"] = words.list(
                [words.choice("theme", theme) for theme in (row["themes"] or "").split(", ")
                 if theme], most=9) or None  # fmt: skip
            row["rating"] = (
                f"{words.term(row['measure'])} {numbers.short(row['measure_value'])}"
                if row["measure"] and row["measure_value"] is not None
                else None
            )
        tables.append(
            Table(
                "comments",
                words.say("voices.table"),
                (
                    Column("submitted_date", words.say("column.submitted_on"), "day"),
                    Column("customer", words.say("column.customer"), "text",
                           words.say("why.anonymous")),
                    Column("rating", words.say("column.rating"), "text",
                           words.say("why.no_rating")),
                    Column("text", words.say("column.text"), "long"),
                    Column("about", words.say("column.themes"), "text", words.say("why.no_theme")),
                    Column("survey", words.say("column.survey")),
                ),
                waiting,
                finding="" if len(ordered) > 1 else finding,
            )
        )  # fmt: skip
    if ordered:
        tables.append(
            Table(
                "themes",
                words.say("voices.theme_table"),
                (
                    Column("theme", words.say("column.theme")),
                    Column("comments", words.say("column.comments"), "count"),
                    Column("waiting", words.say("column.waiting"), "count"),
                ),
                ordered,
            )
        )
    if len(ordered) < 2:
        return Part(finding if not tables else "", tables=tuple(tables))
    bars = [
        {
            "label": counted["theme"],
            "value": counted["comments"],
            "text": words.say("voices.bar", n=numbers.whole(counted["comments"]),
                              waiting=numbers.whole(counted["waiting"])),
        }
        for counted in ordered[:8]
    ]  # fmt: skip
    title = words.say("voices.title")
    figure = Figure(
        "comments", title, words.say("voices.subtitle"),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars), finding=finding,
    )  # fmt: skip
    return Part(figures=(figure,), tables=tuple(tables))


def answers(release: Release, words: Words) -> Part:
    """How many gave which answer to each question, the newest survey first."""
    if not release.has("survey_answers_by_question") or not release.has("dim_question"):
        return Part()
    surveys = release.has("dim_survey")
    name = "coalesce(dim_survey.name, answers.survey_id)" if surveys else "answers.survey_id"
    opened = "dim_survey.opened_on" if surveys else "cast(null as date)"
    join = "left join dim_survey on answers.survey_id = dim_survey.survey_id" if surveys else ""
    rows = release.rows(
        f"""
        select {name} as survey, dim_question.text as question, answers.choice, answers.n,
            answers.respondents, answers.share, answers.mean_value, dim_question.kind
        from survey_answers_by_question as answers
        inner join dim_question on answers.question_id = dim_question.question_id
        {join}
        where answers.dimension = 'total' and dim_question.kind <> 'text'
        order by {opened} desc nulls last, answers.survey_id, dim_question.position,
            answers.question_id, answers.n desc, answers.choice
        """
    )
    if not rows:
        return Part()
    for row in rows:
        row["choice"] = row["choice"] or None
        # Of a rating the mean tells, of a choice its share.
        row["share"] = row["share"] if row["choice"] else None
    columns = (
        Column("survey", words.say("column.survey")),
        Column("question", words.say("column.question"), "long"),
        Column("choice", words.say("column.choice"), "text", words.say("why.is_rating")),
        Column("share", words.say("column.share_of_answers"), "rate", words.say("why.is_rating")),
        Column("mean_value", words.say("column.mean_value"), "hundredths",
               words.say("why.is_choice")),
        Column("n", "n", "count"),
        Column("respondents", words.say("column.respondents"), "count"),
    )  # fmt: skip
    return Part(tables=(Table("answers", words.say("voices.answer_table"), columns, rows),))
