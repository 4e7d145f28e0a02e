"""Samples of the call list and of answers taken by phone, with invented people and numbers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from rsm.kernel.errors import Problem
from rsm.web.pages import View
from rsm.web.views.alerts import PatientHead, Watch
from rsm.web.views.calls import (
    CallRow,
    CallsView,
    EntryDoneView,
    EntryField,
    EntryItem,
    EntryOption,
    EntryView,
    Noted,
    OnDuty,
    Said,
)
from rsm.web.views.common import Choice, Link
from tests.web.page_samples_staff import NOW, staff_frame

Sample = tuple[str, str, View]
_HOUR = timedelta(hours=1)
_OUTCOMES = tuple(
    Choice(value, label)
    for value, label in (
        ("voicemail", "Voicemail"),
        ("no_answer", "No answer"),
        ("reached", "Reached, no answers now"),
        ("refused", "Does not want to"),
        ("too_ill", "Too ill to answer"),
        ("wrong_number", "Wrong number"),
    )
)


def row(name: str = "Miguel Santos", **others: object) -> CallRow:
    plain = CallRow(
        name=name,
        url="/sites/3f2a/patients/77",
        phone="+12025550131",
        language="English",
        foreign=False,
        interpreter=False,
        zone="America/Chicago",
        elsewhere=False,
        best="9:00-12:00",
        asked_at=NOW - 72 * _HOUR,
        last_answer=None,
        tried=(),
        next_at=None,
        closes_at=NOW + 48 * _HOUR,
        action="/calls/91",
        enter_url="/sites/3f2a/patients/77/entry/12",
        times=(Choice("2026-10-19T16:00:00+00:00", "11:00"),),
    )
    return replace(plain, **others)  # type: ignore[arg-type]  # the fields of a row


def calls(*now: CallRow, **others: object) -> CallsView:
    plain = CallsView(
        frame=staff_frame("/calls"),
        now=now,
        later=(),
        outcomes=_OUTCOMES,
        watch=Watch(NOW - timedelta(minutes=1), well=True),
        surveys_to_come=12,
        version=7,
        version_url="/sites/3f2a/calls/version",
        fragment_url="/sites/3f2a/calls/list",
    )
    return replace(plain, **others)  # type: ignore[arg-type]  # the fields of the page


def entry(**others: object) -> EntryView:
    answers = tuple(
        EntryOption("fatigue.frequency", str(value), label, meaning, str(value))
        for value, (label, meaning) in enumerate((("Nunca", "Never"), ("A veces", "Sometimes")))
    )
    why = EntryOption("weight:why", "refused", "Would not say", key="R")
    picks = tuple(replace(one, name=f"where:{one.value}") for one in answers)
    first = EntryItem("fatigue.frequency", 1, "¿Cuántas veces?", "How often?", answers)
    plain = EntryView(
        frame=staff_frame("/calls"),
        patient=PatientHead("Ana Ruiz", "/sites/3f2a/patients/77", phone="+12025550131"),
        action="/sites/3f2a/patients/77/entry/12",
        cancel_url="/sites/3f2a/patients/77",
        intro=Said("es", "ltr", ("Le llamo de Lakeside.",), ("I am calling from Lakeside.",)),
        born="1957-03-04",
        language="es",
        recall="En los últimos 7 días",
        items=(
            first,
            EntryItem(
                "fatigue.interference",
                2,
                "¿Cuánto?",
                "How much?",
                tuple(replace(one, name="fatigue.interference") for one in answers),
                gate=("fatigue.frequency", 1),
                given="the patient, by text, 14:02",
            ),
            EntryItem(
                "weight",
                3,
                "¿Cuánto pesa?",
                "How heavy?",
                reasons=(why,),
                fields=(EntryField("weight", "Number", "70", "kg"),),
            ),
            EntryItem("where", 4, "¿Dónde?", "Where?", picks, several=True, depends=True),
            EntryItem(
                "more",
                5,
                "¿Qué más?",
                "What else?",
                fields=(EntryField("more", "In words", long=True),),
            ),
        ),
        relations=(Choice("child", "Child"),),
    )
    return replace(plain, **others)  # type: ignore[arg-type]  # the fields of the page


def done(kind: str, **others: object) -> EntryDoneView:
    plain = EntryDoneView(
        frame=replace(staff_frame("/calls"), clinic_phone="+12025550140", emergency_number="911"),
        kind=kind,
        back_url="/sites/3f2a/calls",
        record_url="/sites/3f2a/patients/77",
        stored_at=NOW,
        say=Said("en", "ltr", ("Thank you. If you feel worse, call 202-555-0140.",)),
    )
    return replace(plain, **others)  # type: ignore[arg-type]  # the fields of the page


def call_pages() -> Iterator[Sample]:
    """Each page in each of its states."""
    lists, forms, ends = "staff/calls.html", "staff/entry.html", "staff/entry_done.html"
    interpreter = row(
        "Ana Ruiz", foreign=True, interpreter=True, language="Spanish", elsewhere=True,
        tried=("10:02 today: voicemail, D. Reyes",), last_answer=NOW, owner="D. Reyes has it",
    )  # fmt: skip
    no_number = row("Ruth Okafor", phone="", test_patient=True, note="Asked her son")
    later = row("Patricia Nowak", next_at=NOW + 2 * _HOUR)
    yield "calls", lists, calls(row(), interpreter, no_number, later=(later,))
    yield "calls-later", lists, calls(later=(later,))
    yield "calls-none", lists, calls()
    yield "calls-unwatched", lists, calls(watch=Watch(None, well=False))
    pause = Link("Pause …", "/sites/3f2a/patients/77/pause")
    yield "calls-noted", lists, calls(row(), noted=Noted("Noted.", "A break?", pause))
    yield "calls-refused", lists, calls(row(), problems=(Problem("", "Not noted."),))
    yield "calls-part", "staff/calls_fragment.html", calls(row(), later=(later,))
    yield "entry", forms, entry()
    yield "entry-typed", forms, entry(by="proxy", relation="child", words="Thank you")
    wrong = (Problem("_by", "Choose who answers"), Problem("_relation", "Choose who it is"))
    yield "entry-wrong", forms, entry(problems=(*wrong, Problem("", "NOT stored.")))
    on_duty = (OnDuty("Dana Reyes", "+12025550111"), OnDuty("Ben Okafor"))
    told = Said("es", "ltr", ("Llame al 202-555-0140.",), ("Call 202-555-0140.",))
    yield "entry-normal", ends, done("normal")
    yield "entry-soon", ends, done("soon", looker="Dana Reyes", look_by=NOW + 5 * _HOUR)
    yield "entry-urgent", ends, done("urgent", on_duty=on_duty, advice=told)
    yield "entry-emergency", ends, done("emergency")
    yield "entry-crisis", ends, done("emergency", crisis=told, advice=told)
    yield "entry-review", ends, done("review", alert_url="/alerts/K7QM")
    yield "entry-plain", ends, done("plain", stored_at=None, say=None)
