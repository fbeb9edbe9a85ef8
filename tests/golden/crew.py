"""The golden company whose people, campaigns and surveys are measured."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.golden.company import Company, Extracted

# Asked on Thursday 2025-07-10, so that July and the third quarter run. Without holidays: Monday to
# Friday are working days. Times are Shanghai's.

_SETTINGS = """
company:
  name: Golden crew
  timezone: Asia/Shanghai
  currency: CNY
"""

# Two who sell are in the teams ta and tb below g; c1 to c3 are paid commission; p1 to p5 are trained
# and n1 to n5 are not.
_USERS = """
    user_id, name,  team_id, hire_date,  leave_date, region
    m1,      Mo,    tb,      ,,
    s2,      Su,    tb,      ,,
    s3,      Sam,   ta,      2025-03-03,,
    c1,      Cai,   ,        ,,
    c2,      Chen,  ,        ,,
    c3,      Cui,   ,        ,, East
    p1,      Pa,    tt,      2021-05-03,,
    p2,      Pe,    tt,      ,,
    p3,      Pi,    tt,      ,,
    p4,      Po,    tt,      ,,
    p5,      Pu,    tt,      ,,
    n1,      Na,    tt,      ,,
    n2,      Ne,    tt,      ,,
    n3,      Ni,    tt,      ,,
    n4,      No,    tt,      ,,
    n5,      Nu,    tt,      ,,
    n6,      New,   tt,      2025-02-01,,
"""

# What those who train won in the 90 days from 2 March, against quotas of 100.
_AFTER = {
    "p1": 80, "p2": 90, "p3": 100, "p4": 110, "p5": 120,
    "n1": 50, "n2": 60, "n3": 70, "n4": 40, "n5": 30, "n6": 500,
}  # fmt: skip


def _trained_quotas() -> str:
    rows = []
    for user in _AFTER:
        rows.append(f"qb{user}, {user}, , 2024-12-01, 2025-02-28, bookings, 100")
        rows.append(f"qa{user}, {user}, , 2025-03-02, 2025-05-30, bookings, 100")
    return "\n".join(rows)


def _deals() -> str:
    won = [
        # deal, owner, amount, closed
        ("d1", "m1", 100, "2025-05-10"),
        ("d2", "m1", 200, "2025-05-16"),
        ("d3", "s2", 50, "2025-05-25"),
        ("d4", "s3", 50, "2025-04-15"),
        ("d5", "s3", 90, "2025-05-05"),
        ("d6", "s3", 110, "2025-06-20"),
        ("e1", "c1", 100, "2025-04-10"),
        ("e2", "c1", 180, "2025-05-10"),
        ("e3", "c1", 20, "2025-06-05"),
        ("e4", "c2", 150, "2025-05-12"),
        ("e5", "c2", 100, "2025-06-12"),
        ("e6", "c2", 40, "2025-07-02"),
        *((f"b{user}", user, 50, "2025-01-15") for user in _AFTER if user != "n6"),
        *((f"a{user}", user, amount, "2025-04-20") for user, amount in _AFTER.items()),
    ]
    rows = [
        f"{deal}, {owner}, s, won, {amount}, 2024-12-01 10:00, {closed} 10:00, , , "
        for deal, owner, amount, closed in won
    ]
    # Deals that campaigns touched; nobody owns them.
    rows += [
        "g1, , s, won, 100, 2025-02-05 10:00, 2025-03-08 10:00, a1, l1, ",
        "g2, , s, won, 50, 2025-03-01 10:00, 2025-04-01 10:00, a2, , ",
        "g3, , s, won, 70, 2025-03-01 10:00, 2025-04-01 10:00, a3, , ",
        "g4, , s, open, 10, 2025-03-20 10:00, , a1, , ",
        "g6, , s, won, 20, 2025-03-01 10:00, 2025-04-01 10:00, a4, , ",
        "g7, , s, open, 10, 2025-07-03 10:00, , , l4, ",
        "g9, , s, won, 10, 2025-03-01 10:00, 2025-05-05 10:00, a4, , ",
        "z1, , s, lost, 30, 2025-03-01 10:00, 2025-04-10 10:00, , , price",
        "z3, , s, lost, 90, 2025-06-01 10:00, 2025-06-08 10:00, , , price",
        "z2, , s, lost, 60, 2025-03-01 10:00, 2025-04-30 10:00, , , no decision",
    ]
    rows += [f"w{n:02d}, s2, s, open, 10, 2025-06-20 10:00, , , , " for n in range(14)]
    rows.append("w99, m1, s, open, 10, 2025-07-01 10:00, , , , ")
    header = (
        "opportunity_id, owner_id, pipeline_id, stage_id, amount, created_at, closed_at, account_id,"
        " lead_id, lost_reason"
    )
    return "\n".join((header, *rows))


def _pulse() -> tuple[str, str]:
    """Responses and answers of a survey of the team: 30, 30 and 29 in the first months of 2025."""
    responses, answers = [], []
    for month, size, best in ((1, 30, 15), (2, 30, 24), (3, 29, 0)):
        for n in range(size):
            response = f"p{month}{n:02d}"
            responses.append(f"{response}, sp, , , 2025-{month:02d}-10 10:00, , ")
            answers.append(f"{response}, qp, , {4 if n < best else 3}, ")
    return "\n".join(responses), "\n".join(answers)


_PULSES, _PULSE_ANSWERS = _pulse()

_TABLES = {
    "teams": """
        team_id, name,  parent_team_id
        g,       Group,
        ta,      Alpha, g
        tb,      Beta,  g
        tt,      Train,
    """,
    "users": _USERS,
    "accounts": """
        account_id, name
        a1,         One
        a2,         Two
        a3,         Three
        a4,         Four
    """,
    "contacts": """
        contact_id, account_id
        k1,         a1
    """,
    "leads": """
        lead_id, campaign_id, created_at,       first_response_at, converted_at,     referred_by_account_id
        l1,      cA,          2025-01-05 10:00, ,                  ,
        l2,      ,            2025-01-07 10:00, 2025-01-07 14:00,  2025-01-20 10:00, a1
        l3,      ,            2025-06-05 10:00, ,                  ,
        l4,      ,            2025-07-01 10:00, ,                  ,
    """,
    "campaigns": """
        campaign_id, name,  budget, cost, starts_on,  ends_on
        cA,          Apple, 120,    100,  2025-04-01, 2025-05-31
        cB,          Beech, ,       0,    ,
        cC,          Cedar, ,       50,   ,
    """,
    # t0 came a minute before the 180 days before g1 began, t4 a minute after g1 was won. t1 names the
    # lead and the account.
    "campaign_touches": """
        touch_id, campaign_id, lead_id, contact_id, account_id, touched_at
        t0,       cA,          ,        ,           a1,         2024-08-09 09:59
        t1,       cA,          l1,      ,           a1,         2025-02-01 10:00
        t2,       cB,          ,        k1,         ,           2025-02-15 10:00
        t3,       cA,          ,        ,           a1,         2025-03-01 10:00
        t4,       cA,          ,        ,           a1,         2025-03-08 10:01
        t5,       cB,          ,        ,           a2,         2025-03-10 10:00
        t6,       cA,          ,        ,           a2,         2025-03-20 10:00
        t8,       cB,          ,        ,           a4,         2025-03-20 10:00
        t9,       cB,          l4,      ,           ,           2025-07-02 10:00
    """,
    "market_sizes": """
        segment, region, period_start, period_end, vintage, amount, source
        SMB,     East,   2024-10-01,   2024-12-31, v1,      500,    Bureau
        SMB,     East,   2025-01-01,   2025-03-31, v1,      600,    Bureau
        SMB,     East,   2025-01-01,   2025-03-31, v2,      300,    Bureau
        SMB,     West,   2025-01-01,   2025-03-31, v1,      1000,   Bureau
        all,     all,    2025-01-01,   2025-03-31, v1,      6000,   Bureau
    """,
    # Asked on 10 July: i2 came on its last evening, i3 the day after. Nobody knows account a9.
    "research_notes": """
        note_id, kind,   noted_at,         competitor_id, account_id, tags,  title,            body
        i1,      news,   2025-07-01 10:00, ,              ,           ,      Call 13912345678,
        i2,      social, 2025-07-10 23:59, k1,            a9,         price, Cheaper,          Ask boss@x.com
        i3,      report, 2025-07-11 00:01, ,              a1,         ,      Later,
    """,
    # Won against k1 were g2 and g3, against k2 too g2; w99 is open.
    "competitors": """
        competitor_id, name
        k1,            Kilo
        k2,            Kobo
        k3,            Kudu
    """,
    "opportunity_competitors": """
        opportunity_id, competitor_id
        g2,             k1
        g2,             k2
        g3,             k1
        z1,             k1
        z2,             k1
        w99,            k3
    """,
    "surveys": """
        survey_id, name, kind
        sv,        Poll, nps
        sx,        Desk, csat
        sp,        Mood, team
    """,
    "survey_questions": """
        question_id, survey_id, position, kind,            measure, scale_min, scale_max
        qn,          sv,        1,        rating,          nps,     0,         10
        qc,          sv,        2,        multiple_choice, ,        ,
        qt,          sv,        3,        text,            ,        ,
        qe,          sv,        4,        rating,          ces,     1,         7
        qs,          sv,        5,        rating,          csat,    1,         5
        qx,          sx,        1,        rating,          csat,    1,         5
        qp,          sp,        1,        rating,          csat,    1,         5
    """,
    # sv invited nobody; of sx's three one bounced.
    "survey_invitations": """
        invitation_id, survey_id, customer_id, sent_at,          is_bounced
        i1,            sx,        cu,          2025-06-01 10:00, false
        i2,            sx,        cv,          2025-06-01 10:00, false
        i3,            sx,        cw,          2025-06-01 10:00, true
    """,
    # cu answered sv twice: the second counts. Mo is of the staff. r7 is off the scale.
    "survey_responses": f"""
        response_id, survey_id, customer_id, user_id, submitted_at,     replied_at,       invitation_id
        r1,          sv,        cu,          ,        2025-05-01 10:00, ,
        r2,          sv,        cu,          ,        2025-05-02 10:00, ,
        r3,          sv,        cv,          ,        2025-05-02 10:00, ,
        r4,          sv,        cw,          ,        2025-05-02 10:00, 2025-05-03 10:00,
        r5,          sv,        ,            m1,      2025-05-02 10:00, ,
        r6,          sx,        cu,          ,        2025-06-02 10:00, ,                 i1
        r7,          sx,        cv,          ,        2025-06-03 10:00, ,                 i2
        {_PULSES}
    """,
    "survey_answers": f"""
        response_id, question_id, choice, value_number, value_text
        r1,          qn,          ,       9,
        r1,          qt,          ,       ,             Great price
        r2,          qn,          ,       3,
        r2,          qc,          red,    ,
        r2,          qc,          blue,   ,
        r2,          qt,          ,       ,             Delivery was LATE and 太贵
        r3,          qn,          ,       10,
        r3,          qc,          red,    ,
        r3,          qt,          ,       ,             Fine
        r4,          qn,          ,       5,
        r4,          qt,          ,       ,             Mail me at x@y.cn
        r5,          qt,          ,       ,             Too much paperwork
        r2,          qe,          ,       6,
        r3,          qe,          ,       5,
        r4,          qe,          ,       4,
        r3,          qs,          ,       4,
        r4,          qs,          ,       3,
        r6,          qx,          ,       5,
        r7,          qx,          ,       9,
        {_PULSE_ANSWERS}
    """,
    "pipeline_stages": """
        pipeline_id, stage_id, stage_name, position, is_closed, is_won
        s,           open,     Open,       1,        false,     false
        s,           won,      Won,        2,        true,      true
        s,           lost,     Lost,       3,        true,      false
    """,
    "opportunities": _deals(),
    "opportunity_splits": """
        opportunity_id, user_id, share
        d3,             m1,      0.6
        d3,             s2,      0.4
    """,
    "quotas": f"""
        quota_id, user_id, team_id, period_start, period_end, measure,  amount
        q1,       m1,      ,        2025-05-01,   2025-05-31, bookings, 310
        q2,       s2,      ,        2025-04-01,   2025-06-30, bookings, 910
        q3,       ,        ta,      2025-04-01,   2025-06-30, bookings, 364
        q4,       s3,      ,        2025-03-01,   2025-03-31, bookings, 100
        q5,       s3,      ,        2025-04-01,   2025-04-30, bookings, 100
        q6,       s3,      ,        2025-05-01,   2025-05-31, bookings, 100
        q7,       s3,      ,        2025-06-01,   2025-06-30, bookings, 100
        q8,       ,        ta,      2025-07-01,   2025-09-30, bookings, 920
        u1,       m1,      ,        2025-05-01,   2025-05-31, units,    31
        u2,       m1,      ,        2025-05-16,   2025-05-31, units,    16
        k1,       c1,      ,        2025-04-01,   2025-04-30, bookings, 100
        k2,       c1,      ,        2025-05-01,   2025-05-31, bookings, 100
        k3,       c1,      ,        2025-06-01,   2025-06-30, bookings, 100
        k4,       c2,      ,        2025-05-01,   2025-05-31, bookings, 100
        k5,       c2,      ,        2025-06-01,   2025-06-30, bookings, 100
        {_trained_quotas()}
    """,
    # cm pays by the part; cr pays its second tier on everything, up to 12; cv pays on revenue.
    "commission_plans": """
        plan_id, name,    measure,  period_type
        cm,      Parts,   bookings, month
        cr,      Whole,   bookings, month
        cv,      Revenue, revenue,  month
    """,
    "commission_tiers": """
        plan_id, tier, attainment_from, rate, is_retroactive, cap_amount
        cm,      a,    0,               0.05, false,
        cm,      b,    1,               0.10, false,
        cm,      c,    1.5,             0.20, false,
        cr,      1,    0,               0.05, false,
        cr,      2,    1,               0.10, true,           12
        cv,      1,    0,               0.10, false,
    """,
    "commission_assignments": """
        plan_id, user_id, valid_from, valid_to
        cm,      c1,      2025-04-01, 2025-05-31
        cm,      c1,      2025-06-01, 2025-06-30
        cr,      c2,      2025-05-01,
        cv,      c3,      2025-05-01, 2025-05-31
    """,
    "customers": """
        customer_id, name, segment, region
        cu,          Cu,   SMB,     East
        cv,          Cv,   SMB,     West
        cw,          Cw,   SMB,     West
    """,
    "products": """
        product_id, name
        p,          One
        q,          Two
    """,
    "orders": """
        order_id, status, sales_rep_id, opportunity_id, customer_id, ordered_at, promised_date,discount_amount
        x0,       confirmed, ,             ,               cu,          2024-11-05 10:00, ,
        x1,       confirmed, ,             e2,             ,            2025-05-11 10:00, 2025-05-12,
        x2,       confirmed, ,             e4,             ,            2025-05-13 10:00, 2025-05-14,
        x3,       confirmed, c3,           ,               ,            2025-05-14 10:00, ,              20
        y1,       confirmed, c3,           g1,             cu,          2025-03-10 10:00, ,
    """,
    "order_lines": """
        order_line_id, order_id, product_id, quantity, unit_price, unit_cost
        x0a,           x0,       p,          1,        10,
        x1a,           x1,       p,          18,       10,
        x2a,           x2,       p,          15,       10,
        x3a,           x3,       p,          20,       10,
        y1a,           y1,       q,          2,        30,         10
    """,
    "shipments": """
        shipment_id, order_id, shipped_at,       delivered_at
        h1,          x1,       2025-05-11 12:00, 2025-05-12 10:00
        h2,          x2,       2025-05-13 12:00, 2025-05-16 10:00
    """,
    # cu pays 100 from March and 20 more from May; cv paid 50 until the middle of May, from when on cw
    # pays 20 instead of 30.
    "contracts": """
        contract_id, customer_id, starts_on,  monthly_amount, cancelled_on
        o1,          cu,          2025-03-01, 100,
        o2,          cv,          2025-04-01, 50,             2025-05-15
        o3,          cu,          2025-05-01, 20,
        o4,          cw,          2025-04-01, 30,             2025-05-15
        o5,          cw,          2025-05-15, 20,
    """,
    "tickets": """
        ticket_id, customer_id, created_at,       first_response_at, resolved_at,      reopened_count
        k1,        cu,          2025-05-05 10:00, 2025-05-05 12:00,  2025-05-06 10:00, 1
        k2,        cv,          2025-05-07 10:00, 2025-05-07 14:00,  ,                 0
    """,
    # A year, the months of a quarter, months of rates, and what kpis has no figure for.
    "targets": """
        metric,                      period_start, period_end, dimension, member, amount
        net_sales,                   2025-01-01,   2025-12-31, total,     all,    900
        units,                       2025-04-01,   2025-04-30, total,     all,    10
        units,                       2025-05-01,   2025-05-31, total,     all,    20
        units,                       2025-06-01,   2025-06-30, total,     all,    28
        otif_rate,                   2025-04-01,   2025-04-30, total,     all,    0.5
        otif_rate,                   2025-05-01,   2025-05-31, total,     all,    0.5
        otif_rate,                   2025-06-01,   2025-06-30, total,     all,    0.5
        median_first_response_hours, 2025-05-01,   2025-05-31, total,     all,    3
        median_resolution_hours,     2025-05-01,   2025-05-31, total,     all,    22
        selling_cost_rate,           2025-05-01,   2025-05-31, total,     all,    0.15
        end_amount,                  2025-07-01,   2025-07-31, total,     all,    150
        bookings,                    2025-05-01,   2025-05-31, total,     all,    900
        glory,                       2025-05-01,   2025-05-31, total,     all,    1
    """,
    "returns": """
        return_id, order_line_id, order_id, quantity, amount, returned_at
        r1,        x1a,           x1,       3,        36,     2025-06-10 10:00
        r2,        x2a,           x2,       2,        20,     2025-05-28 10:00
        r3,        x3a,           x3,       5,        50,     2025-06-15 10:00
        r4,        x3a,           x3,       1,        10,     2025-05-20 10:00
    """,
    "training_sessions": """
        session_id, course, format,   held_on,    cost
        l1,         Listen, workshop, 2025-03-01, 500
        l2,         Listen, workshop, 2025-06-01, 700
        k1,         Talk,   online,   2025-03-01, 100
    """,
    # n1 was invited and did not come; p5 came to the second workshop too. n6 came with the others,
    # and was not there for the whole 90 days before.
    "training_attendances": """
        session_id, user_id, has_attended, exam_score, feedback_score
        l1,         p1,      true,         0.8,        1
        l1,         p2,      true,         0.9,        0.5
        l1,         p3,      true,         ,
        l1,         p4,      true,         ,
        l1,         p5,      true,         ,
        l1,         n6,      true,         ,
        l1,         n1,      false,        ,
        l2,         p5,      true,         ,
        k1,         p1,      true,         ,
        k1,         p2,      true,         ,
        k1,         p3,      true,         ,
        k1,         p4,      true,         ,
    """,
    "activities": """
        activity_id, type,    owner_id, happened_at,      duration_minutes
        v1,          meeting, m1,       2025-05-06 10:00, 40
        v2,          demo,    m1,       2025-05-07 10:00, 20
        v3,          call,    m1,       2025-05-08 10:00, 30
        v4,          email,   m1,       2025-05-08 11:00,
        v5,          call,    m1,       2025-07-08 10:00, 10
    """,
}

CREW = Company(
    name="crew",
    settings=_SETTINGS,
    as_of=date(2025, 7, 10),
    at=datetime(2025, 7, 10, 18, tzinfo=UTC),
    tables=_TABLES,
    areas=("core", "sales", "pipeline", "people", "customers", "market", "platform"),
    earlier=(
        # Mo was in ta until 2 in the morning of 16 May.
        Extracted(
            datetime(2025, 1, 1, 18, tzinfo=UTC),
            {"teams": _TABLES["teams"], "users": _USERS.replace("Mo,    tb", "Mo,    ta")},
        ),
        Extracted(datetime(2025, 5, 15, 18, tzinfo=UTC), {"users": _USERS}),
    ),
)
