"""Rosters as they are stored: who is on duty because of them, what is refused, what is audited."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from rsm.sites import service as sites
from rsm.sites.calendar import SiteCalendar
from rsm.sites.model import NewSite, Shift, as_agreed
from rsm.sites.rota import feeds, notes, planning, swaps
from rsm.sites.rota import service as rosters
from rsm.sites.rota.model import (
    Cycle,
    CycleShift,
    HolidayRule,
    Override,
    Rotation,
    Swap,
    Turn,
)
from rsm.sites.rota.swaps import SwapState
from tests.clinic import Clinic, build_clinic
from tests.rota_clinic import (
    absence,
    clear,
    cover,
    day_shift,
    on_duty,
    override,
    weekly,
)
from tests.rota_world import local

WEEKDAYS = range(5)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    """Lakeside with an empty roster."""
    built = build_clinic(web_db)
    clear(built)
    return built


def problem_of(refused: pytest.ExceptionInfo[Invalid]) -> tuple[str, str]:
    (problem,) = refused.value.problems
    return problem.where, problem.what


# --- who is on duty -------------------------------------------------------------------------------


def test_the_night_on_which_the_clock_is_put_forward_leaves_nobody_uncovered(
    clinic: Clinic,
) -> None:
    """20:00 to 3:00 and 2:30 to 8:00 overlap on the wall: so they do on 14 March 2027."""
    weekly(clinic, clinic.nurse, [5], "20:00", "03:00")
    weekly(clinic, clinic.second, [6], "02:30", "08:00")
    for minute in range(0, 11 * 60, 5):
        at = datetime(2027, 3, 14, 1, 0, tzinfo=UTC) + timedelta(minutes=minute)
        assert on_duty(clinic, at), at
    assert on_duty(clinic, datetime(2027, 3, 14, 7, 15, tzinfo=UTC)) == [clinic.second]


def test_in_the_doubled_hour_of_autumn_both_are_on_duty(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, [5], "20:00", "01:30")
    weekly(clinic, clinic.second, [6], "01:30", "08:00")
    for at in (datetime(2026, 11, 1, 5, 45, tzinfo=UTC), datetime(2026, 11, 1, 6, 15, tzinfo=UTC)):
        assert sorted(on_duty(clinic, at)) == sorted([clinic.nurse, clinic.second])


def test_with_no_team_the_best_rank_over_all_teams_counts(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, [0], "08:00", "18:00", 2)
    weekly(clinic, clinic.second, [0], "08:00", "18:00", 3)
    with clinic.begin() as tx:
        night = sites.add_team(tx, clinic.site, "night")
        sites.add_shift(tx, clinic.site, Shift(night, clinic.second, 0, time(8), time(20), 1))
    noon = local("2026-10-19T12:00")
    assert on_duty(clinic, noon) == [clinic.second, clinic.nurse]
    assert on_duty(clinic, noon, clinic.team) == [clinic.nurse, clinic.second]
    with clinic.begin() as tx:
        (duty,) = sites.on_duty(tx, clinic.site, night, noon)
        assert (duty.rank, duty.until) == (1, local("2026-10-19T20:00"))


def test_a_duty_that_ended_stays_on_record(clinic: Clinic, clock: VirtualClock) -> None:
    (shift,) = weekly(clinic, clinic.nurse, [0], "08:00", "18:00")
    clock.advance(timedelta(hours=1))
    with clinic.begin() as tx:
        sites.remove_shift(tx, clinic.site, shift)
        assert sites.roster(tx, clinic.site) == []
        with pytest.raises(NotFound):
            sites.remove_shift(tx, clinic.site, shift)
    assert on_duty(clinic, clock.now()) == []
    assert on_duty(clinic, clock.now() - timedelta(minutes=30)) == [clinic.nurse]


def test_a_cycle_of_two_weeks_and_a_rotation_of_people(clinic: Clinic) -> None:
    with clinic.begin(clinic.charge) as tx:
        day = Shift(clinic.team, clinic.nurse, 0, time(8), time(18))
        other = replace(day, staff_id=clinic.second)
        cycle = Cycle(
            tx.new_id(),
            date(2026, 10, 19),
            2,
            (CycleShift(tx.new_id(), 0, day), CycleShift(tx.new_id(), 1, other)),
        )
        people = (clinic.charge, clinic.nurse)
        rotation = Rotation(tx.new_id(), people, date(2026, 10, 20), 7, time(9), rank=2)
        for row in (cycle, rotation):
            planning.add(tx, clinic.site, clinic.team, row)
    found = [on_duty(clinic, local(f"2026-{day}T12:00")) for day in ("10-19", "10-26", "11-02")]
    assert found == [[clinic.nurse], [clinic.second, clinic.charge], [clinic.nurse]]
    assert on_duty(clinic, local("2026-10-28T03:00")) == [clinic.nurse]  # her week of the rotation


def test_an_override_a_cover_and_an_absence_are_applied(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    override(clinic, clinic.second, "2026-10-20T08:00", "2026-10-20T18:00", clinic.nurse)
    cover(clinic, clinic.nurse, clinic.charge, "2026-10-21T00:00", "2026-10-22T00:00")
    absence(clinic, clinic.nurse, "2026-10-22T00:00", "2026-10-23T00:00")
    days = {day: on_duty(clinic, local(f"2026-10-{day}T12:00")) for day in range(19, 24)}
    assert days == {
        19: [clinic.nurse],
        20: [clinic.second],
        21: [clinic.charge],
        22: [],
        23: [clinic.nurse],
    }


def test_what_is_taken_back_counts_no_more_from_then_on(
    clinic: Clinic, clock: VirtualClock
) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    row = override(clinic, clinic.second, "2026-10-19T09:00", "2026-10-19T18:00", clinic.nurse)
    clock.advance(timedelta(hours=2))
    with clinic.begin(clinic.charge) as tx:
        planning.withdraw(tx, clinic.site, "override", row)
    assert on_duty(clinic, clock.now()) == [clinic.nurse]
    assert on_duty(clinic, clock.now() - timedelta(hours=1)) == [clinic.second]
    with clinic.begin(clinic.charge) as tx, pytest.raises(NotFound):
        planning.withdraw(tx, clinic.site, "override", row)


def test_the_shift_of_one_date_takes_the_place_of_its_weekdays(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, WEEKDAYS, "08:00", "18:00")
    day_shift(clinic, clinic.second, "2026-11-26", "10:00", "14:00")
    assert on_duty(clinic, local("2026-11-26T11:00")) == [clinic.second]
    assert on_duty(clinic, local("2026-11-26T16:00")) == []


def test_on_a_public_holiday_sundays_people_come_where_that_is_the_rule(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, WEEKDAYS, "08:00", "18:00")
    weekly(clinic, clinic.second, [6], "08:00", "18:00")
    thanksgiving = local("2026-11-26T12:00")
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="country"):
        planning.set_holiday_rule(tx, clinic.site, HolidayRule.AS_SUNDAY)
    with clinic.begin(clinic.charge) as tx:
        agreed = as_agreed(sites.get(tx, clinic.site))
        calendar = SiteCalendar(country="US", texts_on_holidays=False)
        sites.update_site(tx, clinic.site, NewSite(**dict(agreed) | {"calendar": calendar}))
    assert on_duty(clinic, thanksgiving) == [clinic.nurse]
    with clinic.begin(clinic.charge) as tx:
        planning.set_holiday_rule(tx, clinic.site, HolidayRule.AS_SUNDAY)
    assert on_duty(clinic, thanksgiving) == [clinic.second]
    with clinic.begin() as tx:
        until = local("2026-11-28T00:00")
        (team,) = rosters.ahead(tx, clinic.site, until, {}).values()
    assert not [gap for gap in team.gaps if gap.in_service]  # closed on that day


# --- gaps -----------------------------------------------------------------------------------------


def test_a_teams_own_hours_count_where_it_has_some(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, WEEKDAYS, "08:00", "16:00")

    def gaps() -> list[tuple[datetime, datetime]]:
        with clinic.begin() as tx:
            found = rosters.ahead(tx, clinic.site, local("2026-10-20T23:00"), {})[clinic.team]
        return [(gap.since, gap.until) for gap in found.gaps]

    monday = (local("2026-10-19T16:00"), local("2026-10-19T18:00"))
    tuesday = (local("2026-10-20T16:00"), local("2026-10-20T18:00"))
    assert gaps() == [monday, tuesday]
    with clinic.begin(clinic.charge) as tx:
        hours = {"monday": (time(8), time(16)), "tuesday": (time(8), time(17))}
        planning.set_team_hours(tx, clinic.site, clinic.team, hours)
        assert rosters.team_hours(tx, clinic.site) == {clinic.team: hours}
    assert gaps() == [(local("2026-10-20T16:00"), local("2026-10-20T17:00"))]


# --- what is refused ------------------------------------------------------------------------------


def test_a_rotation_without_people_and_one_who_does_not_work_here_are_refused(
    clinic: Clinic,
) -> None:
    for people, told in (((), "needs people"), ((UUID(int=5),), "does not work here")):
        with clinic.begin(clinic.charge) as tx:
            row = Rotation(tx.new_id(), people, date(2026, 10, 20), 7, time(9))
            with pytest.raises(Invalid, match=told):
                planning.add(tx, clinic.site, clinic.team, row)


def test_an_override_of_nobody_is_refused_with_what_to_do(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, [0], "08:00", "18:00")
    with pytest.raises(Invalid) as refused:
        override(clinic, clinic.second, "2026-10-20T08:00", "2026-10-20T12:00", clinic.nurse)
    assert problem_of(refused) == ("row", "Dana Reyes is not on duty then")


def test_what_is_past_is_refused_and_what_has_begun_begins_now(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with pytest.raises(Invalid) as refused:
        absence(clinic, clinic.nurse, "2026-10-18T08:00", "2026-10-18T18:00")
    assert problem_of(refused) == ("until", "is past")
    with pytest.raises(Invalid) as refused:
        day_shift(clinic, clinic.nurse, "2026-10-18", "08:00", "18:00")
    assert problem_of(refused) == ("day", "is past")
    weekly(clinic, clinic.nurse, [0], "00:00", "00:00")
    absence(clinic, clinic.nurse, "2026-10-19T06:00", "2026-10-19T18:00")
    assert clinic.nurse in on_duty(clinic, clock.now() - timedelta(minutes=1))
    assert on_duty(clinic, clock.now()) == []


def test_illness_is_written_down_even_of_her_who_covers_another(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    cover(clinic, clinic.nurse, clinic.second, "2026-10-20T00:00", "2026-10-21T00:00")
    absence(clinic, clinic.second, "2026-10-20T00:00", "2026-10-21T00:00")
    assert on_duty(clinic, local("2026-10-20T12:00")) == []
    with clinic.begin() as tx:
        rota = rosters.rota(tx, clinic.site, clinic.team, tx.now, tx.now + timedelta(days=7))
        (left,) = rosters.standing_problems(tx, clinic.site, rota)
    assert left.what == "Ben Okafor is absent in that time"


def test_one_who_is_in_a_rotation_does_not_leave_the_team_unnoticed(clinic: Clinic) -> None:
    with clinic.begin(clinic.charge) as tx:
        people = (clinic.second, clinic.nurse)
        row = Rotation(tx.new_id(), people, date(2026, 10, 20), 7, time(9))
        planning.add(tx, clinic.site, clinic.team, row)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="rotation"):
        sites.leave_team(tx, clinic.site, clinic.team, clinic.second)


def test_a_change_of_a_team_that_is_another_sites_is_not_found(
    clinic: Clinic, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with clinic.begin(clinic.charge) as tx:
        row = Override(tx.new_id(), clinic.nurse, tx.now, tx.now + timedelta(hours=1))
        with pytest.raises(NotFound):
            planning.add(tx, clinic.site, other.team, row)


def test_every_change_is_audited_with_ids_only(clinic: Clinic, owner: Engine) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    row = cover(clinic, clinic.nurse, clinic.second, "2026-10-20T00:00", "2026-10-21T00:00")
    with clinic.begin(clinic.charge) as tx:
        planning.withdraw(tx, clinic.site, "cover", row)
    with owner.connect() as connection:
        query = text(
            "SELECT action, actor_id, facts::text FROM audit_event WHERE subject_id = :row"
            " ORDER BY action"
        )
        events = connection.execute(query, {"row": row}).all()
    assert [each[0] for each in events] == ["roster.changed", "roster.withdrawn"]
    assert {each[1] for each in events} == {clinic.charge}
    assert "Reyes" not in str(events)


# --- swaps ----------------------------------------------------------------------------------------


@pytest.fixture
def ask(clinic: Clinic) -> Callable[[], UUID]:
    """Dana has Tuesday, Ben has Wednesday; she asks him."""
    (tuesday,) = weekly(clinic, clinic.nurse, [1], "08:00", "18:00")
    (wednesday,) = weekly(clinic, clinic.second, [2], "08:00", "18:00")

    def asked() -> UUID:
        with clinic.begin(clinic.nurse) as tx:
            swap = Swap(
                tx.new_id(),
                clinic.nurse,
                Turn(tuesday, date(2026, 10, 20)),
                clinic.second,
                Turn(wednesday, date(2026, 10, 21)),
            )
            return swaps.ask(tx, clinic.site, clinic.team, swap)

    return asked


def seen(clinic: Clinic, who: UUID) -> list[SwapState]:
    with clinic.begin(who) as tx:
        return [each.state for each in swaps.swaps(tx, clinic.site, who)]


def test_a_swap_holds_once_the_other_agrees_and_both_see_it(
    clinic: Clinic, ask: Callable[[], UUID]
) -> None:
    swap = ask()
    assert on_duty(clinic, local("2026-10-20T12:00")) == [clinic.nurse]
    assert seen(clinic, clinic.nurse) == seen(clinic, clinic.second) == [SwapState.ASKED]
    assert seen(clinic, clinic.charge) == []
    with clinic.begin(clinic.second) as tx:
        swaps.agree(tx, clinic.site, swap, clinic.second)
    assert seen(clinic, clinic.nurse) == [SwapState.AGREED]
    assert on_duty(clinic, local("2026-10-20T12:00")) == [clinic.second]
    assert on_duty(clinic, local("2026-10-21T12:00")) == [clinic.nurse]
    assert on_duty(clinic, local("2026-10-27T12:00")) == [clinic.nurse]


def test_only_she_who_was_asked_agrees(clinic: Clinic, ask: Callable[[], UUID]) -> None:
    swap = ask()
    for who in (clinic.nurse, clinic.charge):
        with clinic.begin(who) as tx, pytest.raises(NotAllowed):
            swaps.agree(tx, clinic.site, swap, who)


def test_a_swap_that_was_declined_changes_nothing_and_is_settled(
    clinic: Clinic, ask: Callable[[], UUID]
) -> None:
    swap = ask()
    with clinic.begin(clinic.second) as tx:
        swaps.decline(tx, clinic.site, swap, clinic.second)
    assert seen(clinic, clinic.nurse) == [SwapState.DECLINED]
    assert on_duty(clinic, local("2026-10-20T12:00")) == [clinic.nurse]
    with clinic.begin(clinic.second) as tx, pytest.raises(Conflict):
        swaps.agree(tx, clinic.site, swap, clinic.second)


def test_a_swap_of_a_shift_that_is_gone_or_has_begun_is_not_agreed_to(
    clinic: Clinic, ask: Callable[[], UUID], clock: VirtualClock
) -> None:
    swap = ask()
    clock.set(local("2026-10-20T08:00"))
    with clinic.begin(clinic.second) as tx, pytest.raises(Invalid, match="begun"):
        swaps.agree(tx, clinic.site, swap, clinic.second)
    clear(clinic)
    with clinic.begin(clinic.second) as tx, pytest.raises(Invalid, match="no such shift"):
        swaps.agree(tx, clinic.site, swap, clinic.second)


def test_a_swap_that_would_change_nothing_is_not_even_asked(clinic: Clinic) -> None:
    (hers,) = weekly(clinic, clinic.nurse, [1], "08:00", "18:00")
    (his,) = weekly(clinic, clinic.second, [1], "08:00", "18:00")
    day = date(2026, 10, 20)

    def ask(other: UUID, turn: Turn) -> None:
        with clinic.begin(clinic.nurse) as tx:
            swap = Swap(tx.new_id(), clinic.nurse, Turn(hers, day), other, turn)
            swaps.ask(tx, clinic.site, clinic.team, swap)

    with pytest.raises(Invalid, match="nothing would change"):
        ask(clinic.second, Turn(his, day))
    with pytest.raises(Invalid, match="with oneself"):
        ask(clinic.nurse, Turn(hers, day))
    assert seen(clinic, clinic.nurse) == []


def test_a_chain_of_swaps_holds_although_its_first_shifts_are_over(
    clinic: Clinic, ask: Callable[[], UUID], clock: VirtualClock
) -> None:
    """Ben took Tuesday for Wednesday; Dana's Wednesday goes on to Ruth for next Monday."""
    swap = ask()
    (monday,) = weekly(clinic, clinic.charge, [0], "08:00", "18:00")
    with clinic.begin(clinic.second) as tx:
        swaps.agree(tx, clinic.site, swap, clinic.second)
        (row,) = swaps.swaps(tx, clinic.site)
    clock.advance(timedelta(minutes=1))
    with clinic.begin(clinic.nurse) as tx:
        further = Swap(
            tx.new_id(),
            clinic.nurse,
            row.swap.other_turn,
            clinic.charge,
            Turn(monday, date(2026, 10, 26)),
        )
        swaps.ask(tx, clinic.site, clinic.team, further)
        swaps.agree(tx, clinic.site, further.id, clinic.charge)
    assert on_duty(clinic, local("2026-10-21T12:00")) == [clinic.charge]
    assert on_duty(clinic, local("2026-10-26T12:00")) == [clinic.nurse]


# --- hand-over notes ------------------------------------------------------------------------------


def test_a_note_is_sealed_shown_to_who_comes_and_read_once(clinic: Clinic, owner: Engine) -> None:
    with clinic.begin(clinic.nurse) as tx:
        note = notes.write(tx, clinic.site, clinic.team, "  Call Mrs. Alvarez at nine. ")
        with pytest.raises(Conflict):
            notes.mark_read(tx, clinic.site, note)  # her own
    with clinic.begin(clinic.second) as tx:
        (shown,) = notes.recent(tx, clinic.site, clinic.team)
        assert (shown.text, shown.written_by) == ("Call Mrs. Alvarez at nine.", clinic.nurse)
        notes.mark_read(tx, clinic.site, note)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Conflict):
        notes.mark_read(tx, clinic.site, note)
    with owner.connect() as connection:
        stored = connection.execute(text("SELECT text_sealed FROM hand_over_note")).scalar_one()
    assert b"Alvarez" not in stored


def test_a_note_without_words_is_refused_and_a_read_one_is_put_away_after_days(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with clinic.begin(clinic.nurse) as tx, pytest.raises(Invalid):
        notes.write(tx, clinic.site, clinic.team, "  ")
    with clinic.begin(clinic.nurse) as tx:
        note = notes.write(tx, clinic.site, clinic.team, "All quiet.")
        notes.write(tx, clinic.site, clinic.team, "Nobody has read this.")
    with clinic.begin(clinic.second) as tx:
        notes.mark_read(tx, clinic.site, note)
    clock.advance(timedelta(days=4))
    with clinic.begin(clinic.second) as tx:
        assert [each.text for each in notes.recent(tx, clinic.site)] == ["Nobody has read this."]


# --- calendar feeds -------------------------------------------------------------------------------


def test_a_feed_is_found_by_its_secret_alone_and_not_once_it_is_revoked(
    clinic: Clinic, web_db: Database
) -> None:
    weekly(clinic, clinic.nurse, [1], "08:00", "18:00")
    with clinic.begin(clinic.nurse) as tx:
        secret = feeds.create(tx, clinic.site, clinic.nurse, only_own=True)
        (feed,) = feeds.of(tx, clinic.site, clinic.nurse)
    with web_db.begin(NOWHERE) as tx:
        assert b"SUMMARY:Dana Reyes" in feeds.read(tx, secret)
    for wrong in ("", secret[:-1], secret.swapcase()):
        with web_db.begin(NOWHERE) as tx, pytest.raises(NotFound):
            feeds.read(tx, wrong)
    with clinic.begin(clinic.second) as tx, pytest.raises(NotFound):
        feeds.revoke(tx, clinic.site, clinic.second, feed.id)
    with clinic.begin(clinic.nurse) as tx:
        feeds.revoke(tx, clinic.site, clinic.nurse, feed.id)
    with web_db.begin(NOWHERE) as tx, pytest.raises(NotFound):
        feeds.read(tx, secret)


def test_without_a_scope_no_feed_is_seen_and_the_look_up_gives_three_ids_only(
    clinic: Clinic, web_db: Database, worker_db: Database
) -> None:
    with clinic.begin(clinic.nurse) as tx:
        feeds.create(tx, clinic.site, clinic.nurse, only_own=True)
    everything = text("SELECT token_hash FROM calendar_feed")
    with web_db.begin(NOWHERE) as tx:
        assert tx.session.execute(everything).all() == []
    with clinic.begin() as tx:
        (hashed,) = tx.session.execute(everything).scalars()
    look_up = text("SELECT * FROM rsm_find_feed(:hash)")
    with web_db.begin(NOWHERE) as tx:
        (found,) = tx.session.execute(look_up, {"hash": hashed}).all()
        assert found._fields == ("site_id", "staff_id", "feed_id")
        assert found[:2] == (clinic.site, clinic.nurse)
    with worker_db.begin(NOWHERE) as tx, pytest.raises(ProgrammingError, match="permission denied"):
        tx.session.execute(look_up, {"hash": hashed})


def test_another_site_sees_no_row_of_a_roster(clinic: Clinic, web_db: Database) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    cover(clinic, clinic.nurse, clinic.second, "2026-10-20T00:00", "2026-10-21T00:00")
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with web_db.begin(Scope.site(other.site)) as tx:
        for table in ("duty_cover", "duty_swap", "hand_over_note", "calendar_feed"):
            assert tx.session.execute(text(f"SELECT 1 FROM {table}")).all() == []


def test_two_covers_of_the_same_time_cannot_both_be_written(clinic: Clinic) -> None:
    weekly(clinic, clinic.nurse, range(7), "00:00", "00:00")
    cover(clinic, clinic.nurse, clinic.second, "2026-10-20T00:00", "2026-10-21T00:00")
    with pytest.raises(Invalid, match="covered twice"):
        cover(clinic, clinic.nurse, clinic.charge, "2026-10-20T12:00", "2026-10-20T14:00")
