"""The judges of a campaign: the sandbox's own log, and the database. Each lists what is wrong."""

from collections import Counter
from datetime import time
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from rsm.schedules.decide import windows_between
from rsm.schedules.library import plan_named
from rsm.schedules.model import Anchors, Slot
from tests.campaign.month import BEGINS, Month
from tests.clinic import PATIENT_SENDER

_FROM, _UNTIL = time(8), time(20)  # the clinic's hours for texts

_UNACCOUNTED = """
SELECT o.id FROM occurrence o
WHERE o.scheduled AND o.state <> 'cancelled'
AND NOT EXISTS (
  SELECT FROM message m
  WHERE m.occurrence_id = o.id AND m.state IN ('accepted', 'sent', 'delivered')
)
AND NOT EXISTS (  -- answered, while her text was still to be tried again: it is cancelled then
  SELECT FROM response r WHERE r.occurrence_id = o.id AND r.state = 'final'
)
AND NOT EXISTS (
  SELECT FROM task t
  WHERE t.patient_id = o.patient_id
  AND (t.kind IN ('reach_another_way', 'check_contact') OR t.business_key LIKE '%' || o.id || '%')
)
ORDER BY o.id
"""
_LEFT_OPEN = """
SELECT id FROM message WHERE state IN ('queued', 'sending') AND next_at <= :now ORDER BY id
"""


def doubled(month: Month) -> list[str]:
    """Messages to patients that the provider took more than once, by the key in their callback."""
    log = month.house.sandbox.control.log()
    keys = Counter(each.callback_url for each in log if each.sender == PATIENT_SENDER)
    return [key for key, times in keys.items() if times > 1]


def unknown(month: Month) -> list[str]:
    """What the provider took and our outbox does not know."""
    with month.owner.connect() as connection:
        ours = {str(each) for each in connection.execute(text("SELECT id FROM message")).scalars()}
    log = month.house.sandbox.control.log()
    return [each.sid for each in log if _key(each.callback_url) not in ours]


def astray(month: Month) -> list[str]:
    """Windows that the plan names and nobody opened, or that were opened and it does not name."""
    query = text("SELECT patient_id, window_key FROM occurrence WHERE scheduled")
    with month.owner.connect() as connection:
        opened = Counter((row[0], row[1]) for row in connection.execute(query))
    named = Counter[tuple[UUID, str]]()
    for each in month.residents.values():
        zone = ZoneInfo(each.zone)
        slot = Slot(zone, each.weekday, each.local_time)
        anchors = Anchors(slot, BEGINS.astimezone(zone).date())
        for window in windows_between(plan_named(each.plan), anchors, BEGINS, month.clock.now()):
            named[each.id, window.key] += 1
    wrong = (opened - named) + (named - opened)
    return [f"{patient} {key}" for patient, key in wrong]


def at_night(month: Month) -> list[str]:
    """Survey texts that the provider took outside of the hours on the patient's wall clock."""
    query = text("SELECT id, patient_id FROM message WHERE lane = 'survey'")
    with month.owner.connect() as connection:
        whose: dict[str, UUID] = {str(row[0]): row[1] for row in connection.execute(query)}
    found = []
    for each in month.house.sandbox.control.log():
        patient = whose.get(_key(each.callback_url))
        if patient is not None:
            local = each.at.astimezone(ZoneInfo(month.residents[patient].zone)).time()
            if not _FROM <= local < _UNTIL:
                found.append(f"{each.sid} at {local}")
    return found


def unaccounted(month: Month) -> list[str]:
    """Surveys that reached nobody, that nobody answered, and that stand on nobody's list."""
    with month.owner.connect() as connection:
        return [str(each) for each in connection.execute(text(_UNACCOUNTED)).scalars()]


def stranded(month: Month) -> list[str]:
    """Messages that are due and that nobody works."""
    with month.owner.connect() as connection:
        due = connection.execute(text(_LEFT_OPEN), {"now": month.clock.now()})
        return [str(each) for each in due.scalars()]


def _key(callback_url: str) -> str:
    return callback_url.partition("#")[0].rsplit("/", 1)[-1]
