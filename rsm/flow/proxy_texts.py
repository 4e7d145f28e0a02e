"""What the phone of somebody who answers for a patient texts: it concerns that phone alone (P8).

Her STOP stops her and never the patient; "wrong number" is said of her number. Whatever else she
texts is about the patient, and goes the way of a relative's words (`rsm.flow.patient_texts`).
"""

from collections.abc import Sequence

from rsm.db.work import Tx
from rsm.flow import proxies as flow
from rsm.flow import proxy_asking, stops
from rsm.flow.replies import reply, reply_rarely
from rsm.flow.senders import said_by
from rsm.kernel.keywords import Keyword
from rsm.kernel.words import Actor, ActorKind
from rsm.messaging import to_proxies
from rsm.messaging.decide import ReadingKind, read_text
from rsm.messaging.incoming import InboundView
from rsm.messaging.ledger import OptAction
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.proxy_model import ProxyView

_OF_THE_PHONE = frozenset({ReadingKind.STOP, ReadingKind.START, ReadingKind.WRONG_NUMBER})


def handle(tx: Tx, text: InboundView) -> str | None:
    """Do what it asks for; None when it is for the patient's own path, which goes on with it.

    A phone that is one patient's own and another's proxy's goes both ways: the ledger is of the
    number.
    """
    found = patients.by_address(tx, text.sender)
    whose = proxies.with_address(tx, text.origin.site_id, found)
    kind = ReadingKind.STOP if text.keyword is Keyword.STOP else read_text(text.body).kind
    if not whose or kind not in _OF_THE_PHONE:
        return None
    here = [each for each in found if each.site_id == text.origin.site_id]
    also_own = len(here) > len(whose)
    for patient_id in sorted({each.patient_id for each in here}):
        patients.locked(tx, patient_id)  # of two phones that cross, both take them in one order
    if len(whose) == 1 and not also_own:
        tx.actor = Actor(ActorKind.PROXY, whose[0].id)
    match kind:
        case ReadingKind.STOP:
            _stop(tx, text, whose, also_own=also_own)
        case ReadingKind.START:
            _start(tx, text, whose, also_own=also_own)
        case _:
            _wrong_number(tx, text, whose, also_own=also_own)
    return None if also_own else kind.value


def _stop(tx: Tx, text: InboundView, whose: Sequence[ProxyView], *, also_own: bool) -> None:
    for proxy in whose:
        to_proxies.cancel(tx, proxy.patient_id, proxy.id, "opted_out")
        proxy_asking.ask(tx, proxy, "wants no messages any more")
    if also_own or stops.stop(tx, said_by(tx, text, OptAction.STOP), []) is None:
        return
    if text.keyword is not Keyword.STOP:  # else the provider has confirmed it
        reply(tx, text, "stop_confirmed", whose[0].language)


def _start(tx: Tx, text: InboundView, whose: Sequence[ProxyView], *, also_own: bool) -> None:
    if also_own:
        return
    changed = stops.start(tx, said_by(tx, text, OptAction.START), []) is not None
    if text.keyword is not Keyword.START:
        answer = reply if changed else reply_rarely
        answer(tx, text, "start_confirmed", whose[0].language)
    for proxy in whose if changed else ():
        flow.offer_again(tx, proxy)


def _wrong_number(tx: Tx, text: InboundView, whose: Sequence[ProxyView], *, also_own: bool) -> None:
    for proxy in whose:
        flow.leave_number(tx, proxy)
    if not also_own:
        reply_rarely(tx, text, "wrong_number_reply", whose[0].language)
