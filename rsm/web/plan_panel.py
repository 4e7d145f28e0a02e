"""The panel of a patient's page that says which plan she follows."""

from collections.abc import Iterator

from rsm.patients.model import PatientRecord, PatientStatus
from rsm.schedules import published
from rsm.schedules import service as schedules
from rsm.security.model import Permission
from rsm.web import plan_views
from rsm.web.auth import Desk
from rsm.web.plan_names import titles_of
from rsm.web.views.common import Link
from rsm.web.views.patient_panels import Panel

FOLLOWING = frozenset({PatientStatus.ENROLLED, PatientStatus.PAUSED})


def panel(desk: Desk, record: PatientRecord, url: str) -> Panel:
    """Her plan in words, and the way to another one. `url` is her page."""
    may = desk.staff.may(Permission.ENROL) and record.facts.status in FOLLOWING
    links = (Link("Another plan", f"{url}/plan"),) if may else ()
    return Panel("pla", "Plan", tuple(_lines(desk, record)), links=links)


def _lines(desk: Desk, record: PatientRecord) -> Iterator[str]:
    active = schedules.assignment(desk.tx, record.facts.id)
    if active is None:
        yield "No plan is followed."
        return
    plan = published.load(desk.tx, active.plan)
    yield f"{plan.title or plan.key}, since {active.starts_on.isoformat()}"
    yield from plan_views.in_words(plan, titles_of(desk.tx, [plan]))
    if active.ends_on is not None:
        yield f"Ends on {active.ends_on.isoformat()}"
    if active.waits:
        yield "It waits for a date of treatment"
