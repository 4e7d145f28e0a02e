"""Quiet on purpose, live: what of a judged report is told anew, and what becomes of the rest.

What an open alert holds already is added to it and its owner is told; what a nurse expects, and
what waits for the digest, is only kept. Each with its reason, and never a worse value (P15): see
`rsm.alerts.quiet`. A report that is judged again (with each answer that is saved, when it is sent,
after a correction of an earlier one) is no repeat of itself: what was told of it, or kept quiet,
is neither told nor kept again.

Nothing here is read or locked for a report without a finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from rsm.alerts import expected, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.expected import StandingLevel
from rsm.alerts.model import Facts, Finding, InstrumentSpec, Judgement, QuietReason
from rsm.alerts.quiet import (
    Known,
    Quieted,
    Standing,
    Suppressed,
    is_worse,
    passed,
    quieten,
    worst_grades,
)
from rsm.alerts.quiet_store import NewSuppressed
from rsm.alerts.states import Worse
from rsm.alerts.tiers import EffectivePack
from rsm.db.work import Tx
from rsm.escalation import repeats
from rsm.flow.quiet_book import Book, Row, open_book
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.responses.model import ResponseView

_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Case:
    """A report that was judged: by which rules, on which facts, with which result.

    `drafted`: it is not sent yet; `saved` are the items that were just answered: one, and those
    that are asked as it.
    """

    response: ResponseView
    patient: PatientFacts
    pack: EffectivePack
    instrument: InstrumentSpec
    facts: Facts
    judgement: Judgement
    drafted: bool = False
    saved: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sifted:
    """What the survey's own alerts are to hold (`along`: lesser findings of the same symptoms),
    what of it is worse than they hold for this report, what is no worse (`known`), and the older
    alert that was added to."""

    tell: tuple[Finding, ...] = ()
    along: tuple[Finding, ...] = ()
    raised: tuple[Finding, ...] = ()
    known: tuple[Finding, ...] = ()
    added_to: UUID | None = None


def sift(tx: Tx, case: Case) -> Sifted:
    """Keep quiet what may be, with its reason; return what is to be told."""
    if not case.judgement.findings:
        return Sifted()
    book = open_book(tx, case.response)
    parted = _parted(case, book)
    levels = [] if case.drafted else expected.standing(tx, case.response.patient_id)
    over = _passed_before(tx, case, levels) if levels else set()
    holding = [each for each in levels if each.id not in over]
    quieted = _quieted(tx, case, book, parted, holding)
    added_to = _add(tx, case, book, quieted)
    _keep(tx, case, quieted, holding)
    _keep_raised(tx, case, book, parted)
    over |= {each.id for each in holding if each.level.symptom in quieted.broken}
    expected.end_broken(tx, sorted(over), case.response.id)
    return Sifted(
        tell=(*parted.own, *quieted.tell),
        along=(*parted.along, *quieted.along),
        raised=parted.raised,
        known=parted.known,
        added_to=added_to,
    )


# --- judged before ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Parted:
    """`own`: what the survey's own alerts hold of this report, or of it before it was corrected;
    `along` lesser findings beside it; `raised` what of both is worse now, `known` what is not.
    `rest`: what nobody has looked at."""

    own: tuple[Finding, ...]
    along: tuple[Finding, ...]
    raised: tuple[Finding, ...]
    known: tuple[Finding, ...]
    rest: Judgement


def _parted(case: Case, book: Book) -> _Parted:
    mine, settled = book.own(), book.settled(case.response.id)
    findings, covered = case.judgement.findings, case.judgement.covered
    own = tuple(each for each in findings if _same(each, mine))
    told = {each.symptom for each in own}
    along = tuple(each for each in covered if _same(each, mine) or each.symptom in told)
    done = {*own, *along, *(each for each in (*findings, *covered) if _is_settled(each, settled))}
    return _Parted(
        own=own,
        along=along,
        raised=tuple(each for each in (*own, *along) if _is_raised(case, each, _same(each, mine))),
        known=tuple(each for each in (*own, *along) if _is_settled(each, mine)),
        rest=replace(
            case.judgement,
            findings=tuple(each for each in findings if each not in done),
            covered=tuple(each for each in covered if each not in done),
        ),
    )


def _same(finding: Finding, rows: Sequence[Row]) -> list[Row]:
    return [each for each in rows if (each.rule, each.item) == (finding.rule, finding.item)]


def _is_settled(finding: Finding, kept: Sequence[Row]) -> bool:
    """Whether it was found when this report was judged before, at no lesser value."""
    return any(not is_worse(finding, one.level, one.current) for one in _same(finding, kept))


def _is_raised(case: Case, finding: Finding, held: Sequence[Row]) -> bool:
    """Worse than what was told of this report; on the way only by the answer just given."""
    if not held or finding.worse is Worse.UNKNOWN:
        return False
    if case.drafted and finding.item not in case.saved:
        return False
    return all(is_worse(finding, each.level, each.current) for each in held)


# --- decided, and written ----------------------------------------------------------------------


def _quieted(
    tx: Tx, case: Case, book: Book, parted: _Parted, levels: Sequence[StandingLevel]
) -> Quieted:
    known = Known(_standing(tx, book), [each.level for each in levels])
    rules = case.pack.pack.quiet
    if parted.own:  # something of this survey is told in any case: nothing waits for the digest
        rules = rules.model_copy(update={"digest": False})
    worst = worst_grades(case.instrument, case.facts)
    return quieten(parted.rest, known, worst, case.facts.at, rules)


def _standing(tx: Tx, book: Book) -> list[Standing]:
    """What other open alerts hold, those of the highest level first."""
    others = [
        (book.alerts[alert_id], row) for alert_id, row in book.rows() if not book.is_own(alert_id)
    ]
    others.sort(key=lambda each: (-each[0].level.rank, each[0].id))
    return [
        Standing(alert.id, row.rule, row.item, row.level, row.current, alert.is_held(tx.now))
        for alert, row in others
    ]


def _passed_before(tx: Tx, case: Case, levels: Sequence[StandingLevel]) -> set[UUID]:
    """Levels that an earlier report, hers or a relative's, passed without meeting a rule: they
    hold no more either."""
    over: set[UUID] = set()
    first = min(each.level.since for each in levels) - _MOMENT  # `finals` leaves its instant out
    for report in responses.finals(tx, case.response.patient_id, first):
        if report.at >= case.facts.at:
            continue
        worst = worst_grades(case.instrument, replace(case.facts, now=report.answers))
        since = [each for each in levels if each.level.since <= report.at]
        symptoms = passed([each.level for each in since], worst)
        over |= {each.id for each in since if each.level.symptom in symptoms}
    return over


def _add(tx: Tx, case: Case, book: Book, quieted: Quieted) -> UUID | None:
    """Repeats are added to the alerts that hold them, in the order of their ids; whoever has one
    is told, once for each survey. Returns the worst of these alerts."""
    added = {repeat.alert_id for repeat in quieted.repeats}
    for alert_id in sorted(added):
        alert = book.alerts[alert_id]
        same = [each.finding for each in quieted.repeats if each.alert_id == alert_id]
        new = alerts.repeat(tx, alert, case.response.id, same)
        if new and not book.told(alert_id):
            repeats.repeated(tx, alert, book.survey)
    return max(added, key=lambda one: (book.alerts[one].level.rank, one), default=None)


def _keep(tx: Tx, case: Case, quieted: Quieted, levels: Sequence[StandingLevel]) -> None:
    to = {repeat.finding: repeat.alert_id for repeat in quieted.repeats}
    by = {each.level.symptom: each.id for each in levels}

    def kept(each: Suppressed) -> NewSuppressed:
        within = by[each.finding.symptom] if each.reason is QuietReason.EXPECTED else None
        return NewSuppressed(each.finding, each.reason, to.get(each.finding), within)

    new = [kept(each) for each in (*quieted.suppressed, *quieted.covered)]
    suppressed.keep(tx, case.response, case.pack.pin, new)


def _keep_raised(tx: Tx, case: Case, book: Book, parted: _Parted) -> None:
    """The higher value, beside the finding of the lower one, which never changes (P12).

    A correction has findings of its own: there the higher value stands among them.
    """
    own = [(alert_id, row) for alert_id, row in book.rows() if book.is_own(alert_id)]
    mine = [(alert_id, row) for alert_id, row in own if row.response_id == case.response.id]
    held = {
        finding: next((alert_id for alert_id, row in mine if _same(finding, [row])), None)
        for finding in parted.raised
    }
    new = [
        NewSuppressed(finding, QuietReason.ALREADY_OPEN, alert_id)
        for finding, alert_id in held.items()
        if alert_id is not None
    ]
    suppressed.keep(tx, case.response, case.pack.pin, new)
