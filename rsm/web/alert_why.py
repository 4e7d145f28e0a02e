"""Why an alert: which rule fired on which values, what is expected, what was alike before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from rsm.alerts import events, expected, handling
from rsm.alerts import service as alerts
from rsm.alerts.expected_words import ExpectedView
from rsm.alerts.model import AlertView
from rsm.alerts.quiet import SIMILAR_FOR
from rsm.alerts.tiers import EffectivePack
from rsm.alerts.timeline import FindingView
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.flow.effective import pack_for
from rsm.flow.entry import MAY_REPORT
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Level, Pin
from rsm.patients.model import PatientRecord
from rsm.responses import service as responses
from rsm.security.model import Permission
from rsm.security.permissions import may
from rsm.sites import service as sites
from rsm.web import alert_words as words
from rsm.web.alert_findings import Units, by_worst, site_units, units_of, value_words
from rsm.web.auth import Desk
from rsm.web.expected_panel import Wording, broken_on, wording
from rsm.web.patient_page import patient_url
from rsm.web.rules_explained import explained_url
from rsm.web.staff_words import word
from rsm.web.views.alert_quiet import Similar
from rsm.web.views.alerts import Finding, OtherReport
from rsm.web.views.common import Link

_SAID = 2  # of a symptom so many sentences are read at once; the rest is folded


@dataclass(frozen=True)
class Setting:
    """What the lines of an alert need to know: asked for once.

    `loud` are rules that nothing keeps quiet, `up_to` the highest grade that may be expected (0:
    none, or she may not set it), `expect_url` the form; `changed` says what overrides did to a
    rule; `standing` and `broken` are levels by symptom: those that hold now, and those that the
    alert's report ended.
    """

    units: Units = field(default_factory=dict)
    pack: Pin | None = None
    published: Pin | None = None  # what the explanation is of; None: of the pack in force
    explain: bool = False
    site_id: UUID | None = None
    changed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    loud: frozenset[str] = frozenset()
    up_to: int = 0
    expect_url: str = ""
    standing: Mapping[str, ExpectedView] = field(default_factory=dict)
    broken: Mapping[str, ExpectedView] = field(default_factory=dict)
    words: Wording = field(default_factory=lambda: Wording("UTC", {}, {}))


def setting(desk: Desk, alert: AlertView, record: PatientRecord | None) -> Setting:
    """Read what `lines` needs; a pack or an instrument that cannot be read takes nothing else."""
    tx, pack = desk.tx, _pack(desk.tx, alert, record)
    if pack is None or record is None:
        return Setting()
    held = [one for one in expected.history(tx, record.facts.id) if one.holds(tx.now)]
    ended = expected.broken_by(tx, _reports(tx, alert))
    may_set = may(desk.staff.roles, Permission.TRIAGE) and record.facts.status in MAY_REPORT
    return Setting(
        units=_units(tx, alert),
        pack=alert.rule_pack,
        published=_published(tx, alert.rule_pack),
        explain=may(desk.staff.roles, Permission.SEE_FIGURES),
        site_id=alert.site_id,
        changed={rule: [each.sentence for each in said] for rule, said in pack.provenance.items()},
        loud=frozenset(rule.id for rule in pack.pack.rules if rule.keeps_loud),
        up_to=pack.pack.quiet.expected_up_to if may_set else 0,
        expect_url=f"{patient_url(record.facts, 'expected')}?alert={alert.id}",
        standing={one.symptom: one for one in held},
        broken={one.symptom: one for one in ended},
        words=wording(tx, [*held, *ended], record.facts.zone),
    )


def _pack(tx: Tx, alert: AlertView, record: PatientRecord | None) -> EffectivePack | None:
    """The pack as it judged her then, with who changed which rule."""
    if alert.rule_pack is None or record is None:
        return None
    try:
        site = sites.get(tx, alert.site_id)
        return pack_for(tx, site, record.facts, alert.opened_at)
    except RsmError:  # the findings say by themselves what fired
        return None


def _published(tx: Tx, pin: Pin | None) -> Pin | None:
    """The pin; of a pack that overrides have changed, which is not published, the one under it."""
    try:
        return alerts.load_base(tx, pin).pin if pin else None
    except RsmError:
        return None


def _units(tx: Tx, alert: AlertView) -> Units:
    """Of the numbers of the report itself, else of those that the site asks for now."""
    try:
        if alert.rule_pack is not None and alert.response_id is not None:
            report = responses.view(tx, alert.response_id)
            return units_of(tx, alert.rule_pack, report.instrument)
    except RsmError:
        pass
    return site_units(tx, sites.get(tx, alert.site_id))


def _reports(tx: Tx, alert: AlertView) -> list[UUID]:
    """The report that opened the alert, and the one that stands now."""
    found = {alert.response_id} if alert.response_id else set()
    if alert.occurrence_id is not None:
        standing = responses.on_record(tx, alert.occurrence_id)
        found |= {standing.id} if standing else set()
    return sorted(found)


# --- a line a symptom -----------------------------------------------------------------------------


def lines(found: Sequence[FindingView], known: Setting) -> tuple[Finding, ...]:
    """One line a symptom at its highest level, the highest first, with every rule that applied."""
    told: set[str] = set()
    shown = []
    for place, same in enumerate(by_worst(found)):
        rules = dict.fromkeys(one.rule for one in same)
        news = [rule for rule in rules if rule not in told]  # what was changed of it is said once
        shown.append(replace(_line(place, same, known), notes=_notes(same[0].symptom, news, known)))
        told.update(rules)
    return tuple(shown)


def _line(place: int, same: Sequence[FindingView], known: Setting) -> Finding:
    """The worst of them stands first and gives level and values, its report the sentences: of
    reports alike, the newest. The others are folded, so that nothing is said again and again."""
    worst = same[0]
    unit = known.units.get(worst.item, "")
    rules = dict.fromkeys(one.rule for one in same)
    told = [one for one in same if one.response_id == worst.response_id]
    reasons = _reasons(told, known)
    return Finding(
        level=worst.level,
        reason=" ".join(reasons[:_SAID]),
        rule=", ".join(rules),
        symptom=label(worst.symptom),
        values=(
            value_words(worst.first, unit),
            value_words(worst.previous, unit),
            f"{worst.current:g} {unit}".rstrip(),
        ),
        rules=tuple(_rule_link(rule, known) for rule in rules),
        expect_url=f"{known.expect_url}&line={place}" if _may_expect(same, known) else "",
        at=worst.at,
        more=tuple(reasons[_SAID:]),
        others=tuple(_others([one for one in same if one not in told], known)),
    )


def _others(same: Sequence[FindingView], known: Setting) -> Iterator[OtherReport]:
    """By report, the newest first, each at its highest level."""
    reports: dict[UUID, list[FindingView]] = {}
    for one in sorted(same, key=lambda one: one.at, reverse=True):
        reports.setdefault(one.response_id, []).append(one)
    for found in reports.values():
        level = max((one.level for one in found), key=lambda one: one.rank)
        yield OtherReport(found[0].at, level, " ".join(_reasons(found, known)))


def _rule_link(rule: str, known: Setting) -> Link:
    """To the rule's own words and source, for whoever may read them."""
    if not known.explain or known.site_id is None:
        return Link(rule, "")
    return Link(rule, explained_url(known.site_id, known.published, rule))


def _reasons(same: Sequence[FindingView], known: Setting) -> list[str]:
    """Each said once; the symptom and the rule stand before and behind it already."""
    made_by = f" of pack {known.pack.key} {known.pack.version}" if known.pack else ""
    reasons = []
    for one in same:
        said = one.reason.removeprefix(f"{label(one.symptom)}: ")
        said = said.removesuffix(f"; rule {one.rule}{made_by}").rstrip(".")
        reasons.append(f"{said[:1].upper()}{said[1:]}.")
    return list(dict.fromkeys(reasons))


def _notes(symptom: str, rules: Sequence[str], known: Setting) -> tuple[str, ...]:
    """Who changed a rule, what is expected of the symptom now, and what this report ended."""
    notes = [sentence for rule in rules for sentence in known.changed.get(rule, ())]
    if (held := known.standing.get(symptom)) is not None:
        notes.append(_level_words("on_alert", held, known))
    if (ended := known.broken.get(symptom)) is not None:
        notes.append(_level_words("broken_alert", ended, known))
    return tuple(notes)


def _level_words(key: str, level: ExpectedView, known: Setting) -> str:
    return word("expected", key).format(
        grade=level.grade,
        until=known.words.until(level.until),
        day=broken_on(level, known.words),
        reason=level.reason.rstrip("."),
        who=known.words.who(level.set_by),
    )


def _may_expect(same: Sequence[FindingView], known: Setting) -> bool:
    """Only grades, only what is low enough, and nothing that an emergency rule has found."""
    grades = all(one.item not in known.units and one.current in range(5) for one in same)
    loud = any(one.rule in known.loud or one.level is Level.EMERGENCY for one in same)
    worst = max(one.current for one in same)
    held = known.standing.get(same[0].symptom)
    is_news = held is None or held.grade < worst
    return grades and not loud and is_news and 1 <= worst <= known.up_to


# --- alike ----------------------------------------------------------------------------------------


def similar(tx: Tx, alert: AlertView, found: Sequence[FindingView]) -> tuple[Similar, ...]:
    """Her other alerts of the last 14 days that share a symptom, the newest first."""
    symptoms = {one.symptom for one in found}
    if alert.patient_id is None or not symptoms:
        return ()
    since = alert.opened_at - SIMILAR_FOR
    near = [
        one
        for one in handling.of_patient(tx, alert.patient_id)
        if one.id != alert.id and since <= one.opened_at <= alert.opened_at
    ]
    findings = handling.findings(tx, [one.id for one in near])
    shared = {
        one.id: {each.symptom for each in findings.get(one.id, ())} & symptoms for one in near
    }
    alike = [one for one in near if shared[one.id]]
    notes = events.closing_notes(tx, alike)
    return tuple(
        similar_to(one, ", ".join(sorted(map(label, shared[one.id]))), notes) for one in alike
    )


def similar_to(alert: AlertView, about: str, notes: Mapping[UUID, str]) -> Similar:
    """An earlier alert as a line; `notes` are what was written at the end, by alert."""
    outcome = words.outcome_words(alert.outcome).rstrip(".")
    return Similar(
        url=f"/alerts/{alert.id}",
        at=alert.opened_at,
        level=alert.level,
        about=about,
        outcome=outcome or word("quiet", "still_open"),
        note=notes.get(alert.id, ""),
    )
