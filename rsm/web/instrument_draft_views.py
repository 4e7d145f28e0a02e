"""The page of a draft: made from its text as far as that can be read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import unified_diff

from rsm.instruments import catalogue, draft_text, drafts, owners
from rsm.instruments.bank import listed, named
from rsm.instruments.draft_text import Data
from rsm.instruments.drafts import DraftView
from rsm.instruments.load import load_instrument
from rsm.kernel.errors import Invalid, Problem
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web import instrument_faults, instrument_pilot_views, instrument_views
from rsm.web.auth import Desk
from rsm.web.instrument_words import WAYS, InstrumentWords, name_of, words_for
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, Link, PostButton
from rsm.web.views.instrument_editor import DraftItemLine, DraftPageView, ReviewerLine
from rsm.web.views.instruments import ScoreLine
from rsm.web.when import local_date, local_time

SCORES = ("sum", "mean", "max")
_SCORED = frozenset(("graded", "yes_no", "visual_scale", "choices", "body_area"))


@dataclass(frozen=True)
class Shown:
    """What a page says besides the draft: what was refused, what was typed, what was done."""

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
    words = words_for(desk)
    content = content_of(draft) or {}
    tags = tags_of(content)
    here = f"{instrument_views.here(desk)}/drafts/{draft.id}"
    view = DraftPageView(
        frame=instrument_views.frame(desk, getattr(words.d, shown.flash, "")),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link(words.w.back, instrument_views.here(desk)),
        here=here,
        title=_title(content, (words.language, "en", *tags)) or draft.key or words.d.page,
        name=f"{draft.key} {content.get('version', '')}".strip(),
        revision=draft.revision,
        body=draft.body,
        changed=_changed(desk, words, draft),
        faults=(),
        can_edit=bool(content),
        about=Link(words.d.about, f"{here}/about"),
        bank=Link(words.d.from_bank, f"{instrument_views.here(desk)}/bank?draft={draft.id}"),
        tries=(),
        items=tuple(
            _item(words, here, place, item, tags)
            for place, item in enumerate(listed(content, "items"))
        ),
        kinds=tuple(kind for kind in words.kinds if kind.value != "body_area"),
        scores=tuple(_score(words, each) for each in listed(content, "scores")),
        score_kinds=tuple(Choice(kind, getattr(words.d, f"score_{kind}")) for kind in SCORES),
        scored=tuple(_scored(content)),
        differs="",
        differs_from="",
        reviewers=tuple(_reviewer(words, tag, shown) for tag in tags),
        may_publish=desk.staff.may(Permission.PUBLISH_INSTRUMENTS),
        typed=shown.typed if shown.typed != draft.body else "",
        problems=instrument_faults.said(shown.problems, words.language, _labels(words, tags)),
    )
    return _with_versions(desk, draft, words, _with_standing(desk, draft, words, view))


def _with_standing(
    desk: Desk, draft: DraftView, words: InstrumentWords, view: DraftPageView
) -> DraftPageView:
    """With what stands in its way, whose its key is, and once it can be read: tried, piloted."""
    by = instrument_views.publisher(desk)
    whose = owners.whose(desk.tx, draft.key)
    found, others = drafts.check(desk.tx, draft.body, by), draft.key and not whose.lets(by)
    faults = (each for each in found if not (others and each.where.endswith(": key")))
    view = replace(view, faults=tuple(in_text(problem) for problem in faults))
    if others:
        text = words.d.not_yours_other if whose.site else words.d.not_yours_ours
        free = owners.free_key(desk.tx, draft.key, desk.staff.site_id)
        mend = _mend(view, words.d.rekey, "key", free)
        said = text.format(key=draft.key, site=whose.site_name, free=free)
        view = replace(view, not_yours=said, mends=(mend,))
    try:
        instrument = load_instrument(draft.body)
    except Invalid:
        return view
    tries = (Link(words.way(way), f"{view.here}/try/{way}") for way in WAYS)
    pilots = instrument_pilot_views.panel(desk, words, draft, instrument)
    return replace(view, tries=tuple(tries), pilots=pilots) if instrument.languages else view


def _with_versions(
    desk: Desk, draft: DraftView, words: InstrumentWords, view: DraftPageView
) -> DraftPageView:
    """With what differs from the version of its key that was published last, and the next one."""
    versions = [each for each in catalogue.entries(desk.tx) if each.pin.key == draft.key]
    if not versions:
        return view
    taken = {each.pin.version for each in versions if each.body}
    if view.name.removeprefix(f"{draft.key} ") in taken and not view.not_yours:
        higher = _higher(taken)
        label = words.d.raise_to.format(version=higher)
        view = replace(view, mends=(*view.mends, _mend(view, label, "version", higher)))
    former = next((each for each in versions if each.body), None)
    if former is None:
        return view
    old, new = former.body.splitlines(), draft.body.splitlines()
    _, _, *lines = [*unified_diff(old, new, n=1, lineterm="")] or ["", ""]
    name = name_of(former.instrument)
    return replace(view, differs="\n".join(lines), differs_from=name)


def _higher(taken: set[str]) -> str:
    """The version after the highest of these: `1.0.0`, `1.2.0` → `1.3.0`."""
    numbers = [[int(part) for part in each.split(".")] for each in taken]
    major, minor, *_ = max(numbers)
    return f"{major}.{minor + 1}.0"


def _mend(view: DraftPageView, label: str, name: str, value: str) -> PostButton:
    fields = (Field("revision", str(view.revision)), Field(name, value))
    return PostButton(label, f"{view.here}/value", fields)


def _reviewer(words: InstrumentWords, tag: str, shown: Shown) -> ReviewerLine:
    label = words.d.read_by.format(language=words.tongue(tag))
    return ReviewerLine(tag, label, shown.reviewers.get(tag, ""))


def _labels(words: InstrumentWords, tags: list[str]) -> dict[str, str]:
    """What the fields are called in a list of what is wrong."""
    d = words.d
    readers = {f"reviewer:{tag}": d.read_by.format(language=words.tongue(tag)) for tag in tags}
    own = {"score": d.score_add, "scored": d.score_of, "unclear": words.t.unclear}
    return readers | own | {"language": d.pilot_in, "way": d.pilot_way, "who": d.pilot_who}


def _title(content: Mapping[str, object], tags: Sequence[str]) -> str:
    for tag in tags:
        if title := language_of(content, tag).get("title"):
            return str(title)
    return ""


def _changed(desk: Desk, words: InstrumentWords, draft: DraftView) -> str:
    zone = instrument_views.zone(desk)
    who = staff.get(desk.tx, draft.updated_by).name
    day = local_date(draft.updated_at, zone, words.language, year=True)
    time = local_time(draft.updated_at, zone, words.language)
    return str(words.d.changed).format(who=who, day=day, time=time)


def _item(
    words: InstrumentWords, here: str, place: int, item: Data, tags: list[str]
) -> DraftItemLine:
    text = _texts(item, "text")
    lacks = [tag for tag in tags if not text.get(tag) or not _texts(item, "short").get(tag)]
    for option in listed(item, "options"):
        lacks += [tag for tag in tags if not _texts(option, "label").get(tag)]
    gates = named(item.get("asked_when"))
    return DraftItemLine(
        place=place,
        code=str(item.get("code", "")),
        says=next((text[tag] for tag in (words.language, "en", *text) if text.get(tag)), "")
        or str(item.get("code", "")),
        kind=words.kind(str(item.get("type", "?"))),
        url=f"{here}/items/{place}",
        lacks=", ".join(words.tongue(tag) for tag in tags if tag in lacks),
        when=words.d.only_after.format(codes=", ".join(gates)) if gates else "",
    )


def _texts(item: Mapping[str, object], name: str) -> dict[str, str]:
    found = item.get(name)
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {tag: text for tag, text in pairs if isinstance(text, str)}


def _score(words: InstrumentWords, score: Data) -> ScoreLine:
    parts = score.get("items") or score.get("scores") or ()
    says = words.score(str(score.get("kind", "?")), parts if isinstance(parts, list) else ())
    return ScoreLine(str(score.get("name", "")), says)


def _scored(content: Mapping[str, object]) -> list[Choice]:
    """What a score can be made of."""
    return [
        Choice(str(item.get("code")), str(item.get("code")))
        for item in listed(content, "items")
        if item.get("type") in _SCORED
    ]
