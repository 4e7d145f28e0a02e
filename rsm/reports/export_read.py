"""Where the rows of each table come from: read in a stream, a batch of patients at a time.

Patients come in the order of their pseudonyms: any order of ours would tell who came first.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers
from rsm.kernel.words import Pin
from rsm.metrics import extract, extract_work
from rsm.metrics.extract import Present, Span
from rsm.patients import ages
from rsm.reports.export_cells import Count, Field, Naming, row
from rsm.reports.export_items import ItemColumn, answer_records, item_values
from rsm.reports.export_model import Record, Request, Row, Shape
from rsm.responses import texts as words
from rsm.responses.decide import answers_of

PATIENTS_AT_ONCE = 100
_SURVEYS_AT_ONCE = 200
_OLDEST_SHOWN = 90  # years: whoever may be older is counted with them
_CODE = re.compile(r"[a-z0-9_]{1,60}")
Thing = TypeVar("Thing")
Source = Callable[[Sequence[UUID] | None], Iterator[Record]]


@dataclass(frozen=True)
class Reader:
    """One export's way to the rows. `instruments` are those of all that was answered."""

    tx: Tx
    span: Span
    request: Request
    naming: Naming
    present: Sequence[Present]
    instruments: Mapping[Pin, Instrument]
    items: Sequence[ItemColumn] = ()

    def rows(self, table: str, fields: Sequence[Field]) -> Iterator[Row]:
        """The rows of that table, patient by patient; then those that are about none."""
        source = self._sources()[table]
        nobody = Count(self.request.dates)
        for batch in batched(self.present, PATIENTS_AT_ONCE):
            counts = {
                each.id: Count.since(self.request.dates, each.enrolled_at, each.zone)
                for each in batch
            }
            for record in source([each.id for each in batch]):
                whose = record["patient_id"]
                count = counts.get(whose, nobody) if isinstance(whose, UUID) else nobody
                yield row(fields, record, self.naming, count)
        for record in source(None):
            yield row(fields, record, self.naming, nobody)

    def _sources(self) -> Mapping[str, Source]:
        wide = self.request.shape is Shape.WIDE
        return {
            "patients": self._patients,
            "surveys": self._surveys,
            "answers": self._wide_answers if wide else self._answers,
            "scores": self._scores,
            "alerts": self._alerts,
            "messages": self._messages,
            "tasks": lambda ids: extract_work.tasks(self.tx, self.span, ids),
        }

    def _patients(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        if ids is None:
            return
        labels = ages.labels(self.tx, ids) if self.request.identified else {}
        earliest = (self.tx.now.year - _OLDEST_SHOWN) // 10 * 10
        for record in extract.patients(self.tx, ids):
            decade, whose = record["born_decade"], record["patient_id"]
            if isinstance(decade, int) and not self.request.identified:
                decade = max(decade, earliest)
            label = labels.get(whose) if isinstance(whose, UUID) else None
            named = {} if label is None else {**vars(label), "birth_date": str(label.birth_date)}
            yield {**record, "born_decade": decade, **named}

    def _surveys(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for record in extract.surveys(self.tx, self.span, ids) if ids is not None else ():
            pin = _pin(record["report_instrument"] or record["instrument"])
            yield {**record, **_made_by("instrument", pin)}

    def _reports(
        self, ids: Sequence[UUID] | None
    ) -> Iterator[tuple[Record, Answers, Mapping[str, str]]]:
        """Surveys with what was answered, and what was written where that may be told."""
        for group in batched(self._surveys(ids), _SURVEYS_AT_ONCE):
            told = self._texts(group)
            for record in group:
                answers, report = record["answers"], record["report_id"]
                given = answers_of(answers) if isinstance(answers, dict) else {}
                yield record, given, told.get(report, {}) if isinstance(report, UUID) else {}

    def _texts(self, surveys: Iterable[Record]) -> Mapping[UUID, Mapping[str, str]]:
        if not self.request.identified:
            return {}
        reports = [each["report_id"] for each in surveys]
        return words.texts_of(self.tx, [each for each in reports if isinstance(each, UUID)])

    def _answers(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for group in batched(self._reports(ids), _SURVEYS_AT_ONCE):
            reports = [record["report_id"] for record, _, _ in group]
            known = [each for each in reports if isinstance(each, UUID)]
            given = extract.given(self.tx, known) if known else {}
            for record, answers, told in group:
                if answers:
                    instrument = self.instruments[_pin(record["report_instrument"])]
                    for each in answer_records(record, answers, instrument, told):
                        yield {**each, **given.get((record["survey_id"], each["item"]), {})}

    def _wide_answers(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for record, answers, told in self._reports(ids):
            pin = _pin(record["report_instrument"]) if record["report_id"] else None
            yield {**record, **item_values(self.items, pin, answers, told)}

    def _scores(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for record in extract.scores(self.tx, self.span, ids) if ids is not None else ():
            made_by = _made_by("instrument", _pin(record["instrument"]))
            scores = record["scores"]
            for name, score in sorted(scores.items()) if isinstance(scores, dict) else ():
                missing = [each["part"] for each in score.get("missing", ())]
                code = score.get("code") or ("missing" if score["value"] is None else "computed")
                more = {"score": name, "code": code, "missing_parts": missing}
                yield {**record, **made_by, **score, **more}

    def _alerts(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for record in extract_work.alerts(self.tx, self.span, ids):
            pack = record["rule_pack"]
            yield {**record, **(_made_by("rule_pack", _pin(pack)) if pack else {})}

    def _messages(self, ids: Sequence[UUID] | None) -> Iterator[Record]:
        for record in extract_work.messages(self.tx, self.span, ids):
            reason = record["reason"]  # codes; should a provider ever say more, it stays here
            plain = isinstance(reason, str) and _CODE.fullmatch(reason)
            yield {**record, "reason": reason if plain else None}


def batched(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """So many at a time."""
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


def _pin(stored: object) -> Pin:
    if not isinstance(stored, Mapping):
        raise TypeError("a version is named by key, version and hash")
    return Pin.of(stored)


def _made_by(what: str, pin: Pin) -> Record:
    return {f"{what}_key": pin.key, f"{what}_version": pin.version}
