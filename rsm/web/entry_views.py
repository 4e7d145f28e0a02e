"""What the pages of answers by phone show: the survey to read out, and what to say afterwards.

A question stands in the patient's language, as it is to be read out (only wording that somebody
has reviewed, never a translation on the spot), with the English below it for whoever reads.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from rsm.flow.outcome import Outcome, advice, crisis_line
from rsm.instruments.model import Instrument, Item, NumberItem
from rsm.kernel.errors import Problem
from rsm.kernel.phones import spoken
from rsm.kernel.words import Level, Relation
from rsm.patients.model import PatientRecord
from rsm.security import staff
from rsm.security.model import Permission
from rsm.sites import service as sites
from rsm.web import number_field
from rsm.web.auth import Desk
from rsm.web.entry_form import Typed
from rsm.web.frames import staff_frame
from rsm.web.patient_page import head, patient_url
from rsm.web.staff_words import word
from rsm.web.texts import texts_in
from rsm.web.views.calls import EntryDoneView, EntryItem, EntryOption, EntryView, OnDuty, Said
from rsm.web.views.common import Choice

_ENGLISH = "en"
_SECONDS_A_QUESTION = 15
_AT_MOST_ON_DUTY = 2
_SAY = {"emergency": "say_emergency", "urgent": "say_urgent", "review": "say_urgent"}


def language_of(instrument: Instrument, wanted: str) -> str:
    """The language in which the survey is read out: the patient's, where it has reviewed words."""
    return wanted if wanted in instrument.languages else next(iter(instrument.languages), _ENGLISH)


def entry_view(
    desk: Desk, record: PatientRecord, action: str, instrument: Instrument, given: Typed
) -> EntryView:
    """The form, with what was filled in."""
    language = language_of(instrument, record.facts.language)
    about = instrument.languages[language]
    return EntryView(
        frame=staff_frame(desk, "/calls"),
        patient=head(desk, record),
        action=action,
        cancel_url=patient_url(record.facts),
        intro=_intro(desk, instrument, record.facts.language),
        born=record.label.birth_date.isoformat(),
        language=language,
        recall=about.recall,
        items=tuple(
            _item(number, item, language, given)
            for number, item in enumerate(instrument.items, start=1)
        ),
        relations=tuple(Choice(one.value, word("entry", one)) for one in Relation),
        notice=about.notice,
        by=given.by,
        relation=given.relation,
        interpreter=given.interpreter,
        words=given.words,
    )


def _intro(desk: Desk, instrument: Instrument, language: str) -> Said:
    site = sites.get(desk.tx, desk.staff.site_id)
    minutes = max(1, round(len(instrument.items) * _SECONDS_A_QUESTION / 60))
    return said(language, ("say_intro", "say_check"), site=site.name, minutes=minutes)


def said(language: str, keys: tuple[str, ...], **values: object) -> Said:
    """Sentences in her language, with the English where that is another."""
    texts = texts_in(language)
    spoken_words = tuple(word("entry", key, language).format(**values) for key in keys)
    if texts.language == _ENGLISH:
        return Said(_ENGLISH, texts.dir, spoken_words)
    meaning = tuple(word("entry", key).format(**values) for key in keys)
    return Said(texts.language, texts.dir, spoken_words, meaning)


def _item(number: int, item: Item, language: str, given: Typed) -> EntryItem:
    gate = item.asked_when
    shown = EntryItem(
        code=item.code,
        number=number,
        text=_worded(item.text, language),
        meaning=_meaning(item.text, language),
        options=_options(item, language),
        chosen=given.mark(item),
        gate=(gate.item, gate.at_least) if gate else None,
        may_not_apply=item.may_not_apply,
        recall=_worded(item.recall, language),
        not_applicable=item.not_applicable.get(_ENGLISH, ""),
    )
    return _numbered(shown, item, given) if isinstance(item, NumberItem) else shown


def _options(item: Item, language: str) -> tuple[EntryOption, ...]:
    if isinstance(item, NumberItem):
        return ()
    return tuple(
        EntryOption(one.value, _worded(one.label, language), _meaning(one.label, language))
        for one in item.options
    )


def _numbered(shown: EntryItem, item: NumberItem, given: Typed) -> EntryItem:
    """The same with a field for its number; what is ticked says why there is none."""
    field = given.number(item)
    return replace(
        shown,
        chosen=field.why,
        typed=field.text,
        unit=number_field.units(item, _ENGLISH),
        why=number_field.why_of(item),
    )


def _worded(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or next(iter(texts.values()), "")


def _meaning(texts: Mapping[str, str], language: str) -> str:
    """The English, where the text is in another language."""
    return "" if language == _ENGLISH else texts.get(_ENGLISH, "")


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
        say=said(language, (_SAY.get(kind, fallback),), **numbers),
        crisis=_by_pack(language, lambda tongue: crisis_line(desk.tx, outcome, tongue)),
        advice=_by_pack(language, lambda tongue: advice(desk.tx, outcome, tongue)),
        on_duty=_on_duty(desk),
        looker=outcome.looker,
        look_by=outcome.look_by,
        alert_url=f"/alerts/{outcome.alert_id}" if sees_alert else "",
    )


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


def with_of_herself(view: EntryView, codes: Collection[str]) -> EntryView:
    """The same form with a mark at what no relative is asked (`rsm.flow.asking`)."""
    items = tuple(replace(item, of_herself=item.code in codes) for item in view.items)
    return replace(view, items=items)


def with_problems(view: EntryView, problems: tuple[Problem, ...]) -> EntryView:
    """The same form with what is wrong, on top and at its fields."""
    at = {one.where: one for one in problems}
    items = tuple(replace(item, problem=at.get(item.code)) for item in view.items)
    return replace(view, items=items, problems=problems)
