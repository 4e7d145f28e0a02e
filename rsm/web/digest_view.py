"""The digest on its task's page: findings for information, by patient, to be read together."""

from rsm.flow.digest import Digest, digest_of
from rsm.kernel.errors import NotAllowed
from rsm.kernel.words import TaskState
from rsm.patients import service as patients
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.tasks.model import TaskKind, TaskView
from rsm.web import when
from rsm.web.auth import Desk
from rsm.web.staff_words import section
from rsm.web.views.admin import DigestLine, DigestPatient, DigestView


def digest_view(desk: Desk, task: TaskView) -> DigestView | None:
    """What the task asks to read; None for any other task. Names are audited as one reading."""
    if task.kind is not TaskKind.READ_DIGEST:
        return None
    words = section("digest")
    if not desk.staff.may(Permission.SEE_PATIENTS):
        return DigestView(words.hidden)
    digest = digest_of(desk.tx, task)
    named = _by_patient(desk, digest)
    count, people = sum(len(one.lines) for one in named), len(named)
    many = words.people_one if people == 1 else words.people_other.format(count=people)
    heading = words.heading_one if count == 1 else words.heading_other
    return DigestView(
        heading=heading.format(count=count, people=many) if count else words.heading_none,
        text=_text(desk, digest),
        patients=named,
        read_action=f"/tasks/{task.id}/do" if _may_read(desk, task) else "",
        read_label=words.read,
    )


def must_may_read(desk: Desk, task: TaskView) -> None:
    """Raises `NotAllowed` when this task is a digest and she is nobody who triages."""
    if task.kind is TaskKind.READ_DIGEST and not desk.staff.may(Permission.TRIAGE):
        raise NotAllowed("a digest is read by whoever triages")


def _may_read(desk: Desk, task: TaskView) -> bool:
    return task.state is TaskState.OPEN and desk.staff.may(Permission.TRIAGE)


def _by_patient(desk: Desk, digest: Digest) -> tuple[DigestPatient, ...]:
    """Whoever has the oldest finding first; whoever was erased is left out."""
    site_id = desk.staff.site_id
    labels = patients.names(desk.tx, site_id, {one.patient_id for one in digest.findings})
    lines: dict[object, list[DigestLine]] = {}
    for one in digest.findings:
        if one.patient_id in labels:
            line = DigestLine(one.level, one.at, one.sentence)
            lines.setdefault(one.patient_id, []).append(line)
    tests = {one.patient_id for one in digest.findings if one.is_test}
    return tuple(
        DigestPatient(
            name=labels[patient].name,
            url=f"/sites/{site_id}/patients/{patient}",
            lines=tuple(lines[patient]),
            test_patient=patient in tests,
        )
        for patient in dict.fromkeys(one.patient_id for one in digest.findings)
        if patient in lines
    )


def _text(desk: Desk, digest: Digest) -> str:
    """From when to when: nothing between two digests is left out."""
    words, now = section("digest"), desk.tx.now
    zone = sites.get(desk.tx, desk.staff.site_id).zone
    until = when.day_time(digest.until, now, zone)
    if digest.since is None:
        return str(words.first.format(until=until))
    since = when.day_time(digest.since, now, zone)
    return str(words.since.format(since=since, until=until))
