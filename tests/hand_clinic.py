"""A small clinic, worked out by hand, and the figures that must come out of it.

Lakeside, four weeks to Monday 19 October 2026, 9:00 in New York. Four patients were entered: three
enrolled, one eligible and never asked, and a test patient besides, who counts nowhere.

Surveys whose window opened in the period (Mondays 28 September, 5 and 12 October):

| patient | 28 Sep                | 5 Oct                      | 12 Oct                       |
|---------|-----------------------|----------------------------|------------------------------|
| Ann     | completed, delivered  | completed, delivered       | missed, not answered, sent   |
| Bea     | partial, delivered    | missed, not sent, no text  | cancelled (paused)           |
| Cora    | completed by a nurse  | missed, not answered, sent | open still                   |
| test    | completed, delivered  | completed, delivered       | completed, delivered         |

So of 7 due (9 less 1 cancelled, 1 open): sent 5 (Ann 3, Bea 1, Cora 1), delivered 3, started 4,
completed 3, partial 1, not answered 2, not sent 1.
By week: 28 September 2 of 3; 5 October 1 of 3; 12 October 0 of 1.

Alerts, from opening to acknowledgement and to closing:

| level     | acknowledged after | closed after      |
|-----------|--------------------|-------------------|
| urgent    | 10 min             | 1 h               |
| urgent    | 2 h                | 50 h              |
| urgent    | never              | open              |
| soon      | 5 h                | 8 days            |
| emergency | (test alert)       |                   |
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, func, insert, select

from rsm.alerts.tables import Alert, AlertEvent
from rsm.db.base import Base
from rsm.db.work import Tx
from rsm.kernel.ids import SeededIds, new_id
from rsm.kernel.words import (
    AlertEventKind,
    AlertKind,
    AlertState,
    Audience,
    Channel,
    Level,
    SurveyState,
)
from rsm.messaging.model import Lane, MessageState
from rsm.messaging.tables import Message
from rsm.metrics import sums
from rsm.metrics.dimensions import Dimension
from rsm.metrics.model import Days
from rsm.metrics.tables import MeasureChange
from rsm.patients.model import PatientStatus
from rsm.schedules.tables import Occurrence
from tests.clinic import Clinic
from tests.conftest import MONDAY_NINE

HOUR = timedelta(hours=1)
FIRST = date(2026, 9, 28)
PIN = {"key": "weekly-symptoms", "version": "1.0.0", "hash": "0"}
C, P, M, X = (
    SurveyState.COMPLETED,
    SurveyState.PARTIAL,
    SurveyState.MISSED,
    SurveyState.CANCELLED,
)


@dataclass
class Rows:
    """Writes rows past the services, as the superuser, so that every state can be had."""

    owner: Engine
    site: UUID
    ids: SeededIds

    def add(self, table: type[Base], **values: object) -> UUID:
        made = new_id(self.ids, MONDAY_NINE)
        with self.owner.begin() as connection:
            connection.execute(insert(table).values(id=made, site_id=self.site, **values))
        return made

    def survey(self, patient: UUID, week: int, state: SurveyState, **values: object) -> UUID:
        opens = datetime(2026, 9, 28, 13, tzinfo=MONDAY_NINE.tzinfo) + timedelta(weeks=week)
        is_open = state is SurveyState.OPEN
        fields = {
            "patient_id": patient,
            "window_key": (FIRST + timedelta(weeks=week)).isoformat(),
            "local_date": FIRST + timedelta(weeks=week),
            "opens_at": opens,
            "closes_at": opens + timedelta(days=2),
            "next_at": opens if is_open else None,
            "reminders": [],
            "state": state,
            "instrument": PIN,
            "language": "en",
            "scheduled": True,
            "is_test": False,
        }
        return self.add(Occurrence, **(fields | values))

    def text(self, survey: UUID, patient: UUID, state: MessageState, **values: object) -> UUID:
        fields = {
            "business_key": f"survey:{survey}:invite",
            "lane": Lane.SURVEY,
            "channel": Channel.SMS,
            "audience": Audience.PATIENT,
            "patient_id": patient,
            "occurrence_id": survey,
            "purpose": "invite",
            "language": "en",
            "fields": {},
            "state": state,
            "created_at": MONDAY_NINE,
            "handed_over_at": MONDAY_NINE,
        }
        return self.add(Message, **(fields | values))

    def alert(
        self, level: Level, taken: timedelta | None, closed: timedelta | None, **values: object
    ) -> UUID:
        opened = MONDAY_NINE - timedelta(days=10)
        number = new_id(self.ids, MONDAY_NINE).hex
        fields = {
            "business_key": number,
            "code": number,
            "kind": AlertKind.SYMPTOM,
            "level": level,
            "state": AlertState.CLOSED if closed else AlertState.OPEN,
            "reason": "",
            "opened_at": opened,
            "target_at": opened + HOUR,
            "acknowledged_at": opened + taken if taken else None,
            "closed_at": opened + closed if closed else None,
            "is_test": False,
        }
        return self.add(Alert, **(fields | values))


def enrol_and_survey(clinic: Clinic, rows: Rows) -> None:
    ann, bea, cora = (clinic.enrol_patient(name) for name in ("Ann", "Bea", "Cora"))
    clinic.enrol_patient("Dot", status=PatientStatus.ELIGIBLE)
    test = clinic.enrol_patient("Test", is_test=True)
    sent, delivered = MessageState.SENT, MessageState.DELIVERED
    begun = {"started_at": MONDAY_NINE}
    for week, state, text in ((0, C, delivered), (1, C, delivered), (2, M, sent)):
        done = begun if state is C else {"miss_reason": "not_answered"}
        rows.text(rows.survey(ann, week, state, **done), ann, text)
    rows.text(rows.survey(bea, 0, P, **begun), bea, delivered)
    rows.survey(bea, 1, M, miss_reason="not_sent")
    rows.survey(bea, 2, X, miss_reason="paused")
    rows.survey(cora, 0, C, **begun)
    rows.text(rows.survey(cora, 1, M, miss_reason="not_answered"), cora, sent)
    rows.survey(cora, 2, SurveyState.OPEN)
    for week in range(3):
        marked = rows.survey(test, week, C, is_test=True)
        rows.text(marked, test, delivered, is_test=True)


def raise_alerts(rows: Rows) -> None:
    rows.alert(Level.URGENT, timedelta(minutes=10), HOUR)
    rows.alert(Level.URGENT, 2 * HOUR, 50 * HOUR)
    waits = rows.alert(Level.URGENT, None, None)
    rows.alert(Level.SOON, 5 * HOUR, timedelta(days=8))
    rows.alert(Level.EMERGENCY, None, None, is_test=True)
    for kind in (AlertEventKind.TOLD, AlertEventKind.TOLD, AlertEventKind.NOBODY):
        rows.add(AlertEvent, alert_id=waits, kind=kind, at=MONDAY_NINE)


def notes_waiting(tx: Tx) -> int:
    """How many notes of changes the roll-ups have still to work off."""
    return tx.session.scalar(select(func.count()).select_from(MeasureChange)) or 0


def surveys(
    tx: Tx, site: UUID, days: Days, by: Dimension = Dimension.ALL
) -> dict[str, Counter[str]]:
    """What the roll-up counts of surveys, by value of the dimension and then by name; of a value
    without any there is nothing."""
    found = sums.summed(tx, sums.Asked(site, (days,), by), sums.surveys)
    return {
        value: Counter({name: int(count or 0) for name, count in counts.items()})
        for (value, _), counts in found.items()
    }
