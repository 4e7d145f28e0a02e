"""The page of a draft: made from its text as far as that can be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import unified_diff

from rsm.instruments import catalogue, draft_text, drafts
from rsm.instruments.bank import listed, named
from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.kernel.errors import Invalid, Problem
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web import instrument_views
from rsm.web import instrument_words as words
from rsm.web.auth import Desk
from rsm.web.patient_words import language_name
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Link
from rsm.web.views.instrument_editor import DraftItemLine, DraftPageView, ReviewerLine
from rsm.web.views.instruments import ScoreLine
from rsm.web.when import local_date, local_time

SCORES = (
    Choice("sum", "Sum"),
    Choice("mean", "Mean"),
    Choice("max", "The highest"),
)
_SCORED = frozenset(("graded", "yes_no", "visual_scale", "choices", "body_area"))


@dataclass(frozen=True)
class Shown:
    """What a page says besides the draft: what was refused, and what was typed."""

    problems: tuple[Problem, ...] = ()
    typed: str = ""
    reviewers: Mapping[str, str] = field(default_factory=dict)
    flash: str = ""


def content_of(draft: DraftView) -> Data | None:
    """Its data for the editor; None for a text that is no TOML."""
    try:
        return draft_text.read(draft.body)
    except Invalid:
        return None


def tags_of(content: Mapping[str, object]) -> list[str]:
    """The languages that it is to speak."""
    languages = content.get("languages")
    return list(languages) if isinstance(languages, Mapping) else []


def language_of(content: Mapping[str, object], tag: str) -> Data:
    """What it says of itself in that language; nothing where it does not speak it."""
    languages = content.get("languages")
    found = languages.get(tag) if isinstance(languages, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}


def in_text(problem: Problem) -> Problem:
    """A problem leads to the text, and keeps its line: `line 12, items[0].code: …`."""
    place, _, path = problem.where.partition(": ")
    _, _, number = place.partition(":")
    line = f"line {number}" if number.isdecimal() else ""
    where = ", ".join(part for part in (line, path) if part)
    return Problem("body", f"{where}: {problem.what}" if where else problem.what, problem.mend)


def page(desk: Desk, draft: DraftView, shown: Shown) -> DraftPageView:
    """The draft as it stands, with what was refused."""
    content = content_of(draft) or {}
    here = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    faults = tuple(in_text(problem) for problem in drafts.check(desk.tx, draft.body))
    former, lines = _difference(desk, draft)
    tags = tags_of(content)
    return DraftPageView(
        frame=instrument_views.frame(desk, shown.flash),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link("All questionnaires", instrument_views.here(desk)),
        here=here,
        title=_title(content, tags) or draft.key or "A draft",
        name=f"{draft.key} {content.get('version', '')}".strip(),
        revision=draft.revision,
        body=draft.body,
        changed=_changed(desk, draft),
        faults=faults,
        can_edit=bool(content),
        about=Link("Title, languages, licence", f"{here}/about"),
        bank=Link("From all questions", f"{instrument_views.here(desk)}/bank?draft={draft.id}"),
        tries=()
        if faults
        else tuple(Link(label, f"{here}/try/{way}") for way, label in words.WAYS),
        items=tuple(
            _item(here, place, item, tags) for place, item in enumerate(listed(content, "items"))
        ),
        kinds=tuple(kind for kind in words.KINDS if kind.value != "body_area"),
        scores=tuple(_score(each) for each in listed(content, "scores")),
        score_kinds=SCORES,
        scored=tuple(_scored(content)),
        differs=lines,
        differs_from=former,
        reviewers=tuple(
            ReviewerLine(tag, language_name(tag), shown.reviewers.get(tag, "")) for tag in tags
        ),
        may_publish=desk.staff.may(Permission.PUBLISH_INSTRUMENTS),
        typed=shown.typed if shown.typed != draft.body else "",
        problems=shown.problems,
    )


def _title(content: Mapping[str, object], tags: list[str]) -> str:
    for tag in ("en", *tags):
        if title := language_of(content, tag).get("title"):
            return str(title)
    return ""


def _changed(desk: Desk, draft: DraftView) -> str:
    zone = instrument_views.zone(desk)
    who = staff.get(desk.tx, draft.updated_by).name
    day = local_date(draft.updated_at, zone, year=True)
    return f"Changed by {who}, {day}, {local_time(draft.updated_at, zone)}"


def _item(here: str, place: int, item: Data, tags: list[str]) -> DraftItemLine:
    text = _texts(item, "text")
    lacks = [tag for tag in tags if not text.get(tag) or not _texts(item, "short").get(tag)]
    for option in listed(item, "options"):
        lacks += [tag for tag in tags if not _texts(option, "label").get(tag)]
    gates = named(item.get("asked_when"))
    return DraftItemLine(
        place=place,
        code=str(item.get("code", "")),
        says=text.get("en") or next(iter(text.values()), "") or str(item.get("code", "")),
        kind=words.KIND.get(str(item.get("type")), "?"),
        url=f"{here}/items/{place}",
        lacks=", ".join(language_name(tag) for tag in tags if tag in lacks),
        when=f"only after {', '.join(gates)}" if gates else "",
    )


def _texts(item: Mapping[str, object], name: str) -> dict[str, str]:
    found = item.get(name)
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {tag: text for tag, text in pairs if isinstance(text, str)}


def _score(score: Data) -> ScoreLine:
    parts = score.get("items") or score.get("scores") or ()
    names = ", ".join(str(part) for part in parts) if isinstance(parts, list) else ""
    return ScoreLine(str(score.get("name", "")), f"{score.get('kind', '?')} of {names}")


def _scored(content: Mapping[str, object]) -> list[Choice]:
    """What a score can be made of."""
    return [
        Choice(str(item.get("code")), str(item.get("code")))
        for item in listed(content, "items")
        if item.get("type") in _SCORED
    ]


def _difference(desk: Desk, draft: DraftView) -> tuple[str, str]:
    """The version of that key that was published last, and the lines that differ from it."""
    for entry in catalogue.entries(desk.tx):
        if entry.pin.key == draft.key and entry.body:
            former, new = entry.body.splitlines(), draft.body.splitlines()
            _, _, *lines = [*unified_diff(former, new, n=1, lineterm="")] or ["", ""]
            return words.name_of(entry.instrument), "\n".join(lines)
    return "", ""
