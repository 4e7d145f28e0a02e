"""What members of staff text us: codes of alerts, "OK" to a readiness check, STOP and START.

A code that does nothing is answered with why. STOP silences only the number that it was sent to,
with all that comes from it: escalation skips her at once, and the roster shows that she cannot be
reached.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from rsm.alerts import handling
from rsm.db.work import Tx
from rsm.flow import passing_texts, triage
from rsm.flow.replies import reply, reply_rarely
from rsm.flow.senders import meant_by, present
from rsm.flow.triage import AckReply
from rsm.kernel.words import Actor, ActorKind, Channel
from rsm.messaging import optouts
from rsm.messaging.decide import StaffKind, StaffReading, read_staff_text
from rsm.messaging.incoming import InboundView
from rsm.messaging.ledger import OptAction, OptLine
from rsm.security import staff
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind


def senders(tx: Tx, site_id: UUID, number: str) -> list[UUID]:
    """Who of the site's staff has this number: one, as a rule."""
    return sorted(who for who in staff.by_phone(tx, number) if staff.works_at(tx, who, site_id))


def handle(tx: Tx, text: InboundView) -> str:
    """Do what the text asks for; returns as what it was read."""
    people = senders(tx, text.origin.site_id, text.sender)
    reading = read_staff_text(text.body)
    if reading.kind in {StaffKind.STOP, StaffKind.START}:
        _opt(tx, text, OptAction(reading.kind.value))
    if not people:
        return _stranger(tx, text, reading)
    tx.actor = Actor(ActorKind.STAFF, people[0])
    match reading.kind:
        case StaffKind.ACK | StaffKind.TAKE | StaffKind.ESCALATE:
            _act(tx, text, people, reading)
        case StaffKind.READY | StaffKind.START:
            _ready(tx, text, people, reading.kind)
        case StaffKind.HELP | StaffKind.UNCLEAR:
            reply_rarely(tx, text, "staff_not_understood", _language(tx, people))
        case StaffKind.STOP:
            pass  # silence is what she asked for
    return reading.kind.value


_ACTS: Mapping[StaffKind, Callable[[Tx, UUID | None, str | None], AckReply]] = MappingProxyType(
    {
        StaffKind.ACK: triage.acknowledge_by_text,
        StaffKind.TAKE: passing_texts.take,
        StaffKind.ESCALATE: passing_texts.escalate,
    }
)


def _act(tx: Tx, text: InboundView, people: list[UUID], reading: StaffReading) -> None:
    """Each code by itself, always in the same order, since each one locks its alert.

    Without `people` it is the safety contact.
    """
    language = _language(tx, people) if people else _sites_language(tx, text)
    for code in sorted(reading.codes) or (None,):
        who = _credited(tx, text, people, code) if people else None
        if who is not None:
            tx.actor = Actor(ActorKind.STAFF, who)
        answer = _ACTS[reading.kind](tx, who, code)
        reply(tx, text, answer.purpose, language, dict(answer.fields))


def _credited(tx: Tx, text: InboundView, people: list[UUID], code: str | None) -> UUID:
    """Who of those with this phone it is: whoever has the alert, or was told of it; the first."""
    if len(people) == 1:
        return people[0]
    site_id = text.origin.site_id
    meant = handling.with_code(tx, [site_id], code) if code else handling.worklist(tx, site_id)
    for alert in meant:
        if alert.is_held(tx.now) and alert.owner_id in people:
            return alert.owner_id
    told = (who for who in people for alert in meant if handling.was_told(tx, alert.id, who))
    return next(told, people[0])


def _ready(tx: Tx, text: InboundView, people: list[UUID], kind: StaffKind) -> None:
    """The number works: texts have gone both ways. An "OK" to an alert has not taken it."""
    for each in people:
        staff.verify_phone(tx, each)
    if kind is StaffKind.READY and _is_waited_for(tx, text, people):
        reply(tx, text, "staff_ack_which", _language(tx, people), {})
        return
    site = sites.get(tx, text.origin.site_id)
    reply(tx, text, "staff_ready_ok", _language(tx, people), {"site_name": site.name})


def _is_waited_for(tx: Tx, text: InboundView, people: list[UUID]) -> bool:
    """Whether one of them was told of an alert that nobody has."""
    waiting = [
        alert.id
        for alert in handling.worklist(tx, text.origin.site_id)
        if not alert.is_held(tx.now)
    ]
    return any(handling.was_told(tx, alert_id, who) for alert_id in waiting for who in people)


def _opt(tx: Tx, text: InboundView, action: OptAction) -> None:
    """A word to the number that calls is about calls; to one that texts and calls, about both."""
    whose = sites.owner_of(tx, text.to)
    for channel in meant_by(tx, whose) if whose is not None else (Channel.SMS,):
        optouts.note(
            tx,
            OptLine(
                site_id=text.origin.site_id,
                address_hash=text.sender_hash,
                sender=present(tx, text, channel),
                action=action,
                source="text",
                channel=channel,
                staff_id=text.origin.staff_id,
            ),
        )


def _stranger(tx: Tx, text: InboundView, reading: StaffReading) -> str:
    """The safety contact has no account and may take an alert; of anybody else a person reads."""
    if _is_safety_contact(tx, text) and reading.kind in _ACTS:
        _act(tx, text, [], reading)
        return reading.kind.value
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"text:{text.id}:staff",
            kind=TaskKind.READ_TEXT,
            site_id=text.origin.site_id,
            reason="A text to the number of the staff, from nobody with an account.",
        ),
    )
    return "stranger"


def _is_safety_contact(tx: Tx, text: InboundView) -> bool:
    return sites.get(tx, text.origin.site_id).safety_contact_phone == text.sender


def _sites_language(tx: Tx, text: InboundView) -> str:
    return sites.get(tx, text.origin.site_id).languages[0]


def _language(tx: Tx, people: list[UUID]) -> str:
    return staff.get(tx, people[0]).language
