"""Questions before go-live: one at a time for a site, worked out by whichever worker lives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from uuid import UUID

import pytest

from rsm.db.work import EVERYWHERE, Database, Scope, Tx
from rsm.flow import foreseeing
from rsm.improvement import foresight
from rsm.improvement.foresight_model import (
    ATTEMPTS,
    LEASE,
    MOST_PATIENT_WEEKS,
    ForesightState,
    ForesightView,
    Programme,
    Wish,
)
from rsm.kernel.clock import VirtualClock
from rsm.kernel.documents import parse
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.simulate.programme import programme
from rsm.simulate.roster import Roster
from rsm.sites import service as sites
from rsm.sites.model import Shift
from tests.clinic import Clinic, build_clinic

WISH = Wish(Programme.DEMO, patients=20, weeks=2, minutes_per_alert=10)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@contextmanager
def worker(db: Database) -> Iterator[Tx]:
    with db.begin(EVERYWHERE) as tx:
        yield tx


def ask(clinic: Clinic, wish: Wish = WISH) -> UUID:
    with clinic.begin() as tx:
        return foresight.ask(tx, clinic.site, wish, clinic.charge)


def claim(db: Database) -> ForesightView | None:
    with worker(db) as tx:
        return foresight.claim(tx)


def held(db: Database) -> ForesightView:
    claimed = claim(db)
    assert claimed is not None
    return claimed


def state_of(clinic: Clinic, asked: UUID) -> ForesightState:
    with clinic.begin() as tx:
        return foresight.get(tx, clinic.site, asked).state


def test_a_question_is_asked_claimed_and_answered(clinic: Clinic, worker_db: Database) -> None:
    asked = ask(clinic)
    claimed = held(worker_db)
    assert (claimed.id, claimed.wish) == (asked, WISH)
    with worker(worker_db) as tx:
        assert foresight.finish(tx, claimed, "{}")
    with clinic.begin() as tx:
        (one,) = foresight.recent(tx, clinic.site)
    assert (one.state, one.result) == (ForesightState.DONE, "{}")


def test_a_site_asks_one_question_at_a_time(clinic: Clinic, worker_db: Database) -> None:
    asked = ask(clinic)
    with pytest.raises(Conflict):
        ask(clinic)
    claimed = held(worker_db)
    with pytest.raises(Conflict):
        ask(clinic)
    with worker(worker_db) as tx:
        foresight.fail(tx, claimed, "no space left")
    assert ask(clinic) != asked


def test_of_two_workers_one_has_it(clinic: Clinic, worker_db: Database) -> None:
    ask(clinic)
    with worker(worker_db) as tx:
        first = foresight.claim(tx)
        assert claim(worker_db) is None  # the other one steps over the row that is held
    assert first is not None
    assert claim(worker_db) is None


def test_whoever_dies_over_it_loses_it_and_is_given_three_tries(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    asked = ask(clinic)
    for _ in range(ATTEMPTS):
        assert claim(worker_db) is not None
        clock.advance(LEASE)
    assert claim(worker_db) is None
    assert state_of(clinic, asked) is ForesightState.FAILED


def test_a_lease_is_renewed_while_it_is_played(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    ask(clinic)
    claimed = held(worker_db)
    clock.advance(LEASE - timedelta(seconds=1))
    with worker(worker_db) as tx:
        assert foresight.renew(tx, claimed)
    clock.advance(LEASE - timedelta(seconds=1))
    assert claim(worker_db) is None


def test_a_worker_that_stops_leaves_it_to_the_next_and_uses_up_no_try(
    clinic: Clinic, worker_db: Database
) -> None:
    asked = ask(clinic)
    for _ in range(ATTEMPTS + 2):
        claimed = held(worker_db)
        with worker(worker_db) as tx:
            assert foresight.let_go(tx, claimed)
    assert state_of(clinic, asked) is ForesightState.QUEUED


def test_what_is_over_is_not_written_over(clinic: Clinic, worker_db: Database) -> None:
    asked = ask(clinic)
    claimed = held(worker_db)
    with worker(worker_db) as tx:
        assert foresight.finish(tx, claimed, "{}")
    with worker(worker_db) as tx:
        assert not foresight.fail(tx, claimed, "too late")
    assert state_of(clinic, asked) is ForesightState.DONE


ENDS: dict[str, Callable[[Tx, ForesightView], bool]] = {
    "renew": foresight.renew,
    "let_go": foresight.let_go,
    "finish": lambda tx, one: foresight.finish(tx, one, "stale"),
    "fail": lambda tx, one: foresight.fail(tx, one, "stale"),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_whoever_slept_over_its_lease_changes_nothing_of_the_next_ones(
    clinic: Clinic, worker_db: Database, clock: VirtualClock, end: Callable[..., bool]
) -> None:
    asked, stale = ask(clinic), held(worker_db)
    clock.advance(LEASE)
    newer = held(worker_db)
    with worker(worker_db) as tx:
        assert not end(tx, stale)
    assert state_of(clinic, asked) is ForesightState.RUNNING
    with worker(worker_db) as tx:
        assert foresight.finish(tx, newer, "{}")


def test_a_try_that_was_let_go_is_not_taken_for_a_later_one_of_the_same_number(
    clinic: Clinic, worker_db: Database, clock: VirtualClock
) -> None:
    asked, first = ask(clinic), held(worker_db)
    with worker(worker_db) as tx:
        foresight.let_go(tx, first)
    clock.advance(timedelta(seconds=1))
    second = held(worker_db)
    assert second.attempt == first.attempt
    with worker(worker_db) as tx:
        assert not foresight.fail(tx, first, "stale")
    assert state_of(clinic, asked) is ForesightState.RUNNING


@pytest.mark.parametrize(
    ("patients", "weeks", "minutes", "where"),
    [
        (0, 12, 10, "patients"),
        (501, 2, 10, "patients"),
        (20, 0, 10, "weeks"),
        (20, 27, 10, "weeks"),
        (400, 20, 10, "weeks"),  # more than a page plays
        (20, 12, 0, "minutes"),
        (20, 12, 1000, "minutes"),
    ],
)
def test_what_cannot_be_played_is_refused_and_nothing_is_asked(
    clinic: Clinic, patients: int, weeks: int, minutes: float, where: str
) -> None:
    with pytest.raises(Invalid) as refused:
        ask(clinic, Wish(Programme.DEMO, patients, weeks, minutes))
    assert [problem.where for problem in refused.value.problems] == [where]
    with clinic.begin() as tx:
        assert foresight.recent(tx, clinic.site) == []


def test_the_largest_is_not_refused() -> None:
    foresight.check(Wish(Programme.DEMO, MOST_PATIENT_WEEKS // 12, 12, 10))


def test_another_sites_question_is_not_found(clinic: Clinic, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    asked = ask(clinic)
    with other.begin() as tx, pytest.raises(NotFound):
        foresight.get(tx, other.site, asked)
    with web_db.begin(Scope.of_patient(clinic.site, clinic.enrol_patient())) as tx:
        assert foresight.recent(tx, clinic.site) == []


def test_every_programme_of_the_page_is_one_that_can_be_simulated() -> None:
    assert [programme(one).key for one in Programme] == [*Programme]


def test_the_sites_own_roster_is_one_that_can_be_simulated_and_names_nobody(
    clinic: Clinic,
) -> None:
    with clinic.begin() as tx:
        for _, shift in sites.roster(tx, clinic.site):
            staff, team = shift.staff_id, shift.team_id
        for weekday in (0, 2):
            night = Shift(team, staff, weekday, time(20), time(8), rank=2)
            sites.add_shift(tx, clinic.site, night)
        text = foreseeing.roster(tx, clinic.site)
        shifts = [shift for _, shift in sites.roster(tx, clinic.site)]
    made = parse(Roster, text, "roster.toml")[0]
    assert all(one.name.startswith("Nurse ") for one in made.people)
    played = sorted(
        (one.rank, weekday, hours.from_, hours.until)
        for one in made.people
        for hours in one.duty
        for weekday in hours.weekdays
    )
    assert played == sorted((one.rank, one.weekday, one.starts, one.ends) for one in shifts)


def test_a_site_without_a_roster_is_told_so(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        for shift_id, _ in sites.roster(tx, clinic.site):
            sites.remove_shift(tx, clinic.site, shift_id)
        with pytest.raises(Conflict, match="nobody stands"):
            foreseeing.roster(tx, clinic.site)
