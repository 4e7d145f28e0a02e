"""The pages of questionnaires that are there: all of them, and one version."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from rsm.instruments import catalogue, drafts, owners
from rsm.instruments.burden import minutes, questions
from rsm.instruments.catalogue import Entry
from rsm.instruments.drafts import DraftView
from rsm.instruments.formulas import ScoreFormula
from rsm.instruments.items import Item, options_of
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.instruments.owners import Publisher, Whose
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Pin
from rsm.metrics.burden import seconds_taken
from rsm.schedules import catalogue as plans
from rsm.security import staff
from rsm.security.model import Permission
from rsm.security.permissions import sites_with
from rsm.sites import service as sites
from rsm.web import instrument_faults
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.instrument_words import WAYS, InstrumentWords, name_of, words_for
from rsm.web.settings_links import settings_links
from rsm.web.views.common import Choice, Field, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.instruments import (
    AskedView,
    InstrumentLine,
    InstrumentsView,
    InstrumentView,
    ScoreLine,
    SpokenView,
)
from rsm.web.when import local_date

_Wrong = tuple[Problem, ...]


def here(desk: Desk) -> str:
    """The address of the list."""
    return f"/sites/{desk.staff.site_id}/instruments"


def url_of(desk: Desk, entry: Entry) -> str:
    """The address of one version."""
    return f"{here(desk)}/{entry.pin.key}/{quote(entry.pin.version, safe='')}"


def frame(desk: Desk, flash: str = "") -> StaffFrame:
    return staff_frame(desk, f"/sites/{desk.staff.site_id}", flash=flash)


def zone(desk: Desk) -> str:
    return sites.get(desk.tx, desk.staff.site_id).zone


def publisher(desk: Desk) -> Publisher:
    """For whom she publishes here, and whose questionnaires she may publish and retire."""
    mine = sites_with(desk.staff.session, Permission.PUBLISH_INSTRUMENTS)
    ours = desk.staff.may(Permission.PUBLISH_SHIPPED)
    return Publisher(desk.staff.site_id, frozenset(mine), ours)


# --- all of them ---------------------------------------------------------------------------------


def listed(desk: Desk, body: str = "", wrong: _Wrong = (), flash: str = "") -> InstrumentsView:
    """Drafts, what can be used, what was retired. `flash` names what was done."""
    words = words_for(desk)
    w = words.w
    entries = catalogue.entries(desk.tx)
    open_drafts = drafts.of_site(desk.tx, desk.staff.site_id)
    current = [each for each in entries if each.retired is None]
    own = sites.get(desk.tx, desk.staff.site_id).instrument
    published = sum(each.published_at is not None for each in current)
    return InstrumentsView(
        frame=frame(desk, getattr(w, f"said_{flash}", "")),
        links=settings_links(desk.staff.site_id, "instruments"),
        heading=f"{words.count('published', published)}, {words.count('drafts', len(open_drafts))}",
        drafts=tuple(_draft_line(desk, words, each) for each in open_drafts),
        lines=tuple(_line(desk, words, each, own) for each in sorted(current, key=_usable_first)),
        retired=tuple(_line(desk, words, each, own) for each in entries if each.retired),
        begins=tuple(_begin(words, each) for each in entries if each.body),
        action=f"{here(desk)}/drafts",
        bank=Link(w.page_bank, f"{here(desk)}/bank"),
        together=Link(w.page_together, f"{here(desk)}/together"),
        body=body,
        problems=instrument_faults.said(wrong, words.language),
    )


def _usable_first(entry: Entry) -> tuple[bool, bool]:
    return entry.published_at is None, not entry.instrument.languages


def _begin(words: InstrumentWords, entry: Entry) -> Choice:
    title = f"{words.title(entry.instrument)} ({name_of(entry.instrument)})"
    return Choice(f"{entry.pin.key}@{entry.pin.version}", title)


def _line(desk: Desk, words: InstrumentWords, entry: Entry, own: Pin) -> InstrumentLine:
    line = _described(words, entry.instrument, url_of(desk, entry), state_of(desk, words, entry))
    return replace(line, used=entry.pin == own)


def _draft_line(desk: Desk, words: InstrumentWords, draft: DraftView) -> InstrumentLine:
    url = f"{here(desk)}/drafts/{draft.id}"
    changed = words.w.draft_changed.format(day=_day(desk, words, draft.updated_at))
    try:
        instrument = load_instrument(draft.body)
    except Invalid as error:
        what = words.count("to_mend", len(error.problems))
        name = draft.key or words.w.no_key
        return InstrumentLine(name, name, url, f"{changed}, {what}", "", "", 0, "")
    return _described(words, instrument, url, changed)


def _described(
    words: InstrumentWords, instrument: Instrument, url: str, state: str
) -> InstrumentLine:
    supposed = minutes(questions(instrument), ()).minutes
    return InstrumentLine(
        title=words.title(instrument),
        name=name_of(instrument),
        url=url,
        state=state,
        languages=words.tongues(instrument.languages),
        licence=words.licence(instrument),
        items=len(instrument.items),
        minutes=words.w.minutes_short.format(count=supposed),
    )


def state_of(desk: Desk, words: InstrumentWords, entry: Entry) -> str:
    """Published, retired, or only shipped, with the day."""
    w = words.w
    if entry.retired is not None:
        return str(w.is_retired.format(day=_day(desk, words, entry.retired.at)))
    if entry.published_at is not None:
        return str(w.is_published.format(day=_day(desk, words, entry.published_at)))
    return str(w.is_ours if entry.instrument.licence.display else w.is_structure)


def _day(desk: Desk, words: InstrumentWords, instant: datetime) -> str:
    return local_date(instant, zone(desk), words.language, year=True)


# --- one of them ---------------------------------------------------------------------------------


def one(desk: Desk, entry: Entry, reason: str = "", wrong: _Wrong = ()) -> InstrumentView:
    """A version as patients read it, and all that stands behind it."""
    words, instrument, url = words_for(desk), entry.instrument, url_of(desk, entry)
    whose, by = owners.whose(desk.tx, entry.pin.key), publisher(desk)
    return InstrumentView(
        frame=frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link(words.w.back, here(desk)),
        title=words.title(instrument),
        name=name_of(instrument),
        state=state_of(desk, words, entry),
        facts=tuple(_facts(desk, words, entry, whose)),
        spoken=tuple(_spoken(words, instrument, tag) for tag in instrument.languages),
        scores=tuple(score_line(words, formula) for formula in instrument.scores),
        uses=tuple(_uses(desk, words, entry)),
        tries=tuple(Link(words.way(way), f"{url}/try/{way}") for way in WAYS)
        if instrument.languages
        else (),
        download=Link(words.w.download, f"{url}/toml") if entry.body else None,
        copy=_copy(desk, words, entry, whose.lets(by)) if entry.body else None,
        retire=f"{url}/retire" if entry.is_current and whose.lets(by) else "",
        others="" if not entry.is_current or whose.lets(by) else _others(words, whose),
        reason=reason,
        problems=instrument_faults.said(wrong, words.language),
    )


def _copy(desk: Desk, words: InstrumentWords, entry: Entry, is_own: bool) -> PostButton:
    like = (Field("like", f"{entry.pin.key}@{entry.pin.version}"),)
    label = words.w.copy if is_own else words.w.copy_other
    return PostButton(label, f"{here(desk)}/drafts", like)


def _others(words: InstrumentWords, whose: Whose) -> str:
    """Why it is not hers to retire, and what she can do."""
    if whose.site is None:
        return str(words.w.retire_ours)
    return str(words.w.retire_other).format(site=whose.site_name)


def _facts(
    desk: Desk, words: InstrumentWords, entry: Entry, whose: Whose
) -> Iterable[tuple[str, str]]:
    instrument, licence, w = entry.instrument, entry.instrument.licence, words.w
    asked = questions(instrument)
    takes = words.minutes(minutes(asked, seconds_taken(desk.tx, [entry.pin])))
    yield w.fact_questions, f"{words.count('at_most', asked)}, {takes}"
    yield w.fact_recall, words.count("days", instrument.recall_days)
    yield w.fact_age, str(instrument.min_age)
    yield w.fact_validated, w.yes if instrument.validated else w.no
    yield w.fact_licence, f"{licence.name}, {licence.holder}. {licence.terms}".strip()
    yield w.fact_shares, w.yes if instrument.may_share else w.shares_not
    yield w.fact_whose, _belongs(desk, words, whose)
    yield w.fact_hash, entry.pin.hash
    if entry.retired is not None:
        by = staff.get(desk.tx, entry.retired.by).name if entry.retired.by else w.the_system
        yield w.fact_retired, w.retired_by.format(who=by, reason=entry.retired.reason)


def _belongs(desk: Desk, words: InstrumentWords, whose: Whose) -> str:
    if whose.site is None:
        return str(words.w.whose_nobody)
    if whose.site == desk.staff.site_id:
        return str(words.w.whose_here)
    return str(words.w.whose_other).format(site=whose.site_name)


def _spoken(words: InstrumentWords, instrument: Instrument, tag: str) -> SpokenView:
    language, w = instrument.languages[tag], words.w
    by, on = language.reviewed_by, language.reviewed_on
    read = w.read_by.format(who=by) if by else w.read_by_nobody
    day = f", {local_date(on, 'UTC', words.language, year=True)}" if on else ""
    return SpokenView(
        tag=tag,
        name=words.tongue(tag),
        title=language.title,
        notice=language.notice,
        reviewed=f"{read}{day}",
        items=tuple(_asked(words, instrument, item, tag) for item in _shown(instrument)),
    )


def _shown(instrument: Instrument) -> list[Item]:
    return [item for item in instrument.items if item.code not in instrument.hidden_codes]


def _asked(words: InstrumentWords, instrument: Instrument, item: Item, tag: str) -> AskedView:
    return AskedView(
        code=item.code,
        recall=item.recall.get(tag) or instrument.languages[tag].recall,
        text=item.text.get(tag, ""),
        options=_drawn(instrument, item, words.answers(item, tag)),
        when=words.asked_when(item),
    )


def _drawn(
    instrument: Instrument, item: Item, said: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Words of each answer, with its drawing: decoration here, the words stand beside it."""
    names = [option.picture or "" for option in options_of(item)]
    names += [""] * (len(said) - len(names))
    pictures = instrument.pictures
    return tuple(
        (text, pictures[name].svg if name in pictures else "")
        for text, name in zip(said, names, strict=True)
    )


def score_line(words: InstrumentWords, formula: ScoreFormula) -> ScoreLine:
    return ScoreLine(formula.name, words.score(formula.kind, formula.parts), formula.source)


def _uses(desk: Desk, words: InstrumentWords, entry: Entry) -> Iterable[str]:
    site = sites.get(desk.tx, desk.staff.site_id)
    if site.instrument == entry.pin:
        yield words.w.use_site.format(site=site.name)
    ref = f"{entry.pin.key}@{entry.pin.version}"
    for each in plans.entries(desk.tx):
        if any(ask.ref == ref for ask in each.plan.asks):
            text = words.w.use_own_plan if each.pin == site.plan else words.w.use_plan
            yield text.format(plan=each.plan.title or each.plan.key)
