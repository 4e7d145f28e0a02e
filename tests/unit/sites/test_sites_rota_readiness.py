"""Whoever is on duty and cannot be told is known a day ahead."""

from datetime import timedelta

import pytest

from rsm.kernel.words import Channel
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.model import Period, Rota
from rsm.sites.rota.readiness import ContactPoint, ContactState, Unready, UnreadyReason, unready
from tests.rota_world import ANN, BEN, NEW_YORK, local, shift, utc, weekly

NOW = local("2026-10-19T12:00")
FINE = ContactPoint(Channel.SMS, verified=True, reachable=True, opted_out=False)
UNVERIFIED = ContactPoint(Channel.SMS, verified=False, reachable=True, opted_out=False)
DEAD = ContactPoint(Channel.SMS, verified=True, reachable=False, opted_out=False)
STOPPED = ContactPoint(Channel.EMAIL, verified=True, reachable=True, opted_out=True)
ROTA = Rota(
    weekly=weekly(
        shift(ANN, 0, "08:00", "18:00"),
        shift(BEN, 1, "08:00", "18:00", 2),
        shift(ANN, 1, "08:00", "18:00"),
    )
)


def periods() -> list[Period]:
    return duty_periods(ROTA, NOW, NOW + timedelta(days=7), NEW_YORK)


def flagged(**states: ContactState) -> list[Unready]:
    people = {"ann": ANN, "ben": BEN}
    return unready(periods(), {people[name]: state for name, state in states.items()}, NOW)


def test_one_way_that_works_is_enough() -> None:
    some = ContactState((UNVERIFIED, STOPPED, FINE))
    assert flagged(ann=some, ben=ContactState((FINE,))) == []


def test_it_says_who_from_when_until_when_in_which_rank_and_why() -> None:
    assert flagged(ann=ContactState((FINE,)), ben=ContactState((UNVERIFIED,))) == [
        Unready(
            BEN,
            2,
            local("2026-10-20T08:00"),
            local("2026-10-20T18:00"),
            (UnreadyReason.UNVERIFIED,),
        )
    ]


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (ContactState(), ["no_contact"]),
        (ContactState((FINE,), disabled=True), ["not_here"]),
        (ContactState((UNVERIFIED,)), ["unverified"]),
        (ContactState((DEAD,)), ["unreachable"]),
        (ContactState((STOPPED,)), ["opted_out"]),
        (ContactState((STOPPED, DEAD)), ["unreachable", "opted_out"]),
    ],
)
def test_every_reason_has_a_name(state: ContactState, reasons: list[str]) -> None:
    (ben,) = flagged(ann=ContactState((FINE,)), ben=state)
    assert [reason.value for reason in ben.reasons] == reasons


def test_somebody_who_does_not_work_here_any_more_is_flagged() -> None:
    (ben,) = flagged(ann=ContactState((FINE,)))
    assert ben.reasons == (UnreadyReason.NOT_HERE,)


def test_each_is_flagged_once_by_the_first_duty_and_who_begins_first_stands_first() -> None:
    both = flagged(ann=ContactState(), ben=ContactState())
    assert [(each.staff_id, each.since) for each in both] == [
        (ANN, local("2026-10-19T08:00")),
        (BEN, local("2026-10-20T08:00")),
    ]


def test_a_duty_more_than_a_day_ahead_waits_and_one_that_is_over_is_over() -> None:
    ready_ann = {ANN: ContactState((FINE,))}
    eight_on_tuesday = local("2026-10-20T08:00")
    all_week = duty_periods(ROTA, utc("2026-10-18T00:00"), utc("2026-10-25T00:00"), NEW_YORK)
    day, minute = timedelta(days=1), timedelta(minutes=1)
    assert unready(all_week, ready_ann, eight_on_tuesday - day) == []
    assert len(unready(all_week, ready_ann, eight_on_tuesday - day + minute)) == 1
    assert len(unready(all_week, ready_ann, local("2026-10-20T17:59"))) == 1
    assert unready(all_week, ready_ann, local("2026-10-20T18:00")) == []
