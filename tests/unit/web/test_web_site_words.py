"""What the site page says of its figures: the worst first, and no change that may be chance."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rsm.kernel.words import Level
from rsm.metrics.decide import CLOSE_BOUNDS, Ranked, times
from rsm.metrics.figures import Figure
from rsm.metrics.forecast import Week, Work, forecast
from rsm.metrics.lost import Loss
from rsm.metrics.model import Days, LevelFigures
from rsm.metrics.service import WORST_FIRST
from rsm.metrics.statistics.intervals import wilson
from rsm.metrics.statistics.survival import Seen, kaplan_meier
from rsm.web import site_changes, site_findings, site_forecast, site_funnel
from rsm.web.charts_steps import step_chart
from rsm.web.charts_whisker import Whisker, whisker_chart
from rsm.web.manager_period import as_many_before, drawn, last_weeks, steps, whole_weeks
from rsm.web.site_alerts import Load, gradient
from rsm.web.site_equity import groups, name_of
from rsm.web.site_findings import Found
from rsm.web.site_pictures import Drawn, retention
from rsm.web.site_reading import Read
from rsm.web.site_words import Words

EN, ES = Words("site", "en"), Words("site", "es")
NEW_YORK = "America/New_York"


def read(**measures: float | tuple[float, int]) -> Read:
    found = {}
    for name, value in measures.items():
        part, whole = value if isinstance(value, tuple) else (value, None)
        found[name] = Figure(name, part, whole)
    return Read(found)


def levels(open_urgent: int = 0, opened: int = 0) -> tuple[LevelFigures, ...]:
    none = times((), CLOSE_BOUNDS)
    return tuple(
        LevelFigures(level, opened, 0, 0, open_urgent if level is Level.URGENT else 0, none, none)
        for level in WORST_FIRST
    )


def heading(now: Read, before: Read | None = None, words: Words = EN) -> str:
    found = Found(now, now, before or read(), levels())
    return site_findings.sentences(found, words)[0]


def test_the_heading_is_the_worst_news() -> None:
    before = read(completed=(90, 100))
    fell = {"completed": (60, 100)}
    assert heading(read(nobody=1, **fell), before).startswith("Once nobody on duty")
    assert heading(read(**fell), before).startswith("Fewer surveys are finished than before: 60 %")
    assert heading(read(completed=(99, 100)), before).startswith("More surveys are finished")
    assert heading(read(completed=(88, 100)), before) == "88 % of the surveys due are finished."
    assert heading(read(completed=(88, 100)), before, words=ES).startswith("Se terminó el 88 %")


def test_a_few_surveys_are_no_trend() -> None:
    assert heading(read(completed=(2, 4)), read(completed=(3, 4))).startswith("50 %")


def test_a_period_without_data_is_said_plainly() -> None:
    assert heading(read()) == "No survey was due in this period."
    values = [
        fact.value for fact in site_findings.facts(Found(read(), read(), read(), levels()), EN)
    ]
    dash = "\N{EN DASH}"
    assert values == [dash, dash, dash, "0"]


def test_who_was_never_asked_comes_before_who_did_not_answer() -> None:
    now = read(completed=(70, 100), not_sent=(18, 100), not_answered=(10, 100), due=100)
    assert heading(now).startswith("More surveys were never sent (18) than")
    told = site_funnel.never_asked(now, EN)
    assert "18 (18 %) were never sent to anybody and 10 (10 %) were not answered" in told
    assert told.endswith("look there first.")


@pytest.mark.parametrize(
    ("count", "shown"), [(2, "2 urgent alerts are"), (1, "One urgent alert is")]
)
def test_open_urgent_alerts_are_counted_after_the_heading(count: int, shown: str) -> None:
    found = Found(read(completed=(9, 10)), read(), read(), levels(count))
    told = site_findings.sentences(found, EN)
    assert told == ("90 % of the surveys due are finished.", f"{shown} open.")


def test_urgent_alerts_that_are_closed_no_sooner_are_told_of() -> None:
    found = Found(read(severity_gradient=30.0), read(), read(), levels(opened=6))
    assert "Urgent alerts are closed no sooner than the others." in site_findings.sentences(
        found, EN
    )
    quick = Found(read(severity_gradient=-30.0), read(), read(), levels(opened=6))
    assert not any("no sooner" in each for each in site_findings.sentences(quick, EN))


def test_what_is_well_by_a_chart_comes_after_what_is_amiss_and_what_waits() -> None:
    chart, fell = "Closed: 95 %, higher than chance", "Alerting: 40 %, higher than chance"
    good, bad = site_findings.Signalled(chart, worse=False), site_findings.Signalled(fell)
    found = Found(read(completed=(9, 10)), read(), read(), levels(2), (good, bad))
    told = site_findings.sentences(found, EN)
    assert told[:2] == (fell, "2 urgent alerts are open.")
    assert chart in told[2:]
    alone = Found(read(completed=(9, 10)), read(), read(), levels(), (good,))
    assert site_findings.sentences(alone, EN) == ("90 % of the surveys due are finished.", chart)


def test_the_rate_on_top_leaves_out_weeks_in_which_only_those_who_answer_are_known() -> None:
    settled = read(completed=(70, 100), completed_delivered=(70, 90))
    found = Found(read(completed=(90, 100)), settled, read(completed=(71, 100)), levels())
    assert site_findings.facts(found, EN)[0].value == "70 %"
    assert "was 71 %; 78 % of those delivered" in site_findings.facts(found, EN)[0].note
    assert site_findings.sentences(found, EN)[0].startswith("70 %")


def test_an_urgent_alert_that_took_too_long_warns_whatever_is_open_now() -> None:
    found = Found(read(), read(), read(), levels(open_urgent=5), quick=(9, 10))
    urgent = site_findings.facts(found, EN)[2]
    assert (urgent.value, urgent.note, urgent.warn) == ("90 %", "9 of 10", True)
    assert not site_findings.facts(Found(read(), read(), read(), levels(3)), EN)[2].warn


# --- the funnel -------------------------------------------------------------------------------


def test_the_funnel_says_where_most_is_lost_and_leads_to_the_lists() -> None:
    now = read(due=100, sent=(95, 100), delivered=(90, 100), started=(70, 100),
               completed=(60, 100), not_sent=(3, 100), not_answered=(27, 100),
               partial=(10, 100))  # fmt: skip
    funnel = site_funnel.of_surveys(now, EN, lambda loss: f"/lost/{loss}")
    assert funnel.caption == "Most is lost before the first question"
    assert [step.count for step in funnel.steps] == [100, 95, 90, 70, 60]
    lost = [link.url for step in funnel.steps for link in step.lost]
    assert lost == [
        "/lost/not_sent", "/lost/not_delivered", "/lost/not_answered", "/lost/partial",
    ]  # fmt: skip
    assert funnel.steps[4].lost[0].label == "10 begun and not finished"


def test_a_funnel_of_nothing_has_no_losses() -> None:
    address = Loss.__str__
    assert site_funnel.of_surveys(read(), EN, address).caption == "Nothing was due"
    whole = read(due=10, sent=(10, 10), delivered=(10, 10), started=(10, 10), completed=(10, 10))
    assert site_funnel.of_surveys(whole, EN, address).caption == "Nothing is lost on the way"
    assert site_funnel.of_patients(read(), EN, address).caption.startswith("No eligible patient")


def test_patients_are_lost_before_any_survey() -> None:
    now = read(eligible=10, approached=(8, 10), declined=(2, 8), reach=(5, 10))
    funnel = site_funnel.of_patients(now, EN, lambda loss: f"/lost/{loss}")
    assert funnel.caption == "50 % of eligible patients are enrolled: 5 of 10"
    assert [link.label for step in funnel.steps for link in step.lost] == [
        "2 not asked to take part yet",
        "2 declined",
        "1 asked, not enrolled yet",
    ]


# --- what changed -----------------------------------------------------------------------------

NAMES = {measure: measure for measure, _ in site_changes.COMPARED}


def changed(now: Read, before: Read, words: Words = EN) -> tuple[str, tuple[str, ...]]:
    alerts = now.count("opened"), before.count("opened")
    found = site_changes.changes(now, before)
    listed = site_changes.listed(found, alerts, words, NAMES, "these days")
    return listed.heading, listed.lines


def test_a_change_is_one_only_when_its_interval_says_so() -> None:
    told = changed(
        read(completed=(60, 100), sent=(50, 100)), read(completed=(90, 100), sent=(52, 100))
    )
    assert told[0] == "One thing changed since last month"
    assert told[1][0].startswith("completed: 60 %, was 90 %; 30 points less (")
    assert told[1][0].endswith("That is worse.")
    assert told[1][1] == "No change that is more than chance: 1 rate compared."


def test_four_patients_never_change_by_more_than_chance() -> None:
    told = changed(read(completed=(1, 4), opened=2), read(completed=(4, 4), opened=1))
    assert told[0] == "Nothing changed since last month that is more than chance"
    assert told[1][-1].endswith("The difference is no more than chance.")


def test_of_many_rates_one_that_just_leaves_out_nought_is_a_hint() -> None:
    measures = [measure for measure, _ in site_changes.COMPARED]
    before = dict.fromkeys(measures, (50, 100))
    now = {**before, "completed": (36, 100)}  # 14 points: -27 to 0 by itself, among 14 no change
    heading_, lines = changed(read(**now), read(**before))
    assert heading_.startswith("Nothing changed")
    assert lines[0].startswith("A hint only, since of 14 rates")
    assert lines[0].endswith(": completed.")
    alone = changed(read(completed=(36, 100)), read(completed=(50, 100)))
    assert alone[0] == "One thing changed since last month"


def test_of_many_groups_alike_none_is_said_to_differ() -> None:
    alike = {
        str(decade): Figure("completed", part, 100)
        for decade, part in zip(range(1930, 2010, 10), (*[50] * 7, 61), strict=True)
    }
    assert not any(group.differs for group in groups(alike))
    two = {key: alike[key] for key in ("1930", "2000")}
    two["2000"] = Figure("completed", 65, 100)
    assert all(group.differs for group in groups(two))


def test_many_more_alerts_are_a_change_and_a_first_month_has_none() -> None:
    assert changed(read(opened=60), read(opened=20))[0] == "One thing changed since last month"
    heading_, lines = changed(read(completed=(3, 4)), read())
    assert heading_.startswith("Nothing changed")
    assert lines == ("There is no month before this one to compare with.",)
    assert changed(read(), read(), ES)[0].startswith("Nada cambió")


# --- alerts, forecast, groups -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("urgent", "other", "shown"),
    [(60, 600, "closed first: half of them 9 h sooner"), (600, 60, "later"), (60, 60, "no sooner"),
     (None, 60, "cannot be told")],
)  # fmt: skip
def test_the_severity_gradient_in_words(urgent: int | None, other: int, shown: str) -> None:
    close = {Level.URGENT: [Ranked.of({urgent: 1})], Level.SOON: [Ranked.of({other: 1})]}
    assert shown in gradient(Load((), read(), {"close": close}), EN)


def test_the_forecast_says_what_it_is_made_from_or_that_too_little_is_known() -> None:
    found = forecast([Week(40, 40, 10)] * 8, 60, Work(0, 0))
    told = site_forecast.listed(found, EN)
    assert told.heading == "In the next four weeks about 60 alerts, 10 nurse hours"
    assert "is assumed" in told.lines[2]
    assert site_forecast.listed(None, EN).heading == "Too little is known to forecast next month"
    assert site_forecast.listed(None, ES).lines[0].startswith("Hacen falta 4 semanas")


def test_each_group_is_held_against_all_others() -> None:
    found = {
        value: Figure("completed", part, whole)
        for value, part, whole in (("en", 90, 100), ("es", 50, 100), ("", 3, 4), ("zh", 0, 0))
    }
    made = groups(found)
    assert [group.value for group in made] == ["en", "es", "zh", ""]
    assert [group.differs for group in made] == [True, True, False, False]
    assert made[2].share is None
    assert groups({}) == ()


def test_groups_have_names() -> None:
    words = Words("equity", "en")
    named = [name_of(value, words) for value in ("", "1950", "es", "black; white", "5", "Kaiser")]
    assert named == [
        "Not recorded", "Born 1950 to 1959", "Spanish", "Black or African American, White",
        "Most deprived fifth", "Kaiser",
    ]  # fmt: skip


# --- pictures ---------------------------------------------------------------------------------


def test_pictures_of_nobody_and_of_one_have_no_broken_numbers() -> None:
    steps_ = kaplan_meier([Seen(3, ended=True), Seen(5, ended=False)])
    for picture in (
        step_chart((), "c", "weeks", 0),
        step_chart(steps_, "c", "weeks", 5),
        whisker_chart([], None, "c"),
        whisker_chart([Whisker("A & B", 0.5, wilson(1, 2))], 0.5, "c"),
    ):
        assert "nan" not in picture
        assert picture.startswith('<svg class="chart"')
    assert "A &amp; B" in picture


def test_who_last_reported_in_week_twelve_still_reports_at_week_twelve_as_the_measure_has_it() -> (
    None
):
    """Of four, one stops in week 2, one in week 12, two go on to week 20: 75 % at week 12."""
    people = [Seen(2, ended=True), Seen(12, ended=True), *[Seen(20, ended=False)] * 2]
    days = Days(date(2026, 1, 5), date(2026, 10, 18))
    panel = retention(people, Drawn(days, by_month=False, zone=NEW_YORK, words=EN, here="/s?"))
    assert panel.caption == "75 % still report at week 12"
    assert [(row[0], row[1], row[3]) for row in panel.rows] == [
        ("4", "75 %", "3"), ("12", "75 %", "3"),
    ]  # fmt: skip
    nobody = retention((), Drawn(days, by_month=False, zone=NEW_YORK, words=EN, here="/s?"))
    assert (nobody.caption, nobody.rows) == ("Nobody was enrolled in the last year", ())


# --- days -------------------------------------------------------------------------------------


def test_a_period_begins_on_a_monday_of_the_sites_own_clock() -> None:
    sunday_evening = datetime(2026, 11, 2, 3, tzinfo=UTC)  # Sunday 22:00 in New York, winter time
    week = last_weeks(sunday_evening, NEW_YORK, 1)
    assert week == Days(date(2026, 10, 26), date(2026, 11, 1))
    assert as_many_before(week) == Days(date(2026, 10, 19), date(2026, 10, 25))


def test_a_week_is_left_out_until_its_last_surveys_are_over() -> None:
    monday = datetime(2026, 10, 19, 13, tzinfo=UTC)
    assert whole_weeks(monday, NEW_YORK, 4) == Days(date(2026, 9, 14), date(2026, 10, 11))
    friday, saturday = (monday + timedelta(days=days) for days in (4, 5))
    assert whole_weeks(friday, NEW_YORK, 1).last == date(2026, 10, 11)  # surveys may still be open
    assert whole_weeks(saturday, NEW_YORK, 1).last == date(2026, 10, 18)
    assert len(list(steps(drawn(monday, NEW_YORK, 4), by_month=False))) == 26


def test_five_years_are_drawn_by_whole_months() -> None:
    days = drawn(datetime(2026, 10, 19, 13, tzinfo=UTC), NEW_YORK, 260)
    months = list(steps(days, by_month=True))
    assert days.last == date(2026, 9, 30)
    assert all(month.day == 1 for month in months)
    assert 58 <= len(months) <= 60
    assert months[0] - timedelta(days=1) < days.first + timedelta(days=1)
