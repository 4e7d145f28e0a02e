"""What the rules are given of one report: one place for it, live, in shadow and in a replay.

Answers always; the history of the same voice once a rule looks back; scores, words, windows, and
facts of the patient only where a rule of the pack looks at them, so that a quiet report costs the
database nothing for them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from rsm.alerts.conditions import NotReported, RedFlag, named_codes, parts
from rsm.alerts.model import Facts, InstrumentSpec, Report, Subject
from rsm.alerts.plan import EVERY_LEVEL
from rsm.alerts.schema import Rule, RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.instruments import numbers
from rsm.instruments import service as instruments
from rsm.instruments.decide import effective
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers
from rsm.kernel.lazily import LazyMapping, LazySequence
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Level, Reporter
from rsm.patients import ages, treatment
from rsm.patients.model import PatientFacts, PatientLabel, TreatmentEventKind
from rsm.responses import service as responses
from rsm.responses.model import ResponseView
from rsm.schedules import missed
from rsm.scoring import decide as scoring

# A nurse who fills in the survey asks the patient; a relative answers for the patient.
PATIENT = (Reporter.SELF, Reporter.STAFF)
PROXY = (Reporter.PROXY,)


class Answered(Protocol):
    """A report, a draft or a stored revision: what was answered, when, and by whom."""

    @property
    def answers(self) -> Answers: ...

    @property
    def at(self) -> datetime: ...

    @property
    def reporter(self) -> Reporter: ...


def voice_of(reporter: Reporter) -> tuple[Reporter, ...]:
    """Whose reports are compared with this one's: self and proxy are kept apart (decision 11)."""
    return PROXY if reporter is Reporter.PROXY else PATIENT


# --- what a pack looks at ----------------------------------------------------------------------


@dataclass(frozen=True)
class Needs:
    """Which facts besides answers and history the rules of a pack look at."""

    scores: bool = False
    text: bool = False
    windows: bool = False
    regimen: bool = False
    treatment: bool = False
    cycle: bool = False
    age: bool = False

    @property
    def subject(self) -> bool:
        """Whether any of them is a fact of the patient."""
        return self.regimen or self.treatment or self.cycle or self.age


_KEPT = 512
_needs: dict[tuple[int, int, frozenset[Level]], tuple[RulePack, InstrumentSpec, Needs]] = {}


def needs_of(
    pack: RulePack, instrument: InstrumentSpec, levels: frozenset[Level] = EVERY_LEVEL
) -> Needs:
    """What the rules of these levels look at; kept as `rsm.alerts.plan` keeps its plans."""
    key = (id(pack), id(instrument), levels)
    kept = _needs.get(key)
    if kept is not None:
        return kept[2]
    found = _found([rule for rule in pack.rules if rule.level in levels], instrument)
    if len(_needs) >= _KEPT:
        _needs.clear()
    _needs[key] = (pack, instrument, found)
    return found


def _found(rules: Sequence[Rule], instrument: InstrumentSpec) -> Needs:
    scores = {score.name for score in instrument.scores}
    groups = [rule.subgroup for rule in rules if rule.subgroup is not None]
    leaves = [leaf for rule in rules for leaf in parts(rule.when)]
    return Needs(
        scores=any(_names(rule, scores) for rule in rules),
        text=any(isinstance(leaf, RedFlag) for leaf in leaves),
        windows=any(isinstance(leaf, NotReported) for leaf in leaves),
        regimen=any(group.regimens for group in groups),
        treatment=any(group.days_since_treatment is not None for group in groups),
        cycle=any(group.days_since_cycle is not None for group in groups),
        age=any(group.age is not None for group in groups),
    )


def _names(rule: Rule, scores: set[str]) -> bool:
    return not scores.isdisjoint((*rule.scores, *named_codes(rule.when)))


# --- live --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """Which rules ask, of whom, and what they were answered with: pack, levels, instrument."""

    pack: RulePack
    instrument: Instrument
    patient: PatientFacts
    levels: frozenset[Level] = EVERY_LEVEL

    @property
    def spec(self) -> InstrumentSpec:
        """The instrument as rules see it."""
        return spec_of(self.instrument)

    @property
    def needs(self) -> Needs:
        """What these rules look at."""
        return needs_of(self.pack, self.spec, self.levels)


@dataclass(frozen=True)
class Beside:
    """What else is known of a report besides its answers and the history."""

    scores: Mapping[str, float] = field(default_factory=dict)
    text: str = ""
    language: str = "en"
    windows_missed: int | None = None
    subject: Subject = field(default_factory=Subject)


def live_facts(
    tx: Tx, response: ResponseView, asking: Asking, pending: Collection[str] = ()
) -> Facts:
    """Everything that these rules look at, as it stands now; `pending`: of a draft (`so_far`)."""
    needs = asking.needs
    has_text = needs.text and response.has_words
    beside = Beside(
        text=_text(tx, response) if has_text else "",
        language=response.language if has_text else "en",
        windows_missed=_windows(tx, response) if needs.windows else None,
        subject=_subject(tx, response, asking) if needs.subject else Subject(),
        scores=scores_of(asking.instrument, response.answers, pending) if needs.scores else {},
    )
    history = LazySequence(lambda: _history(tx, response, asking))
    return put_together(
        response, numbers.split(asking.instrument, response.answers), history, beside
    )


def _history(tx: Tx, response: ResponseView, asking: Asking) -> Sequence[Report]:
    """What came before; a rule would swallow what the database refuses: it is undone first (P3)."""
    if not tx.session.in_transaction():  # beyond its scope nothing is seen, and all would be new
        raise RuntimeError("what came before is read within the transaction that judges")
    voice = voice_of(response.reporter)
    with tx.savepoint():
        found = responses.history(tx, response.patient_id, response.at, voice)
        if not asking.needs.scores:
            return found
        return [_with_scores(tx, each, asking.instrument) for each in found]


def _with_scores(tx: Tx, report: Report, present: Instrument) -> Report:
    asked = present if report.instrument is None else instruments.load(tx, report.instrument)
    return scored(report, asked, present)


def _text(tx: Tx, response: ResponseView) -> str:
    """All that she wrote; in a draft only what counts so far."""
    counted = None if response.is_final else response.answers
    return responses.words(tx, response.id, counted)


def so_far(instrument: Instrument, answers: Answers) -> tuple[Answers, frozenset[str]]:
    """What is known of a draft: the answers that count, closed branches being closed; and the
    items and scores that are still to come."""
    return effective(instrument, answers), scoring.pending(instrument, answers)


def put_together(
    response: Answered, apart: numbers.Split, history: Sequence[Report], beside: Beside
) -> Facts:
    """The facts of a report from what was read of it: live, and of stored reports in a replay.

    `apart` are its answers, and `history` has its numbers apart already, and its scores
    (`scored`) where rules look at them.
    """
    return Facts(
        now=apart.grades,
        at=response.at,
        history=history,
        reporter=response.reporter,
        baseline=LazyMapping(lambda: history[0].answers if history else {}),
        numbers=apart.numbers,
        scores=beside.scores,
        baseline_values=LazyMapping(lambda: _values(history[0]) if history else {}),
        text=beside.text,
        language=beside.language,
        windows_missed=beside.windows_missed,
        subject=beside.subject,
    )


def _values(report: Report) -> Mapping[str, float]:
    return {**report.scores, **report.numbers}


def scored(report: Report, asked: Instrument, present: Instrument) -> Report:
    """An earlier report with its scores as the instrument that asked it counts them (P11).

    Only those that are scores of the present one as well: of the same name, and made of at least
    one same part. Two questionnaires may each have a "total".
    """
    found = scores_of(asked, report.given)
    if asked is not present:
        before, now = _parts_of(asked), _parts_of(present)
        found = {name: each for name, each in found.items() if before[name] & now.get(name, set())}
    return replace(report, scores=found)


def _parts_of(instrument: Instrument) -> dict[str, set[str]]:
    return {formula.name: set(formula.parts) for formula in instrument.scores}


def _windows(tx: Tx, response: ResponseView) -> int:
    return missed.before(tx, response.patient_id, response.occurrence_id)


def scores_of(
    instrument: Instrument, answers: Answers, pending: Collection[str] = ()
) -> Mapping[str, float]:
    """Those that can be computed, and wait for nothing that is still to be answered."""
    scores = scoring.score(instrument, answers)
    known = {name: each.value for name, each in scores.items() if name not in pending}
    return {name: value for name, value in known.items() if value is not None}


# --- of the patient ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """What is on record of a patient, as far as rules ask: as it stands today."""

    zone: str
    regimen: str | None = None
    begun: date | None = None
    cycles: Sequence[date] = ()
    label: PatientLabel | None = None


def _subject(tx: Tx, response: ResponseView, asking: Asking) -> Subject:
    return subject_on(person_of(tx, asking.patient, asking.needs), response.at)


def person_of(tx: Tx, patient: PatientFacts, needs: Needs) -> Person:
    """What these rules ask of the patient; the rest is not read."""
    whom = [patient.id]
    begun = None
    if needs.treatment:
        events = treatment.events(tx, whom).get(patient.id, {})
        begun = events.get(TreatmentEventKind.TREATMENT_START)
    return Person(
        zone=patient.zone,
        regimen=patient.regimen if needs.regimen else None,
        begun=begun,
        cycles=treatment.cycles(tx, whom).get(patient.id, ()) if needs.cycle else (),
        label=ages.labels(tx, whom).get(patient.id) if needs.age else None,
    )


def subject_on(person: Person, at: datetime) -> Subject:
    """Facts of the patient on the day of the answers, on her own calendar; None: not known."""
    day = local_of(at, zone_named(person.zone)).date()
    begun = person.begun
    cycle = max((start for start in person.cycles if start <= day), default=None)
    return Subject(
        regimen=person.regimen,
        days_since_treatment=(day - begun).days if begun is not None and begun <= day else None,
        days_since_cycle=(day - cycle).days if cycle is not None else None,
        age=person.label.age(day) if person.label is not None else None,
    )
