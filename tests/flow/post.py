"""A post room for flow tests: the fake provider, and rows as other rooms would write them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from integrations.twilio.fake import FakeSender
from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.db.work import Database
from rsm.escalation import service as escalation
from rsm.flow.deliver import DeliveryConfig, deliver_due
from rsm.flow.reconcile import reconcile_due
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import AlertKind, Audience, Level
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind
from tests.clinic import Clinic

PUBLIC_URL = "https://rsm.example.org"
# The host's seconds stand still, as the clock does: however slow it is, nothing is put off.
CONFIG = DeliveryConfig(public_url=PUBLIC_URL, threads=False, ticks=lambda: 0.0)


@dataclass
class Post:
    """The clinic's post: `fake` is the provider and all phones, `db` the worker's door."""

    clinic: Clinic
    db: Database
    clock: VirtualClock
    fake: FakeSender = field(init=False)

    def __post_init__(self) -> None:
        self.fake = FakeSender(self.clock)

    def deliver(self) -> int:
        return deliver_due(self.db, self.fake, list(Lane), CONFIG)

    def reconcile(self) -> int:
        return reconcile_due(self.db, self.fake, CONFIG)

    def later(self, **span: float) -> datetime:
        return self.clock.advance(timedelta(**span))

    def survey_text(self, patient: UUID, key: str = "survey:1", **others: object) -> UUID:
        """A survey text that needs no survey: help, in the survey's lane."""
        values: dict[str, object] = {
            "business_key": key,
            "lane": Lane.SURVEY,
            "audience": Audience.PATIENT,
            "site_id": self.clinic.site,
            "purpose": "survey_invite",
            "language": "en",
            "fields": {"link": f"{PUBLIC_URL}/s/x"},
            "patient_id": patient,
            "not_after": self.clock.now() + timedelta(days=2),
        }
        return self._put(Draft(**values | others))  # type: ignore[arg-type]  # a table of defaults

    def staff_text(self, alert: UUID, key: str = "alert:1", **others: object) -> UUID:
        values: dict[str, object] = {
            "business_key": key,
            "lane": Lane.STAFF,
            "audience": Audience.STAFF,
            "site_id": self.clinic.site,
            "purpose": "staff_alert",
            "language": "en",
            "fields": {"level": "urgent", "code": "K7QM"},
            "staff_id": self.clinic.nurse,
            "alert_id": alert,
        }
        return self._put(Draft(**values | others))  # type: ignore[arg-type]  # a table of defaults

    def alert(self, key: str = "review:1", *, climbing: bool = False) -> UUID:
        """An open alert; `climbing` with its ladder, whose first step is written at once."""
        with self.clinic.begin() as tx:
            opening = Opening(
                business_key=key,
                site_id=self.clinic.site,
                kind=AlertKind.REVIEW,
                level=Level.URGENT,
                reason="For a test.",
                is_test=False,
            )
            opened = alerts.open_alert(tx, opening).alert
            if climbing:
                escalation.start(tx, opened, sites.get(tx, self.clinic.site))
        return opened.id

    def look(self, message: UUID) -> MessageView:
        with self.clinic.begin() as tx:
            found = messaging.lock(tx, message)
        assert found is not None
        return found

    def tasks(self) -> list[TaskKind]:
        with self.clinic.begin() as tx:
            return [task.kind for task in tasks.open_tasks(tx, self.clinic.site)]

    def _put(self, draft: Draft) -> UUID:
        with self.clinic.begin() as tx:
            message_id = messaging.enqueue(tx, draft)
        assert message_id is not None
        return message_id
