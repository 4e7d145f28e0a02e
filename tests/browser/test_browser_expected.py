"""Expected levels, quiet and the digest in a browser: at a desk and on a phone, with axe."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from rsm.alerts import suppressed
from rsm.alerts.model import AlertAction, AlertView, Finding, QuietReason
from rsm.alerts.quiet_store import NewSuppressed
from rsm.flow import digest, triage
from rsm.kernel.words import Level
from rsm.responses import service as responses
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.alert_world import Ward
from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in

pytestmark = pytest.mark.browser
PAIN = {"pain.frequency": 2, "pain.severity": 3, "nausea.frequency": 1, "nausea.severity": 1}
WORSE = PAIN | {"pain.severity": 4, "nausea.frequency": 3, "nausea.severity": 3}


@pytest.fixture
def ward(house: House) -> Ward:
    """Maria Alvarez, who reported pain a week ago, and again today."""
    house.clock.advance(timedelta(hours=1))
    return Ward(house.clinic, house.worker, house.clock, house.clinic.enrol_patient())


def alert_of(ward: Ward, values: dict[str, int]) -> AlertView:
    alert = ward.report(values)
    assert alert is not None
    return alert


def closed_a_week_ago(ward: Ward) -> None:
    nurse = ward.clinic.nurse
    alert = alert_of(ward, PAIN)
    with ward.clinic.begin(nurse) as tx:
        triage.close(tx, alert.id, nurse, triage.Closing(AlertAction.PHONE_ADVICE, "Paracetamol"))
    ward.clock.advance(timedelta(days=7))


def expect_it(window: Window, alert: AlertView) -> None:
    window.open(f"/alerts/{alert.id}")
    window.page.get_by_role("link", name="Expect this level").first.click()
    window.sees("What is expected, and until when?")
    expect(window.page.get_by_label("Symptom")).to_have_value("pain")
    window.look("expect")
    window.press("Expect it")
    window.sees("choose one from the list")
    window.look("expect-wrong")
    window.page.get_by_label("For how long").select_option(value="14")
    window.fill("Why is it expected?", "Known since cycle 2, the oncologist has seen her")
    window.press("Expect it")
    window.sees("Expected up to 3 until")


@pytest.mark.parametrize("desk", [True, False])
def test_a_nurse_expects_a_level_from_an_alert_and_a_worse_report_ends_it(
    window: Opener, house: House, ward: Ward, *, desk: bool
) -> None:
    closed_a_week_ago(ward)
    alert = alert_of(ward, PAIN)
    page = window(desk=desk)
    sign_in(page, house.person(house.clinic.nurse))
    expect_it(page, alert)
    page.look("alert")
    with ward.clinic.begin(house.clinic.nurse) as tx:
        triage.close(tx, alert.id, house.clinic.nurse, triage.Closing(AlertAction.EXPECTED))
    house.clock.advance(timedelta(minutes=5))
    assert ward.report(PAIN) is None  # within the level: nobody is told
    house.clock.advance(timedelta(minutes=5))
    worse = alert_of(ward, WORSE)
    page.open(f"/alerts/{worse.id}")
    page.sees("Expected level ended: worse was reported")
    page.look("alert-broken")
    page.open(f"/sites/{ward.clinic.site}/patients/{ward.patient}")
    page.sees("Expected levels")
    page.look("patient")
    house.counts()
    page.open(f"/sites/{ward.clinic.site}")
    page.look("site")


@pytest.mark.parametrize("desk", [True, False])
def test_a_nurse_reads_the_digest(window: Opener, house: House, ward: Ward, *, desk: bool) -> None:
    mild = {"pain.frequency": 1, "pain.severity": 1}
    for name, phone in (("Ann Webb", "+12025550132"), ("Bea Nowak", "+12025550133")):
        patient = ward.clinic.enrol_patient(name, phone)
        assert ward.report(mild, patient) is None
        found = [
            Finding(rule, "pain", item, Level.INFO, None, None, 1, f"Pain: mild (1); rule {rule}")
            for rule, item in (("pain-mild", "pain.severity"), ("pain-rare", "pain.frequency"))
        ]
        with ward.clinic.begin() as tx:
            report = responses.finals(tx, patient, tx.now - timedelta(days=1))[-1]
            pack = sites.get(tx, ward.clinic.site).rule_pack
            kept = [NewSuppressed(each, QuietReason.DIGEST) for each in found]
            suppressed.keep(tx, report, pack, kept)
    house.clock.advance(timedelta(minutes=10))
    assert digest.digests_due(ward.worker) == 1
    with ward.clinic.begin() as tx:
        (task,) = tasks.open_tasks(tx, ward.clinic.site, (TaskKind.READ_DIGEST,))
    page = window(desk=desk)
    sign_in(page, house.person(house.clinic.nurse))
    page.open(f"/tasks/{task.id}")
    page.sees("4 findings for information, of 2 patients")
    page.look("digest")
    page.press("I have read them")
    page.open(f"/tasks/{task.id}")
    page.sees("Done")
