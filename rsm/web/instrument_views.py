"""The pages of questionnaires that are there: all of them, and one version."""

from collections.abc import Iterable
from urllib.parse import quote

from rsm.instruments import catalogue, drafts
from rsm.instruments.burden import Minutes, minutes, questions
from rsm.instruments.catalogue import Entry
from rsm.instruments.drafts import DraftView
from rsm.instruments.formulas import ScoreFormula
from rsm.instruments.items import Item, options_of
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Pin
from rsm.metrics.burden import seconds_taken
from rsm.schedules import catalogue as plans
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import instrument_words as words
from rsm.web.auth import Desk
from rsm.web.frames import staff_frame
from rsm.web.pages import counted
from rsm.web.patient_words import language_name
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


# --- all of them ---------------------------------------------------------------------------------


def listed(desk: Desk, body: str = "", wrong: _Wrong = (), flash: str = "") -> InstrumentsView:
    """Drafts, what can be used, what was retired."""
    entries = catalogue.entries(desk.tx)
    open_drafts = drafts.of_site(desk.tx, desk.staff.site_id)
    current = [each for each in entries if each.retired is None]
    own = sites.get(desk.tx, desk.staff.site_id).instrument
    published = sum(each.published_at is not None for each in current)
    return InstrumentsView(
        frame=frame(desk, flash),
        links=settings_links(desk.staff.site_id, "instruments"),
        heading=f"{counted(published, 'questionnaire is', 'questionnaires are')} published, "
        f"{counted(len(open_drafts), 'draft is', 'drafts are')} being written",
        drafts=tuple(_draft_line(desk, each) for each in open_drafts),
        lines=tuple(_line(desk, each, own) for each in sorted(current, key=_usable_first)),
        retired=tuple(_line(desk, each, own) for each in entries if each.retired is not None),
        begins=tuple(_begin(each) for each in entries if each.body),
        action=f"{here(desk)}/drafts",
        bank=Link("All questions", f"{here(desk)}/bank"),
        together=Link("Several together", f"{here(desk)}/together"),
        body=body,
        problems=wrong,
    )


def _usable_first(entry: Entry) -> tuple[bool, bool]:
    return entry.published_at is None, not entry.instrument.languages


def _begin(entry: Entry) -> Choice:
    title = f"{words.title_of(entry.instrument)} ({words.name_of(entry.instrument)})"
    return Choice(f"{entry.pin.key}@{entry.pin.version}", title)


def _line(desk: Desk, entry: Entry, own: Pin) -> InstrumentLine:
    instrument = entry.instrument
    return InstrumentLine(
        title=words.title_of(instrument),
        name=words.name_of(instrument),
        url=url_of(desk, entry),
        state=state_of(desk, entry),
        languages=words.languages_of(instrument.languages),
        licence=words.licence_of(instrument),
        items=len(instrument.items),
        minutes=f"{minutes(questions(instrument), ()).minutes} min",
        used=entry.pin == own,
    )


def _draft_line(desk: Desk, draft: DraftView) -> InstrumentLine:
    url = f"{here(desk)}/drafts/{draft.id}"
    changed = f"Draft, changed {local_date(draft.updated_at, zone(desk), year=True)}"
    try:
        instrument = load_instrument(draft.body)
    except Invalid as error:
        what = f"{counted(len(error.problems), 'thing')} to mend"
        name = draft.key or "without a key"
        return InstrumentLine(name, name, url, f"{changed}, {what}", "", "", 0, "")
    return InstrumentLine(
        title=words.title_of(instrument),
        name=words.name_of(instrument),
        url=url,
        state=changed,
        languages=words.languages_of(instrument.languages),
        licence=words.licence_of(instrument),
        items=len(instrument.items),
        minutes=f"{minutes(questions(instrument), ()).minutes} min",
    )


def state_of(desk: Desk, entry: Entry) -> str:
    """Published, retired, or only shipped, with the day."""
    if entry.retired is not None:
        return f"Retired {local_date(entry.retired.at, zone(desk), year=True)}"
    if entry.published_at is not None:
        return f"Published {local_date(entry.published_at, zone(desk), year=True)}"
    if not entry.instrument.licence.display:
        return "Ours, without wording"
    return "Ours, not published here yet"


# --- one of them ---------------------------------------------------------------------------------


def one(desk: Desk, entry: Entry, reason: str = "", wrong: _Wrong = ()) -> InstrumentView:
    """A version as patients read it, and all that stands behind it."""
    instrument, url = entry.instrument, url_of(desk, entry)
    may_retire = entry.is_current and desk.staff.may(Permission.PUBLISH_INSTRUMENTS)
    like = (Field("like", f"{entry.pin.key}@{entry.pin.version}"),)
    return InstrumentView(
        frame=frame(desk),
        links=settings_links(desk.staff.site_id, "instruments"),
        back=Link("All questionnaires", here(desk)),
        title=words.title_of(instrument),
        name=words.name_of(instrument),
        state=state_of(desk, entry),
        facts=tuple(_facts(desk, entry)),
        spoken=tuple(_spoken(instrument, tag) for tag in instrument.languages),
        scores=tuple(score_line(formula) for formula in instrument.scores),
        uses=tuple(_uses(desk, entry)),
        tries=tuple(Link(label, f"{url}/try/{way}") for way, label in words.WAYS)
        if instrument.languages
        else (),
        download=Link("Download the text (TOML)", f"{url}/toml") if entry.body else None,
        copy=PostButton("Make a draft like this", f"{here(desk)}/drafts", like)
        if entry.body
        else None,
        retire=f"{url}/retire" if may_retire else "",
        reason=reason,
        problems=wrong,
    )


def _facts(desk: Desk, entry: Entry) -> Iterable[tuple[str, str]]:
    instrument, licence = entry.instrument, entry.instrument.licence
    asked = questions(instrument)
    yield (
        "Questions",
        f"{asked} at most, {told(minutes(asked, seconds_taken(desk.tx, [entry.pin])))}",
    )
    yield "Looks back", counted(instrument.recall_days, "day")
    yield "From the age of", str(instrument.min_age)
    yield "Validated", "yes" if instrument.validated else "no"
    yield "Licence", f"{licence.name}, {licence.holder}. {licence.terms}".strip()
    yield "Shares questions", "yes" if instrument.may_share else "no: it is asked as a whole"
    yield "Content hash", entry.pin.hash
    if entry.retired is not None:
        by = staff.get(desk.tx, entry.retired.by).name if entry.retired.by else "the system"
        yield "Retired", f"by {by}: {entry.retired.reason}"


def told(found: Minutes) -> str:
    """`3 minutes (median of 42 reports)`."""
    basis = f"median of {found.reports} reports" if found.reports else "supposed, 12 s a question"
    return f"{counted(found.minutes, 'minute')} ({basis})"


def _spoken(instrument: Instrument, tag: str) -> SpokenView:
    language = instrument.languages[tag]
    read = f"Read by {language.reviewed_by}" if language.reviewed_by else "Read by nobody yet"
    day = f", {local_date(language.reviewed_on, 'UTC', year=True)}" if language.reviewed_on else ""
    return SpokenView(
        tag=tag,
        name=language_name(tag),
        title=language.title,
        notice=language.notice,
        reviewed=f"{read}{day}",
        items=tuple(_asked(instrument, item, tag) for item in _shown(instrument)),
    )


def _shown(instrument: Instrument) -> list[Item]:
    return [item for item in instrument.items if item.code not in instrument.hidden_codes]


def _asked(instrument: Instrument, item: Item, tag: str) -> AskedView:
    return AskedView(
        code=item.code,
        recall=item.recall.get(tag) or instrument.languages[tag].recall,
        text=item.text.get(tag, ""),
        options=_answers(instrument, item, tag),
        when=words.asked_when(item),
    )


def _answers(instrument: Instrument, item: Item, tag: str) -> tuple[tuple[str, str], ...]:
    """Words of each answer, with its drawing: decoration here, the words stand beside it."""
    names = [option.picture or "" for option in options_of(item)]
    said = words.answers_in(item, tag)
    names += [""] * (len(said) - len(names))
    pictures = instrument.pictures
    return tuple(
        (text, pictures[name].svg if name in pictures else "")
        for text, name in zip(said, names, strict=True)
    )


def score_line(formula: ScoreFormula) -> ScoreLine:
    kind = formula.kind.replace("_", " ")
    return ScoreLine(formula.name, f"{kind} of {', '.join(formula.parts)}", formula.source)


def _uses(desk: Desk, entry: Entry) -> Iterable[str]:
    site = sites.get(desk.tx, desk.staff.site_id)
    if site.instrument == entry.pin:
        yield f"It is the questionnaire of {site.name}."
    ref = f"{entry.pin.key}@{entry.pin.version}"
    for each in plans.entries(desk.tx):
        if any(ask.ref == ref for ask in each.plan.asks):
            used = ", the plan of this site" if each.pin == site.plan else ""
            yield f"The plan “{each.plan.title or each.plan.key}” asks it{used}."
