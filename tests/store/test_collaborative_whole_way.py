"""From a site's roll-ups and journal to what another site reads, through the worker's round."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, insert

from rsm.collaborative import funnels, service, sharing
from rsm.db.statements import table_of
from rsm.db.work import NOWHERE, Database
from rsm.improvement import service as improvement
from rsm.improvement.model import EntryKind, NewEntry
from rsm.kernel.clock import VirtualClock
from rsm.metrics.tables import SurveyDay
from tests.clinic import Clinic, build_clinic

QUARTER = date(2026, 7, 1)
TRAINED = NewEntry(
    date(2026, 9, 1),
    EntryKind.TRAINING,
    "Front desk trained",
    "Twenty minutes at the desk.",
    strategy="Conduct ongoing training",
    barrier="Access to knowledge and information",
    shared=True,
)


@pytest.fixture
def lakeside(web_db: Database, clock: VirtualClock) -> Clinic:
    clock.advance(timedelta(days=1))
    made = build_clinic(web_db)
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology", 3)
    with made.begin(made.charge) as tx:
        service.join(tx, made.site)
    return made


@pytest.fixture
def hillside(lakeside: Clinic) -> Clinic:
    numbers = ("+12025550102", "+12025550103")
    made = build_clinic(lakeside.db, name="Hillside", numbers=numbers)
    with made.begin(made.charge) as tx:
        service.join(tx, made.site)
    return made


def surveys(owner: Engine, clinic: Clinic, day: date, **counts: int) -> None:
    """A day of the roll-up: everybody, and beside it those of one language."""
    table = table_of(SurveyDay)
    keys = {"site_id", "dimension", "value", "day"}
    nothing = {column.name: 0 for column in table.c if column.name not in keys}
    with owner.begin() as connection:
        for dimension, value in (("all", ""), ("language", "es")):
            row = {"site_id": clinic.site, "dimension": dimension, "value": value, "day": day}
            connection.execute(insert(table).values({**nothing, **row, **counts}))


def shown(clinic: Clinic, measure: str) -> list[tuple[int, int]]:
    """What somebody at this site reads."""
    with clinic.begin() as tx:
        found = funnels.funnel(tx, measure, QUARTER, clinic.site)
    return [(point.part, point.whole) for point in found.points]


def test_a_period_is_the_sum_of_its_days_and_of_nobody_twice(
    lakeside: Clinic, hillside: Clinic, worker_db: Database, owner: Engine
) -> None:
    month = {"due": 60, "completed": 40, "by_self": 25, "assisted": 15, "not_answered": 20}
    surveys(owner, lakeside, date(2026, 7, 1), **month)
    surveys(owner, lakeside, date(2026, 9, 30), **month)
    surveys(owner, lakeside, date(2026, 6, 30), **month)  # the quarter before
    surveys(owner, lakeside, date(2026, 10, 1), **month)  # not over yet
    sharing.share_due(worker_db)
    assert sharing.share_due(worker_db) == 0  # nothing has changed since
    assert shown(hillside, "completed") == [(80, 120)]
    assert shown(hillside, "assisted") == [(30, 120)]


def test_a_site_with_four_patients_is_withheld_and_says_nothing_else(
    lakeside: Clinic, worker_db: Database, owner: Engine
) -> None:
    surveys(owner, lakeside, date(2026, 7, 6), due=4, completed=3, by_self=3, not_answered=1)
    sharing.share_due(worker_db)
    with lakeside.begin() as tx:
        found = funnels.funnel(tx, "completed", QUARTER, lakeside.site)
        assert found.points == ()
        assert [one.own for one in found.withheld] == [True]


def test_a_period_without_anything_due_leaves_no_row(lakeside: Clinic, worker_db: Database) -> None:
    sharing.share_due(worker_db)
    with lakeside.begin() as tx:
        assert funnels.periods(tx) == ()


def test_entries_of_the_journal_are_shared_by_consent_and_while_it_lasts(
    lakeside: Clinic, hillside: Clinic, worker_db: Database
) -> None:
    with lakeside.begin(lakeside.charge) as tx:
        entry = improvement.write(tx, lakeside.site, TRAINED)
        improvement.write(tx, lakeside.site, replace(TRAINED, title="Own", shared=False))
    sharing.share_due(worker_db)
    with hillside.begin() as tx:
        (lesson,) = funnels.lessons(tx)
    assert (lesson.title, lesson.barrier) == (TRAINED.title, TRAINED.barrier)
    assert lesson.name is None
    with lakeside.begin(lakeside.charge) as tx:
        improvement.correct(tx, lakeside.site, entry, replace(TRAINED, shared=False), 1)
    sharing.share_due(worker_db)
    with hillside.begin() as tx:
        assert funnels.lessons(tx) == ()


def test_the_stage_of_onboarding_follows_the_site(
    lakeside: Clinic, worker_db: Database, web_db: Database
) -> None:
    sharing.share_due(worker_db)
    with lakeside.begin() as tx:
        stage = improvement.stage(tx, lakeside.site)
    with web_db.begin(NOWHERE) as tx:
        (one,) = service.onboarding(tx)
    assert (one.place, one.stage) == ("Lakeside Clinic", stage)
