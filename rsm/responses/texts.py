"""Answers in the patient's own words: sealed with her key, and opened only for who reads them.

The rows of answers say that something was written (`value` 1), never what. Of a report what counts
is sealed in one piece; each event keeps its own, so that nothing is overwritten (P12).
"""

import json
from collections.abc import Collection, Mapping
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.answers import Answer, Answers
from rsm.responses import texts_store as store
from rsm.security import patient_keys
from rsm.security.patient_keys import PatientBox

_WORDS = "response.words"
_TEXTS = "response.texts"
_EVENT = "answer_event.text"

ByItem = Mapping[str, str]  # item code → what was written there


def texts(tx: Tx, response_id: UUID) -> dict[str, str]:
    """What was written in answer to items of words; the caller audits the reading."""
    return texts_of(tx, [response_id]).get(response_id, {})


def texts_of(tx: Tx, response_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """The same of many reports; without those that have none, and without whoever was erased."""
    sealed = [each for each in store.sealed(tx, response_ids) if each.texts is not None]
    boxes = _boxes(tx, sealed)
    return {
        each.id: _opened(boxes[each.patient_id], each.texts)
        for each in sealed
        if each.texts is not None and each.patient_id in boxes
    }


def words_of(
    tx: Tx, response_ids: Collection[UUID], counted: Answers | None = None
) -> dict[UUID, str]:
    """All that she wrote in these reports, at their ends and as answers, a paragraph each; of the
    answers only those `counted`, if they are given."""
    sealed = store.sealed(tx, response_ids)
    boxes = _boxes(tx, sealed)
    return {
        each.id: _all(boxes[each.patient_id], each, counted)
        for each in sealed
        if each.patient_id in boxes
    }


def _boxes(tx: Tx, sealed: Collection[store.Sealed]) -> Mapping[UUID, PatientBox]:
    return patient_keys.boxes(tx, {each.patient_id for each in sealed}) if sealed else {}


def _all(box: PatientBox, sealed: store.Sealed, counted: Answers | None) -> str:
    answers = _opened(box, sealed.texts) if sealed.texts is not None else {}
    if counted is not None:
        answers = counting(answers, counted)
    words = [box.open(sealed.words, _WORDS)] if sealed.words is not None else []
    return "\n\n".join((*answers.values(), *words))


def _opened(box: PatientBox, sealed: bytes) -> dict[str, str]:
    held: dict[str, str] = json.loads(box.open(sealed, _TEXTS))
    return held


# --- sealing -------------------------------------------------------------------------------


def of_answers(answers: Answers) -> dict[str, str]:
    """What was written among these answers, by item."""
    return {code: answer.text for code, answer in answers.items() if answer.text}


def seal_words(tx: Tx, patient_id: UUID, words: str) -> bytes | None:
    """The words at the end of a report, as a row holds them; None for none."""
    return patient_keys.box(tx, patient_id).seal(words, _WORDS) if words else None


def opened_words(tx: Tx, patient_id: UUID, sealed: bytes) -> str:
    """The words at the end of a report, as they were before `seal_words`."""
    return patient_keys.box(tx, patient_id).open(sealed, _WORDS)


def seal_texts(tx: Tx, patient_id: UUID, by_item: ByItem) -> bytes | None:
    """What was written by item, as the row of a report holds it; None for nothing."""
    if not by_item:
        return None
    held = json.dumps(dict(by_item), ensure_ascii=False)
    return patient_keys.box(tx, patient_id).seal(held, _TEXTS)


def seal_events(tx: Tx, patient_id: UUID, answers: Answers) -> dict[str, bytes]:
    """What was written by item, each as the row of its event holds it."""
    written = of_answers(answers)
    if not written:
        return {}
    box = patient_keys.box(tx, patient_id)
    return {code: box.seal(text, _EVENT) for code, text in written.items()}


def changed(before: ByItem, answers: Answers) -> dict[str, str]:
    """What is written once these answers stand: a new one takes the place of the former."""
    kept = {code: text for code, text in before.items() if code not in answers}
    return kept | of_answers(answers)


def counting(by_item: ByItem, counted: Mapping[str, Answer]) -> dict[str, str]:
    """Of what was written only where the answer counts: a closed branch is out of the report."""
    return {
        code: text
        for code, text in by_item.items()
        if code in counted and counted[code].value is not None
    }
