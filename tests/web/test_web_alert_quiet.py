"""What an alert's page says of rules, values, quiet and earlier alerts; the digest's page."""

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from rsm.alerts import expected, handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertAction, AlertView, Finding, Opening, QuietReason
from rsm.alerts.quiet_store import NewSuppressed
from rsm.db.work import Database
from rsm.flow import digest, triage
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Level, Role
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from rsm.web.views.alerts import Change
from tests.alert_world import Ward, build_ward
from tests.web_desk import at_desk, submit

PAIN = {"pain.frequency": 2, "pain.severity": 3}
WEEK = timedelta(days=7)


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


@pytest.fixture
def nurse(ward: Ward, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        yield client


def reported(ward: Ward, values: dict[str, int]) -> AlertView:
    alert = ward.report(values)
    assert alert is not None
    return alert


def close(ward: Ward, alert: AlertView, outcome: AlertAction) -> None:
    nurse = ward.clinic.nurse
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(outcome))


def page_of(ward: Ward, alert: AlertView) -> str:
    """As Ben Okafor reads it, whose session has not grown old."""
    with at_desk(ward.clinic, ward.clock, ward.clinic.second) as client:
        return client.get(f"/alerts/{alert.id}").text


# --- which rule, on which values ---------------------------------------------------------------


def test_each_rule_leads_to_its_own_words_and_source(ward: Ward, nurse: TestClient) -> None:
    page = nurse.get(f"/alerts/{reported(ward, PAIN).id}").text
    found = re.findall(r'<a href="([^"]*/rules/explain[^"]*)">Rule ([^<]+)</a>', page)
    assert found
    assert "of pack first-pack 1.1.0" in page
    for address, rule in found:
        assert rule not in address  # no health information in an address
        where, _, anchor = address.replace("&amp;", "&").partition("#")
        assert f'id="{anchor}"' in nurse.get(where).text


def test_whoever_does_not_triage_is_not_offered_to_expect_it(
    ward: Ward, clock: VirtualClock
) -> None:
    alert = reported(ward, PAIN)
    with ward.clinic.begin() as tx:
        staff.grant(tx, ward.clinic.administrator, ward.clinic.site, Role.COORDINATOR)
    with at_desk(ward.clinic, clock, ward.clinic.administrator) as client:
        page = client.get(f"/alerts/{alert.id}").text
    assert "Pain" in page
    assert "/expected" not in page


def temperature(ward: Ward) -> AlertView:
    """An alert for a number, as a rule on temperature would open it."""
    found = Finding(
        "fever", "fever", "fever.temperature", Level.URGENT, None, 37.0, 38.2, "Fever: 38.2 °C."
    )
    with ward.clinic.begin() as tx:
        opening = Opening(
            business_key="survey:fever",
            site_id=ward.clinic.site,
            kind=AlertKind.SYMPTOM,
            level=Level.URGENT,
            reason=found.reason,
            is_test=False,
            patient_id=ward.patient,
            response_id=UUID(int=9),
            rule_pack=sites.get(tx, ward.clinic.site).rule_pack,
            findings=(found,),
        )
        return alerts.open_alert(tx, opening).alert


def test_grades_are_whole_and_numbers_keep_their_decimals(ward: Ward, nurse: TestClient) -> None:
    pain, fever = reported(ward, PAIN), temperature(ward)
    pages = nurse.get(f"/alerts/{pain.id}").text, nurse.get(f"/alerts/{fever.id}").text
    listed = nurse.get(f"/sites/{ward.clinic.site}/alerts").text
    assert "Pain is 3." in pages[0]
    assert "now 3." in pages[0]
    assert "Fever went from 37 to 38.2" in pages[1]
    assert '<span class="g g3">3</span>' in listed
    assert "38.2" in listed
    assert not re.search(r"[\s>]3\.0\D", pages[0] + listed)


def test_a_number_has_its_unit_and_is_no_grade() -> None:
    fever, pain = Change("Fever", None, 38.2, "°C"), Change("Pain", 1.0, 3.0)
    assert (fever.words(fever.was), fever.words(fever.now), fever.grade) == ("", "38.2 °C", None)
    assert (pain.words(pain.was), pain.words(pain.now), pain.grade) == ("1", "3", 3)


# --- alike before -------------------------------------------------------------------------------


def test_similar_alerts_of_fourteen_days_stand_with_their_outcomes(
    ward: Ward, clock: VirtualClock
) -> None:
    too_old = reported(ward, PAIN)
    close(ward, too_old, AlertAction.ADMISSION)
    clock.advance(WEEK)
    breath = reported(ward, {"shortness-of-breath.severity": 4})
    clock.advance(timedelta(days=1))
    close(ward, breath, AlertAction.VISIT_TODAY)
    clock.advance(timedelta(days=5))
    alike = reported(ward, PAIN)
    close(ward, alike, AlertAction.PHONE_ADVICE)
    clock.advance(timedelta(days=6))
    page = page_of(ward, reported(ward, PAIN))
    section = page.partition("Similar in the 14 days before")[2].partition("<h3")[0]
    assert f'href="/alerts/{alike.id}"' in section
    assert "Phone advice" in section
    assert str(too_old.id) not in section
    assert str(breath.id) not in section


def test_without_one_the_page_says_so(ward: Ward, nurse: TestClient) -> None:
    page = nurse.get(f"/alerts/{reported(ward, PAIN).id}").text
    assert "No alert of these symptoms in the 14 days before." in page


# --- kept quiet ---------------------------------------------------------------------------------


def keep(ward: Ward, reason: QuietReason, **other: UUID) -> ResponseView:
    finding = Finding("pain-severe", "pain", "pain.severity", Level.SOON, None, 3, 3, "Pain: again")
    with ward.clinic.begin() as tx:
        report = responses.finals(tx, ward.patient, tx.now - WEEK)[-1]
        pack = sites.get(tx, ward.clinic.site).rule_pack
        suppressed.keep(tx, report, pack, [NewSuppressed(finding, reason, **other)])
    return report


def test_a_repeat_stands_on_the_alert_with_its_reason_and_in_the_timeline(
    ward: Ward, clock: VirtualClock
) -> None:
    alert = reported(ward, PAIN)
    clock.advance(timedelta(days=2))
    assert reported(ward, PAIN).id == alert.id
    page = page_of(ward, alert)
    assert "Kept quiet, and why" in page
    assert "Repeated while this alert was open: added to it." in page
    assert "Wednesday 21 October" in page
    assert "The same was reported again" in page


def test_what_an_expected_level_held_back_says_which(ward: Ward, nurse: TestClient) -> None:
    alert = reported(ward, PAIN)
    wish = {"symptom": "pain", "grade": "3", "until": "14", "reason": "Known"}
    here = f"/sites/{ward.clinic.site}/patients/{ward.patient}/expected"
    assert submit(nurse, here, fields=wish).status_code == 303
    with ward.clinic.begin() as tx:
        (level,) = expected.standing(tx, ward.patient)
    keep(ward, QuietReason.EXPECTED, expected_id=level.id)
    page = nurse.get(f"/alerts/{alert.id}").text
    assert "within the level that was expected up to 3, until Monday 2 November." in page


def test_a_value_that_rose_while_the_report_was_given_is_the_one_that_is_read(
    ward: Ward, nurse: TestClient
) -> None:
    alert = reported(ward, PAIN)
    with ward.clinic.begin() as tx:
        (found,) = handling.findings(tx, [alert.id])[alert.id]
        worse = Finding(
            found.rule, "pain", found.item, Level.URGENT, None, 1, 4, "Pain: very severe (4)"
        )
        report = responses.view(tx, found.response_id)
        pack = sites.get(tx, ward.clinic.site).rule_pack
        kept = NewSuppressed(worse, QuietReason.ALREADY_OPEN, alert.id)
        suppressed.keep(tx, report, pack, [kept])
    page = nurse.get(f"/alerts/{alert.id}").text
    assert "Pain is 4." in page
    assert "Very severe (4)." in page
    assert "Kept quiet, and why" not in page
    assert '<span class="g g4">4</span>' in nurse.get(f"/sites/{ward.clinic.site}/alerts").text


# --- the digest ---------------------------------------------------------------------------------


def digest_task(ward: Ward) -> str:
    assert ward.report({"pain.frequency": 1, "pain.severity": 1}) is None
    keep(ward, QuietReason.DIGEST)
    ward.clock.advance(timedelta(minutes=10))
    assert digest.digests_due(ward.worker) == 1
    with ward.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site, (TaskKind.READ_DIGEST,))
    return f"/tasks/{task.id}"


def test_the_digest_lists_findings_by_patient_and_is_read_with_one_button(
    ward: Ward, clock: VirtualClock
) -> None:
    task = digest_task(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as nurse:
        listed = nurse.get(f"/sites/{ward.clinic.site}/alerts").text
        page = nurse.get(task).text
        answer = submit(nurse, task, f"{task}/do", {"do": "done", "code": "done"})
        after = nurse.get(task).text
    assert "Digest to read" in listed
    assert "1 finding for information, of one patient" in page
    assert "Maria Alvarez" in page
    assert "Pain: again" in page
    assert "Not needed" not in page
    assert answer.status_code == 303
    assert "I have read them" in page
    assert "I have read them" not in after
    assert "Pain: again" in after


def test_a_digest_is_read_by_whoever_triages(ward: Ward, clock: VirtualClock) -> None:
    task = digest_task(ward)
    with ward.clinic.begin() as tx:
        staff.revoke(tx, ward.clinic.second, ward.clinic.site, Role.NURSE)
        staff.grant(tx, ward.clinic.second, ward.clinic.site, Role.COORDINATOR)
    with at_desk(ward.clinic, clock, ward.clinic.second) as coordinator:
        page = coordinator.get(task).text
        answer = submit(coordinator, task, f"{task}/do", {"do": "done", "code": "done"})
    assert "I have read them" not in page
    assert answer.status_code == 403
