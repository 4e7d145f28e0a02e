"""A year of a site in bulk: patients, their weekly surveys, texts and alerts, drawn from a seed.

What was drawn (`tests.bulk_people`) is kept as plain facts, so that any figure can be worked out
from them without a line of the product; the same facts are written by COPY, past every service and
trigger.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from sqlalchemy import Engine, text

from tests.bulk_people import BEGINS, DAYS, PatientFact, SurveyFact, draw, nine
from tests.clinic import Clinic

__all__ = ["BEGINS", "DAYS", "draw", "write"]
PIN = json.dumps({"key": "weekly-symptoms", "version": "1.0.0", "hash": "0"})
_OPEN = timedelta(days=5)
_MOST = 400  # surveys of one patient, so that numbers of later ones are free


def write(owner: Engine, clinic: Clinic, people: Sequence[PatientFact]) -> None:
    """All of it as rows of the clinic, and one note that everything has changed."""
    number = f"bulk {people[0].number}"
    base = clinic.enrol_patient("Base", record_number=number, is_test=True)
    rows = _Rows(clinic.site, clinic.charge)
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        documents = json.dumps([rows.patient(one) for one in people])
        connection.execute(
            text(
                "INSERT INTO patient SELECT made.* FROM patient p,"
                " jsonb_array_elements(CAST(:rows AS jsonb)) one,"
                " jsonb_populate_record(p, one) made WHERE p.id = :base"
            ),
            {"rows": documents, "base": base},
        )
        driver = connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError("no psycopg")
        for table, (columns, made) in rows.tables(people).items():
            _copy(driver, table, columns, made)
        connection.execute(
            text("INSERT INTO measure_change (site_id) VALUES (:site)"), {"site": clinic.site}
        )
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _copy(
    driver: "psycopg.Connection[tuple[object, ...]]",
    table: str,
    columns: str,
    rows: Iterable[tuple[object, ...]],
) -> None:
    statement = f"COPY {table} ({columns}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(statement) as out:
        for row in rows:
            out.write_row(row)


_SURVEY = """id, site_id, patient_id, window_key, local_date, opens_at, closes_at, reminders,
    state, miss_reason, started_at, instrument, language, scheduled, is_test"""
_REPORT = """id, site_id, patient_id, occurrence_id, revision, state, reporter, recorded_by,
    channel, language, instrument, answers, started_at, submitted_at, is_test"""
_TEXT = """id, site_id, business_key, lane, channel, audience, patient_id, occurrence_id,
    purpose, language, fields, state, created_at, handed_over_at, segments"""
_ALERT = """id, site_id, business_key, code, kind, level, state, loan_until, patient_id,
    occurrence_id, response_id, reason, opened_at, target_at, acknowledged_at, closed_at, is_test"""
_FINDING = """id, site_id, alert_id, response_id, rule, symptom, item, level, current_value,
    reason, at"""
Table = tuple[str, Iterator[tuple[object, ...]]]
_KINDS = ("patient", "occurrence", "response", "message", "alert", "event", "finding")


def _id(kind: str, number: int) -> UUID:
    return UUID(int=(_KINDS.index(kind) + 1 << 120) | number)


class _Rows:
    """The rows of each table, as they are copied."""

    def __init__(self, site: UUID, staff: UUID) -> None:
        self.site, self.staff = site, staff

    def patient(self, one: PatientFact) -> dict[str, object]:
        enrolled = one.enrolled and nine(one.enrolled).isoformat()
        status = "declined" if one.declined else "enrolled" if enrolled else "eligible"
        ended = one.ended
        return {
            "id": str(_id("patient", one.number)),
            "record_number_hash": f"\\x{one.number:08x}",
            "sex": one.sex,
            "is_test": False,
            "status": "ended" if ended else status,
            "decline_reason": "privacy" if one.declined else None,
            "end_reason": ended[1] if ended else None,
            "created_at": nine(one.enrolled or BEGINS).isoformat(),
            "enrolled_at": enrolled,
            "approached_at": None,
            "ended_at": nine(ended[0]).isoformat() if ended else None,
        }

    def tables(self, people: Sequence[PatientFact]) -> dict[str, Table]:
        """By table its columns, and its rows in their order."""
        return {
            "occurrence": (_SURVEY, self._surveys(people)),
            "response": (_REPORT, self._reports(people)),
            "message": (_TEXT, self._texts(people)),
            "alert": (_ALERT, self._alerts(people)),
            "alert_event": ("id, site_id, alert_id, kind, at, code", self._events(people)),
            "finding": (_FINDING, self._findings(people)),
        }

    def _surveys(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, one, survey in _each(people):
            opens = nine(survey.on)
            missed = survey.state == "missed"
            reason = ("not_sent" if survey.never_asked else "not_answered") if missed else None
            yield (
                *(_id("occurrence", number), self.site, _id("patient", one.number)),
                *(survey.on.isoformat(), survey.on, opens, opens + _OPEN, "[]"),
                *(survey.state, reason, None if missed else survey.sent),
                *(PIN, "en", True, False),
            )

    def _reports(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, one, survey in _each(people):
            if survey.state == "missed":
                continue
            asked = [*(f"item-{place}" for place in range(survey.items - 1)), "severity"]
            answers = {item: {"status": "answered", "value": 1} for item in asked}
            at, staff = survey.sent, self.staff if survey.by_staff else None
            yield (
                *(_id("response", number), self.site, _id("patient", one.number)),
                *(_id("occurrence", number), 1, "final", survey.reporter, staff),
                *(survey.channel, "en", PIN, json.dumps(answers), at, at, False),
            )

    def _texts(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, one, survey in _each(people):
            at = nine(survey.on)
            for place, (state, segments) in enumerate(survey.texts):
                yield (
                    *(_id("message", number * 4 + place), self.site, f"bulk:{number}:{place}"),
                    *("survey", "sms", "patient", _id("patient", one.number)),
                    *(_id("occurrence", number), "invite", "en", "{}", state, at, at, segments),
                )

    def _alerts(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, one, survey in _each(people):
            alert = survey.alert
            if alert is None:
                continue
            opened, taken, closed = alert.opened_at, alert.acknowledged, alert.closed
            state = "closed" if closed is not None else "open" if taken is None else "acknowledged"
            yield (
                *(_id("alert", number), self.site, f"bulk:{number}", f"{number:x}", "symptom"),
                *(alert.level, state, opened if state == "acknowledged" else None),
                *(_id("patient", one.number), _id("occurrence", number), _id("response", number)),
                *("", opened, opened + timedelta(hours=1), _after(opened, taken)),
                *(_after(opened, closed), False),
            )

    def _events(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, _, survey in _each(people):
            if survey.alert is not None and survey.alert.code is not None:
                at = survey.alert.opened_at
                keys = (_id("event", number), self.site, _id("alert", number))
                yield (*keys, "closed", at, survey.alert.code)

    def _findings(self, people: Sequence[PatientFact]) -> Iterator[tuple[object, ...]]:
        for number, _, survey in _each(people):
            if survey.alert is not None:
                keys = (_id("finding", number), self.site, _id("alert", number))
                alert = survey.alert
                yield (
                    *(*keys, _id("response", number), "rule", alert.symptom, "severity"),
                    *(alert.level, 3, "", alert.opened_at),
                )


def _each(people: Sequence[PatientFact]) -> Iterator[tuple[int, PatientFact, SurveyFact]]:
    number = people[0].number * _MOST if people else 0
    for one in people:
        for survey in one.surveys:
            yield number, one, survey
            number += 1


def _after(opened: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else opened + timedelta(minutes=minutes)
