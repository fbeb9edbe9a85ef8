"""The golden companies: a few rows each, of which the tests say what the marts must show."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.golden.company import Company, Extracted

# ---------------------------------------------------------------------------------- the shop
# Sells since 2023 and is asked on Friday 2024-03-15, so that March, the quarter and the year run
# and February has 29 days. Times are Shanghai's, but for those that end in Z.

_SHOP_SETTINGS = """
company:
  name: Golden shop
  timezone: Asia/Shanghai
  currency: CNY
analysis:
  return_window_days: 75
"""

_SHOP = {
    "teams": """
        team_id, name,  parent_team_id, region
        t1,      Coast, ,               East
        t2,      Hills, ,               West
    """,
    "users": """
        user_id, name, team_id, manager_id, region, is_active
        u1,      Uma,  t2,      ,           East,   true
        u2,      Vera, t2,      u1,         South,  true
    """,
    # No stages and no deals: the marts of the pipeline exist and are empty.
    "accounts": """
        account_id, name,   industry, segment,    country, region
        a1,         Alphas, Tech,     Enterprise, CN,      East
    """,
    "pipeline_stages": "pipeline_id, stage_id, pipeline_name, stage_name, position, is_closed, is_won",
    "opportunities": "opportunity_id, name, pipeline_id, stage_id, created_at",
    # c3 is c1 once more, by e-mail; c4 was merged into c2.
    "customers": """
        customer_id, account_id, name,  email,  country, region, city,   segment, created_at,       merged_into_id
        c1,          a1,         Alpha, a@x.cn, CN,      East,   Suzhou, ,        2023-01-01 09:00,
        c2,          ,           Beta,  b@x.cn, CN,      West,   Xi'an,  SMB,     2023-01-02 09:00,
        c3,          ,           Alpa,  A@X.CN, ,        ,       ,       ,        2024-02-01 09:00,
        c4,          ,           Bet,   d@x.cn, CN,      North,  ,       ,        2024-02-02 09:00, c2
    """,
    "products": """
        product_id, sku, name,  category, family, unit_cost, launched_on
        p1,         P1,  One,   A,        F,      6,         2020-01-01
        p2,         P2,  Two,   A,        F,      10,        2020-01-01
        p3,         P3,  Three, B,        F,      ,          2024-02-01
        p4,         P4,  Four,  B,        G,      2,         2023-12-01
        p5,         P5,  Five,  B,        G,      1,         2024-01-01
    """,
    "orders": """
        order_id, customer_id, channel, status,    sales_rep_id, region, ordered_at,           confirmed_at,     cancelled_at,     requested_date, promised_date, discount_amount, currency_code, is_test, is_deleted
        y1,       c1,          web,     confirmed, ,             ,       2023-02-10 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        y2,       c1,          web,     confirmed, ,             ,       2023-02-28 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        y3,       c1,          web,     confirmed, ,             ,       2023-03-01 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        y5,       c1,          web,     confirmed, ,             ,       2023-03-16 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        y4,       c1,          web,     confirmed, ,             ,       2023-03-20 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        f1,       c1,          web,     confirmed, ,             ,       2023-05-08 10:00,     ,                 ,                 ,               ,              ,                USD,           ,
        f2,       c1,          web,     confirmed, ,             ,       2023-05-09 10:00,     ,                 ,                 ,               ,              ,                USD,           ,
        k1,       ,            web,     confirmed, ,             ,       2023-08-01 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        k2,       ,            shop,    confirmed, ,             ,       2023-08-02 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        k3,       ,            phone,   confirmed, ,             ,       2023-08-03 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        o17,      c2,          web,     confirmed, u2,           ,       2023-12-10 10:00,     ,                 ,                 ,               ,              10,              ,              ,
        o16,      c2,          web,     confirmed, u2,           ,       2023-12-20 10:00,     ,                 ,                 ,               ,              ,                ,              ,
        o1,       c1,          web,     delivered, u1,           North,  2024-01-05 10:00,     ,                 ,                 ,               2024-01-20,    ,                ,              ,
        o2,       c2,          shop,    delivered, u2,           ,       2024-01-10 10:00,     ,                 ,                 ,               2024-01-20,    ,                ,              ,
        o3,       c1,          web,     confirmed, u1,           ,       2024-01-31T15:30:00Z, ,                 ,                 ,               2024-02-05,    ,                ,              ,
        o4,       ,            web,     shipped,   u2,           ,       2024-01-31T16:30:00Z, ,                 ,                 2024-02-05,     ,              ,                ,              ,
        o5,       c3,          web,     delivered, u1,           ,       2024-02-10 10:00,     2024-02-11 09:00, ,                 ,               2024-02-20,    ,                ,              ,
        o6,       c1,          web,     delivered, u1,           ,       2024-02-29 10:00,     ,                 ,                 ,               2024-03-10,    ,                ,              ,
        o7,       c4,          web,     confirmed, u1,           ,       2024-03-05 10:00,     ,                 ,                 ,               2024-03-20,    ,                ,              ,
        o10,      c2,          web,     confirmed, u2,           ,       2024-03-08 10:00,     ,                 ,                 ,               2024-03-12,    ,                ,              ,
        o13,      c1,          web,     cancelled, u1,           ,       2024-03-09 10:00,     ,                 2024-03-16 09:00, ,               2024-03-15,    ,                ,              ,
        o11,      c1,          web,     confirmed, u1,           ,       2024-03-09 10:00,     ,                 ,                 ,               ,              ,                ,              true,
        o12,      c1,          web,     cancelled, u1,           ,       2024-03-09 11:00,     ,                 2024-03-10 09:00, ,               ,              ,                ,              ,
        o14,      c1,          web,     draft,     u1,           ,       2024-03-09 12:00,     ,                 ,                 ,               ,              ,                ,              ,
        o15,      c1,          web,     confirmed, u1,           ,       2024-03-09 13:00,     ,                 ,                 ,               ,              ,                ,              ,        true
        o8,       c2,          web,     confirmed, u2,           ,       2024-03-15 23:59,     ,                 ,                 ,               ,              ,                ,              ,
        o9,       c1,          web,     confirmed, u1,           ,       2024-03-16 08:00,     ,                 ,                 ,               ,              ,                ,              ,
    """,
    "order_lines": """
        order_line_id, order_id, product_id, quantity, unit_price, discount_amount, unit_cost
        y1a,           y1,       p1,         4,        10,         ,
        y2a,           y2,       p1,         6,        10,         ,
        y3a,           y3,       p1,         3,        10,         ,
        y5a,           y5,       p1,         1,        10,         ,
        y4a,           y4,       p1,         5,        10,         ,
        f1a,           f1,       p1,         1,        10,         ,
        f2a,           f2,       p1,         1,        10,         ,
        k1a,           k1,       p1,         1,        10,         ,
        k2a,           k2,       p1,         1,        10,         ,
        k3a,           k3,       p1,         1,        5,          ,
        o17a,          o17,      p1,         6,        10,         ,
        o17b,          o17,      p2,         1,        30,         ,
        o16a,          o16,      p4,         5,        7,          ,
        o1a,           o1,       p1,         10,       10,         ,
        o2a,           o2,       p2,         10,       20,         ,
        o3a,           o3,       p5,         3,        10,         ,
        o4a,           o4,       p3,         1,        50,         ,
        o5a,           o5,       p2,         4,        20,         ,
        o6a,           o6,       p1,         12,       12.5,       6,
        o7a,           o7,       p1,         2,        10,         ,
        o13a,          o13,      p1,         1,        10,         ,
        o11a,          o11,      p1,         100,      10,         ,
        o12a,          o12,      p1,         100,      10,         ,
        o14a,          o14,      p1,         100,      10,         ,
        o15a,          o15,      p1,         100,      10,         ,
        o8a,           o8,       p2,         1,        20,         ,                8
        o9a,           o9,       p1,         100,      10,         ,
    """,
    "returns": """
        return_id, order_line_id, order_id, product_id, customer_id, quantity, amount, returned_at,      reason
        r9,        f1a,           f1,       ,           ,            ,         2,      2023-06-20 10:00, late
        r8,        ,              o17,      ,           ,            ,         9,      2023-12-28 10:00, broken
        r1,        o1a,           ,         ,           ,            1,        10,     2024-01-20 10:00, broken
        r2,        o1a,           ,         ,           ,            2,        20,     2024-02-05 10:00, broken
        r3,        o16a,          ,         ,           ,            1,        7,      2024-02-12 10:00, broken
        r7,        o6a,           ,         ,           ,            1,        12,     ,                 wrong
        r4,        ,              o2,       ,           ,            1,        20,     2024-03-06 10:00, wrong
        r5,        ,              ,         p1,         c1,          1,        5,      2024-03-07 10:00, wrong
        r6,        o6a,           ,         ,           ,            1,        12,     2024-03-16 08:00, wrong
        r10,       o11a,          ,         ,           ,            1,        1000,   2024-03-10 10:00, broken
    """,
    "shipments": """
        shipment_id, order_id, shipped_at,       delivered_at
        s1,          o1,       2024-01-12 10:00, 2024-01-15 10:00
        s2,          o2,       2024-01-12 10:00, 2024-01-20 23:00
        s4,          o4,       2024-02-03 10:00,
        s5,          o5,       2024-02-12 10:00, 2024-02-18 10:00
        s6a,         o6,       2024-02-29 18:00, 2024-03-01 10:00
        s6b,         o6,       2024-03-01 10:00, 2024-03-02 10:00
        s13,         o13,      2024-03-14 10:00, 2024-03-16 09:00
    """,
    # Of ten pieces nine were sent; the last piece of o6 came with its second parcel.
    "shipment_lines": """
        shipment_id, order_line_id, quantity
        s2,          o2a,           9
        s6a,         o6a,           11
        s6b,         o6a,           1
    """,
    "exchange_rates": """
        currency_code, rate_date,  rate
        USD,           2023-05-01, 7
        USD,           2023-06-20, 8
    """,
}

SHOP = Company(
    name="shop",
    settings=_SHOP_SETTINGS,
    as_of=date(2024, 3, 15),
    at=datetime(2024, 3, 16, 14, tzinfo=UTC),
    tables=_SHOP,
    earlier=(
        # o1 was promised for the 10th before it was promised for the 20th; Uma was in t1.
        Extracted(
            datetime(2024, 1, 8, 2, tzinfo=UTC),
            {
                "teams": _SHOP["teams"],
                "users": """
                    user_id, name, team_id, manager_id, region, is_active
                    u1,      Uma,  t1,      ,           East,   true
                    u2,      Vera, t2,      u1,         South,  true
                """,
                "customers": "\n".join(_SHOP["customers"].strip().splitlines()[:2]),
                "products": "\n".join(_SHOP["products"].strip().splitlines()[:2]),
                "orders": """
                    order_id, customer_id, channel, status,    sales_rep_id, region, ordered_at,       confirmed_at, cancelled_at, requested_date, promised_date, discount_amount, currency_code, is_test, is_deleted
                    o1,       c1,          web,     confirmed, u1,           North,  2024-01-05 10:00, ,             ,             ,               2024-01-10,    ,                ,              ,
                """,
                "order_lines": """
                    order_line_id, order_id, product_id, quantity, unit_price, discount_amount, unit_cost
                    o1a,           o1,       p1,         10,       10,         ,
                """,
            },
        ),
        # From here on Uma is in t2.
        Extracted(datetime(2024, 2, 20, 2, tzinfo=UTC), {"users": _SHOP["users"]}),
    ),
)

# --------------------------------------------------------------------------------- the deals
# A company without orders, asked on Sunday 2025-06-15. Four pipelines, so that what one case needs
# does not stand in another's way: PW for win rates, P1 for the funnel, P2 for bottlenecks and PO
# for the open pipeline and its waterfall. Every owner has a team of the owner's own.

_DEALS_SETTINGS = """
company:
  name: Golden deals
  timezone: Asia/Shanghai
  currency: CNY
analysis:
  deal_window_days: 166
"""

_DEALS = {
    "teams": """
        team_id, name,    region
        ta,      Team ta, RA
        tb,      Team tb, RB
        tw,      Team tw, RW
        tv,      Team tv, RV
        tu,      Team tu, RU
        tf,      Team tf, RF
        tx,      Team tx, RX
        tz,      Team tz, RZ
        tq,      Team tq, RQ
        tr,      Team tr, RR
        th,      Team th, RH
    """,
    "users": """
        user_id, name, team_id, region, is_active
        ua,      Ana,  ta,      RA,     true
        ub,      Bob,  tb,      RB,     true
        ow,      Wu,   tw,      RW,     true
        ow2,     Vic,  tv,      RV,     true
        ow3,     Udo,  tu,      RU,     true
        uf,      Fay,  tf,      RF,     true
        ug,      Gus,  tf,      RF,     true
        ux,      Xia,  tx,      RX,     true
        uz,      Zoe,  tz,      RZ,     true
        uc,      Cem,  tr,      RR,     true
        uh,      Hal,  th,      RH,     true
    """,
    # a2 is a1 once more, by tax id.
    "accounts": """
        account_id, name,    tax_id, industry, segment,    country, region, created_at
        a1,         Alphas,  T1,     Tech,     Enterprise, CN,      North,  2024-01-01 09:00
        a2,         Alpha's, T1,     ,         ,           CN,      South,  2024-02-01 09:00
    """,
    "pipeline_stages": """
        pipeline_id, stage_id, pipeline_name, stage_name, position, default_probability, is_closed, is_won
        PW,          a,        Pipe PW,       Stage a,    1,        0.5,                 false,     false
        P1,          s1,       Pipe P1,       Stage s1,   1,        0.1,                 false,     false
        P1,          s2,       Pipe P1,       Stage s2,   2,        0.3,                 false,     false
        P1,          s3,       Pipe P1,       Stage s3,   3,        0.6,                 false,     false
        P2,          b1,       Pipe P2,       Stage b1,   1,        0.2,                 false,     false
        P2,          b2,       Pipe P2,       Stage b2,   2,        0.4,                 false,     false
        PO,          o1,       Pipe PO,       Stage o1,   1,        0.2,                 false,     false
        PO,          o2,       Pipe PO,       Stage o2,   2,        0.5,                 false,     false
        PW,          won,      Pipe PW,       Stage won,  8,        1,                   true,      true
        PW,          lost,     Pipe PW,       Stage lost, 9,        0,                   true,      false
        P1,          won,      Pipe P1,       Stage won,  8,        1,                   true,      true
        P1,          lost,     Pipe P1,       Stage lost, 9,        0,                   true,      false
        P2,          won,      Pipe P2,       Stage won,  8,        1,                   true,      true
        P2,          lost,     Pipe P2,       Stage lost, 9,        0,                   true,      false
        PO,          won,      Pipe PO,       Stage won,  8,        1,                   true,      true
        PO,          lost,     Pipe PO,       Stage lost, 9,        0,                   true,      false
        P3,          c1,       Pipe P3,       Stage c1,   1,        0.2,                 false,     false
        P3,          c2,       Pipe P3,       Stage c2,   2,        0.4,                 false,     false
    """,
    "opportunities": """
        opportunity_id, account_id, owner_id, pipeline_id, stage_id, type,    amount, probability, lead_source, lost_reason, created_at,       expected_close_date, closed_at,        is_closed, is_won, is_deleted, merged_into_id
        D1,             a2,         ow,       PW,          won,      new,     100,    ,            web,         ,            2024-12-01 10:00, ,                    2025-01-10 10:00, ,          ,       ,
        D2,             ,           ow,       PW,          won,      new,     50,     ,            fair,        ,            2024-12-11 10:00, ,                    2025-01-10 10:00, ,          ,       ,
        D3,             ,           ow,       PW,          won,      renewal, 60,     ,            web,         ,            2024-12-31 10:00, ,                    2025-01-20 10:00, ,          ,       ,
        D4,             ,           ow,       PW,          lost,     new,     70,     ,            web,         No decision, 2024-12-05 10:00, ,                    2025-01-25 10:00, ,          ,       ,
        D5,             ,           ow2,      PW,          won,      new,     80,     ,            ,            ,            2025-01-02 10:00, ,                    2025-01-30 10:00, ,          ,       ,
        D6,             ,           ow2,      PW,          lost,     new,     0,      ,            ,            price,       2025-01-03 10:00, ,                    2025-01-30 11:00, ,          ,       ,
        D7,             ,           ow2,      PW,          lost,     new,     ,       ,            ,            price,       2025-01-04 10:00, ,                    2025-01-30 12:00, ,          ,       ,
        D8,             ,           ow2,      PW,          won,      new,     90,     ,            ,            ,            2025-01-05 10:00, ,                    2025-02-05 10:00, ,          ,       ,
        D9,             ,           ow2,      PW,          lost,     new,     0,      ,            ,            price,       2025-01-06 10:00, ,                    2025-02-06 10:00, ,          ,       ,
        D10,            ,           ow2,      PW,          won,      new,     10,     ,            ,            ,            2025-02-10 10:00, ,                    2025-02-05 12:00, ,          ,       ,
        D0,             ,           ow,       PW,          a,        new,     500,    ,            ,            ,            2025-06-01 10:00, 2025-06-25,          ,                 ,          ,       ,
        D11,            ,           ow3,      PW,          won,      new,     20,     ,            ,            ,            2025-05-02 10:00, ,                    2025-05-02 18:00, ,          ,       ,
        D12,            ,           ow3,      PW,          a,        new,     30,     ,            ,            ,            2025-06-02 10:00, ,                    ,                 ,          ,       ,
        F1,             ,           uf,       P1,          won,      new,     10,     ,            ,            ,            2025-03-01 10:00, ,                    2025-03-25 10:00, ,          ,       ,
        F2,             ,           uf,       P1,          lost,     new,     20,     ,            ,            price,       2025-03-02 10:00, ,                    2025-03-22 10:00, ,          ,       ,
        F3,             ,           uf,       P1,          lost,     new,     30,     ,            ,            price,       2025-03-03 10:00, ,                    2025-03-29 10:00, ,          ,       ,
        F4,             ,           uf,       P1,          s1,       new,     40,     ,            ,            ,            2025-03-10 10:00, ,                    ,                 ,          ,       ,
        F5,             ,           uf,       P1,          won,      new,     50,     ,            ,            ,            2025-03-11 10:00, ,                    2025-03-21 10:00, ,          ,       ,
        X1,             ,           ux,       P2,          won,      new,     1,      ,            ,            ,            2025-03-01 10:00, ,                    2025-03-07 10:00, ,          ,       ,
        X2,             ,           ux,       P2,          won,      new,     1,      ,            ,            ,            2025-03-01 10:00, ,                    2025-03-07 10:00, ,          ,       ,
        X3,             ,           ux,       P2,          won,      new,     1,      ,            ,            ,            2025-03-01 10:00, ,                    2025-03-07 10:00, ,          ,       ,
        X4,             ,           ux,       P2,          won,      new,     1,      ,            ,            ,            2025-03-01 10:00, ,                    2025-03-07 10:00, ,          ,       ,
        X5,             ,           ux,       P2,          won,      new,     1,      ,            ,            ,            2025-03-01 10:00, ,                    2025-03-07 10:00, ,          ,       ,
        Y1,             ,           ux,       P2,          lost,     new,     1,      ,            ,            price,       2025-04-01 10:00, ,                    2025-04-13 10:00, ,          ,       ,
        Y2,             ,           ux,       P2,          lost,     new,     1,      ,            ,            price,       2025-04-01 10:00, ,                    2025-04-13 10:00, ,          ,       ,
        Y3,             ,           ux,       P2,          lost,     new,     1,      ,            ,            price,       2025-04-01 10:00, ,                    2025-04-13 10:00, ,          ,       ,
        Y4,             ,           ux,       P2,          lost,     new,     1,      ,            ,            price,       2025-04-01 10:00, ,                    2025-04-13 10:00, ,          ,       ,
        Y5,             ,           ux,       P2,          lost,     new,     1,      ,            ,            price,       2025-04-01 10:00, ,                    2025-04-13 10:00, ,          ,       ,
        Z1,             ,           uz,       P2,          lost,     new,     5,      ,            ,            price,       2025-04-25 00:00, ,                    2025-05-10 10:00, ,          ,       ,
        Z2,             ,           uz,       P2,          b2,       new,     9,      ,            ,            ,            2025-04-01 10:00, ,                    ,                 ,          ,       ,
        W1,             ,           ua,       PO,          o2,       new,     100,    ,            ,            ,            2025-03-15 10:00, 2025-05-20,          ,                 ,          ,       ,
        W2,             ,           ua,       PO,          won,      new,     60,     ,            ,            ,            2025-05-05 10:00, 2025-05-25,          2025-05-20 10:00, ,          ,       ,
        W3,             ,           ua,       PO,          o1,       new,     80,     ,            ,            ,            2025-03-15 10:00, 2025-07-01,          ,                 ,          ,       ,
        W4,             ,           ua,       PO,          o1,       new,     40,     ,            ,            ,            2025-03-15 10:00, 2025-05-30,          ,                 ,          ,       ,
        W5,             ,           ua,       PO,          lost,     new,     0,      ,            ,            price,       2025-03-15 10:00, 2025-04-10,          2025-05-10 10:00, ,          ,       ,
        W6,             ,           ub,       PO,          o1,       new,     25,     ,            ,            ,            2025-03-15 10:00, 2025-05-31,          ,                 ,          ,       ,
        W7,             ,           ua,       PO,          o1,       new,     15,     ,            ,            ,            2025-03-15 10:00, 2025-05-28,          ,                 ,          ,       ,
        W8,             ,           ua,       PO,          won,      new,     75,     ,            ,            ,            2025-03-15 10:00, 2025-05-30,          2025-05-28 10:00, ,          ,       ,
        W9,             ,           ua,       PO,          o1,       new,     1000,   ,            ,            ,            2025-03-15 10:00, 2025-05-30,          ,                 ,          ,       true,
        W10,            ,           ua,       PO,          lost,     new,     12,     ,            ,            price,       2025-05-06 10:00, ,                    2025-05-16 10:00, ,          ,       ,
        W11,            ,           ua,       PO,          o1,       new,     33,     0.9,         ,            ,            2025-06-01 10:00, ,                    ,                 ,          ,       ,
        W12,            ,           ua,       PO,          o1,       new,     1000,   ,            ,            ,            2025-03-15 10:00, 2025-05-30,          ,                 ,          ,       ,           W1
        W13,            ,           ub,       PO,          won,      new,     8,      ,            ,            ,            2025-06-10 10:00, 2025-06-20,          2025-06-16 08:00, ,          ,       ,
        D13,            ,           ux,       PW,          zz,       new,     2,      ,            ,            ,            2025-05-01 10:00, ,                    2025-05-03 10:00, true,      true,   ,
        C1,             ,           uc,       PW,          won,      new,     3,      ,            ,            ,            2025-05-02 10:00, ,                    2025-05-10 09:00, ,          ,       ,
        C2,             ,           uc,       PW,          won,      new,     4,      ,            ,            ,            2025-05-02 10:00, ,                    2025-05-20 09:00, ,          ,       ,
        C3,             ,           uc,       PO,          o1,       new,     7,      ,            ,            ,            2025-03-20 10:00, 2025-05-31,          ,                 ,          ,       ,
        H1,             ,           uh,       P3,          c2,       new,     1,      ,            ,            ,            2025-01-05 10:00, ,                    ,                 ,          ,       ,
        H2,             ,           uh,       P2,          lost,     new,     1,      ,            ,            price,       2025-01-05 10:00, ,                    2025-04-02 10:00, ,          ,       ,
        D14,            ,           ub,       PW,          won,      new,     30,     ,            ,            ,            2024-05-01 10:00, ,                    2024-05-10 10:00, ,          ,       ,
        D15,            ,           ub,       PW,          lost,     new,     90,     ,            ,            price,       2024-05-01 10:00, ,                    2024-05-11 10:00, ,          ,       ,
        D16,            ,           ub,       PW,          lost,     new,     500,    ,            ,            price,       2024-03-01 10:00, ,                    2024-03-31 10:00, ,          ,       ,
    """,
    # What was known from the moment of each row on.
    "opportunity_stage_history": """
        history_id, opportunity_id, from_stage_id, to_stage_id, amount, expected_close_date, owner_id, changed_at
        h001,       D6,             ,              a,           40,     ,                    ow2,      2025-01-03 10:00
        h002,       D6,             a,             lost,        0,      ,                    ow2,      2025-01-30 11:00
        h003,       D9,             ,              a,           55,     ,                    ow2,      2025-01-06 10:00
        h004,       D9,             a,             a,           40,     ,                    ow2,      2025-01-20 10:00
        h005,       D9,             a,             lost,        0,      ,                    ow2,      2025-02-06 10:00
        h006,       F1,             ,              s1,          10,     ,                    ug,       2025-03-01 10:00
        h007,       F1,             s1,            s2,          10,     ,                    ug,       2025-03-05 10:00
        h008,       F1,             s2,            s3,          10,     ,                    uf,       2025-03-15 10:00
        h009,       F1,             s3,            won,         10,     ,                    uf,       2025-03-25 10:00
        h010,       F2,             ,              s1,          20,     ,                    uf,       2025-03-02 10:00
        h011,       F2,             s1,            s3,          20,     ,                    uf,       2025-03-12 10:00
        h012,       F2,             s3,            lost,        20,     ,                    uf,       2025-03-22 10:00
        h013,       F3,             ,              s1,          30,     ,                    uf,       2025-03-03 10:00
        h014,       F3,             s1,            s2,          30,     ,                    uf,       2025-03-07 10:00
        h015,       F3,             s2,            s1,          30,     ,                    uf,       2025-03-09 10:00
        h016,       F3,             s1,            s2,          30,     ,                    uf,       2025-03-19 10:00
        h017,       F3,             s2,            lost,        30,     ,                    uf,       2025-03-29 10:00
        h018,       F4,             ,              s1,          40,     ,                    uf,       2025-03-10 10:00
        h019,       F5,             ,              s1,          50,     ,                    uf,       2025-03-11 10:00
        h020,       F5,             s1,            won,         50,     ,                    uf,       2025-03-21 10:00
        h021,       X1,             ,              b1,          1,      ,                    ux,       2025-03-01 10:00
        h022,       X1,             b1,            b2,          1,      ,                    ux,       2025-03-03 10:00
        h023,       X1,             b2,            won,         1,      ,                    ux,       2025-03-07 10:00
        h024,       X2,             ,              b1,          1,      ,                    ux,       2025-03-01 10:00
        h025,       X2,             b1,            b2,          1,      ,                    ux,       2025-03-03 10:00
        h026,       X2,             b2,            won,         1,      ,                    ux,       2025-03-07 10:00
        h027,       X3,             ,              b1,          1,      ,                    ux,       2025-03-01 10:00
        h028,       X3,             b1,            b2,          1,      ,                    ux,       2025-03-03 10:00
        h029,       X3,             b2,            won,         1,      ,                    ux,       2025-03-07 10:00
        h030,       X4,             ,              b1,          1,      ,                    ux,       2025-03-01 10:00
        h031,       X4,             b1,            b2,          1,      ,                    ux,       2025-03-03 10:00
        h032,       X4,             b2,            won,         1,      ,                    ux,       2025-03-07 10:00
        h033,       X5,             ,              b1,          1,      ,                    ux,       2025-03-01 10:00
        h034,       X5,             b1,            b2,          1,      ,                    ux,       2025-03-03 10:00
        h035,       X5,             b2,            won,         1,      ,                    ux,       2025-03-07 10:00
        h036,       Y1,             ,              b1,          1,      ,                    ux,       2025-04-01 10:00
        h037,       Y1,             b1,            b2,          1,      ,                    ux,       2025-04-06 10:00
        h038,       Y1,             b2,            lost,        1,      ,                    ux,       2025-04-13 10:00
        h039,       Y2,             ,              b1,          1,      ,                    ux,       2025-04-01 10:00
        h040,       Y2,             b1,            b2,          1,      ,                    ux,       2025-04-06 10:00
        h041,       Y2,             b2,            lost,        1,      ,                    ux,       2025-04-13 10:00
        h042,       Y3,             ,              b1,          1,      ,                    ux,       2025-04-01 10:00
        h043,       Y3,             b1,            b2,          1,      ,                    ux,       2025-04-06 10:00
        h044,       Y3,             b2,            lost,        1,      ,                    ux,       2025-04-13 10:00
        h045,       Y4,             ,              b1,          1,      ,                    ux,       2025-04-01 10:00
        h046,       Y4,             b1,            b2,          1,      ,                    ux,       2025-04-06 10:00
        h047,       Y4,             b2,            lost,        1,      ,                    ux,       2025-04-13 10:00
        h048,       Y5,             ,              b1,          1,      ,                    ux,       2025-04-01 10:00
        h049,       Y5,             b1,            b2,          1,      ,                    ux,       2025-04-06 10:00
        h050,       Y5,             b2,            lost,        1,      ,                    ux,       2025-04-13 10:00
        h051,       Z1,             ,              b1,          5,      ,                    uz,       2025-04-25 00:00
        h052,       Z1,             b1,            lost,        5,      ,                    uz,       2025-05-10 10:00
        h053,       Z2,             ,              b1,          9,      ,                    uz,       2025-04-01 10:00
        h054,       Z2,             b1,            b2,          9,      ,                    uz,       2025-04-06 10:00
        h055,       W1,             ,              o1,          100,    2025-05-20,          ua,       2025-03-15 10:00
        h056,       W1,             o1,            o2,          100,    2025-05-20,          ua,       2025-04-01 10:00
        h057,       W2,             ,              o1,          50,     2025-05-25,          ua,       2025-05-05 10:00
        h058,       W2,             o1,            won,         60,     2025-05-25,          ua,       2025-05-20 10:00
        h059,       W3,             ,              o1,          70,     2025-05-15,          ua,       2025-03-15 10:00
        h060,       W3,             o1,            o1,          80,     2025-07-01,          ua,       2025-05-10 10:00
        h061,       W4,             ,              o1,          40,     2025-07-10,          ua,       2025-03-15 10:00
        h062,       W4,             o1,            o1,          40,     2025-05-30,          ua,       2025-05-12 10:00
        h063,       W5,             ,              o1,          30,     2025-04-10,          ua,       2025-03-15 10:00
        h064,       W5,             o1,            lost,        0,      2025-04-10,          ua,       2025-05-10 10:00
        h065,       W6,             ,              o1,          20,     2025-05-31,          ua,       2025-03-15 10:00
        h066,       W6,             o1,            o1,          25,     2025-05-31,          ub,       2025-05-15 10:00
        h067,       W7,             ,              o1,          15,     2025-05-28,          ua,       2025-03-15 10:00
        h068,       W7,             o1,            lost,        15,     2025-05-28,          ua,       2025-04-20 10:00
        h069,       W7,             lost,          o1,          15,     2025-05-28,          ua,       2025-05-08 10:00
        h070,       W8,             ,              o1,          90,     2025-05-30,          ua,       2025-03-15 10:00
        h071,       W8,             o1,            o2,          75,     2025-05-30,          ua,       2025-05-18 10:00
        h072,       W8,             o2,            won,         75,     2025-05-30,          ua,       2025-05-28 10:00
        h073,       W10,            ,              o1,          12,     ,                    ua,       2025-05-06 10:00
        h074,       W10,            o1,            lost,        12,     ,                    ua,       2025-05-16 10:00
        h075,       W11,            ,              o1,          33,     ,                    ua,       2025-06-01 10:00
        h076,       W13,            ,              o1,          6,      2025-06-20,          ub,       2025-06-10 10:00
        h077,       W13,            o1,            won,         8,      2025-06-20,          ub,       2025-06-16 08:00
        h900,       C3,             ,              o1,          7,      2025-05-31,          uc,       2025-03-20 10:00
        h901,       H1,             ,              c2,          1,      ,                    uh,       2025-04-10 10:00
        h902,       H2,             ,              b2,          1,      ,                    uh,       2025-03-05 10:00
        h903,       H2,             b2,            lost,        1,      ,                    uh,       2025-04-02 10:00
    """,
    "competitors": """
        competitor_id, name
        x,             Xerxes
        y,             Yang
    """,
    "opportunity_competitors": """
        opportunity_id, competitor_id
        D1,             x
        D1,             y
        D4,             x
    """,
    "leads": """
        lead_id, source, owner_id, created_at,       first_response_at, converted_at,     is_deleted
        L1,      web,    ow,       2025-03-01 10:00, 2025-03-01 12:00,  2025-05-30 23:00,
        L2,      web,    ow,       2025-03-02 10:00, 2025-03-02 15:00,  2025-06-01 09:00,
        L3,      web,    ow,       2025-03-17 10:00, ,                  ,
        L4,      web,    ow2,      2025-03-18 10:00, 2025-03-18 14:00,  2025-03-20 10:00,
        L5,      ,       ow,       2025-02-10 10:00, ,                  2025-06-16 09:00,
        L6,      web,    ow,       2025-03-05 10:00, ,                  2025-03-06 10:00, true
    """,
    "activities": """
        activity_id, type,  owner_id, opportunity_id, happened_at
        k1,          call,  uf,       F1,             2025-03-06 10:00
        k2,          email, ug,       F1,             2025-03-16 10:00
        k3,          call,  ug,       F1,             2025-03-26 10:00
        k4,          call,  ua,       W1,             2025-05-20 10:00
        k5,          note,  ua,       W1,             2025-06-10 10:00
        k6,          call,  ua,       W3,             2025-06-05 10:00
    """,
    "quotas": """
        quota_id, user_id, team_id, period_start, period_end, measure,  amount
        q1,       ,        ta,      2025-04-01,   2025-06-30, bookings, 400
        q2,       ua,      ,        2025-04-01,   2025-06-30, bookings, 100
        q3,       ub,      ,        2025-04-01,   2026-03-31, bookings, 365
        q4,       ow,      ,        2025-04-01,   2025-06-30, bookings, 1000
    """,
}

DEALS = Company(
    name="deals",
    settings=_DEALS_SETTINGS,
    as_of=date(2025, 6, 15),
    at=datetime(2025, 6, 16, 14, tzinfo=UTC),
    tables=_DEALS,
    earlier=(
        # Cem was in tq before he was in tr.
        Extracted(
            datetime(2025, 4, 1, 2, tzinfo=UTC),
            {
                "teams": _DEALS["teams"],
                "users": _DEALS["users"].replace("Cem,  tr,      RR", "Cem,  tq,      RQ"),
            },
        ),
        Extracted(datetime(2025, 5, 15, 2, tzinfo=UTC), {"users": _DEALS["users"]}),
    ),
)
AS_OF_MAY = DEALS.on(date(2025, 5, 11))

# ---------------------------------------------------------------------------------- the bare one
# New York, fiscal years from April, weeks from Sunday, asked on Thursday 2025-03-20. It has no
# costs, quotas, returns, leads, activities, users and no history of stages: what became of its deals
# only the extractions tell.

_BARE_SETTINGS = """
company:
  name: Golden bare
  timezone: America/New_York
  currency: USD
  fiscal_year_start: 4
  week_start: sunday
  holidays: US
analysis:
  on_time_basis: shipped
"""


def _bare_deals(*rows: str) -> str:
    header = (
        "opportunity_id, owner_id, pipeline_id, stage_id, amount, created_at, expected_close_date,"
        " closed_at, currency_code"
    )
    return "\n".join((header, *rows))


_BARE = {
    "accounts": "account_id, name",
    "pipeline_stages": """
        pipeline_id, stage_id, pipeline_name, stage_name, position, default_probability, is_closed, is_won
        q,           q1,       Queue,         First,      1,        0.2,                 false,     false
        q,           q2,       Queue,         Second,     2,        0.5,                 false,     false
        q,           won,      Queue,         Won,        3,        1,                   true,      true
        q,           lost,     Queue,         Lost,       4,        0,                   true,      false
    """,
    "opportunities": _bare_deals(
        "N1, z1, q, q2,  120, 2025-02-20 10:00, 2025-03-31,,",
        "N3, z1, q, q1,  50,  2025-02-20 10:00, 2025-03-31,,",
        "N4, z1, q, won, 75,  2025-02-20 10:00, 2025-03-31, 2025-03-10 15:00,",
        "N5, ,   q, q1,  9,   2025-03-05 10:00, 2025-03-25,,",
        "N6, z2, q, q1,  10,  2025-03-10 10:00, , , EUR",
        "N7, z2, q, won, 10,  2025-03-01 10:00, , 2025-03-05 10:00, EUR",
    ),
    "customers": "customer_id, name",
    "products": """
        product_id, name
        p1,         One
    """,
    "orders": """
        order_id, status,    ordered_at,           promised_date, currency_code
        b1,       confirmed, 2024-02-28 10:00,     ,
        b2,       confirmed, 2024-02-29 10:00,     ,
        b10,      confirmed, 2024-03-20 10:00,     ,
        b9,       confirmed, 2024-03-31 10:00,     ,
        b8,       confirmed, 2024-04-01 10:00,     ,
        b14,      confirmed, 2024-12-08 10:00,     ,              EUR
        b13,      confirmed, 2025-01-10 10:00,     ,              EUR
        b4,       confirmed, 2025-02-15 10:00,     2025-02-18,
        b7,       confirmed, 2025-03-09T04:30:00Z, ,
        b5,       confirmed, 2025-03-09T06:30:00Z, ,
        b6,       confirmed, 2025-03-10T04:30:00Z, ,
        b11,      confirmed, 2025-03-14 10:00,     2025-03-15,
        b12,      confirmed, 2025-03-17 10:00,     ,
    """,
    "order_lines": """
        order_line_id, order_id, product_id, quantity, unit_price
        b1a,           b1,       p1,         1,        10
        b2a,           b2,       p1,         2,        10
        b10a,          b10,      p1,         1,        5
        b9a,           b9,       p1,         1,        7
        b8a,           b8,       p1,         10,       10
        b14a,          b14,      p1,         1,        100
        b13a,          b13,      p1,         1,        100
        b4a,           b4,       p1,         3,        10
        b7a,           b7,       p1,         1,        13
        b5a,           b5,       p1,         1,        11
        b6a,           b6,       p1,         1,        12
        b11a,          b11,      ,           1,        50
        b12a,          b12,      p1,         1,        8
    """,
    "shipments": """
        shipment_id, order_id, shipped_at,       delivered_at
        s4,          b4,       2025-02-18 10:00, 2025-02-20 10:00
        s11,         b11,      2025-03-16 10:00, 2025-03-16 20:00
    """,
    "exchange_rates": """
        currency_code, rate_date,  rate
        EUR,           2024-12-01, 1.1
        EUR,           2025-03-14, 1.2
    """,
}

BARE = Company(
    name="bare",
    settings=_BARE_SETTINGS,
    as_of=date(2025, 3, 20),
    at=datetime(2025, 3, 21, 14, tzinfo=UTC),
    tables=_BARE,
    earlier=(
        Extracted(
            datetime(2025, 3, 3, 15, tzinfo=UTC),
            {
                "pipeline_stages": _BARE["pipeline_stages"],
                "opportunities": _bare_deals(
                    "N1, z1, q, q1, 100, 2025-02-20 10:00, 2025-03-31,,",
                    "N3, z1, q, q1, 50,  2025-02-20 10:00, 2025-03-31,,",
                    "N4, z1, q, q1, 70,  2025-02-20 10:00, 2025-03-31,,",
                ),
            },
        ),
        # Noon of New York's winter time.
        Extracted(
            datetime(2025, 3, 7, 17, tzinfo=UTC),
            {
                "opportunities": _bare_deals(
                    "N1, z1, q, q1, 100, 2025-02-20 10:00, 2025-03-31,,",
                    "N3, z1, q, q2, 50,  2025-02-20 10:00, 2025-03-31,,",
                    "N4, z1, q, q1, 70,  2025-02-20 10:00, 2025-03-31,,",
                    "N5, ,   q, q1, 9,   2025-03-05 10:00, 2025-03-25,,",
                ),
            },
        ),
        # Ten in the morning of its summer time, which began on the 9th.
        Extracted(datetime(2025, 3, 12, 14, tzinfo=UTC), {"opportunities": _BARE["opportunities"]}),
    ),
)

# ------------------------------------------------------------------------------- the customers
# Asked on Sunday 2024-06-30, so that June is over. Orders o1 to o20 hold products C (1-10), D (6-15),
# A (15-20) and B (16-20); a guest's order of two years ago is out of every window.

_CLIENTS_SETTINGS = """
company:
  name: Golden customers
  timezone: Asia/Shanghai
  currency: CNY
"""

_CLIENTS = {
    "users": """
        user_id, name, region, is_active
        u1,      Uma,  East,   true
    """,
    "teams": "team_id, name",
    "accounts": """
        account_id, name
        a1,         Alphas
        a2,         Betas
        a3,         Gammas
    """,
    "pipeline_stages": """
        pipeline_id, stage_id, pipeline_name, stage_name, position, is_closed, is_won
        p,           s1,       Pipe,          First,      1,        false,     false
        p,           won,      Pipe,          Won,        2,        true,      true
        p,           lost,     Pipe,          Lost,       3,        true,      false
    """,
    # L1 names its deal, d2 and d3 name their lead.
    "opportunities": """
        opportunity_id, name, account_id, pipeline_id, stage_id, amount, lead_id, created_at,       closed_at
        d1,             D1,   a3,         p,           won,      500,    ,        2024-05-10 10:00, 2024-06-10 10:00
        d2,             D2,   a3,         p,           won,      300,    L3,      2024-06-02 10:00, 2024-06-20 10:00
        d3,             D3,   a3,         p,           lost,     90,     L2,      2024-05-21 10:00, 2024-06-01 10:00
        d4,             D4,   a3,         p,           won,      70,     L4,      2024-05-21 10:00, 2024-06-01 10:00
    """,
    "leads": """
        lead_id, source,   owner_id, referred_by_account_id, created_at,       converted_at,     converted_opportunity_id
        L1,      referral, u1,       a1,                     2024-05-02 10:00, 2024-05-10 10:00, d1
        L2,      referral, u1,       a1,                     2024-05-20 10:00, ,
        L3,      referral, u1,       a2,                     2024-06-01 10:00, 2024-06-02 10:00,
        L4,      web,      u1,       ,                       2024-05-20 10:00, 2024-05-21 10:00, d4
    """,
    "customers": """
        customer_id, account_id, name, segment, region
        k1,          a1,         One,  Big,     North
        k2,          a2,         Two,  Big,     North
        k3,          ,           Tri,  Small,   South
        k4,          ,           Four, Small,   South
        k5,          ,           Five, Small,   South
        k6,          ,           Six,  ,        North
        k7,          ,           Sev,  Small,   South
        k8,          ,           Ate,  Small,   South
        k9,          ,           Nine, Small,   South
    """,
    "products": """
        product_id, sku, name,  category, unit_cost, is_active
        A,          A,   Aroma, X,        6,         true
        B,          B,   Blend, X,        6,         true
        C,          C,   Cream, Y,        6,         true
        D,          D,   Drops, Y,        6,         true
    """,
    "orders": """
        order_id, customer_id, channel, status,    ordered_at
        o0,       ,            web,     confirmed, 2022-06-30 10:00
        o1,       k1,          web,     confirmed, 2024-01-10 10:00
        o2,       k1,          web,     confirmed, 2024-01-10 11:00
        o3,       k1,          web,     confirmed, 2024-02-09 10:00
        o4,       k1,          web,     confirmed, 2024-03-10 10:00
        o5,       k2,          web,     confirmed, 2024-01-15 10:00
        o6,       k2,          web,     confirmed, 2024-04-14 10:00
        o7,       k3,          shop,    confirmed, 2024-01-20 10:00
        o8,       k3,          shop,    confirmed, 2024-04-20 10:00
        o9,       k3,          shop,    confirmed, 2024-06-10 10:00
        o10,      k4,          web,     confirmed, 2024-04-01 10:00
        o11,      k6,          web,     confirmed, 2024-04-02 10:00
        o12,      k6,          web,     confirmed, 2024-04-05 10:00
        o13,      k7,          web,     confirmed, 2024-05-01 10:00
        o14,      k7,          web,     confirmed, 2024-05-11 10:00
        o15,      k9,          shop,    confirmed, 2024-01-25 10:00
        o16,      k7,          web,     confirmed, 2024-05-21 10:00
        o17,      k7,          web,     confirmed, 2024-05-31 10:00
        o18,      k7,          web,     confirmed, 2024-06-30 10:00
        o19,      k8,          shop,    confirmed, 2024-01-02 10:00
        o20,      k8,          shop,    confirmed, 2024-06-20 10:00
    """,
    "order_lines": "\n".join(
        [
            "order_line_id, order_id, product_id, quantity, unit_price",
            *(
                f"o{number}{product}, o{number}, {product}, 1, 10"
                for product, numbers in {
                    "A": (0, *range(15, 21)),
                    "B": (0, *range(16, 21)),
                    "C": range(1, 11),
                    "D": range(6, 16),
                }.items()
                for number in numbers
            ),
        ]
    ),
    # n6's end is not known yet on the day asked, and n8 has not begun.
    "contracts": """
        contract_id, customer_id, product_id, starts_on,  ends_on,    monthly_amount, cancelled_on
        n1,          k1,          A,          2024-01-01, ,           100,
        n2,          k1,          B,          2024-02-15, ,           50,             2024-04-01
        n3,          k2,          ,           2024-01-31, 2024-03-31, 200,
        n4,          k2,          ,           2024-06-01, ,           80,
        n5,          k3,          ,           2024-03-05, ,           40,             2024-03-31
        n6,          k4,          ,           2024-05-31, ,           60,             2024-07-01
        n8,          k6,          ,           2024-07-01, ,           70,
    """,
    # t4 is resolved on the day after the day asked.
    "tickets": """
        ticket_id, customer_id, owner_id, category, priority, channel, created_at,       first_response_at, resolved_at,      reopened_count
        t1,        k1,          u1,       bug,      high,     mail,    2024-06-03 10:00, 2024-06-03 12:00,  2024-06-04 10:00, 1
        t2,        k1,          u1,       bug,      low,      mail,    2024-06-07 17:00, 2024-06-08 11:00,  ,                 0
        t3,        k2,          ,         ,         low,      phone,   2024-05-31 09:00, ,                  2024-06-05 09:00, 0
        t4,        k2,          u1,       ask,      low,      phone,   2024-06-28 10:00, ,                  2024-07-01 10:00, 0
    """,
}

CLIENTS = Company(
    name="clients",
    settings=_CLIENTS_SETTINGS,
    as_of=date(2024, 6, 30),
    at=datetime(2024, 7, 2, 14, tzinfo=UTC),
    tables=_CLIENTS,
    areas=("core", "sales", "customers"),
)
CLIENTS_IN_JANUARY = CLIENTS.on(date(2024, 1, 9))
