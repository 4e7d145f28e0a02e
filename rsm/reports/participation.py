"""Who took part in electronic patient-reported outcomes, as the Enhancing Oncology Model counts.

The model (CMS, to 30 June 2030) asks practices to use ePRO and to screen for health-related social
needs; a practice keeps its data and reports use, not scores. What is counted here is defined by us,
since the model's own schedule and forms are not known to us: compare before you report.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument, Item
from rsm.kernel.words import Pin
from rsm.metrics import extract, extract_asked
from rsm.metrics.extract import Span
from rsm.metrics.extract_asked import Asked

SOURCE = "CMS, Enhancing Oncology Model: participation activities; read as public pages"
_TAG = "epro-domain"  # of an item's `codes`


class Domain(StrEnum):
    """What an ePRO tool of the model is to cover."""

    SYMPTOMS = "symptoms"
    FUNCTIONING = "functioning"
    BEHAVIORAL_HEALTH = "behavioral_health"
    HRSN = "hrsn"  # health-related social needs


@dataclass(frozen=True)
class Definition:
    """One count, in words. `whole` is what it is a part of; empty for a count by itself."""

    id: str
    words: str
    part: str
    whole: str = ""


_ENROLLED = "patients who were enrolled at any time in the period"
_ASKED = "patients with a survey in the period that asks about it, answered or not"
DEFINITIONS: tuple[Definition, ...] = (
    Definition("epro_used", "ePRO in use", "1 where a survey of the period was answered, else 0"),
    Definition("enrolled", "Patients enrolled", _ENROLLED),
    Definition(
        "surveyed", "Patients with at least one survey", "answered at least one survey", _ENROLLED
    ),
    *(
        Definition(f"surveyed_{each}", words, "answered at least one survey that asks it", _ASKED)
        for each, words in (
            (Domain.SYMPTOMS, "Symptoms and toxicity"),
            (Domain.FUNCTIONING, "Functioning"),
            (Domain.BEHAVIORAL_HEALTH, "Behavioral health"),
            (Domain.HRSN, "Health-related social needs"),
        )
    ),
)
# What we do not know of the model: said on the page and in the file, by these words.
UNKNOWN: tuple[str, ...] = (
    "Which share must answer, and from when, is not known here: no share is judged.",
    "Who is a beneficiary of the model's episodes is not known here: all patients are counted.",
    "Which items belong to which domain is our own tagging; the model names domains, not items.",
    "Without an item that is tagged, a domain shows nothing: it may be asked elsewhere.",
)


@dataclass(frozen=True)
class Count:
    """One definition's figure; `whole` None where it is no part."""

    definition: Definition
    part: int
    whole: int | None = None


def domain_of(instrument: Instrument, item: Item) -> Domain | None:
    """By the item's own tag, else by our list; None: in no domain."""
    known = _library().get(instrument.key, {})
    named = item.codes.get(_TAG) or known.get(item.symptom or "") or known.get("default", "")
    return Domain(named) if named in set(Domain) else None


def domains_of(instrument: Instrument) -> frozenset[Domain]:
    """What a questionnaire covers."""
    found = (domain_of(instrument, item) for item in instrument.askable)
    return frozenset(each for each in found if each is not None)


def counted(
    asked: Iterable[Asked], enrolled: int, covers: Mapping[Pin, frozenset[Domain]]
) -> tuple[Count, ...]:
    """The counts, in the order of the definitions."""
    seen: dict[str, set[UUID]] = {each: set() for each in ("any", *Domain)}
    answered: dict[str, set[UUID]] = {each: set() for each in ("any", *Domain)}
    for one in asked:
        for name in ("any", *covers.get(one.instrument, ())):
            seen[name].add(one.patient_id)
            if one.answered:
                answered[name].add(one.patient_id)
    return tuple(_counts(enrolled, seen, answered))


def _counts(
    enrolled: int, seen: Mapping[str, set[UUID]], answered: Mapping[str, set[UUID]]
) -> Iterator[Count]:
    surveyed = len(answered["any"])
    values: list[tuple[int, int | None]] = [(int(surveyed > 0), None), (enrolled, None)]
    values.append((surveyed, enrolled))
    values += [(len(answered[each]), len(seen[each])) for each in Domain]
    for definition, (part, whole) in zip(DEFINITIONS, values, strict=True):
        yield Count(definition, part, whole)


def participation(tx: Tx, span: Span) -> tuple[Count, ...]:
    """The counts of a site for some days; whoever was erased is not counted."""
    asked = extract_asked.asked_of(tx, span)
    covers = {pin: _covers(tx, pin) for pin in {one.instrument for one in asked}}
    return counted(asked, extract.enrolled(tx, span), covers)


def lines(counts: Iterable[Count]) -> Iterator[tuple[str, ...]]:
    """As a table: the head, the counts, what is not known."""
    yield ("id", "words", "part", "whole", "counted", "of", "source")
    for each in counts:
        what, whole = each.definition, "" if each.whole is None else str(each.whole)
        yield (what.id, what.words, str(each.part), whole, what.part, what.whole, SOURCE)
    for words in UNKNOWN:
        yield ("note", words, "", "", "", "", "")


def _covers(tx: Tx, pin: Pin) -> frozenset[Domain]:
    """Of one that was merged of several what they cover, each by its own list."""
    whole = instruments.load(tx, pin)
    parts = [
        instruments.load(tx, Pin(part.key, part.version, part.hash)) for part in whole.merged_from
    ]
    return frozenset().union(*(domains_of(each) for each in parts or [whole]))


@cache
def _library() -> Mapping[str, Mapping[str, str]]:
    text = files("rsm.reports").joinpath("library/epro_domains.toml").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(text)
    return found
