"""The journal in the database: what was written stays, one of two corrections wins."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import Database
from rsm.improvement import cycles, service
from rsm.improvement.cycles import NewStep
from rsm.improvement.model import CycleStage, EntryKind, NewCycle, NewEntry
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.metrics.model import Days
from rsm.sites import uses
from rsm.sites.settings import Exchange, Setting
from tests.clinic import Clinic, build_clinic

OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))
NEW = NewEntry(date(2026, 10, 5), EntryKind.CHAMPION, "Dana named as champion", "Mornings.")


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def test_a_correction_is_a_further_row_and_the_former_one_stays(clinic: Clinic) -> None:
    with clinic.begin(clinic.charge) as tx:
        entry = service.write(tx, clinic.site, NEW)
        other = NewEntry(date(2026, 10, 6), EntryKind.OTHER, "Dana and Ben", shared=True)
        service.correct(tx, clinic.site, entry, other, seen=1)
        (now,) = service.entries(tx, clinic.site, OCTOBER)
        assert (now.id, now.title, now.revision) == (entry, "Dana and Ben", 2)
        assert [one.id for one in service.shared(tx, clinic.site)] == [entry]
        former = [one.title for one in service.history(tx, clinic.site, entry)]
        assert former == ["Dana named as champion", "Dana and Ben"]
        service.withdraw(tx, clinic.site, entry, seen=2)
        assert service.entries(tx, clinic.site, OCTOBER) == ()
        assert service.shared(tx, clinic.site) == ()
        assert len(service.history(tx, clinic.site, entry)) == 3
        with pytest.raises(NotFound):
            service.get(tx, clinic.site, entry)


@pytest.mark.parametrize(
    "table", ["journal_entry", "improvement_cycle", "improvement_step", "go_live_check"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_nobody_changes_or_removes_what_was_written(
    clinic: Clinic, table: str, statement: str
) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), clinic.begin() as tx:
        tx.session.execute(text(statement.format(table)))


def race(work: Callable[[Barrier], None]) -> list[type[Exception] | None]:
    """The same twice at once; what came of each."""
    barrier, ends = Barrier(2), list[type[Exception] | None]()

    def run() -> None:
        try:
            work(barrier)
            ends.append(None)
        except Conflict as error:
            ends.append(type(error))

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_of_two_corrections_at_once_one_wins(clinic: Clinic) -> None:
    with clinic.begin(clinic.charge) as tx:
        entry = service.write(tx, clinic.site, NEW)

    def correct(barrier: Barrier) -> None:
        with clinic.begin(clinic.charge) as tx:
            service.get(tx, clinic.site, entry)
            barrier.wait()
            service.correct(tx, clinic.site, entry, NEW, seen=1)

    assert set(race(correct)) == {None, Conflict}


def test_of_two_steps_at_once_one_wins(clinic: Clinic) -> None:
    new = NewCycle(
        "Call sooner", "completed", "75 %", clinic.nurse, date(2026, 10, 5), date(2026, 11, 2)
    )
    with clinic.begin(clinic.charge) as tx:
        cycle = cycles.open_cycle(tx, clinic.site, new)

    def go_on(barrier: Barrier) -> None:
        with clinic.begin(clinic.charge) as tx:
            cycles.get(tx, clinic.site, cycle)
            barrier.wait()
            step = NewStep(CycleStage.DO, "", clinic.nurse, date(2026, 11, 2))
            cycles.go_on(tx, clinic.site, cycle, step, seen=1)

    assert set(race(go_on)) == {None, Conflict}


def test_what_came_into_use_stands_there_by_itself_until_somebody_puts_it_into_words(
    clinic: Clinic,
) -> None:
    with clinic.begin(clinic.charge) as tx:
        exchange = Exchange(Setting.ROUTES, {"team": "triage"}, None, "Nights were too slow.")
        uses.note(tx, clinic.site, exchange)
        (noted,) = service.entries(tx, clinic.site, OCTOBER)
        assert noted.is_noted
        assert (noted.on, noted.words) == (date(2026, 10, 19), "Nights were too slow.")
        assert noted.title == "Another routing of alerts came into use"
        assert service.get(tx, clinic.site, noted.id) == noted
        own = NewEntry(
            noted.on, EntryKind.STAFFING, "Nights go to the night team", source=noted.source
        )
        service.write(tx, clinic.site, own)
        (now,) = service.entries(tx, clinic.site, OCTOBER)
        assert (now.title, now.is_noted) == ("Nights go to the night team", False)
        with pytest.raises(Conflict):
            service.write(tx, clinic.site, own)


def test_an_entry_says_what_is_wrong_with_it(clinic: Clinic) -> None:
    wrong = NewEntry(date(1990, 1, 1), EntryKind.OTHER, " ", "x" * 2001, "y" * 121)
    with pytest.raises(Invalid) as found, clinic.begin(clinic.charge) as tx:
        service.write(tx, clinic.site, wrong)
    assert {one.where for one in found.value.problems} == {"title", "words", "strategy", "on"}


def test_another_site_sees_nothing_of_it(clinic: Clinic, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with clinic.begin(clinic.charge) as tx:
        entry = service.write(tx, clinic.site, NEW)
    with other.begin(other.charge) as tx:
        assert service.entries(tx, clinic.site, OCTOBER) == ()
        with pytest.raises(NotFound):
            service.get(tx, other.site, entry)
