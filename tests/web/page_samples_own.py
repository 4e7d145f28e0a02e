"""One view of each kind of the patient's own page, and of what is said at once."""

from collections.abc import Iterator
from dataclasses import replace

from rsm.web.pages import View
from rsm.web.texts import texts_in
from rsm.web.views.patient import DoneKind, SymptomAdvice
from rsm.web.views.patient_own import (
    OwnEntry,
    OwnFormView,
    OwnGroup,
    OwnOption,
    OwnRow,
    OwnView,
)
from tests.web.page_samples_patient import LINK, WORDS, done, patient_frame, question

ME = f"{LINK}/me"


def own_pages(language: str) -> Iterator[tuple[str, str, View]]:
    """(name, template, view) of the own page, its forms, and the card of whom to call now."""
    frame, words = patient_frame(language), WORDS[language]
    t = texts_in(language).sections()["own"]
    here = replace(frame, own_url=ME)
    rows = (
        OwnRow(t.next, "9:00 today"),
        OwnRow(t.when, "9:00", f"{ME}/when"),
        OwnRow(t.proxy, "Ann Lee", f"{ME}/proxy/end", t.proxy_end),
    )
    stands = OwnView(here, LINK, rows, stop_url=f"{ME}/stop")
    page, form = "patient/own.html", "patient/own_form.html"
    yield "own", page, replace(stands, said=t.said_when)
    yield (
        "own-stopped",
        page,
        replace(stands, stopped=True, stop_url="", start_action=f"{ME}/start"),
    )
    yield "own-stopped-by-text", page, replace(stands, stopped=True, stop_url="")
    yield "own-paused", page, replace(stands, paused=t.paused, resume_action=f"{ME}/resume")
    yield "own-paused-by-staff", page, replace(stands, paused=t.paused)
    yield "own-ended", page, OwnView(here, LINK, ended=True)
    slots = tuple(OwnOption(str(n), name, checked=n == 1) for n, name in enumerate(("A", "B")))
    plain = OwnFormView(here, f"{ME}/when", ME, t.when_title, t.save, (t.when_text,))
    yield "own-when", form, replace(plain, groups=(OwnGroup("day", t.day, slots, short=True),))
    ways = OwnGroup("way", t.how, tuple(replace(one, detail=t.way_link_means) for one in slots))
    how = replace(plain, heading=t.how_title, groups=(ways,), agree=t.agree)
    yield "own-how", form, how
    yield "own-how-wrong", form, replace(how, wrong=t.wrong_agree, wrong_at="agree")
    entries = (
        OwnEntry("name", t.proxy_name, "Ann"),
        OwnEntry("phone", t.proxy_phone, "12", t.proxy_reach, "tel"),
    )
    proxy = replace(plain, entries=entries, wrong=t.wrong_phone, wrong_at="phone")
    yield "own-proxy-wrong", form, proxy
    yield "own-stop", form, replace(plain, heading=t.stop_title, told=(t.stop_text, t.stop_team))
    now = replace(frame, call_now=(words["advice"],))
    yield "question-call-now", "patient/question.html", replace(question(language), frame=now)
    about = (SymptomAdvice(words["pain"], (words["advice"],)),)
    told = replace(done(DoneKind.SOON, language), symptoms=about, frame=here)
    yield "done-symptoms", "patient/done.html", told
