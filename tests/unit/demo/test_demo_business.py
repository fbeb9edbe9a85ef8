"""The demo looks like a business: seasons, growth, sellers differ, buyers stay or leave."""

from __future__ import annotations

import pytest

# Valid orders with their net sales in CNY.
SALES = """(
    select o.order_id, o.customer_id, o.ordered_at, o.channel, o.opportunity_id,
        sum(l.quantity * l.unit_price - l.discount_amount) * coalesce(max(r.rate), 1) as net,
        sum(case when l.unit_cost is not null then l.quantity * l.unit_cost end) as cost,
        sum(case when l.unit_cost is not null then l.quantity * l.unit_price - l.discount_amount
            end) as net_with_cost
    from orders o join order_lines l using (order_id)
    left join exchange_rates r
        on r.currency_code = o.currency_code and r.rate_date = date(o.ordered_at)
    where o.status not in ('draft', 'cancelled') and o.is_test = 0 and o.is_deleted = 0
    group by o.order_id)"""


def test_the_last_quarter_is_strong_and_the_new_year_quiet(demo):
    by_month = dict(
        demo.ask(f"""select cast(substr(ordered_at, 6, 2) as integer), count(*) from {SALES}
                 group by 1""")
    )  # fmt: skip
    average = sum(by_month.values()) / 12
    assert by_month[2] < 0.7 * average
    assert by_month[12] > 1.35 * average
    assert sum(by_month[m] for m in (10, 11, 12)) == max(
        sum(by_month[m] for m in range(q, q + 3)) for q in (1, 4, 7, 10)
    )


def test_net_sales_grow(demo):
    halves = dict(
        demo.ask(f"""select substr(ordered_at, 1, 4) || (substr(ordered_at, 6, 2) > '06'),
                 sum(net) from {SALES} group by 1""")
    )  # fmt: skip
    assert halves["20241"] > 1.05 * halves["20231"]
    assert halves["20251"] > 1.05 * halves["20241"]
    assert halves["20260"] > 1.02 * halves["20250"]


def test_months_end_in_a_rush(demo):
    share = demo.one(f"""select avg(ordered_at >= date(ordered_at, 'start of month', '+1 month',
                     '-4 days')) from {SALES} where channel <> 'online'""")  # fmt: skip
    assert 0.17 < share < 0.27  # 4 of 30 days would be 0.13
    won = demo.one("""select avg(date(closed_at, '+8 hours') >= date(closed_at, '+8 hours',
                   'start of month', '+1 month', '-4 days')) from opportunities
                   where is_won = 1""")  # fmt: skip
    assert won > 0.25


def test_people_work_on_working_days(demo):
    weekend = demo.one("""select avg(strftime('%w', happened_at, '+8 hours') in ('0', '6'))
                       from activities where lead_id is null""")  # fmt: skip
    assert weekend == 0
    feast = "select count(*) from opportunities where date(created_at, '+8 hours') = '2025-01-29'"
    assert demo.one(feast) == 0


def test_headline_figures_are_those_of_a_sound_company(demo):
    margin = demo.one(f"select 1 - sum(cost) / sum(net_with_cost) from {SALES}")
    win_rate = demo.one("select avg(is_won) from opportunities where is_closed = 1")
    on_time = demo.one("""select avg(arrived <= promised_date) from (select order_id,
                       date(max(delivered_at)) as arrived from shipments group by 1
                       having count(*) = count(delivered_at))
                       join orders using (order_id)""")  # fmt: skip
    nps = demo.one("""select 100 * avg((value_number + 0 >= 9) - (value_number + 0 <= 6))
                   from survey_answers join survey_questions using (question_id)
                   where measure = 'nps'""")  # fmt: skip
    assert margin == pytest.approx(0.455, abs=0.015)
    assert 0.34 < win_rate < 0.41
    assert on_time == pytest.approx(0.90, abs=0.015)
    assert nps == pytest.approx(30, abs=6)


def test_quotas_are_met_by_some_and_missed_by_others(demo):
    found = demo.ask("""
        select user_id, sum(sold) / sum(quota) from (
            select q.user_id, q.amount as quota, (
                select coalesce(sum(d.amount * coalesce(s.share, 1)), 0) from opportunities d
                left join opportunity_splits s using (opportunity_id)
                where d.is_won = 1 and coalesce(s.user_id, d.owner_id) = q.user_id
                and date(closed_at, '+8 hours') between period_start and period_end) as sold
            from quotas q where measure = 'bookings' and user_id is not null
            and period_end <= '2026-06-30')
        group by user_id""")  # fmt: skip
    attained = dict(found)
    assert len(attained) == 8
    assert sum(attained.values()) / 8 == pytest.approx(0.85, abs=0.1)
    assert max(attained.values()) > 1.0
    assert min(attained.values()) < 0.7


def test_sellers_differ_in_win_rate_and_deal_size(demo):
    by_seller = demo.ask("""select avg(is_won), avg(case when is_won then amount end)
                         from opportunities where is_closed = 1 group by owner_id""")  # fmt: skip
    rates, sizes = zip(*by_seller, strict=True)
    assert max(rates) > 0.44
    assert min(rates) < 0.27
    assert max(sizes) > 1.5 * min(sizes)


def test_one_seller_left_one_came_late_one_changed_teams(demo):
    assert demo.ask("""select user_id from users where leave_date is not null
                    and is_active = 0""") == [("U103",)]  # fmt: skip
    assert demo.ask("select user_id from users where hire_date > '2024-01-01'") == [
        ("U106",), ("U109",)]  # fmt: skip
    handed = demo.one("""select count(*) from opportunity_stage_history where owner_id = 'U101'
                      and from_stage_id = to_stage_id and opportunity_id in (select opportunity_id
                      from opportunity_stage_history where owner_id = 'U103')""")  # fmt: skip
    assert handed >= 3
    open_ = "select count(*) from opportunities where owner_id = 'U103' and is_closed = 0"
    assert demo.one(open_) == 0
    moved = demo.one("select date(updated_at, '+8 hours') from users where user_id = 'U108'")
    assert moved == "2025-01-11"


def test_deals_skip_stall_return_and_are_pushed(demo):
    positions = """select h.*, s.position as at, p.position as before, s.is_closed
        from opportunity_stage_history h join opportunities d using (opportunity_id)
        join pipeline_stages s on s.pipeline_id = d.pipeline_id and s.stage_id = to_stage_id
        left join pipeline_stages p
            on p.pipeline_id = d.pipeline_id and p.stage_id = from_stage_id"""
    skips, returns, stays = demo.ask(
        f"""select sum(at > before + 1 and is_closed = 0), sum(at < before), sum(at = before)
        from ({positions})"""
    )[0]
    assert 100 < skips < 400
    assert 100 < returns < 400
    assert 800 < stays < 2_500
    pushes = demo.one("""select count(*) from (select expected_close_date as now,
        lag(expected_close_date) over (partition by opportunity_id order by changed_at) as before
        from opportunity_stage_history) where now > before""")  # fmt: skip
    assert pushes > 1_000


def test_the_open_pipeline_is_about_150_deals_some_overdue(demo):
    open_, overdue = demo.ask("""select count(*), sum(expected_close_date < '2026-06-30')
                              from opportunities where is_closed = 0""")[0]  # fmt: skip
    assert 110 < open_ < 180
    assert 5 < overdue < 40
    by_stage = demo.ask("select stage_id from opportunities where is_closed = 0 group by 1")
    assert len(by_stage) == 7


def test_some_deals_are_lost_to_no_decision(demo):
    share = demo.one(
        "select avg(lost_reason = '未决定') from opportunities where lost_reason <> ''"
    )
    assert 0.15 < share < 0.26


def test_few_customers_bring_most_and_most_come_back(demo):
    spent = sorted(
        (row for row in demo.ask(f"""select sum(net), count(*) from {SALES}
                                 where customer_id is not null group by customer_id""")),
        reverse=True,
    )  # fmt: skip
    top = sum(net for net, _ in spent[: len(spent) // 5]) / sum(net for net, _ in spent)
    assert 0.55 < top < 0.8
    assert 0.8 < sum(orders > 1 for _, orders in spent) / len(spent) < 0.97
    assert max(orders for _, orders in spent) > 10 * sorted(n for _, n in spent)[len(spent) // 2]


def test_some_customers_leave(demo):
    # Of those whose budgets were cut more do.
    silent = dict(demo.ask(f"""select segment = '科研院校', avg(last < '2025-12-31')
        from (select max(ordered_at) as last, customer_id from {SALES}
              where customer_id is not null group by customer_id)
        join customers using (customer_id) group by 1"""))  # fmt: skip
    assert 0.25 < silent[0] < 0.50 < silent[1] < 0.65


def test_the_newcomer_has_one_deal_and_won_it(demo):
    assert demo.ask("select is_closed, is_won from opportunities where owner_id = 'U109'") == [
        (1, 1)]  # fmt: skip
    hired = demo.one("select hire_date from users where user_id = 'U109'")
    assert hired == "2026-04-15"
    assert demo.one(f"""select min(created_at) > '{hired}' from opportunities
                    where owner_id = 'U109'""") == 1  # fmt: skip
    assert demo.one("select count(*) from accounts where owner_id = 'U109'") == 0
    # Plans begin with the first whole month and quarter.
    assert demo.ask("select measure, min(period_start) from quotas where user_id = 'U109'"
                    " group by 1 order by 1") == [
        ("bookings", "2026-07-01"), ("revenue", "2026-05-01")]  # fmt: skip


def test_one_course_is_taught_a_few_at_a_time_and_helps_with_known_customers(demo):
    taught = demo.ask("""select held_on, group_concat(user_id) from training_sessions
        join (select * from training_attendances where has_attended order by user_id)
        using (session_id) where course = '谈判演练' group by 1 order by 1""")  # fmt: skip
    assert taught == [("2025-06-09", "U102,U107"), ("2025-12-08", "U104,U105,U106")]
    rates = dict(demo.ask("""select julianday(closed_at) > julianday(held_on), avg(is_won)
        from opportunities join training_attendances on owner_id = user_id
        join training_sessions using (session_id)
        where course = '谈判演练' and type <> 'new' and is_closed
            and abs(julianday(closed_at) - julianday(held_on)) < 120 group by 1"""))  # fmt: skip
    assert rates[1] > rates[0] + 0.2


def test_won_deals_lead_to_orders_of_their_size(demo):
    ratio, linked = demo.ask(f"""select sum(net) / sum(amount), count(*) from {SALES}
                             join opportunities using (opportunity_id)
                             where currency_code = 'CNY'""")[0]  # fmt: skip
    assert linked > 300
    assert ratio == pytest.approx(1, abs=0.08)


def test_late_deliveries_bring_complaints_and_bad_marks(demo):
    late = """with late as materialized (
        select order_id, max(delivered_at) > promised_date || ' 24' as is_late
        from shipments join orders using (order_id) group by 1 having max(delivered_at) <> '')"""
    with_ticket = dict(
        demo.ask(f"""{late} select is_late, avg(order_id in (select order_id from tickets
                 where order_id <> '')) from late group by 1""")
    )  # fmt: skip
    assert with_ticket[1] > 2 * with_ticket[0]
    marks = dict(
        demo.ask(f"""{late} select is_late, avg(value_number) from survey_answers
                 join survey_questions using (question_id) join survey_responses r
                 using (response_id) join late using (order_id)
                 where measure = 'csat' and r.survey_id = 'S-DELIVERY' group by 1""")
    )  # fmt: skip
    assert marks[0] > marks[1] + 0.4
