"""What is sent to whoever answers for a patient: her own link, in her language (P2, P10).

The words tell neither the patient's name nor anything about health. Who asks for them is
`rsm.flow.inviting`; the caller holds the patient's row.
"""

from collections.abc import Iterator
from datetime import timedelta

from rsm.db.work import Tx
from rsm.invitations import service as invitations
from rsm.invitations.model import Door, Hand
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Audience, Channel, Role
from rsm.messaging import to_proxies
from rsm.messaging.gate import GateReason
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.patients import proxies
from rsm.patients.proxy_model import ProxyView
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

_CHECK_WITHIN = timedelta(hours=24)
_STOPPED = frozenset({SendReason.OPTED_OUT.value, GateReason.OPTED_OUT.value})


def invitation(tx: Tx, survey: OccurrenceView) -> Iterator[Draft]:
    """The invitation to whoever answers for her, if there is somebody who can be written to."""
    proxy = proxies.standing(tx, survey.patient_id)
    if proxy is not None:
        yield from written(tx, survey, proxy, ("proxy_invite", "invite"))


def reminder(tx: Tx, survey: OccurrenceView, number: int) -> Iterator[Draft]:
    """Reminder `number` (from 1) to her."""
    proxy = proxies.standing(tx, survey.patient_id)
    if proxy is not None:
        yield from written(tx, survey, proxy, ("proxy_reminder", f"reminder:{number}"))


def written(
    tx: Tx, survey: OccurrenceView, proxy: ProxyView, what: tuple[str, str]
) -> Iterator[Draft]:
    """One text or e-mail with her link. `what`: its purpose, and which of the survey it is."""
    purpose, which = what
    found = _way(tx, proxy)
    if found is None:
        return
    channel, address = found
    yield Draft(
        channel=channel,
        business_key=f"survey:{survey.id}:{which}:proxy:{proxy.id}",
        lane=Lane.SURVEY,
        audience=Audience.PATIENT,
        site_id=survey.site_id,
        purpose=purpose,
        language=proxy.language,
        fields={
            "occurrence": str(survey.id),
            "serial": link(tx, survey, proxy),
            to_proxies.FIELD: str(proxy.id),
        },
        patient_id=survey.patient_id,
        occurrence_id=survey.id,
        address=address,
        not_after=survey.closes_at,
        is_test=survey.is_test,
    )


def link(tx: Tx, survey: OccurrenceView, proxy: ProxyView) -> int:
    """The serial of her link to the survey: the one that stands, else a new one."""
    newest = invitations.latest(tx, survey.id, Door.PROXY)
    if newest is not None and newest.proxy_id == proxy.id:
        return newest.serial
    return invitations.issue(tx, survey, Hand(Door.PROXY, proxy_id=proxy.id))


def _way(tx: Tx, proxy: ProxyView) -> tuple[Channel, str] | None:
    known = proxies.addresses(tx, proxy.patient_id)
    for channel in (Channel.SMS, Channel.EMAIL):
        has_sender = sites.sender(tx, proxy.site_id, Audience.PATIENT, channel) is not None
        if channel in known and has_sender:
            return channel, known[channel]
    return None


# --- what did not arrive -------------------------------------------------------------------------


def not_delivered(tx: Tx, message: MessageView, reason: str) -> bool:
    """Whether it was a proxy's: nothing is said of the patient's own phone, and staff ask once."""
    proxy_id = to_proxies.proxy_of(message)
    if proxy_id is None:
        return False
    proxy = proxies.get(tx, proxy_id)
    if reason == SendReason.INVALID_ADDRESS:
        proxies.suspend_address(tx, proxy, message.channel, reason)
    ask(tx, proxy, "wants no messages any more" if reason in _STOPPED else "could not be reached")
    return True


def ask(tx: Tx, proxy: ProxyView, what: str) -> None:
    """Somebody asks the patient who is to answer: one task, however often it is found."""
    if proxy.stands:
        tasks.open_task(
            tx,
            NewTask(
                business_key=f"proxy:{proxy.id}:{TaskKind.CHECK_CONTACT}",
                kind=TaskKind.CHECK_CONTACT,
                site_id=proxy.site_id,
                patient_id=proxy.patient_id,
                role=Role.COORDINATOR,
                reason=f"The person who answers for the patient {what}. Please ask who is to.",
                due_at=tx.now + _CHECK_WITHIN,
            ),
        )
