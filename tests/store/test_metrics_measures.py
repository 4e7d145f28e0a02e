"""Every measure of the eight weeks that are worked out by hand (`tests.hand_courses`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, event, text

from rsm.db.work import EVERYWHERE, Database, Scope
from rsm.kernel.ids import SeededIds
from rsm.metrics import check_rollups, courses, rollup
from rsm.metrics.definitions import MEASURES
from rsm.metrics.dimensions import Dimension
from rsm.metrics.figures import Figure, Together, by_month, by_value, by_week, figures
from rsm.metrics.measure import Kind
from rsm.metrics.model import Days, Span
from rsm.metrics.pieces import divided
from rsm.metrics.statistics.intervals import wilson
from tests.clinic import Clinic, build_clinic
from tests.databases import Doors
from tests.hand_clinic import Rows
from tests.hand_courses import BEGAN, eight_weeks

DAYS = Days(date(2026, 8, 1), date(2026, 10, 19))
RATES = {
    "reach": (5, 7),
    "approached": (6, 7),
    "declined": (1, 6),
    "never_asked": (2, 6),
    "never_sent": (1, 5),
    "activation": (4, 5),
    "follow_up": (3, 4),
    "alerting_patients": (1, 4),
    "silent_before_event": (1, 3),
    "sent": (2, 29),
    "delivered": (1, 29),
    "started": (16, 29),
    "completed": (15, 29),
    "completed_delivered": (1, 1),
    "by_self": (10, 29),
    "assisted": (5, 29),
    "by_proxy": (1, 29),
    "by_staff": (4, 29),
    "late": (0, 29),
    "partial": (1, 29),
    "not_answered": (10, 29),
    "not_sent": (3, 29),
    "alerting": (2, 16),
    "items_alerting": (3, 20),
    "baseline_completed": (4, 5),
    "weekly_adherence": (16, 29),
    "alerting_weeks": (2, 16),
    "monthly_adherence": (7, 12),
    "alerting_months": (2, 7),
    "pressing": (1, 3),
    "viewed_under_48h": (2, 3),
    "viewed_48_to_72h": (0, 3),
    "viewed_3_to_7d": (0, 3),
    "viewed_over_7d": (1, 3),
    "viewed_service_under_48h": (2, 3),
    "viewed_service_48_to_72h": (0, 3),
    "viewed_service_3_to_7d": (0, 3),
    "viewed_service_over_7d": (1, 3),
    "acknowledged_under_48h": (2, 3),
    "acknowledged_48_to_72h": (0, 3),
    "acknowledged_3_to_7d": (0, 3),
    "acknowledged_over_7d": (1, 3),
    "acknowledged_service_under_48h": (2, 3),
    "acknowledged_service_48_to_72h": (0, 3),
    "acknowledged_service_3_to_7d": (0, 3),
    "acknowledged_service_over_7d": (1, 3),
    "closed_under_48h": (0, 3),
    "closed_48_to_72h": (0, 3),
    "closed_3_to_7d": (1, 3),
    "closed_over_7d": (2, 3),
    "closed_service_under_48h": (1, 3),
    "closed_service_48_to_72h": (0, 3),
    "closed_service_3_to_7d": (1, 3),
    "closed_service_over_7d": (1, 3),
    "taken_late": (1, 3),
    "unanswered": (2, 3),
    "acted": (2, 3),
    "not_actionable": (0, 3),
    "expected": (0, 3),
    "no_action": (0, 3),
    "repeats": (1, 2),
    "texts_failed": (1, 2),
    "retained_4": (1, 5),
    "retained_12": (None, 5),
    "retained_24": (None, 5),
    "retained_52": (None, 5),
}
HOUR = 60
OTHERS = {
    "eligible": 7,
    "enrolled": 5,
    "due": 29,
    "called_off": 0,
    "items_answered": 20,
    "baseline_due": 5,
    "unscheduled": 0,
    "patient_weeks": 29,
    "opened": 3,
    "alerts": 3,
    "about_symptoms": 2,
    "view_time": 30,
    "view_time_p90": None,
    "view_time_service": 30,
    "view_time_service_p90": None,
    "acknowledge_time": 2 * HOUR,
    "acknowledge_time_p90": None,
    "acknowledge_time_service": 2 * HOUR,
    "acknowledge_time_service_p90": None,
    "close_time": 240 * HOUR,
    "close_time_p90": None,
    "close_time_service": 80 * HOUR,
    "close_time_service_p90": None,
    "severity_gradient": -168 * HOUR,
    "minutes_spent": 30,
    "told": 0,
    "nobody": 0,
    "open_now": 1,
    "texts": 2,
    "segments": 3,
    "staff_texts": 1,
    "staff_segments": 1,
}


def _live(doors: Doors) -> tuple[Clinic, SeededIds]:
    clinic = build_clinic(doors.web)
    rows = Rows(doors.owner, clinic.site, SeededIds("courses"))
    eight_weeks(clinic, rows)
    rollup.roll_up_all(doors.worker)
    return clinic, rows.ids


@pytest.fixture
def lived(doors: Doors) -> tuple[Clinic, SeededIds]:
    return doors.furnished("clinic of measures", _live)


@pytest.fixture
def clinic(lived: tuple[Clinic, SeededIds]) -> Clinic:
    return lived[0]


@pytest.fixture
def rows(owner: Engine, lived: tuple[Clinic, SeededIds]) -> Rows:
    clinic, ids = lived
    return Rows(owner, clinic.site, ids)


def shown(
    db: Database, clinic: Clinic, days: Days = DAYS, by: Dimension = Dimension.ALL
) -> Mapping[str, Mapping[str, Figure]]:
    with db.begin(Scope.site(clinic.site)) as tx:
        return figures(tx, clinic.site, days, by)


def test_every_measure_comes_out_as_worked_out_by_hand(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    (found,) = shown(web_db, clinic).values()
    assert {id_: (one.part, one.whole) for id_, one in found.items() if one.whole is not None} == {
        id_: pytest.approx(pair) if pair[0] is not None else pair for id_, pair in RATES.items()
    }
    assert {id_: one.part for id_, one in found.items() if one.whole is None} == OTHERS
    assert found["completed"].interval == wilson(15, 29)
    assert list(found) == [measure.id for measure in MEASURES]
    with_interval = {id_ for id_, one in found.items() if one.interval is not None}
    untold = {"retained_12", "retained_24", "retained_52"}  # of nobody seen for so long
    rates = {measure.id for measure in MEASURES if measure.kind is Kind.RATE}
    assert with_interval == rates - untold


def test_retention_weeks_and_months_come_out_as_worked_out_by_hand(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    """August is two Mondays of five patients; Bea's and Dot's October has no survey any more."""
    with web_db.begin(Scope.site(clinic.site)) as tx:
        steps = courses.retention(tx, clinic.site, DAYS)
    assert [(step.time, step.at_risk) for step in steps] == [(0, 5), (1, 4), (3, 2)]
    assert [step.share for step in steps] == pytest.approx([0.8, 0.4, 0.2])
    months = [date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)]
    with web_db.begin(Scope.site(clinic.site)) as tx:
        adherence = by_month(tx, clinic.site, DAYS, "monthly_adherence")[""]
        weekly = by_week(tx, clinic.site, DAYS, "weekly_adherence")[""]
        closing = by_month(tx, clinic.site, DAYS, "close_time")[""]
        waiting = by_month(tx, clinic.site, DAYS, "unanswered")[""]
        live = by_month(tx, clinic.site, DAYS, "open_now")
    assert [(adherence[each].part, adherence[each].whole) for each in months] == [
        (4, 5),
        (2, 5),
        (1, 2),
    ]
    assert sum(each.part or 0 for each in weekly.values()) == 16
    assert min(weekly) == BEGAN
    assert {month: one.part for month, one in closing.items()} == {
        months[1]: 72 * HOUR,
        months[2]: 240 * HOUR,
    }
    assert [(waiting[each].part, waiting[each].whole) for each in months[1:]] == [(1, 1), (1, 2)]
    assert live == {}


def test_nobody_is_lost_by_a_dimension_nor_found_in_a_period_without_data(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    whole = shown(web_db, clinic)[""]
    counts = [each.id for each in MEASURES if each.kind is Kind.COUNT]
    for dimension in Dimension:
        parts = shown(web_db, clinic, by=dimension).values()
        for id_ in counts:
            assert sum(one[id_].part or 0 for one in parts) == whole[id_].part, (dimension, id_)
    before = Days(date(2020, 1, 1), date(2020, 12, 31))
    (found,) = shown(web_db, clinic, before).values()
    assert {one.share for one in found.values()} == {None}
    assert {id_ for id_, one in found.items() if one.part} == {"open_now"}
    assert found["close_time"].part is None


def test_read_one_by_one_each_figure_is_the_same(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    whole = shown(web_db, clinic)[""]
    with web_db.begin(Scope.site(clinic.site)) as tx:
        lazily = Together(tx, clinic.site, (DAYS,)).of(DAYS)
        assert {id_: lazily[id_] for id_ in lazily} == whole


def test_periods_that_are_read_together_have_each_the_figures_that_it_has_alone(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    """They overlap, one lies within another, and one is empty; what is live is in all of them."""
    half, before = Days(date(2026, 9, 10), DAYS.last), Days(date(2020, 1, 1), date(2020, 2, 1))
    within, none = Days(date(2026, 9, 1), date(2026, 9, 30)), Days(DAYS.last, DAYS.first)
    periods = (DAYS, half, within, before, none)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        together = Together(tx, clinic.site, periods)
        for days in periods:
            assert dict(together.of(days)) == figures(tx, clinic.site, days)[""]
        months = Together(tx, clinic.site, divided(DAYS, Span.MONTH).values())
        for measure in MEASURES:
            alone = by_month(tx, clinic.site, DAYS, measure.id).get("", {})
            if not measure.live:
                assert months.by(Span.MONTH, DAYS, measure.id) == alone


def test_however_many_the_periods_are_each_table_is_read_by_one_statement(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    months = tuple(divided(DAYS, Span.MONTH).values())
    with statements(web_db.engine) as seen, web_db.begin(Scope.site(clinic.site)) as tx:
        seen.clear()
        together = Together(tx, clinic.site, (DAYS, *months))
        for days in (DAYS, *months):
            for id_ in ("completed", "not_sent", "opened", "pressing", "closed_under_48h"):
                assert together.of(days)[id_].measure == id_
    assert len(seen) == 3  # surveys, alerts, and how long these took to be closed


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """Every statement of this engine while the block runs."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_one_measure_by_a_dimension_is_as_among_all_of_them(
    clinic: Clinic, rows: Rows, web_db: Database
) -> None:
    whole = shown(web_db, clinic, by=Dimension.SEX)
    with web_db.begin(Scope.site(clinic.site)) as tx:
        for id_ in ("completed", "reach", "closed_under_48h", "retained_4"):
            alone = by_value(tx, clinic.site, DAYS, id_, Dimension.SEX)
            assert alone == {value: found[id_] for value, found in whole.items()}


def test_erasure_leaves_every_figure(
    clinic: Clinic, rows: Rows, owner: Engine, web_db: Database, worker_db: Database
) -> None:
    """Her data key is destroyed: what is left names nobody, and counts as before."""
    before = shown(web_db, clinic)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM data_key"))
    rollup.roll_up_all(worker_db)
    assert shown(web_db, clinic) == before


# --- the check ------------------------------------------------------------------------------------

PLANTED = {
    "day": "UPDATE survey_day SET completed = completed + 1 WHERE day = '2026-09-07'",
    "an alert's day": "UPDATE alert_day SET close = '1234' WHERE day = '2026-09-28'",
    "week": "DELETE FROM survey_span WHERE span = 'week' AND begins = '2026-09-07'",
    "month": "UPDATE survey_span SET answered = 0 WHERE span = 'month'",
    "written": "UPDATE message_day SET segments = 9 WHERE audience = 'staff'",
    "course": "UPDATE patient_course SET alerts = 7 WHERE enrolled_on IS NOT NULL",
    "a course that is gone": "DELETE FROM patient_course WHERE alerts > 0",
}


MONDAYS = [BEGAN + timedelta(weeks=week) for week in (2, 5)]


def checked(db: Database, clinic: Clinic) -> check_rollups.Checked:
    with db.begin(EVERYWHERE) as tx:
        _, patients = check_rollups.within(tx, clinic.site, MONDAYS[0], MONDAYS[-1])
        return check_rollups.check(tx, clinic.site, MONDAYS, patients)


def test_what_is_rolled_up_is_what_it_is_worked_out_to_be(
    clinic: Clinic, rows: Rows, worker_db: Database
) -> None:
    found = checked(worker_db, clinic)
    assert found.wrong == ()
    assert len(found.looked_at) == 2 + 2 + 2 + 1 + 5  # days, their messages, weeks, months, courses


def test_planted_wrong_rows_are_found_and_made_anew(
    clinic: Clinic, rows: Rows, owner: Engine, worker_db: Database
) -> None:
    for planted in PLANTED.values():
        with owner.begin() as connection:
            assert connection.execute(text(planted)).rowcount > 0
        found = checked(worker_db, clinic)
        assert found.wrong, planted
        with worker_db.begin(EVERYWHERE) as tx:
            check_rollups.repair(tx, clinic.site, found.wrong)
        assert checked(worker_db, clinic).wrong == ()  # it waits to be made anew
        rollup.roll_up_all(worker_db)
        assert checked(worker_db, clinic).wrong == ()


def test_the_nightly_check_counts_what_is_wrong_and_looks_again_once_it_is_mended(
    clinic: Clinic, rows: Rows, owner: Engine, worker_db: Database
) -> None:
    check_rollups.check_due(worker_db)
    assert wrong(worker_db) == {clinic.site: 0}
    with owner.begin() as connection:
        connection.execute(text("UPDATE patient_course SET due = 99"))
        connection.execute(text("UPDATE rollup_check SET checked_at = checked_at - interval '1 d'"))
    check_rollups.check_due(worker_db)
    assert wrong(worker_db) == {clinic.site: 7}
    rollup.roll_up_all(worker_db)
    check_rollups.check_due(worker_db)
    assert wrong(worker_db) == {clinic.site: 0}


def test_a_change_while_the_nightly_check_looks_is_no_fault(
    clinic: Clinic,
    rows: Rows,
    owner: Engine,
    worker_db: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between what stands of a day and what it comes to, a survey of that day is no longer planned,
    or again, and the day is made anew: it looks at both as they were when it began."""
    monkeypatch.setattr(check_rollups, "NIGHTLY_DAYS", 100)
    day, other, changes = MONDAYS[0], create_engine(worker_db.engine.url), []
    changed = text("UPDATE occurrence SET scheduled = NOT scheduled WHERE local_date = :day")

    def meanwhile(
        _connection: object, _cursor: object, asked: str, given: object, *_: object
    ) -> None:
        if "FROM survey_day" not in asked or not (
            isinstance(given, dict) and day in given.values()
        ):
            return
        with owner.begin() as connection:
            changes.append(connection.execute(changed, {"day": day}).rowcount)
        rollup.roll_up_all(Database(other, worker_db.ids, worker_db.vault))

    event.listen(worker_db.engine, "after_cursor_execute", meanwhile)
    check_rollups.check_due(worker_db)
    event.remove(worker_db.engine, "after_cursor_execute", meanwhile)
    other.dispose()
    assert changes
    assert all(changes)
    assert wrong(worker_db) == {clinic.site: 0}


def wrong(db: Database) -> dict[UUID, int]:
    with db.begin(EVERYWHERE) as tx:
        return check_rollups.wrong_now(tx)
