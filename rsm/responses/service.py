"""The door to reports: begun, answered item by item, final once; corrections are revisions (P12).

Callers hold the patient's row. What an item was answered with, and when, stays in the answer
events; a final report holds the answers that count, structural zeros among them (P7).
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import numbers
from rsm.instruments import service as instruments
from rsm.instruments.decide import effective
from rsm.kernel.answers import Answers
from rsm.kernel.errors import Conflict, NotFound
from rsm.kernel.words import Pin, Reporter
from rsm.responses import closing_words, rows, store
from rsm.responses import texts as texts_door
from rsm.responses.decide import check, check_words, document_of
from rsm.responses.idle import IDLE_AFTER
from rsm.responses.model import Author, Corrected, Report, ResponseState, ResponseView
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject
from rsm.security.audit import record as audit


def begin(tx: Tx, occurrence: OccurrenceView, by: Author) -> ResponseView:
    """The survey's report: the one that stands, else a new draft.

    Nobody goes on with a draft that was set aside ("not me"): another one takes its place.
    """
    standing = store.of_occurrence(tx, occurrence.id)
    if standing is not None and not standing.is_left_out:
        return standing
    if standing is not None:
        store.change(tx, standing.id, {"state": ResponseState.SUPERSEDED})
    revision = standing.revision + 1 if standing is not None else 1
    response_id = store.add(tx, rows.begun(occurrence, by, revision, tx.now))
    return view(tx, response_id)


def save(tx: Tx, occurrence: OccurrenceView, answers: Answers, by: Author) -> ResponseView:
    """Keep answers of a draft, later ones before earlier ones; the earlier ones stay on record.

    Raises `Invalid` for what the instrument does not know, `Conflict` when it was sent already.
    """
    check(instruments.load(tx, occurrence.instrument), answers, by.answered_on or tx.now.date())
    draft = begin(tx, occurrence, by)
    if draft.is_final:
        raise Conflict("this survey was sent already")
    sealed = texts_door.seal_events(tx, draft.patient_id, answers)
    store.add_events(tx, draft, answers, by, sealed)
    merged = {**draft.answers, **answers}
    changes = {"answers": document_of(merged), "judge_at": tx.now + IDLE_AFTER, **rows.whose(by)}
    if by.answered_on is not None:
        changes["answered_on"] = by.answered_on
    if by.backfilled:
        changes["backfilled"] = True
    if sealed or draft.has_words:
        written = texts_door.changed(texts(tx, draft.id), answers)
        changes["texts_sealed"] = texts_door.seal_texts(tx, draft.patient_id, written)
    return store.changed(tx, draft, changes)


def record(
    tx: Tx, occurrence: OccurrenceView, words: str, by: Author, standing: ResponseView | None = None
) -> ResponseView:
    """Make the survey's report final, once: whoever comes second gets the first one's.

    `standing` is the report, where the caller has just read it. The answers that count are kept,
    with structural zeros. Raises `Invalid` for words that are too long.
    """
    text = check_words(words)
    draft = standing or begin(tx, occurrence, by)
    if draft.is_final:
        return draft
    at = by.answered_at or tx.now
    return _finish(tx, draft, at, late=at >= occurrence.closes_at, text=text)


def close_partial(tx: Tx, occurrence: OccurrenceView) -> ResponseView | None:
    """The window closed on a draft: final as it stands, at the time of its last answer.

    None when nothing was answered, or not by her.
    """
    draft = of_occurrence(tx, occurrence.id)
    if draft is None or draft.is_final or not draft.answers:
        return None
    return _finish(tx, draft, _answered_at(tx, draft), late=False, text="")


def _answered_at(tx: Tx, draft: ResponseView) -> datetime:
    return max(store.saved_at(tx, draft.id).values(), default=tx.now)


def _finish(tx: Tx, draft: ResponseView, at: datetime, *, late: bool, text: str) -> ResponseView:
    counted = effective(instruments.load(tx, draft.instrument), draft.answers)
    text = closing_words.with_kept(tx, draft, text)
    changes = {
        "state": ResponseState.FINAL,
        "answers": document_of(counted),
        "words_sealed": texts_door.seal_words(tx, draft.patient_id, text),
        "submitted_at": at,
        "late": late,
        "judge_at": None,
    }
    if draft.has_words:
        written = texts_door.counting(texts(tx, draft.id), counted)
        changes["texts_sealed"] = texts_door.seal_texts(tx, draft.patient_id, written)
    final = store.changed(tx, draft, changes)
    audit(tx, "response.recorded", _subject(draft), draft.site_id, late=late)
    return final


def correct(tx: Tx, response_id: UUID, changes: Answers, by: Author) -> Corrected:
    """A new revision with some answers changed, at the time of the first: the old one stays.

    Raises `Conflict` when a later revision stands already, `Invalid` for unknown answers.
    """
    old = view(tx, response_id)
    if not old.is_final or old.submitted_at is None:
        raise Conflict("only the revision that stands can be corrected")
    instrument = instruments.load(tx, old.instrument)
    check(instrument, changes)
    store.change(tx, old.id, {"state": ResponseState.SUPERSEDED})
    counted = effective(instrument, {**old.answers, **changes})
    written = texts_door.counting(texts_door.changed(texts(tx, old.id), changes), counted)
    sealed = texts_door.seal_texts(tx, old.patient_id, written)
    kept = {"words_sealed": store.words(tx, old.id), "texts_sealed": sealed}
    new_id = store.add(tx, rows.revised(old, counted, by, tx.now) | kept)
    new = view(tx, new_id)
    store.add_events(tx, new, changes, by, texts_door.seal_events(tx, old.patient_id, changes))
    audit(tx, "response.corrected", _subject(new), new.site_id, former=old.id)
    return Corrected(new, later(tx, new))


def view(tx: Tx, response_id: UUID) -> ResponseView:
    found = store.one(tx, response_id)
    if found is None:
        raise NotFound("no such report")
    return found


def revisions(tx: Tx, response: ResponseView) -> frozenset[UUID]:
    """The ids of the report and of what it was before it was corrected.

    What was set aside before she answered herself is no former revision of hers.
    """
    if response.revision == 1:
        return frozenset({response.id})
    set_aside = response.quarantined_at is not None
    former = store.superseded(tx, response.occurrence_id, set_aside=set_aside)
    return frozenset({response.id, *former})


def of_occurrence(tx: Tx, occurrence_id: UUID) -> ResponseView | None:
    """The survey's report: a draft, or the final revision that stands. A draft that was set aside
    ("not me") is none: whoever answers next begins anew, and sees nothing of it."""
    found = store.of_occurrence(tx, occurrence_id)
    return None if found is None or found.is_left_out else found


def on_record(tx: Tx, occurrence_id: UUID) -> ResponseView | None:
    """The same, and if there is none the draft that was set aside: for staff who look back."""
    return store.of_occurrence(tx, occurrence_id)


def of_occurrences(tx: Tx, occurrence_ids: Iterable[UUID]) -> dict[UUID, ResponseView]:
    """Reports by survey, drafts included."""
    return {each.occurrence_id: each for each in store.of_occurrences(tx, occurrence_ids)}


def saved_at(tx: Tx, response_id: UUID) -> dict[str, datetime]:
    """When each item was answered last."""
    return store.saved_at(tx, response_id)


def changed_at(tx: Tx, response: ResponseView) -> datetime:
    """When it was answered last, or sent."""
    sent = [response.submitted_at] if response.is_final and response.submitted_at else []
    return max([*store.saved_at(tx, response.id).values(), *sent], default=response.started_at)


def wrote_at(tx: Tx, response: ResponseView) -> datetime:
    """When she wrote something last: of words at its end nobody notes it, so that it is now."""
    if store.words(tx, response.id) is not None:
        return tx.now
    return store.wrote_at(tx, response.id) or response.started_at


def words(tx: Tx, response_id: UUID, counted: Answers | None = None) -> str:
    """All that the patient wrote in a report, at its end and as answers, opened.

    Of a draft only the answers among those `counted`, if they are given. The caller audits the
    reading of the record.
    """
    return texts_door.words_of(tx, [response_id], counted).get(response_id, "")


def words_of(tx: Tx, response_ids: Collection[UUID]) -> dict[UUID, str]:
    """The words of these reports, opened, for a replay; whoever was erased is left out."""
    return texts_door.words_of(tx, response_ids)


def texts_of(tx: Tx, response_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """The same as `texts` of many reports, for a replay."""
    return texts_door.texts_of(tx, response_ids)


def texts(tx: Tx, response_id: UUID) -> dict[str, str]:
    """What was written in answer to items of words, by item code, opened; also of a draft.

    The caller audits the reading of the record.
    """
    return texts_door.texts(tx, response_id)


def history(
    tx: Tx, patient_id: UUID, before: datetime, voice: Collection[Reporter]
) -> list[Report]:
    """Final reports of that voice before `before`, the oldest first (decision 11).

    Self and proxy are kept apart; what was set aside ("not me") is left out. All of them: an
    item's first value may stand in any report, where those before it left the item out.
    """
    found = store.history(tx, patient_id, before, voice)
    return [_with_numbers(tx, report, pin) for report, pin in found]


def _with_numbers(tx: Tx, report: Report, pin: Pin) -> Report:
    """Its numbers apart from its grades, as the instrument of that time counted them."""
    instrument, report = instruments.load(tx, pin), replace(report, instrument=pin)
    if not numbers.has_more_than_grades(instrument):
        return report
    apart = numbers.split(instrument, report.answers)
    return replace(report, answers=apart.grades, numbers=apart.numbers, whole=report.answers)


def later(tx: Tx, response: ResponseView) -> tuple[ResponseView, ...]:
    """The reports whose history this one is part of: a correction judges them again.

    The patient's own and those that staff took down for her are one voice, a proxy's another.
    """
    by_proxy = response.reporter is Reporter.PROXY
    found = store.finals(tx, response.patient_id, after=response.at)
    return tuple(
        each
        for each in found
        if each.id != response.id and (each.reporter is Reporter.PROXY) == by_proxy
    )


def finals(tx: Tx, patient_id: UUID, since: datetime) -> list[ResponseView]:
    """Final reports of anybody from `since` on, the oldest first: for tables and charts."""
    return list(store.finals(tx, patient_id, after=since))


def quarantine(tx: Tx, occurrence: OccurrenceView) -> int:
    """Set aside what was answered through this survey's links: kept, but out of history."""
    return _set_aside(tx, occurrence.patient_id, occurrence.id, occurrence.opens_at)


def quarantine_recent(tx: Tx, patient_id: UUID, since: datetime) -> int:
    """Set aside what was answered since `since`, other than what staff took down."""
    return _set_aside(tx, patient_id, None, since)


def _set_aside(tx: Tx, patient_id: UUID, occurrence_id: UUID | None, since: datetime) -> int:
    gone = store.quarantine(tx, patient_id, occurrence_id, since)
    for response_id in gone:
        subject = Subject("response", response_id, patient_id)
        audit(tx, "response.quarantined", subject, view(tx, response_id).site_id)
    return len(gone)


def _subject(response: ResponseView) -> Subject:
    return Subject("response", response.id, response.patient_id)
