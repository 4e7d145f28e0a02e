"""P4, P5 and P15 over random policies with service hours, rosters, faults, people and clocks."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rsm.alerts.model import AlertView
from rsm.escalation import decide
from rsm.escalation.aligned import aligned, taken_again
from rsm.escalation.hours import ServiceTime
from rsm.escalation.policies import check, safe_within
from rsm.escalation.states import EscalationState
from rsm.escalation.storm import WINDOW, put_off
from rsm.kernel.words import AlertState, Level
from tests.escalation_world import SAFETY, T0, Case, follow, some_acts, some_case, some_hours


@given(some_case, st.sampled_from(Level), some_acts)
@settings(deadline=None)
def test_an_open_alert_always_has_a_next_step_or_a_running_loan(
    case: Case, level: Level, acts: list[tuple[str, int]]
) -> None:
    assert check(case.policy) == [] or all("whom the step" in p.what for p in check(case.policy))
    for act, progress in follow(case, level, acts):
        if progress.state is EscalationState.DONE:
            assert progress.next_at is None
            continue
        assert progress.next_at is not None
        if act == "round":
            assert progress.next_at > case.now


@given(some_case, some_acts)
@settings(deadline=None)
def test_nobody_is_told_while_somebody_has_it_or_after_it_is_closed(
    case: Case, acts: list[tuple[str, int]]
) -> None:
    progress = decide.begin(case.policy, Level.URGENT, case.now, case.hours)
    for act, minutes in acts:
        case.now += timedelta(minutes=minutes)
        before, told = progress, len(case.told)
        progress = case.does(act, progress)
        if act != "round" or before.next_at is None:
            quiet = before.state is EscalationState.DONE
        else:
            loaned = before.state is EscalationState.LOANED
            quiet = before.state is EscalationState.DONE or (loaned and case.now < before.next_at)
        if quiet and act == "round":
            assert len(case.told) == told


@given(some_case, st.integers(0, 7 * 24 * 60))
@settings(deadline=None)
def test_an_emergency_reaches_somebody_at_once_and_the_safety_contact_within_the_bound(
    case: Case, minutes: int
) -> None:
    case.now += timedelta(minutes=minutes)
    opened = case.now
    bound = opened + safe_within(case.policy.levels.emergency)
    progress = decide.begin(case.policy, Level.EMERGENCY, opened, case.hours)
    assert progress.next_at == opened
    case.runs(progress, bound)
    assert case.told[0][0] == opened
    assert any(who == SAFETY.id for _, who in case.told)


@given(some_case, st.integers(0, 7 * 24 * 60))
@settings(deadline=None)
def test_an_urgent_alert_is_told_within_sixteen_hours_and_then_climbs_to_its_end(
    case: Case, minutes: int
) -> None:
    case.now += timedelta(minutes=minutes)
    opened = case.now
    ladder = case.policy.levels.urgent
    progress = decide.begin(case.policy, Level.URGENT, opened, case.hours)
    case.runs(progress, opened + safe_within(ladder))
    assert case.told[0][0] <= opened + timedelta(hours=16)
    assert any(who == SAFETY.id for _, who in case.told)


@given(some_case, st.integers(0, 3 * 24 * 60), st.integers(0, 3 * 24 * 60))
@settings(deadline=None)
def test_a_worse_report_postpones_nothing(case: Case, first: int, second: int) -> None:
    progress = decide.begin(case.policy, Level.URGENT, case.now, case.hours)
    case.now += timedelta(minutes=first)
    progress = case.round(progress)
    case.now += timedelta(minutes=second)
    worse = decide.worse(case.policy, progress, Level.URGENT, case.now, case.hours)
    assert worse.next_at is not None
    assert progress.next_at is not None
    assert worse.next_at <= max(progress.next_at, case.now)
    higher = decide.worse(case.policy, progress, Level.EMERGENCY, case.now, case.hours)
    assert higher.next_at is not None
    assert higher.next_at <= case.now


@given(some_case, st.sampled_from(Level), st.integers(0, 3 * 24 * 60), st.integers(0, 60))
@settings(deadline=None)
def test_a_step_that_is_taken_again_as_a_shift_changed_postpones_nothing(
    case: Case, level: Level, opened: int, later: int
) -> None:
    case.now += timedelta(minutes=opened)
    progress = decide.begin(case.policy, level, case.now, case.hours)
    assert progress.next_at is not None
    since = case.now = max(case.now, progress.next_at)
    progress = case.round(progress)
    planned = progress.next_at
    assert planned is not None
    case.now += timedelta(minutes=later)
    again = taken_again(case.policy, progress, case.now)
    assert again.next_at is not None
    if planned <= case.now:
        assert again == progress  # what is due is due
        return
    moved = case.round(again, since)
    assert moved.next_at is not None
    assert case.now < moved.next_at <= max(planned, case.now + timedelta(minutes=1))


@given(some_case, some_acts)
@settings(deadline=None)
def test_of_an_alert_that_somebody_has_or_that_is_closed_no_row_tells_anybody(
    case: Case, acts: list[tuple[str, int]]
) -> None:
    """Wherever the ladder stands: the alert's own state counts."""
    for _, progress in follow(case, Level.URGENT, acts):
        told = len(case.told)
        closed = aligned(progress, an_alert(AlertState.CLOSED), case.now)
        assert closed.state is EscalationState.DONE
        if progress.state is not EscalationState.LOANED:
            until = case.now + timedelta(minutes=1)
            taken = aligned(progress, an_alert(AlertState.ACKNOWLEDGED, until), case.now)
            assert (taken.state, taken.next_at) == (EscalationState.LOANED, until)
            assert case.round(taken) == taken
        assert case.round(closed) == closed
        assert len(case.told) == told
        assert aligned(progress, an_alert(AlertState.OPEN), case.now) == progress


def an_alert(state: AlertState, loan_until: datetime | None = None) -> AlertView:
    values = dict.fromkeys(AlertView.__dataclass_fields__)
    return AlertView(**values | {"state": state, "loan_until": loan_until})  # type: ignore[arg-type]  # the rest is not read


@given(some_hours, st.integers(0, 14 * 24 * 60), st.integers(0, 5000))
@settings(deadline=None)
def test_service_minutes_never_run_ahead_of_the_clock(
    hours: ServiceTime, minutes: int, wait: int
) -> None:
    at = T0 + timedelta(minutes=minutes)
    added = hours.add(at, timedelta(minutes=wait))
    assert added >= at + timedelta(minutes=wait)
    assert hours.opens_next(at) >= at
    assert hours.opens_next(at) == at or hours.is_open(hours.opens_next(at))


@given(st.lists(st.integers(0, 1800), max_size=60), st.integers(2, 6))
@settings(deadline=None)
def test_in_no_ten_minutes_is_anybody_texted_more_often_than_the_throttle_allows(
    gaps: list[int], most: int
) -> None:
    now, texts = T0, list[datetime]()
    for gap in gaps:
        now += timedelta(seconds=gap)
        ends = put_off(texts, most, now)
        if ends is None:
            texts.append(now)
        elif ends not in texts:
            assert now < ends <= now + WINDOW + timedelta(seconds=30)
            texts.append(ends)
    texts.sort()
    assert all(later - first >= WINDOW for first, later in zip(texts, texts[most:], strict=False))
