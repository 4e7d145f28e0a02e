"""Eight weeks of a small clinic, worked out by hand: courses, weeks and months, alerts, messages.

Lakeside, today Monday 19 October 2026, 9:00 in New York. Seven patients were entered on Monday
24 August; five were enrolled that day, Fay declined, Gil was never asked. Surveys are due on
Mondays: 24 and 31 August; 7, 14, 21 and 28 September; 5 and 12 October (0 to 7).

| patient | reports                       | missed             | and then              |
|---------|-------------------------------|--------------------|-----------------------|
| Ann     | 0 to 7, herself               |                    | reports still         |
| Bea     | 0, 1, herself                 | 2, 3, 4 no answer  | died on 30 September  |
| Cora    | 0 by her husband; 1 half-way  | 2 to 7 no answer   | still enrolled        |
| Dot     | 0 to 3, a nurse wrote it down | 4 no answer        | withdrew on 5 October |
| Eve     |                               | 0, 1, 2 never sent | still enrolled        |

*Surveys.* Due 8 + 5 + 8 + 5 + 3 = 29. Completed 8 + 2 + 1 + 4 = 15: 10 alone, 1 by a relative, 4 by
staff. Partial 1. Not answered 3 + 6 + 1 = 10, not sent 3. Baselines due 5, completed 4.
*Patient-weeks* 29, with a report 8 + 2 + 2 + 4 = 16. *Patient-months* (August, September, October):
due 3 + 2 + 3 + 2 + 2 = 12; with a report 3 + 1 + 1 + 2 = 7.
*Reach.* Of 7 eligible 5 were reached and 6 approached, of whom 1 declined. Of the 6 who did not
decline Gil and Eve were never asked; of the 5 enrolled, Eve. 4 of 5 reported. Of 4 who finished
their baseline, and had a later survey due, Ann, Bea and Dot finished a later one.
*Retention.* Last reports: Eve none (week 0), Bea and Cora week 1, Dot week 3 (she withdrew), Ann
week 7 (censored: she reports still). Bea had been silent for 30 days when she died, so she had
left. 4/5, then half of 4 are left, then half of 2: at week 4, 0.8 x 0.5 x 0.5 = 0.2, 1 of 5. At
week 12 nobody has been seen.
*Events.* Bea's death (silent since 31 August), Dot's stay in hospital on 28 September (she reported
on the 14th), Ann's admission on 5 October, by a nurse's word (she had reported that day): 1 of 3
silent.

Two of Ann's reports opened alerts; of the first 10 of 11 items were answered, of the second 10:
3 of 20 items alerted, 2 of 16 reports, 2 of 16 weeks, 2 of 7 months, 1 of 4 patients.

| alert | opened | level  | items               | viewed | taken (target 1 h) | closed        |
|-------|--------|--------|---------------------|--------|--------------------|---------------|
| one   | 28 Sep | urgent | pain, two           | 30 min | 2 h                | 72 h, advice  |
| two   | 5 Oct  | soon   | pain, one: a repeat | 10 min | 30 min             | 10 d, admitted |
| three | 12 Oct | info   | a text, no symptom  | never  | never              | open          |

Medians of three: view 30 min, take 2 h, close 10 days; no P90 can be told. Closed: none within 48 h
or 72 h, 1 of 3 in 3 to 7 days (72 h is no longer under 72 h), 2 over. Urgent 72 h less the others'
240 h (of two, the first): -168 h. Taken late 1, and one waits: 2 of 3 unanswered past target.
Acted upon 2 of 3, 20 + 10 minutes of staff. By service hours (8 to 18 on weekdays) alert one took
30 hours to close (three days of ten), alert two 80 (eight days).

*Messages.* A text of two segments to Ann arrived, one of one segment to Bea did not; a nurse got
one of one segment.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from rsm.alerts.tables import AlertEvent, Finding
from rsm.kernel.words import (
    AlertEventKind,
    AlertKind,
    Audience,
    Channel,
    Level,
    Reporter,
    SurveyState,
)
from rsm.messaging.model import Lane, MessageState
from rsm.messaging.tables import Message
from rsm.patients.model import EndReason, PatientStatus, PauseReason
from rsm.patients.tables import Patient, Pause
from rsm.responses.model import ResponseState
from rsm.responses.tables import Response
from tests.clinic import Clinic
from tests.hand_clinic import HOUR, PIN, Rows

BEGAN = date(2026, 8, 24)
_C, _P, _M = SurveyState.COMPLETED, SurveyState.PARTIAL, SurveyState.MISSED
_ANSWERED = {"status": "answered", "value": 0}
ITEMS = {f"item-{number}.severity": _ANSWERED for number in range(8)} | {
    "pain.severity": {"status": "answered", "value": 3},
    "pain.frequency": {"status": "answered", "value": 3},
}


def monday(week: int) -> datetime:
    """9:00 in New York."""
    return datetime(2026, 8, 24, 13, tzinfo=UTC) + timedelta(weeks=week)


class Courses:
    """Writes the rows of these eight weeks."""

    def __init__(self, clinic: Clinic, rows: Rows) -> None:
        self.clinic, self.rows = clinic, rows
        names = ("Ann", "Bea", "Cora", "Dot", "Eve")
        self.patients = {name: clinic.enrol_patient(name) for name in names}
        clinic.enrol_patient("Fay", status=PatientStatus.DECLINED, decline_reason="privacy")
        clinic.enrol_patient("Gil", status=PatientStatus.ELIGIBLE)
        entered = {"created_at": monday(0), "approached_at": None}
        self._change(None, **entered)
        for patient in self.patients.values():
            self._change(patient, enrolled_at=monday(0), approached_at=monday(0))

    def _change(self, patient: UUID | None, **values: object) -> None:
        with self.rows.owner.begin() as connection:
            which = Patient.id == patient if patient else Patient.site_id == self.rows.site
            connection.execute(update(Patient).where(which).values(**values))

    def survey(self, name: str, week: int, state: SurveyState, reason: str | None = None) -> UUID:
        opens = monday(week)
        return self.rows.survey(
            self.patients[name],
            0,
            state,
            window_key=opens.date().isoformat(),
            local_date=opens.date(),
            opens_at=opens,
            closes_at=opens + timedelta(days=2),
            started_at=opens if state is not _M else None,
            miss_reason=reason,
        )

    def report(
        self, name: str, week: int, items: Mapping[str, object] | None = None, **values: object
    ) -> tuple[UUID, UUID]:
        """A survey that was finished, and its report."""
        survey = self.survey(name, week, _C)
        fields: dict[str, object] = {
            "patient_id": self.patients[name],
            "occurrence_id": survey,
            "revision": 1,
            "state": ResponseState.FINAL,
            "reporter": Reporter.SELF,
            "channel": Channel.WEB,
            "language": "en",
            "instrument": PIN,
            "answers": items or {},
            "started_at": monday(week),
            "submitted_at": monday(week),
            "is_test": False,
        }
        return survey, self.rows.add(Response, **(fields | values))

    def lives(self) -> None:
        """All that is in the table of patients, but for Ann's alerts."""
        for week in (0, 1, 2, 3, 4, 7):
            self.report("Ann", week)
        for week in (0, 1):
            self.report("Bea", week)
        self.report("Cora", 0, reporter=Reporter.PROXY)
        self.survey("Cora", 1, _P)
        for week in range(4):
            self.report("Dot", week, recorded_by=self.clinic.charge)
        missed = {"Bea": range(2, 5), "Cora": range(2, 8), "Dot": range(4, 5)}
        for name, weeks in missed.items():
            for week in weeks:
                self.survey(name, week, _M, "not_answered")
        for week in range(3):
            self.survey("Eve", week, _M, "not_sent")
        ended: dict[str, object] = {"status": PatientStatus.ENDED}
        died = ended | {
            "end_reason": EndReason.DEATH,
            "ended_at": datetime(2026, 9, 30, 13, tzinfo=UTC),
        }
        self._change(self.patients["Bea"], **died)
        left = ended | {"end_reason": EndReason.WITHDRAWAL, "ended_at": monday(6)}
        self._change(self.patients["Dot"], **left)
        self.rows.add(
            Pause,
            patient_id=self.patients["Dot"],
            reason=PauseReason.INPATIENT,
            started_at=monday(5),
            ended_at=monday(6),
        )

    def alerts(self) -> None:
        """Ann's two reports that alerted, and a text that is no answer."""
        skipped = ITEMS | {"fever.severity": {"status": "skipped", "value": None}}
        both = ("pain.severity", "pain.frequency")
        self._alert(5, Level.URGENT, skipped, both, ("phone_advice", 20, 72 * HOUR))
        self._alert(6, Level.SOON, ITEMS, both[:1], ("admission", 10, timedelta(days=10)))
        opened = monday(7)
        times = {"opened_at": opened, "target_at": opened + HOUR}
        self.rows.alert(
            Level.INFO, None, None, kind=AlertKind.TEXT, patient_id=self.patients["Ann"], **times
        )

    def _alert(
        self,
        week: int,
        level: Level,
        answers: Mapping[str, object],
        items: tuple[str, ...],
        end: tuple[str, int, timedelta],
    ) -> None:
        survey, response = self.report("Ann", week, answers)
        opened, (code, minutes, closed) = monday(week), end
        late = level is Level.URGENT
        alert = self.rows.alert(
            level,
            HOUR,
            closed,
            patient_id=self.patients["Ann"],
            occurrence_id=survey,
            opened_at=opened,
            target_at=opened + HOUR,
            first_viewed_at=opened + timedelta(minutes=30 if late else 10),
            acknowledged_at=opened + (2 * HOUR if late else HOUR / 2),
            closed_at=opened + closed,
            minutes_spent=minutes,
        )
        for item in items:
            fired = {"rule": "severe", "symptom": "pain", "item": item, "level": level}
            self.rows.add(
                Finding,
                alert_id=alert,
                response_id=response,
                current_value=3,
                reason="",
                at=opened,
                **fired,
            )
        done = {"kind": AlertEventKind.ACTION, "code": code, "at": opened + 2 * HOUR}
        self.rows.add(AlertEvent, alert_id=alert, **done)

    def messages(self) -> None:
        """Two texts to patients, one to a nurse."""
        left = {"created_at": monday(2), "handed_over_at": monday(2)}
        with self.rows.owner.begin() as connection:
            found = connection.exec_driver_sql(
                "SELECT o.id, o.patient_id FROM occurrence o WHERE local_date = '2026-09-07'"
            )
            surveys = {row.patient_id: row.id for row in found}
        for name, state, segments in (
            ("Ann", MessageState.DELIVERED, 2),
            ("Bea", MessageState.UNDELIVERED, 1),
        ):
            patient = self.patients[name]
            self.rows.text(surveys[patient], patient, state, segments=segments, **left)
        self.rows.add(
            Message,
            business_key="told",
            lane=Lane.STAFF,
            channel=Channel.SMS,
            audience=Audience.STAFF,
            staff_id=self.clinic.nurse,
            purpose="alert",
            language="en",
            fields={},
            state=MessageState.SENT,
            segments=1,
            **left,
        )


def eight_weeks(clinic: Clinic, rows: Rows) -> Courses:
    """All of it."""
    made = Courses(clinic, rows)
    made.lives()
    made.alerts()
    made.messages()
    return made
