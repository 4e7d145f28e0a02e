"""One view of each page of the console that is no list and no alert: hand-over, summary."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.pages import View
from rsm.web.views.alerts import Quote
from rsm.web.views.common import Choice, FilterLink
from rsm.web.views.handover import ClosedLine, HandoverView, NoteForm, OpenLine, PromisedLine
from rsm.web.views.patient_summary import SummaryAlert, SummaryView, SummaryWords
from rsm.web.views.roster import NoteLine
from tests.web.page_samples_staff import HEAD, NOW, heat, staff_frame, work_rows


def handover() -> HandoverView:
    here = "/sites/3f2a/handover"
    return HandoverView(
        frame=staff_frame(),
        since=NOW - timedelta(hours=12),
        shifts=(
            FilterLink("Last 8 hours", f"{here}?hours=8"),
            FilterLink("Last 12 hours", f"{here}?hours=12", current=True),
        ),
        open=tuple(OpenLine(row, "10:03", row.level is Level.URGENT) for row in work_rows()),
        promised=(
            PromisedLine(NOW, "Miguel Santos", "Dana Reyes calls back", "/tasks/81"),
            PromisedLine(NOW, "", "A. Whitfield has it until 9:55", "/alerts/H4TN", Level.URGENT),
        ),
        closed=(
            ClosedLine(NOW, Level.SOON, "Ruth Okafor", "/alerts/R2HD", "D. Reyes", "Phone advice"),
            ClosedLine(
                NOW, Level.INFO, "Lee Webb", "/alerts/W6", "D. Reyes", "Known", "As before.", 4
            ),
        ),
        on_duty=("Dana Reyes, to 18:00",),
        notes=(
            NoteLine("A. Whitfield", NOW, "Santos: call the pharmacy.", read_action="/read"),
            NoteLine("D. Reyes", NOW, "All quiet.", read="read by A. Whitfield"),
        ),
        note_form=NoteForm(f"{here}/notes", (Choice("7", "Day team"),)),
        version="4",
        version_url=f"{here}/version",
        live_url=f"{here}/live?hours=12",
    )


def summary() -> SummaryView:
    return SummaryView(
        frame=staff_frame("/patients"),
        patient=HEAD,
        zone="America/Chicago",
        treatment=("FOLFOX", "Surgery: 2026-08-01"),
        answered="9 of 11 surveys answered in 12 weeks",
        heat=heat(),
        alerts=(
            SummaryAlert(NOW, Level.URGENT, "Pain 4"),
            SummaryAlert(NOW, Level.SOON, "Nausea 3", "Medicine change", "Ondansetron."),
        ),
        words=(SummaryWords(NOW, Quote("El dolor no me deja dormir.", "es")),),
        expected=("Pain up to grade 2 until Friday.",),
        call_backs=("14:00 today",),
    )


def console_pages() -> Iterator[tuple[str, str, View]]:
    page = "staff/handover.html"
    yield "handover", page, handover()
    yield "handover-live", "staff/handover_live.html", handover()
    two = (Choice("7", "Day team"), Choice("8", "Night team"))
    wrong = NoteForm("/notes", two, "8", "", 8, (Problem("note", "is missing"),))
    yield "handover-note", page, replace(handover(), note_form=wrong)
    bare = replace(handover(), open=(), promised=(), closed=(), on_duty=(), notes=())
    bare = replace(bare, note_form=None)
    yield "handover-empty", page, bare
    yield "summary", "staff/patient_summary.html", summary()
    empty = replace(summary(), heat=None, alerts=(), words=(), expected=(), treatment=())
    yield "summary-empty", "staff/patient_summary.html", replace(empty, call_backs=())
