"""What was kept quiet about an alert or its report, and why: quiet on purpose is shown (P15)."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from rsm.alerts import expected, suppressed
from rsm.alerts.expected_words import ExpectedView
from rsm.alerts.model import AlertView, QuietReason
from rsm.alerts.quiet_store import SuppressedView
from rsm.db.work import Tx
from rsm.web.expected_panel import Wording
from rsm.web.staff_words import section, word
from rsm.web.views.alert_quiet import Held


def held_back(
    tx: Tx, alert: AlertView, added: Sequence[SuppressedView], zone: str
) -> tuple[Held, ...]:
    """What later reports repeated of this alert (`added`), and what was held back of its own.

    A worse value of its own report is not: that stands among the findings.
    """
    found = [one for one in added if one.occurrence_id != alert.occurrence_id]
    if alert.response_id is not None:
        own = suppressed.of_response(tx, alert.response_id)
        found += [one for one in own if one not in added]
    levels = _levels(tx, alert.patient_id) if any(one.expected_id for one in found) else {}
    found.sort(key=lambda one: one.at)
    return tuple(
        Held(one.level, _sentence(one), _why(one, alert, levels, zone), one.at) for one in found
    )


def _levels(tx: Tx, patient_id: UUID | None) -> dict[UUID, ExpectedView]:
    if patient_id is None:
        return {}
    return {one.id: one for one in expected.history(tx, patient_id)}


def _sentence(one: SuppressedView) -> str:
    return f"{one.sentence.rstrip('.')}."


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
