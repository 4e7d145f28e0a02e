"""What the pages of answers by phone show: the survey to read out, and what to say afterwards.

A question stands in the patient's language, as it is to be read out (only wording that somebody
has reviewed, never a translation on the spot), with the English below it for whoever reads.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from rsm.flow import advice as at_once
from rsm.flow.outcome import Outcome, advice, crisis_line
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Problem
from rsm.kernel.phones import spoken
from rsm.kernel.words import Channel, Level, Relation
from rsm.patients.model import PatientRecord
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.web.auth import Desk
from rsm.web.entry_form import Asking, Typed
from rsm.web.entry_items import entry_items
from rsm.web.frames import staff_frame
from rsm.web.patient_page import head, patient_url
from rsm.web.staff_words import word
from rsm.web.texts import texts_for, texts_in
from rsm.web.views.calls import EntryDoneView, EntryView, OnDuty, Said
from rsm.web.views.common import Choice

_ENGLISH = "en"
_SECONDS_A_QUESTION = 15  # read out and answered
_AT_MOST_ON_DUTY = 2
_SAY = {"emergency": "say_emergency", "urgent": "say_urgent", "review": "say_urgent"}


def language_of(instrument: Instrument, wanted: str) -> str:
    """The language in which the survey is read out: the patient's, where it has reviewed words."""
    return wanted if wanted in instrument.languages else next(iter(instrument.languages), _ENGLISH)


@dataclass(frozen=True)
class Asked:
    """What the form asks, what was filled in, and who has answered what of it before."""

    asking: Asking
    given: Typed
    origins: Mapping[str, str]


def entry_view(desk: Desk, record: PatientRecord, action: str, asked: Asked) -> EntryView:
    """The form, with what was filled in."""
    asking, given = asked.asking, asked.given
    about = asking.instrument.languages[asking.language]
    return EntryView(
        frame=staff_frame(desk, "/calls"),
        patient=head(desk, record),
        action=action,
        cancel_url=patient_url(record.facts),
        intro=_intro(desk, asking.instrument, record.facts.language),
        born=record.label.birth_date.isoformat(),
        language=asking.language,
        recall=about.recall,
        items=tuple(entry_items(asking, given, asked.origins)),
        relations=tuple(Choice(one.value, word("entry", one)) for one in Relation),
        notice=about.notice,
        by=given.by,
        relation=given.relation,
        interpreter=given.interpreter,
        words=given.words,
    )


def _intro(desk: Desk, instrument: Instrument, language: str) -> Said:
    site = sites.get(desk.tx, desk.staff.site_id)
    minutes = max(1, round(len(instrument.askable) * _SECONDS_A_QUESTION / 60))
    return said(language, ("say_intro", "say_check"), site=site.name, minutes=minutes)


def said(language: str, keys: tuple[str, ...], **values: object) -> Said:
    """Sentences in her language, with the English where that is another."""
    texts = texts_for("entry", language)
    spoken_words = tuple(word("entry", key, language).format(**values) for key in keys)
    if texts.language == _ENGLISH:
        return Said(_ENGLISH, texts.dir, spoken_words)
    meaning = tuple(word("entry", key).format(**values) for key in keys)
    return Said(texts.language, texts.dir, spoken_words, meaning)


# --- stored --------------------------------------------------------------------------------------


def done_view(desk: Desk, record: PatientRecord, outcome: Outcome) -> EntryDoneView:
    """What to say, and whom to put her through to, by the route that the answers really took."""
    kind = _kind(outcome)
    language = record.facts.language
    site = sites.get(desk.tx, desk.staff.site_id)
    numbers = {"number": site.emergency_number, "clinic": spoken(site.clinic_phone)}
    fallback = "say_soon" if kind == Level.SOON else "say_normal"
    sees_alert = desk.staff.may(Permission.TRIAGE) and outcome.alert_id is not None
    return EntryDoneView(
        frame=staff_frame(desk, "/calls"),
        kind=kind,
        back_url=f"/sites/{site.id}/calls",
        record_url=patient_url(record.facts),
        stored_at=outcome.response.submitted_at,
        say=_own_words(desk, site, outcome, language)
        or said(language, (_SAY.get(kind, fallback),), **numbers),
        crisis=_by_pack(language, lambda tongue: crisis_line(desk.tx, outcome, tongue)),
        advice=_by_pack(language, lambda tongue: advice(desk.tx, outcome, tongue)),
        on_duty=_on_duty(desk),
        looker=outcome.looker,
        look_by=outcome.look_by,
        alert_url=f"/alerts/{outcome.alert_id}" if sees_alert else "",
    )


def _own_words(desk: Desk, site: SiteView, outcome: Outcome, language: str) -> Said | None:
    """What the site itself has whoever takes answers down say at this level, if it has words."""

    def words(tongue: str) -> tuple[str, ...]:
        return at_once.own_for_level(desk.tx, site, outcome.level, tongue, Channel.STAFF)

    return _by_pack(language, words)


def plain_view(desk: Desk, record: PatientRecord) -> EntryDoneView:
    """It is stored; what follows could not be read."""
    here = f"/sites/{desk.staff.site_id}/calls"
    return EntryDoneView(staff_frame(desk, "/calls"), "plain", here, patient_url(record.facts))


def _kind(outcome: Outcome) -> str:
    if outcome.review and outcome.level is not Level.EMERGENCY:
        return "review"
    return outcome.level.value if outcome.level else "normal"


def _by_pack(language: str, words: Callable[[str], tuple[str, ...]]) -> Said | None:
    """What the pack says, if anything; the English beside it where it is in another language."""
    texts, told = texts_in(language), words(language)
    if not told:
        return None
    english = () if texts.language == _ENGLISH else words(_ENGLISH)
    return Said(texts.language, texts.dir, told, english if english != told else ())


def _on_duty(desk: Desk) -> tuple[OnDuty, ...]:
    """Who can take the call over, the first on the roster before."""
    duty = sites.on_duty(desk.tx, desk.staff.site_id, None, desk.tx.now)
    others = [one.staff_id for one in duty if one.staff_id != desk.staff.staff_id]
    known = staff.many(desk.tx, others)
    first = dict.fromkeys(one for one in others if one in known)
    return tuple(OnDuty(known[one].name, known[one].phone or "") for one in first)[
        :_AT_MOST_ON_DUTY
    ]


def with_problems(view: EntryView, problems: tuple[Problem, ...]) -> EntryView:
    """The same form with what is wrong, on top and at its fields."""
    at = {one.where: one for one in problems}
    items = tuple(replace(item, problem=at.get(item.code)) for item in view.items)
    return replace(view, items=items, problems=problems)
