"""Messages that were claimed are handed over: the second step of delivery, in no transaction.

Many at once, each on a thread, as far as there are threads. None begins so late that its call
could outlast its lease: no two workers are within the same call (P2).
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from rsm.flow.sent import Outcome
from rsm.kernel import faults
from rsm.kernel.errors import Deferred, OutcomeUnknown, SendError, SendReason
from rsm.messaging.model import Outgoing
from rsm.messaging.ports import Sender

log = logging.getLogger(__name__)


def one_by_one(sender: Sender, messages: Sequence[Outgoing]) -> list[Outcome]:
    """In their order: for a provider in memory, so that a seed determines everything."""
    return [send(sender, message) for message in messages]


def abreast(
    sender: Sender, messages: Sequence[Outgoing], threads: int, in_time: Callable[[], bool]
) -> list[Outcome]:
    """So many at once; what waited until it is not `in_time` any more is put off.

    A thread is begun only while some wait: a sender that answers at once needs few. Where the host
    has none left, those that there are send all, and this one with them.
    """
    waiting = deque(enumerate(messages))
    outcomes: dict[int, Outcome] = {}

    def work() -> None:
        while waiting:
            try:
                number, message = waiting.popleft()
            except IndexError:  # another has taken the last
                return
            outcomes[number] = send(sender, message) if in_time() else _put_off()

    if len(messages) == 1:
        work()
    with ThreadPoolExecutor(threads, thread_name_prefix="send") as pool:
        begun: list[Future[None]] = []
        try:
            while waiting and len(begun) < threads:
                begun.append(pool.submit(work))
        except RuntimeError:  # the host has no thread left: none that was claimed is left lying
            log.warning("no thread is to be had", extra={"action": "message.few_threads"})
            work()
        for each in begun:
            each.result()
    return [outcomes[number] for number in range(len(messages))]


def _put_off() -> SendError:
    return Deferred(SendReason.TIMEOUT, "the batch took too long: not begun")


def send(sender: Sender, outgoing: Outgoing) -> Outcome:
    """Hand it over. Whatever an adapter raises beside its own errors leaves the outcome unknown."""
    faults.point("deliver.before_send")
    try:
        accepted = sender.send(outgoing)
    except SendError as error:
        return error
    except Exception as error:  # noqa: BLE001 - the provider may have taken it nevertheless
        return OutcomeUnknown(SendReason.PROVIDER_ERROR, type(error).__name__)
    faults.point("deliver.sent")
    return accepted
