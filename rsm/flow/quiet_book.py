"""What stands of a patient when a report of hers is judged: her open alerts, and this survey's."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from rsm.alerts import handling, suppressed
from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.alerts.quiet_store import SuppressedView
from rsm.alerts.timeline import FindingView
from rsm.db.work import Tx
from rsm.responses import service as responses
from rsm.responses.model import ResponseView

Row = FindingView | SuppressedView


@dataclass(frozen=True)
class Book:
    """The alerts, held, by id, with what they hold; `kept` is what was told to nobody anew.

    `reports` are the revisions of the report that is judged.
    """

    survey: UUID
    reports: frozenset[UUID]
    alerts: Mapping[UUID, AlertView]
    findings: Mapping[UUID, Sequence[FindingView]]
    kept: Sequence[SuppressedView]

    def is_own(self, alert_id: UUID | None) -> bool:
        """Whether it is an alert of this very survey."""
        alert = self.alerts.get(alert_id) if alert_id else None
        return alert is not None and alert.occurrence_id == self.survey

    def rows(self) -> Iterable[tuple[UUID, Row]]:
        """What each alert holds: its findings, and what was only added to them."""
        for alert_id, found in self.findings.items():
            yield from ((alert_id, each) for each in found)
        for each in self.kept:
            if each.alert_id is not None and each.alert_id in self.alerts:
                yield each.alert_id, each

    def own(self) -> list[Row]:
        """What this survey's alerts hold of this report, also of it before it was corrected."""
        return [
            each
            for alert_id, each in self.rows()
            if each.response_id in self.reports and self.is_own(alert_id)
        ]

    def settled(self, response_id: UUID) -> list[SuppressedView]:
        """What was kept quiet of this report when it was judged before."""
        return [
            each
            for each in self.kept
            if each.response_id == response_id and not self.is_own(each.alert_id)
        ]

    def told(self, alert_id: UUID) -> bool:
        """Whether this survey was added to that alert before: its owner knows."""
        return any(
            each.alert_id == alert_id and each.occurrence_id == self.survey for each in self.kept
        )


def open_book(tx: Tx, response: ResponseView) -> Book:
    """Hold these alerts, in the order of their ids, and read what they hold."""
    survey, patient = response.occurrence_id, response.patient_id
    held = {each.id: each for each in alerts.lock_standing(tx, patient, [survey])}
    found = handling.findings(tx, list(held)) if held else {}
    kept = suppressed.known(tx, patient, survey, held)
    return Book(survey, responses.revisions(tx, response), held, found, kept)
