"""What the pages say in the cases that matter most."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rsm.web.pages import render
from rsm.web.views.alerts import Watch
from rsm.web.views.patient import DoneKind, HistoryView
from rsm.web.views.symptoms import ColumnRole, column_roles
from tests.web.page_samples_patient import NOW, done, history, patient_pages
from tests.web.page_samples_staff import alert, heat, work_rows, worklist

DONE = "patient/done.html"


def test_an_emergency_puts_the_call_button_first() -> None:
    main = render(DONE, done(DoneKind.EMERGENCY, "en")).split("<main")[1]
    assert main.index("Call 202-555-0140") < main.index("Who will look, and by when")
    assert "Please call us now" in main


def test_an_alert_says_who_looks_and_by_when_on_the_patients_own_clock() -> None:
    html = render(DONE, done(DoneKind.URGENT, "en"))
    assert (
        "<b>Dana Reyes</b> looks at your answers <b>by 10:03\N{NO-BREAK SPACE}am today</b>" in html
    )


def test_nobody_on_duty_promises_nobody_and_asks_to_call() -> None:
    view = replace(done(DoneKind.SOON, "en"), nobody_on_duty=True)
    html = render(DONE, view)
    assert "no nurse is on duty at this moment" in html
    assert "Dana Reyes" not in html
    assert "btn wide alarm" in html


def test_a_review_says_that_a_person_reads_the_answers() -> None:
    assert "so a person reads all of them" in render(DONE, done(DoneKind.REVIEW, "en"))


def test_seen_by_the_team_says_by_whom_and_when() -> None:
    view = replace(done(DoneKind.URGENT, "en"), seen_at=NOW, seen_by="Dana Reyes")
    assert "<b>Dana Reyes</b> saw your answers at 9:03\N{NO-BREAK SPACE}am today" in render(
        DONE, view
    )


def test_earlier_answers_are_not_in_the_page_without_a_history() -> None:
    assert "<figure" not in render(DONE, done(DoneKind.NORMAL, "en"))
    view = replace(done(DoneKind.NORMAL, "en"), histories=(history("en"),))
    html = render(DONE, view)
    assert "<figure" in html
    assert "<td>Preferred not to answer</td>" in html
    assert "<td>No report</td>" in html


@pytest.mark.parametrize(
    ("weeks", "trend"),
    [((0, 1), "same"), ((1, 2), "better"), ((6, 7), "worse"), ((3, 4, 6), "same"), ((7,), "first")],
)
def test_the_trend_compares_with_the_last_report_before(weeks: tuple[int, ...], trend: str) -> None:
    whole = history("en")
    chosen = tuple(whole.weeks[index] for index in weeks)
    assert HistoryView(whole.symptom, whole.scale, chosen).trend == trend


def test_a_week_without_an_answer_makes_no_trend() -> None:
    whole = history("en")
    assert HistoryView(whole.symptom, whole.scale, whole.weeks[:5]).trend == "first"


def test_a_failed_send_keeps_the_answers_in_the_form() -> None:
    html = {name: render(t, v) for name, t, v in patient_pages("en")}["not-sent"]
    assert '<input type="hidden" name="nausea.frequency" value="2">' in html
    assert "NOT sent" in html
    assert "Call 202-555-0140" in html


def test_a_locked_birth_date_still_lets_people_report() -> None:
    html = {name: render(t, v) for name, t, v in patient_pages("en")}["birth-locked"]
    assert 'name="day"' not in html
    assert "Go on with new answers" in html
    assert 'href="tel:+12025550140"' in html


def test_a_closed_link_offers_a_new_one_by_post_only() -> None:
    html = {name: render(t, v) for name, t, v in patient_pages("en")}["expired"]
    assert '<form method="post" action="/s/Qm4xT7k2/new-link">' in html


def test_an_empty_worklist_says_that_the_watch_is_running() -> None:
    html = render("staff/worklist.html", worklist(()))
    assert "last checked 1 min ago, and all is well" in html


def test_an_empty_worklist_never_looks_calm_while_the_watch_is_down() -> None:
    view = replace(worklist(()), watch=Watch(NOW - timedelta(hours=1), well=False))
    html = render("staff/worklist.html", view)
    assert "The watch is not running" in html
    assert "all is well" not in html
    assert "Nothing is waiting for you" not in html


def test_the_worklist_heading_is_the_finding() -> None:
    assert worklist(work_rows()).heading == "6 open: 2 are past their target, 1 is an emergency."
    assert worklist(work_rows()[3:4]).heading == "1 open: it is in time."
    assert worklist(()).heading == "Nothing is waiting for you."


def test_missing_is_never_drawn_as_zero() -> None:
    html = render("staff/alert.html", alert())
    rows = html.split('<th scope="row">Constipation')[1].split("</tr>")[0]
    assert "preferred not to answer" in rows
    assert "left out" in rows
    assert rows.count(">0<") == 5
    assert "0<span" not in rows
    assert rows.count("no report") == 2


def test_a_structural_zero_is_a_marked_zero() -> None:
    assert 'class="g g0 gz">0<span' in render("staff/alert.html", alert())


def test_columns_for_a_phone_are_first_two_recent_previous_and_now() -> None:
    roles = column_roles(7)
    assert roles[0] is ColumnRole.FIRST
    assert roles[1] is roles[2] is ColumnRole.OLD
    assert roles[-1] is ColumnRole.NOW
    assert column_roles(2) == (ColumnRole.PREVIOUS, ColumnRole.NOW)
    assert len(heat().columns) == len(heat().rows[0].cells)


def test_levels_are_written_as_words_and_shapes() -> None:
    html = render("staff/worklist.html", worklist(work_rows()))
    for word in ("Emergency", "Urgent", "Soon", "Info"):
        assert f"</svg>{word}</span>" in html
