"""What is kept quiet is counted by its reason, test patients apart."""

from datetime import timedelta

from rsm.alerts import expected, suppressed
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.model import Finding, QuietReason
from rsm.alerts.quiet_store import NewSuppressed
from rsm.db.work import EVERYWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level
from rsm.metrics import gauges
from rsm.metrics.model import Snapshot
from rsm.responses import service as responses
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward


def shown(worker: Database) -> Snapshot:
    with worker.begin(EVERYWHERE) as tx:
        return gauges.read(tx)


def keep(ward: Ward, patient_name: str, *, is_test: bool = False) -> None:
    phone = "+12025550132" if is_test else "+12025550133"
    patient = ward.clinic.enrol_patient(patient_name, phone, is_test=is_test)
    assert ward.report({"pain.frequency": 1, "pain.severity": 1}, patient) is None
    found = [
        Finding("mild", "pain", item, Level.INFO, None, None, 1, "Pain: mild (1)")
        for item in ("pain.severity", "pain.frequency")
    ]
    reasons = (QuietReason.DIGEST, QuietReason.EXPECTED)
    with ward.clinic.begin() as tx:
        (report,) = responses.finals(tx, patient, tx.now - timedelta(days=1))
        pack = sites.get(tx, ward.clinic.site).rule_pack
        new = [NewSuppressed(*each) for each in zip(found, reasons, strict=True)]
        suppressed.keep(tx, report, pack, new)


def test_suppressed_findings_are_counted_by_reason(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    ward = build_ward(web_db, worker_db, clock)
    keep(ward, "Ann Webb")
    keep(ward, "Test Patient", is_test=True)
    site = "lakeside-clinic"
    assert shown(worker_db).suppressed == {
        (site, "already_open"): 0,
        (site, "expected"): 1,
        (site, "digest"): 1,
    }
    clock.advance(timedelta(days=8))
    assert set(shown(worker_db).suppressed.values()) == {0}


def test_expected_levels_are_counted_while_they_hold(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    ward = build_ward(web_db, worker_db, clock)
    clinic = ward.clinic
    until = clock.now() + timedelta(days=3)
    new = NewLevel(clinic.site, ward.patient, "pain", 2, until, "Known", clinic.nurse)
    with clinic.begin(clinic.nurse) as tx:
        expected.set_level(tx, new)
    assert shown(worker_db).expected_levels == {("lakeside-clinic",): 1}
    clock.advance(timedelta(days=3))
    assert shown(worker_db).expected_levels == {("lakeside-clinic",): 0}
