"""Stored reports as rules were given them: what stood beside their answers when they were judged.

Read for some hundred patients at a time, and only what the pack's rules look at. Windows without a
report are counted as they were known then; facts of the patient are those of today.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from rsm.alerts.model import Facts, InstrumentSpec, Report, Subject
from rsm.alerts.plan import EVERY_LEVEL
from rsm.alerts.schema import RulePack
from rsm.alerts.specs import spec_of
from rsm.db.work import Tx
from rsm.flow.course import Judging, as_it_is
from rsm.flow.facts import (
    Beside,
    Needs,
    Person,
    needs_of,
    person_of,
    put_together,
    scored,
    scores_of,
    so_far,
    subject_on,
)
from rsm.instruments import numbers
from rsm.instruments.model import Instrument
from rsm.kernel.words import Level, SurveyState
from rsm.metrics import replay_store as store
from rsm.metrics.model import Period
from rsm.metrics.replay_model import Version, Window
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.schedules import missed

_EMERGENCY = frozenset({Level.EMERGENCY})
_NOTHING = Needs()
_ALONE = Beside()
_ANSWERED = frozenset({SurveyState.COMPLETED, SurveyState.PARTIAL})


@dataclass(frozen=True)
class Asked:
    """One instrument, as rules see it, and what the pack's rules look at: in a report as it was
    sent, and on the way."""

    instrument: Instrument
    spec: InstrumentSpec
    sent: Needs
    drafted: Needs
    more_than_grades: bool


def asked(pack: RulePack, instrument: Instrument) -> Asked:
    spec = spec_of(instrument)
    return Asked(
        instrument,
        spec,
        needs_of(pack, spec, EVERY_LEVEL),
        needs_of(pack, spec, _EMERGENCY),
        numbers.has_more_than_grades(instrument),
    )


@dataclass
class Shelf:
    """What was read of some patients; makes the facts of each judging. `asked`: every instrument
    of their reports, by content hash."""

    asked: Mapping[str, Asked]
    words: Mapping[UUID, str] = field(default_factory=dict)
    texts: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)
    windows: Mapping[UUID, Sequence[Window]] = field(default_factory=dict)
    people: Mapping[UUID, Person] = field(default_factory=dict)
    _scored: dict[tuple[int, str], tuple[Report, Report]] = field(default_factory=dict)

    def report(self, version: Version) -> Report:
        """A report as later ones compare themselves with it, its numbers apart."""
        one = self.asked[version.instrument]
        if not one.more_than_grades:
            return replace(as_it_is(version), instrument=one.instrument.pin)
        apart = self._apart(version)
        return Report(
            version.at,
            apart.grades,
            version.reporter,
            apart.numbers,
            whole=version.answers,
            instrument=one.instrument.pin,
        )

    def so_far(self, judging: Judging) -> tuple[Judging, frozenset[str]]:
        """On the way only the answers that count; and what was still to come."""
        if not judging.drafted:
            return judging, frozenset()
        version = judging.version
        answers, pending = so_far(self.asked[version.instrument].instrument, version.answers)
        return replace(judging, version=replace(version, answers=answers)), pending

    def facts(self, judging: Judging, pending: Collection[str] = ()) -> Facts:
        """What the rules were given; `pending`: what was still to come."""
        version = judging.version
        one = self.asked[version.instrument]
        needs = one.drafted if judging.drafted else one.sent
        history = judging.history
        if needs.scores:
            history = [self._with_scores(report, one) for report in history]
        beside = self._beside(judging, needs, pending)
        return put_together(version, self._apart(version), history, beside)

    def _apart(self, version: Version) -> numbers.Split:
        one = self.asked[version.instrument]
        if not one.more_than_grades:
            return numbers.Split(version.answers, {})
        return numbers.split(one.instrument, version.answers)

    def _beside(self, judging: Judging, needs: Needs, pending: Collection[str]) -> Beside:
        if needs == _NOTHING:
            return _ALONE
        version = judging.version
        has_text = needs.text and version.has_words
        person = self.people.get(version.patient_id)
        instrument = self.asked[version.instrument].instrument
        return Beside(
            scores=scores_of(instrument, version.answers, pending) if needs.scores else {},
            text=self._text(judging) if has_text else "",
            language=version.language if has_text else "en",
            windows_missed=self._missed(judging) if needs.windows else None,
            subject=subject_on(person, version.at) if needs.subject and person else Subject(),
        )

    def _text(self, judging: Judging) -> str:
        """All that she wrote; on the way only what she had answered in words by then."""
        version = judging.version
        if not judging.drafted:
            return self.words.get(version.id, "")
        written = self.texts.get(version.id, {})
        return "\n\n".join(text for item, text in written.items() if item in version.answers)

    def _missed(self, judging: Judging) -> int:
        version = judging.version
        seen = self.windows.get(version.patient_id, ())
        return missed_before(seen, version.occurrence_id, judging.at)

    def _with_scores(self, report: Report, one: Asked) -> Report:
        """Computed once, however often it is looked back at."""
        key = (id(report), one.instrument.pin.hash)
        kept = self._scored.get(key)
        if kept is None:
            asked_it = one if report.instrument is None else self.asked[report.instrument.hash]
            now = scored(report, asked_it.instrument, one.instrument)
            kept = self._scored[key] = (report, now)
        return kept[1]


def shelf(
    tx: Tx,
    site_id: UUID,
    period: Period,
    every: Mapping[str, Asked],
    courses: Sequence[Sequence[Version]],
) -> Shelf:
    """Everything that rules look at besides the answers of these patients."""
    needs = [one.sent for one in every.values()]
    whom = [course[0].patient_id for course in courses]
    found = Shelf(every)
    if any(one.text for one in needs):
        spoken = [each.id for course in courses for each in course if each.has_words]
        found.words = responses.words_of(tx, spoken) if spoken else {}
        found.texts = responses.texts_of(tx, spoken) if spoken else {}
    if any(one.windows for one in needs):
        found.windows = store.windows(tx, site_id, period, whom)
    asking = _together(needs)
    if asking.subject:
        facts = patients.peek_many(tx, whom)
        found.people = {each.id: person_of(tx, each, asking) for each in facts.values()}
    return found


def _together(needs: Sequence[Needs]) -> Needs:
    return Needs(
        regimen=any(one.regimen for one in needs),
        treatment=any(one.treatment for one in needs),
        cycle=any(one.cycle for one in needs),
        age=any(one.age for one in needs),
    )


# --- windows, as they were known then ------------------------------------------------------------


def missed_before(windows: Sequence[Window], survey: UUID, moment: datetime) -> int:
    """As `rsm.schedules.missed.before` counted at that moment; `windows` are the newest first."""
    this = next((one for one in windows if one.id == survey), None)
    if this is None:
        return 0
    earlier = (one for one in windows if one.opens_at < this.opens_at)
    return missed.in_a_row(_then(one, moment) for one in earlier)


def _then(one: Window, moment: datetime) -> tuple[SurveyState, bool, str | None]:
    """How it stood then. One that was answered late was missed until then."""
    if one.closed_at is not None and one.closed_at <= moment:
        return one.state, one.scheduled, one.reason
    late = one.state in _ANSWERED and one.closes_at <= moment
    return (SurveyState.MISSED if late else SurveyState.OPEN), one.scheduled, None
