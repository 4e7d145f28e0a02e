"""What was kept quiet about an alert or its report, and why: quiet on purpose is shown (P15)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rsm.alerts import expected, suppressed
from rsm.alerts.expected_words import ExpectedView
from rsm.alerts.model import AlertView, QuietReason
from rsm.alerts.quiet_store import SuppressedView
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.web.expected_panel import Wording
from rsm.web.staff_words import section, word
from rsm.web.views.alert_quiet import Held
from rsm.web.views.alerts import OtherReport


def held_back(
    tx: Tx, alert: AlertView, added: Sequence[SuppressedView], zone: str
) -> tuple[Held, ...]:
    """What later reports repeated of this alert (`added`), and what was held back of its own, the
    newest first; what was kept of a symptom for the same reason is one line.

    A worse value of its own report is not: that stands among the findings.
    """
    found = [one for one in added if one.occurrence_id != alert.occurrence_id]
    if alert.response_id is not None:
        own = suppressed.of_response(tx, alert.response_id)
        found += [one for one in own if one not in added]
    levels = _levels(tx, alert.patient_id) if any(one.expected_id for one in found) else {}
    found.sort(key=lambda one: one.at, reverse=True)
    alike: dict[tuple[str, str], list[SuppressedView]] = {}
    for one in found:
        alike.setdefault((one.symptom, _why(one, alert, levels, zone)), []).append(one)
    return tuple(_held(same, why) for (_, why), same in alike.items())


def _held(same: Sequence[SuppressedView], why: str) -> Held:
    """What the newest report said of a symptom, and before it what the others did."""
    reports: dict[UUID, list[SuppressedView]] = {}
    for one in same:
        reports.setdefault(one.response_id, []).append(one)
    newest, *before = (_report(each) for each in reports.values())
    return Held(newest.level, newest.reason, why, newest.at, tuple(before))


def _report(same: Sequence[SuppressedView]) -> OtherReport:
    """The sentences of one report about one symptom, whose name is said once."""
    name = f"{label(same[0].symptom)}: "
    said = dict.fromkeys(one.sentence.rstrip(".").removeprefix(name) for one in same)
    level = max((one.level for one in same), key=lambda one: one.rank)
    return OtherReport(same[0].at, level, f"{name}{'; '.join(said)}.")


def _levels(tx: Tx, patient_id: UUID | None) -> dict[UUID, ExpectedView]:
    if patient_id is None:
        return {}
    return {one.id: one for one in expected.history(tx, patient_id)}


def _why(
    one: SuppressedView, alert: AlertView, levels: Mapping[UUID, ExpectedView], zone: str
) -> str:
    if one.reason is QuietReason.ALREADY_OPEN and one.alert_id != alert.id:
        return word("quiet", "elsewhere")
    level = levels.get(one.expected_id) if one.expected_id else None
    if one.reason is not QuietReason.EXPECTED or level is None:
        key = "expected_ended" if one.reason is QuietReason.EXPECTED else one.reason
        return word("quiet", key)
    until = Wording(zone, {}, {}).until(level.until)
    return str(section("quiet").expected.format(grade=level.grade, until=until))
