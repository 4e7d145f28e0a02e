"""Quiet on purpose, live: a repeat tells the owner, a worse value is never hidden (P15)."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest

from rsm.alerts import expected, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.model import AlertAction, AlertView, QuietReason
from rsm.alerts.packs import folder, parse_pack, whole_text
from rsm.db.work import Database
from rsm.flow import answer, triage
from rsm.flow.outcome import Outcome, advice, outcome_of
from rsm.kernel.answers import Answers, answered
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertEventKind, AlertKind, AlertState, Channel, Level, Reporter
from rsm.patients import service as patients
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.sites import service as sites
from tests.alert_world import Ward, agree_to, build_ward

WEEK = timedelta(days=7)
SHORT = "shortness-of-breath.severity"


def pain(severity: int) -> dict[str, int]:
    return {"pain.frequency": 1, "pain.severity": severity, "pain.interference": 0}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    """A site with the pack that knows severe, moderate, and expected levels."""
    built = build_ward(web_db, worker_db, clock)
    use(built, "uab-like")
    return built


def use(ward: Ward, name: str, **others: str) -> None:
    """The site is judged by that pack from now on, with these lines of it changed."""
    body = (folder() / f"{name}.toml").read_text(encoding="utf-8")
    if others:
        body = body.replace('version = "1.0.0"', 'version = "9.0.0"', 1)
    for old, new in others.items():
        assert old in body
        body = body.replace(old, new)
    whole = whole_text(body, name)
    with ward.clinic.begin() as tx:
        pin = alerts.publish(tx, parse_pack(whole, name)[0], whole)
    agree_to(ward, "rule_pack", pin)


def begin(ward: Ward) -> UUID:
    with ward.clinic.begin() as tx:
        pin = sites.get(tx, ward.clinic.site).instrument
        return schedules.report_now(tx, patients.locked(tx, ward.patient), pin).id


def save(ward: Ward, survey: UUID, values: Mapping[str, int]) -> None:
    for item, value in values.items():
        with ward.clinic.begin() as tx:
            answer.save(tx, survey, item, answered(value), Author())


def send(ward: Ward, values: Mapping[str, int], words: str = "") -> Outcome:
    """A whole report, taken down at once; what its patient may be told."""
    survey = begin(ward)
    answers: Answers = {item: answered(value) for item, value in values.items()}
    with ward.clinic.begin() as tx:
        return answer.enter(tx, survey, answers, words, Author())


def again(ward: Ward, outcome: Outcome) -> Outcome:
    """What the patient may be told of it by now."""
    with ward.clinic.begin() as tx:
        return outcome_of(tx, outcome.survey.id)


def raised(ward: Ward, outcome: Outcome) -> AlertView:
    assert outcome.alert_id is not None
    with ward.clinic.begin() as tx:
        return alerts.get(tx, outcome.alert_id)


def close(ward: Ward, alert: AlertView) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        closing = triage.Closing(AlertAction.PHONE_ADVICE)
        triage.close(tx, alert.id, ward.clinic.nurse, closing)


def expect(ward: Ward, symptom: str, grade: int, days: int = 21) -> None:
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        until = tx.now + timedelta(days=days)
        site, nurse = ward.clinic.site, ward.clinic.nurse
        new = NewLevel(site, ward.patient, symptom, grade, until, "Known to us.", nurse)
        expected.set_level(tx, new)


def standing_levels(ward: Ward) -> list[str]:
    with ward.clinic.begin() as tx:
        return [each.level.symptom for each in expected.standing(tx, ward.patient)]


def reasons(ward: Ward, outcome: Outcome) -> list[QuietReason]:
    with ward.clinic.begin() as tx:
        kept = suppressed.of_response(tx, outcome.response.id)
    return [each.reason for each in kept]


def purposes(ward: Ward) -> list[tuple[str, str]]:
    return [(each.who, each.purpose) for each in ward.texts()]


def kinds(ward: Ward, alert: AlertView) -> list[AlertEventKind]:
    return [line.kind for line in ward.timeline(alert)]


# --- the edge ------------------------------------------------------------------------------


def test_a_repeat_is_added_to_the_open_alert_and_its_owner_is_told(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(timedelta(hours=1))
    repeat = send(ward, pain(3))
    assert repeat.alert_id == first.id
    assert [each.id for each in ward.worklist()] == [first.id]
    assert purposes(ward) == [("nurse", "staff_alert"), ("nurse", "staff_alert_repeated")]
    assert kinds(ward, first).count(AlertEventKind.REPEATED) == 1
    assert set(reasons(ward, repeat)) == {QuietReason.ALREADY_OPEN}
    assert ward.now(first).state is AlertState.ACKNOWLEDGED


def test_a_repeat_that_nobody_has_taken_moves_the_ladder_on_at_once(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    assert ward.told(first) == ["nurse"]
    ward.clock.advance(timedelta(minutes=1))
    send(ward, pain(3))
    assert ward.told(first) == ["nurse", "second"]


def test_a_worse_value_opens_an_alert_of_its_own(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(timedelta(hours=1))
    worse = raised(ward, send(ward, pain(4)))
    assert worse.id != first.id
    assert worse.state is AlertState.OPEN
    assert len(ward.worklist()) == 2


def test_what_is_new_is_told_and_what_is_open_is_added_in_one_report(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(timedelta(hours=1))
    both = send(ward, {**pain(3), "nausea.frequency": 3, "nausea.severity": 1})
    second = raised(ward, both)
    assert second.id != first.id
    assert both.level is Level.URGENT
    assert "pain.severity" in both.items
    assert "nausea.frequency" in both.items
    assert ("nurse", "staff_alert_repeated") in purposes(ward)


def test_after_closing_the_same_is_told_again(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    close(ward, first)
    ward.clock.advance(WEEK)
    second = send(ward, pain(3))
    assert second.alert_id != first.id
    assert reasons(ward, second) == []


def test_who_was_closing_meanwhile_must_look_at_the_repeat_first(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    with ward.clinic.begin() as tx:
        seen = triage.version(tx, first.id)
    ward.clock.advance(timedelta(hours=1))
    send(ward, pain(3))
    with ward.clinic.begin() as tx:
        assert triage.version(tx, first.id) != seen


# --- judged again ----------------------------------------------------------------------------


def test_an_emergency_on_the_way_is_no_repeat_of_itself(ward: Ward) -> None:
    survey = begin(ward)
    save(ward, survey, {SHORT: 4, "pain.frequency": 1, "pain.severity": 1})
    with ward.clinic.begin() as tx:
        sent = answer.submit(tx, survey, "", Author())
    (alert,) = ward.worklist()
    assert sorted(ward.told(alert)) == ["nurse", "second"]
    assert (sent.alert_id, sent.level) == (alert.id, Level.EMERGENCY)
    assert AlertEventKind.REPEATED not in kinds(ward, alert)
    assert reasons(ward, sent) == []


def test_an_emergency_that_repeats_is_told_once_a_survey(ward: Ward) -> None:
    first = raised(ward, send(ward, {SHORT: 4}))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(timedelta(minutes=2))
    survey = begin(ward)
    save(ward, survey, {SHORT: 4, **pain(1)})
    with ward.clinic.begin() as tx:
        sent = answer.submit(tx, survey, "", Author())
    assert sent.alert_id == first.id
    assert sent.level is Level.EMERGENCY
    assert [each.purpose for each in ward.texts(first)].count("staff_alert_repeated") == 1


def test_an_answer_that_is_made_worse_before_sending_is_told_again(ward: Ward) -> None:
    survey = begin(ward)
    save(ward, survey, {SHORT: 3})
    (alert,) = ward.worklist()
    ward.take(alert, ward.clinic.nurse)
    ward.clock.advance(timedelta(minutes=1))
    save(ward, survey, {SHORT: 4})
    assert ward.now(alert).state is AlertState.OPEN
    told = len(ward.texts(alert))
    save(ward, survey, pain(0))
    with ward.clinic.begin() as tx:
        answer.submit(tx, survey, "", Author())
    assert len(ward.texts(alert)) == told
    ward.clock.advance(WEEK)
    send(ward, {SHORT: 4})
    assert [each.id for each in ward.worklist()] == [alert.id]  # the higher value is known


def test_a_repeat_that_was_closed_does_not_come_back_when_an_earlier_report_is_mended(
    ward: Ward,
) -> None:
    early = send(ward, pain(1))
    ward.clock.advance(WEEK)
    first = raised(ward, send(ward, pain(3)))
    ward.clock.advance(timedelta(hours=1))
    send(ward, pain(3))
    close(ward, first)
    told = ward.texts()
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        by = Author(channel=Channel.STAFF, recorded_by=ward.clinic.nurse)
        answer.correct(tx, early.response.id, {"pain.severity": answered(0)}, by)
    assert ward.worklist() == []
    assert ward.texts() == told


def test_a_report_that_is_corrected_to_something_worse_is_told(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(2)))
    ward.take(first, ward.clinic.nurse)
    ward.clock.advance(timedelta(hours=1))
    repeat = send(ward, pain(2))
    assert repeat.alert_id == first.id
    with ward.clinic.begin(ward.clinic.nurse) as tx:
        by = Author(channel=Channel.STAFF, recorded_by=ward.clinic.nurse)
        answer.correct(tx, repeat.response.id, {"pain.severity": answered(4)}, by)
    worse = [each for each in ward.worklist() if each.id != first.id]
    assert [(each.level, each.state) for each in worse] == [(Level.URGENT, AlertState.OPEN)]


# --- expected levels ---------------------------------------------------------------------------


def test_what_is_expected_is_kept_and_told_to_nobody_but_the_patient_reads_it(ward: Ward) -> None:
    expect(ward, "pain", 2)
    sent = send(ward, pain(2))
    assert ward.worklist() == []
    assert reasons(ward, sent) == [QuietReason.EXPECTED]
    assert (sent.level, sent.expected, sent.items) == (Level.SOON, True, ("pain.severity",))
    with ward.clinic.begin() as tx:
        told = advice(tx, sent, "en")
        loud = advice(tx, send_elsewhere(ward), "en")
    assert told == loud != ()


def send_elsewhere(ward: Ward) -> Outcome:
    """The same report of a patient of whom nothing is expected."""
    other = ward.clinic.enrol_patient("Joan Price", phone="+12025550132")
    alert = ward.report(pain(2), other)
    assert alert is not None
    assert alert.occurrence_id is not None
    with ward.clinic.begin() as tx:
        return outcome_of(tx, alert.occurrence_id)


def test_anything_worse_is_told_and_ends_the_expected_level(ward: Ward) -> None:
    expect(ward, "pain", 2)
    assert raised(ward, send(ward, pain(3))).level is Level.URGENT
    assert standing_levels(ward) == []


def test_an_expected_level_that_was_passed_without_a_finding_holds_no_more(ward: Ward) -> None:
    use(ward, "severe-only")
    expect(ward, "pain", 1)
    send(ward, pain(2))
    use(ward, "uab-like")
    ward.clock.advance(timedelta(days=1))
    survey = send(ward, {**pain(1), "nausea.frequency": 3})
    assert survey.level is Level.URGENT
    assert standing_levels(ward) == []


def test_a_relative_who_reports_something_worse_ends_it_as_well(ward: Ward) -> None:
    use(ward, "severe-only")
    expect(ward, "pain", 1)
    assert ward.report(pain(2), by=Author(reporter=Reporter.PROXY)) is None
    use(ward, "uab-like")
    ward.clock.advance(timedelta(days=1))
    send(ward, {**pain(1), "nausea.frequency": 3})
    assert standing_levels(ward) == []


def test_an_emergency_is_never_expected(ward: Ward) -> None:
    expect(ward, "shortness-of-breath", 3)
    assert raised(ward, send(ward, {SHORT: 3})).level is Level.EMERGENCY


def test_words_beside_what_is_expected_are_still_read_by_somebody(ward: Ward) -> None:
    expect(ward, "pain", 2)
    send(ward, pain(2), "It keeps me awake.")
    (alert,) = ward.worklist()
    assert (alert.kind, alert.level) == (AlertKind.TEXT, Level.INFO)


# --- words ---------------------------------------------------------------------------------------


def test_alarming_words_are_one_alert_by_the_rule_of_the_pack(ward: Ward) -> None:
    sent = send(ward, pain(0), "I can't breathe when I lie down")
    (alert,) = ward.worklist()
    assert (alert.kind, alert.level, alert.id) == (AlertKind.SYMPTOM, Level.URGENT, sent.alert_id)
    assert ward.told(alert) == ["nurse"]


def test_alarming_words_are_told_each_time(ward: Ward) -> None:
    for _ in range(2):
        send(ward, pain(0), "I can't breathe when I lie down")
        ward.clock.advance(timedelta(hours=1))
    assert len(ward.worklist()) == 2


# --- a window that counts them --------------------------------------------------------------------


def test_every_suppressed_finding_is_counted_for_the_site(ward: Ward) -> None:
    first = raised(ward, send(ward, pain(3)))
    ward.clock.advance(timedelta(hours=1))
    send(ward, pain(3))
    with ward.clinic.begin() as tx:
        since = tx.now - WEEK
        kept = suppressed.of_site(tx, ward.clinic.site, since, tx.now + WEEK)
        assert {each.alert_id for each in kept} == {first.id}
        assert [each.rule for each in suppressed.of_alert(tx, first.id)] == [
            each.rule for each in kept
        ]
        none = suppressed.of_site(tx, ward.clinic.site, since, tx.now, QuietReason.DIGEST)
    assert none == []


def test_the_lowest_level_waits_for_the_digest(ward: Ward) -> None:
    use(ward, "uab-like", **{"expected_days = 30": "digest = true", '"soon"': '"info"'})
    sent = send(ward, pain(2))
    assert ward.worklist() == []
    assert reasons(ward, sent) == [QuietReason.DIGEST]
    assert (sent.level, sent.expected) == (Level.INFO, True)
