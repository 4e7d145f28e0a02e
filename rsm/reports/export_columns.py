"""The tables of an export, column by column: one place that rows and dictionary are both made of.

Days and instants are named here without their end: `opened` becomes `opened_day` or `opened_at`,
as `Dates` says.
"""

from collections.abc import Iterable
from enum import StrEnum

from rsm.alerts.model import AlertAction
from rsm.kernel.answers import AnswerStatus
from rsm.kernel.words import (
    AlertKind,
    AlertState,
    Audience,
    Channel,
    Level,
    Relation,
    Reporter,
    Role,
    SurveyState,
    TaskState,
)
from rsm.messaging.model import Lane, MessageState
from rsm.metrics import definitions
from rsm.patients.model import DeclineReason, EndReason, PatientStatus
from rsm.reports.export_model import Code, Column, Kind, Table
from rsm.schedules.model import MissReason
from rsm.scoring.model import ScoreCode
from rsm.tasks.model import TaskKind, TaskOutcome

NO_REPORT, NOT_ASKED, NOT_IN_SURVEY = "no_report", "not_asked", "not_in_survey"
STATUSES = (
    Code(AnswerStatus.ANSWERED, "An answer was given"),
    Code(
        AnswerStatus.STRUCTURAL_ZERO,
        "Not asked, since the question that it hangs on was answered 0: its value is 0",
    ),
    Code(AnswerStatus.SKIPPED, "Asked, and left out: no value"),
    Code(AnswerStatus.REFUSED, "Asked; would rather not say: no value"),
    Code(AnswerStatus.NOT_APPLICABLE, "Asked; does not apply: no value"),
)
ABSENT = (
    Code(NOT_ASKED, "In the questionnaire, but not asked in this survey: no value, and no zero"),
    Code(NOT_IN_SURVEY, "Not in the questionnaire of this survey"),
    Code(NO_REPORT, "Nobody answered this survey"),
)
_NO_DATE = "empty: has not happened, or no day of enrolment to count from"


def codes(words: Iterable[StrEnum]) -> tuple[Code, ...]:
    """A closed list, named as the values are."""
    return tuple(Code(word.value, word.value.replace("_", " ")) for word in words)


def _measure(id_: str) -> str:
    """The words of a figure: the same as on the pages (`rsm.metrics.definitions`)."""
    return next(each.numerator for each in definitions.MEASURES if each.id == id_)


def _id(of: str, words: str, name: str = "") -> Column:
    return Column(name or of, Kind.ID, words, of=of, field=f"{name or of}_id", source=of)


def _instant(name: str, words: str, source: str) -> Column:
    return Column(name, Kind.INSTANT, words, source=source, missing=_NO_DATE)


def _minutes(name: str, words: str, source: str) -> Column:
    return Column(name, Kind.INTEGER, words, unit="min", source=source, missing="empty: not yet")


def _flag(name: str, words: str, source: str) -> Column:
    return Column(name, Kind.BOOLEAN, words, source=source)


_PATIENT = _id("patient", "Whose row this is; the same in every table, for one project")
_SURVEY = _id("survey", "The survey that it belongs to; it may be one of another period")

PATIENTS = Table(
    "patients",
    "One row a patient who was there in the period, those never enrolled included",
    (
        _PATIENT,
        Column("status", Kind.CODE, "How far she has come", codes(PatientStatus), source="patient"),
        Column("decline_reason", Kind.CODE, "Why she declined", codes(DeclineReason)),
        Column("end_reason", Kind.CODE, "Why it ended", codes(EndReason)),
        Column("language", Kind.CODE, "In which language she is asked (BCP 47)"),
        _flag("interpreter", "Whether she needs an interpreter", "patient"),
        Column("channel", Kind.CODE, "How surveys reach her", codes(Channel)),
        _flag("answers_by_text", "Whether she chose to answer by replying to texts", "patient"),
        _flag("consented", "Whether a consent is on record, withdrawn or not", "consent"),
        *(
            Column(name, Kind.TEXT, f"{words}, in the words of the site", source="patient")
            for name, words in (
                ("sex", "Sex"),
                ("ethnicity", "Ethnicity"),
                ("insurance", "Insurance"),
                ("rurality", "Rurality of where she lives"),
                ("deprivation", "Deprivation of where she lives"),
            )
        ),
        Column(
            "born_decade",
            Kind.INTEGER,
            "The decade of birth (1950: 1950 to 1959); the earliest stands for all before it",
        ),
        _id("staff", "Who looks after her", "worker"),
        _instant("entered", "When she was entered", "patient"),
        _instant("approached", "When she was asked to take part", "patient"),
        _instant("enrolled", "When she was enrolled: day 0", "patient"),
        _instant("ended", "When it ended", "patient"),
        _flag("is_test", "Whether she is a test patient", "patient"),
        Column("name", Kind.TEXT, "Her name", identified=True),
        Column("record_number", Kind.TEXT, "Her record number", identified=True),
        Column("birth_date", Kind.TEXT, "Her date of birth", identified=True),
        Column("postcode_area", Kind.TEXT, "The area of her postcode", identified=True),
        Column("regimen", Kind.TEXT, "Her treatment, in free text", identified=True),
        Column("zone", Kind.TEXT, "The IANA zone of her clock", identified=True),
    ),
    ("patient",),
)

REPORT_COLUMNS = (
    Column("reporter", Kind.CODE, "Who answered", codes(Reporter), source="response"),
    Column("relation", Kind.CODE, "What a proxy who answered is to her", codes(Relation)),
    Column("answer_channel", Kind.CODE, "By which channel", codes(Channel), field="channel"),
    _flag("taken_down", "Whether a member of staff took it down", "response"),
)
SURVEYS = Table(
    "surveys",
    "One row a survey whose window opened in the period, by the date on the patient's clock",
    (
        _id("survey", "The survey"),
        _PATIENT,
        Column("instrument", Kind.TEXT, "Key of the questionnaire", field="instrument_key"),
        Column("instrument_version", Kind.TEXT, "Its version; see the dictionary for its content"),
        Column("state", Kind.CODE, "Where it stands", codes(SurveyState), source="occurrence"),
        Column("miss_reason", Kind.CODE, "Why it was not answered or asked", codes(MissReason)),
        _flag("scheduled", "Whether the plan asked; else she reported by herself", "occurrence"),
        _flag("sent", _measure("sent"), "message"),
        _flag("delivered", _measure("delivered"), "message"),
        Column("window", Kind.DAY, "The day of its window", field="local_date"),
        _instant("opened", "When it opened", "occurrence"),
        _minutes("open_minutes", "How long it was to be open", "occurrence"),
        _instant("answered", "When it was answered", "response"),
        _minutes("answered_after_minutes", "From opening to the answers", "response"),
        *REPORT_COLUMNS,
        Column("language", Kind.CODE, "In which language (BCP 47)", source="response"),
        _flag("late", _measure("late"), "response"),
        _flag("backfilled", "Whether a baseline was filled in afterwards", "response"),
        Column("on_paper", Kind.DAY, "The day on the paper", field="answered_on"),
        Column("revision", Kind.INTEGER, "1 as it was sent; more: it was corrected"),
        _flag("set_aside", "Whether a report was set aside as somebody else's", "response"),
        _flag("is_test", "Whether it is a test patient's", "occurrence"),
    ),
    ("survey",),
)

ANSWERS = Table(
    "answers",
    "One row an answer that stands: what was later corrected is not there",
    (
        _PATIENT,
        _SURVEY,
        Column("instrument", Kind.TEXT, "Key of the questionnaire", field="instrument_key"),
        Column("instrument_version", Kind.TEXT, "Its version"),
        Column("item", Kind.TEXT, "Code of the item; see the dictionary for its codes"),
        Column("symptom", Kind.TEXT, "What it asks about"),
        Column("attribute", Kind.TEXT, "Which side of it"),
        Column("status", Kind.CODE, "Why there is a value, or none", STATUSES, source="response"),
        Column(
            "value",
            Kind.NUMBER,
            "The stored code, or the number in the unit of the item; of several options how many",
            missing="empty: no value, and never a zero; `status` says why",
        ),
        Column("unit", Kind.TEXT, "The unit of a number"),
        Column("picked", Kind.TEXT, "Of several options the codes, joined by `;`"),
        Column("date", Kind.DAY, "Of an item that asks for a day: which", field="date"),
        Column("given", Kind.INSTANT, "When it was given", missing="empty: concluded, not given"),
        *REPORT_COLUMNS,
        Column("text", Kind.TEXT, "What was written, of an item of words", identified=True),
    ),
    ("survey", "item"),
)

SCORES = Table(
    "scores",
    "One row a score of a report that stands",
    (
        _PATIENT,
        _SURVEY,
        Column("instrument", Kind.TEXT, "Key of the questionnaire", field="instrument_key"),
        Column("instrument_version", Kind.TEXT, "Its version, whose formulas made the score"),
        Column("score", Kind.TEXT, "Name of the score"),
        Column("value", Kind.NUMBER, "Its value", missing="empty: not computed; `code` says why"),
        Column("code", Kind.CODE, "How it came about, or why not", codes(ScoreCode)),
        Column("band", Kind.TEXT, "The band that it lies in"),
        Column("standard_error", Kind.NUMBER, "Its standard error, where it has one"),
        Column("missing_parts", Kind.TEXT, "Items without a value, joined by `;`"),
    ),
    ("survey", "score"),
)

ALERTS = Table(
    "alerts",
    "One row an alert that was opened in the period",
    (
        _id("alert", "The alert"),
        _PATIENT,
        _SURVEY,
        Column("kind", Kind.CODE, "What it is about", codes(AlertKind), source="alert"),
        Column("level", Kind.CODE, "How soon a person must look", codes(Level)),
        Column("state", Kind.CODE, "Where it stands", codes(AlertState)),
        Column("rule_pack", Kind.TEXT, "Key of the rules that raised it", field="rule_pack_key"),
        Column("rule_pack_version", Kind.TEXT, "Their version"),
        Column("rules", Kind.TEXT, "The rules that fired, joined by `;`", source="finding"),
        Column("symptoms", Kind.TEXT, "What they found, joined by `;`", source="finding"),
        Column("items", Kind.TEXT, "In which items, joined by `;`", source="finding"),
        _instant("opened", "When it was opened", "alert"),
        _minutes("target_minutes", "In which time it was to be taken", "alert"),
        _minutes("viewed_after_minutes", "From opening to the first look, clock time", "alert"),
        _minutes(
            "acknowledged_after_minutes",
            "From opening to the first acknowledgement, clock time",
            "alert",
        ),
        Column("acknowledged_by_channel", Kind.CODE, "How it was acknowledged", codes(Channel)),
        _minutes("closed_after_minutes", "From opening to closing, clock time", "alert"),
        Column("reopened", Kind.INTEGER, "How often it was opened again", source="alert"),
        Column("outcome", Kind.CODE, "What the nurse did", codes(AlertAction), source="alert"),
        Column("minutes_spent", Kind.INTEGER, _measure("minutes_spent"), unit="min"),
        _id("staff", "Who has it", "owner"),
        Column("closed_by", Kind.ID, "Who closed it", of="staff"),
        _flag("is_test", "Whether it is a test patient's", "alert"),
    ),
    ("alert",),
)

MESSAGES = Table(
    "messages",
    "One row a message that was written in the period, to a patient or to staff; never its body",
    (
        _id("message", "The message"),
        Column("patient", Kind.ID, "To whom, or about whom", of="patient", field="patient_id"),
        _id("staff", "To which member of staff"),
        Column("audience", Kind.CODE, "Whom it speaks to", codes(Audience), source="message"),
        Column("channel", Kind.CODE, "By which channel", codes(Channel)),
        Column("lane", Kind.CODE, "How it was queued", codes(Lane)),
        Column("purpose", Kind.TEXT, "Which text it is"),
        Column("language", Kind.CODE, "In which language (BCP 47)"),
        _SURVEY,
        _id("alert", "The alert that it tells of; it may be one of another period"),
        Column("state", Kind.CODE, "What became of it", codes(MessageState)),
        Column("reason", Kind.TEXT, "Why it did not go out or arrive: a code"),
        _instant("written", "When it was written", "message"),
        _instant("handed_over", "When the provider took it", "message"),
        _minutes("delivered_after_minutes", "From there to the carrier's confirmation", "message"),
        Column("segments", Kind.INTEGER, "How many segments it was", source="message"),
        _flag("is_test", "Whether it is about a test patient", "message"),
    ),
    ("message",),
)

TASKS = Table(
    "tasks",
    "One row a task for a person that was opened in the period",
    (
        _id("task", "The task"),
        _PATIENT,
        _SURVEY,
        Column("kind", Kind.CODE, "Why a person is asked", codes(TaskKind), source="task"),
        Column("state", Kind.CODE, "Where it stands", codes(TaskState)),
        Column("role", Kind.CODE, "Who is asked", codes(Role)),
        _id("staff", "Who has it", "owner"),
        _instant("opened", "When it was opened", "task"),
        _minutes("due_minutes", "In which time it was due", "task"),
        _minutes("done_after_minutes", "From opening to its end", "task"),
        _flag("overdue", "Whether somebody was told that nobody did it", "task"),
        Column("outcome", Kind.CODE, "What came of it", codes(TaskOutcome), source="task"),
        _flag("is_test", "Whether it is about a test patient", "task"),
    ),
    ("task",),
)

TABLES = (PATIENTS, SURVEYS, ANSWERS, SCORES, ALERTS, MESSAGES, TASKS)
