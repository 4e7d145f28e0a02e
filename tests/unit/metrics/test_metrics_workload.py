"""What a programme asks of people, counted by hand."""

from datetime import timedelta

import pytest

from rsm.kernel.words import Level
from rsm.metrics import workload
from rsm.metrics.workload_model import MessageRow, Stay
from tests.simulated_samples import (
    MINUTES,
    MONDAY,
    alert,
    busy,
    figures_of,
    report,
    run_of,
    site,
)


def test_load_is_of_the_days_on_which_nearly_everybody_is_enrolled() -> None:
    stays = [Stay(MONDAY + timedelta(days=number), None) for number in range(10)]
    found = workload.days([site(stays=stays)], MINUTES)
    assert [day.active for day in found[:10]] == list(range(1, 11))
    full = workload.at_full_strength(found)
    assert min(full) == MONDAY + timedelta(days=7)  # eight of ten
    load = figures_of(site([alert(0), alert(7), alert(9)], stays=stays)).load
    assert (load.alerts, load.days) == (2, 21)


def test_whoever_ends_is_enrolled_no_more() -> None:
    gone = Stay(MONDAY - timedelta(days=30), MONDAY + timedelta(days=3))
    before = Stay(MONDAY - timedelta(days=30), MONDAY - timedelta(days=1))
    found = workload.days([site(stays=[gone, before, Stay(MONDAY, None)])], MINUTES)
    assert [day.active for day in found[:5]] == [2, 2, 2, 1, 1]


def test_a_day_without_an_alert_is_a_day_too() -> None:
    alerts = [alert(day) for day in (0, 0, 0, 5)]
    per_day = figures_of(site(alerts)).load.per_day
    assert (per_day.median, per_day.p90, per_day.highest) == (0, 0, 3)


def test_the_ninth_tenth_is_met_by_nine_days_in_ten() -> None:
    spread = workload.spread([1, 2, 3, 4, 5, 6, 7, 8, 9, 50])
    assert (spread.median, spread.p90, spread.highest) == (5, 9, 50)
    assert workload.spread([]).highest == 0


def test_an_hour_is_that_of_the_wall_clock_and_a_mean_of_all_days() -> None:
    alerts = [alert(0, 9, Level.URGENT), alert(1, 9), alert(1, 23)]
    load = figures_of(site(alerts)).load
    assert load.by_hour[9] == pytest.approx(2 / 28, abs=1e-4)
    assert load.pressing_by_hour[9] == pytest.approx(1 / 28, abs=1e-4)
    assert sum(load.by_hour) == pytest.approx(3 / 28, abs=1e-3)
    assert load.most_in_an_hour == 1


def test_hours_of_work_follow_from_minutes_each() -> None:
    load = figures_of(busy(3)).load
    assert load.nurse_hours_per_week == pytest.approx((3 * 28 + 2) * 10 / 60 / 4)
    assert load.call_hours_per_week == pytest.approx(3 * 9 / 60 / 4)


def test_an_alert_that_nobody_took_counts_as_longest() -> None:
    waits = figures_of(site([alert(minutes=5), alert(minutes=None)])).acknowledge
    assert (waits["all"].median, waits["all"].p90) == (5, None)
    assert waits["emergency"].alerts == 0
    assert waits["emergency"].median is None


def test_waits_in_and_out_of_hours_stand_apart() -> None:
    waits = figures_of(site([alert(minutes=5), alert(minutes=300, out_of_hours=True)])).acknowledge
    assert (waits["in_hours"].median, waits["out_of_hours"].median) == (5, 300)


def test_measures_have_their_denominators() -> None:
    reports = [report(alerted=True), report(by_call=True), report(), report()]
    found = figures_of(site(reports=reports))
    counted = {one.measure: (one.part, one.whole) for one in found.measures}
    assert counted["weekly_completion"] == (36, 40)
    assert counted["by_patient"] == (35, 40)
    assert counted["by_call"] == (1, 40)
    assert counted["alerting_surveys"] == (1, 4)
    assert counted["patients_alerted"] == (1, 4)
    assert counted["acted_upon"] == (1, 2)
    assert found.answer_hours == 5


def test_runs_are_counted_together_day_for_day() -> None:
    quiet, loud = busy(1), busy(5)
    found = figures_of(quiet, loud)
    assert found.load.days == 56
    assert (found.load.per_day.median, found.load.per_day.highest) == (1, 5)
    assert found.patients == 10
    assert [(one.patients, one.alerts_per_week) for one in found.sites] == [(10, 21)]
    acted = found.measured("acted_upon")
    assert acted is not None
    assert (acted.part, acted.whole) == (2, 4)


def test_texts_are_counted_as_carriers_count_them() -> None:
    to_staff = MessageRow("staff", "sms", "staff_alert", "delivered", 5, 5)
    mail = MessageRow("patient", "email", "survey_invite", "delivered", 5, 0)
    patient = MessageRow("patient", "sms", "survey_invite", "delivered", 40, 80)
    traffic = figures_of(site(messages=(to_staff, mail, patient))).traffic
    assert traffic.texts_per_patient_week == 2  # ten patients, four weeks
    assert len(traffic.sent) == 3


def test_nothing_at_all_is_no_error() -> None:
    found = workload.figures([], MINUTES)
    assert (found.load.days, found.load.alerts, found.weeks) == (0, 0, ())
    empty = figures_of(site(days=0, stays=(), weeks=(), messages=(), counted=()))
    assert empty.load.per_day.highest == 0
    assert empty.measured("weekly_completion") is not None


def test_a_run_keeps_its_days() -> None:
    assert len(run_of(busy()).days) == 28
