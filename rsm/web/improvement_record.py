"""The project's record as one file: what was decided, changed, tried and signed, and who owns it.

A permanent trace of the project is what several programmes found that they lacked when it ended.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from rsm import __version__
from rsm.flow import go_live
from rsm.improvement import cycles, service, signing, trials
from rsm.improvement.live_model import CheckKind
from rsm.improvement.model import Entry
from rsm.kernel.words import Role
from rsm.messaging import site_texts
from rsm.metrics.definitions import BY_ID
from rsm.metrics.model import Days
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import measure_words, pdf
from rsm.web.auth import Desk, Needs
from rsm.web.going_live import signature_line
from rsm.web.improvement_trial import line_of
from rsm.web.improvement_words import Words, language_called, names
from rsm.web.pages import render_alone
from rsm.web.staff_words import section
from rsm.web.views.record import RecordSection, RecordView

router = APIRouter(prefix="/sites/{site_id}")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_STYLES = ("tokens.css", "staff.css", "manage.css")
_ALWAYS = Days(date(2000, 1, 1), date(2200, 1, 1))


@router.get("/record")
def download(desk: AtDesk) -> Response:
    """The record as one HTML file."""
    return _file(desk, document(desk), "html", "text/html; charset=utf-8")


@router.get("/record.pdf")
def download_pdf(desk: AtDesk) -> Response:
    """The same as PDF; refused with what to install where it cannot be made."""
    return _file(desk, pdf.pdf_of(document(desk)), "pdf", "application/pdf")


def document(desk: Desk) -> str:
    """The record as it stands now, in the reader's language."""
    words = Words(desk, "going_live")
    site = sites.get(desk.tx, desk.staff.site_id)
    view = RecordView(
        language=words.language,
        title=f"{words.say('record_title')}: {site.name}",
        heading=words.say("record_title"),
        lead=words.say("record_lead", site=site.name, day=words.day(words.now)),
        none=words.say("record_none"),
        sections=tuple(_sections(desk, words)),
        made_by=words.say("record_made_by", version=__version__),
    )
    return render_alone("reports/record.html", view, *_STYLES)


def _file(desk: Desk, content: str | bytes, ending: str, media: str) -> Response:
    site_id, day = desk.staff.site_id, Words(desk, "going_live").today().isoformat()
    record(desk.tx, "record.downloaded", Subject("site", site_id), site_id, kind=ending)
    named = {"Content-Disposition": f'attachment; filename="project-record-{day}.{ending}"'}
    if isinstance(content, str):
        return HTMLResponse(content, headers=named)
    return Response(content, media_type=media, headers=named)


# --- its parts ------------------------------------------------------------------------------------


def _sections(desk: Desk, words: Words) -> Iterator[RecordSection]:
    site_id = desk.staff.site_id
    entries = service.entries(desk.tx, site_id, _ALWAYS, words.language)
    yield _owner(desk, words)
    yield _in_force(desk, words)
    yield _decisions(desk, words, [one for one in entries if one.is_noted])
    yield _journal(desk, words, [one for one in entries if not one.is_noted])
    yield _cycles(desk, words)
    yield _training(desk, words)
    trial_rows = tuple(
        (line_of(words, one), one.aim, one.mend) for one in trials.of_site(desk.tx, site_id)
    )
    head = (words.say("trial_title"), words.say("trial_aim"), words.say("trial_mend"))
    yield RecordSection("trials", words.say("record_trials"), head, trial_rows)


def _owner(desk: Desk, words: Words) -> RecordSection:
    """Who answers for it when the project is over."""
    roles = staff.at_site(desk.tx, desk.staff.site_id)
    known = names(desk.tx, roles)
    site = sites.get(desk.tx, desk.staff.site_id)
    rows = [
        (words.say(key), ", ".join(sorted(known[one] for one in roles if role in roles[one])))
        for key, role in (
            ("record_managers", Role.MANAGER),
            ("record_clinicians", Role.CLINICIAN),
        )
    ]
    rows.append((words.say("record_contact"), site.safety_contact_name))
    head = (words.say("record_what"), words.say("name"))
    lead = words.say("record_owner_lead")
    return RecordSection("owner", words.say("record_owner"), head, tuple(rows), lead)


def _in_force(desk: Desk, words: Words) -> RecordSection:
    """Versions, texts and own wordings, each with its hash."""
    site_id = desk.staff.site_id
    site = sites.get(desk.tx, site_id)
    pins = {
        "instrument": site.instrument,
        "rule_pack": site.rule_pack,
        "policy": site.policy,
        "plan": site.plan,
    }
    rows = [
        (words.say(f"record_{name}"), f"{pin.key} {pin.version}", pin.hash)
        for name, pin in pins.items()
    ]
    for (kind, language), now in go_live.readable(desk.tx, site_id).items():
        if kind is CheckKind.TEXTS:
            named = words.say("record_text", language=language_called(language))
            rows.append((named, "", now.seen))
    for text in site_texts.all_published(desk.tx, site_id).values():
        named = words.say("record_own_text", what=f"{text.key.purpose} ({text.key.language})")
        rows.append((named, text.ref, go_live.text_hash(text)))
    head = tuple(words.say(f"record_{name}") for name in ("what", "version", "hash"))
    return RecordSection("force", words.say("record_force"), head, tuple(rows))


def _decisions(desk: Desk, words: Words, noted: list[Entry]) -> RecordSection:
    """What came into use, and every signature."""
    rows = [(words.day(one.on), one.title, one.words) for one in noted]
    rows += [
        (words.day(one.at), signature_line(words, one), _frozen(one.frozen))
        for one in signing.signatures(desk.tx, desk.staff.site_id)
    ]
    said = section("improvement", words.language)
    head = (said.day, said.what, said.entry_words)
    return RecordSection("decisions", words.say("record_decisions"), head, tuple(rows))


def _frozen(frozen: object) -> str:
    """The versions that were signed, in one line."""
    versions = frozen.get("versions") if isinstance(frozen, dict) else None
    if not isinstance(versions, dict):
        return ""
    pins = [pin for pin in versions.values() if isinstance(pin, dict)]
    return "; ".join(f"{pin.get('key')} {pin.get('version')} {pin.get('hash')}" for pin in pins)


def _journal(desk: Desk, words: Words, entries: list[Entry]) -> RecordSection:
    said = Words(desk, "improvement")
    known = names(desk.tx, (one.written_by for one in entries))
    rows = tuple(
        (
            said.day(one.on),
            f"{said.say(f'kind_{one.kind}')}: {one.title}",
            one.words,
            "; ".join(tag for tag in (one.strategy, one.barrier) if tag),
            known.get(one.written_by, "") if one.written_by else "",
        )
        for one in entries
    )
    names_of = ("day", "what", "entry_words", "tags", "owner")
    head = tuple(said.say(name) for name in names_of)
    return RecordSection("journal", words.say("record_journal"), head, rows)


def _cycles(desk: Desk, words: Words) -> RecordSection:
    said = Words(desk, "improvement")
    rows = []
    for cycle in cycles.of_site(desk.tx, desk.staff.site_id):
        known = names(desk.tx, (step.owner_id for step in cycle.steps))
        measure = (
            measure_words.words(cycle.measure, words.language).title
            if cycle.measure in BY_ID
            else cycle.measure
        )
        rows += [
            (
                cycle.aim,
                f"{measure} {cycle.target}".strip(),
                f"{said.say(f'stage_{step.stage}')}, {said.day(step.at)}",
                step.words,
                known.get(step.owner_id, ""),
            )
            for step in cycle.steps
        ]
    head = tuple(said.say(name) for name in ("aim", "measure", "stage", "step_words", "owner"))
    return RecordSection("cycles", words.say("record_cycles"), head, tuple(rows))


def _training(desk: Desk, words: Words) -> RecordSection:
    rows = tuple(
        (words.day(one.on), one.name, one.topic)
        for one in signing.trainings(desk.tx, desk.staff.site_id)
    )
    head = (words.say("on"), words.say("name"), words.say("topic"))
    return RecordSection("training", words.say("record_training"), head, rows)
