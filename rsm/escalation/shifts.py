"""A text that leaves later than it was written: whoever is off duty by then is not told.

A bundle leaves minutes after its alerts, and any text does after an outage. Whom the ladder means
is asked again then; where she to whom the text was written was the last who was told, the step is
taken again for whoever is on duty now.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from rsm.alerts import handling
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import aligned, people, published, rows, safety, store
from rsm.escalation.model import Policy
from rsm.escalation.tables import Escalation
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Pin
from rsm.messaging.model import MessageView

OF_A_STEP = frozenset({"staff_alert", "staff_alert_again"})
LATE = timedelta(minutes=1)  # what leaves sooner was written for who is on duty
Text = tuple[MessageView, AlertView]  # a message of the ladder, and an alert that it is about


def gone(tx: Tx, texts: Iterable[Text]) -> list[Text]:
    """Those whose recipient the ladder does not mean any more as they leave."""
    late = [each for each in texts if each[0].staff_id and tx.now - each[0].created_at >= LATE]
    meant = _meant(tx, [alert for _, alert in late])
    return [
        (message, alert)
        for message, alert in late
        if alert.id in meant and message.staff_id not in meant[alert.id]
    ]


def tell_others(tx: Tx, texts: Sequence[Text]) -> None:
    """The step is due again for each of these alerts of which the text's recipient was told last.

    Holds their ladders in the order of their ids; the worker takes the steps, under its locks.
    """
    if not texts:
        return
    told = handling.told_last(tx, [alert.id for _, alert in texts])
    left = {alert.id for message, alert in texts if message.staff_id in told.get(alert.id, ())}
    for alert_id in sorted(left):
        _step_back(tx, alerts.get(tx, alert_id))


def _step_back(tx: Tx, alert: AlertView) -> None:
    row, policy = rows.hold(tx, alert.id)
    before = rows.progress_of(row, alert)
    again = aligned.taken_again(policy, before, tx.now)
    if again != before:
        store.change(tx, alert.id, **rows.values_of(again))  # `since` stays: when it was taken


def _meant(tx: Tx, about: Sequence[AlertView]) -> dict[UUID, Collection[UUID]]:
    """Alert → everybody whom the steps that were taken mean now; looked up once for those alike.
    An alert without a ladder is left out."""
    if not about:
        return {}
    found = store.many(tx, [alert.id for alert in about])
    known: dict[object, Collection[UUID]] = {}
    meant: dict[UUID, Collection[UUID]] = {}
    for alert in about:
        if (row := found.get(alert.id)) is None:
            continue
        alike = (alert.team_id, alert.level, row.policy.get("hash"), row.step, row.lap > 0)
        if alike not in known:
            known[alike] = _named(tx, alert, row)
        meant[alert.id] = known[alike]
    return meant


def _named(tx: Tx, alert: AlertView, row: Escalation) -> frozenset[UUID]:
    steps = _policy(tx, row).ladder(alert.level).steps
    taken = steps if row.lap else steps[: max(row.step, 1)]
    asked = dict.fromkeys(who for step in taken for who in step.who)
    return frozenset(one.id for some in people.look_up(tx, alert, asked).values() for one in some)


def _policy(tx: Tx, row: Escalation) -> Policy:
    try:
        return published.load(tx, Pin.of(row.policy))
    except (RsmError, KeyError):
        return safety.policy()
