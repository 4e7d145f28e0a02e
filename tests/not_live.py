"""A clinic that nobody has signed for, and what makes it ready to be signed."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Engine, text

from rsm.alerts import service as alerts
from rsm.alerts.model import Opening
from rsm.flow import go_live
from rsm.improvement import signing
from rsm.improvement.live_model import Extent
from rsm.kernel.words import AlertEventKind, AlertKind, Channel, Level, Reporter, Role, SurveyState
from rsm.messaging.model import MessageState
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.security import staff
from tests.clinic import Clinic

_ASKED = frozenset({SurveyState.OPEN, SurveyState.STARTED})


def not_live(owner: Engine, site: UUID) -> None:
    """As a site is set up: nobody has signed yet."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE site SET live_since = NULL WHERE id = :id"), {"id": site})


def make_clinician(clinic: Clinic) -> UUID:
    """Ruth answers for the clinic: she is its clinician as well."""
    with clinic.begin() as tx:
        staff.grant(tx, clinic.charge, clinic.site, Role.CLINICIAN)
    return clinic.charge


def read_everything(clinic: Clinic, by: UUID) -> None:
    """Thresholds, texts in each language, the safety contact: read as they stand now."""
    with clinic.begin(by) as tx:
        for (kind, subject), now in go_live.readable(tx, clinic.site).items():
            go_live.confirm(tx, clinic.site, kind, subject, now.seen)


def train_everybody(clinic: Clinic, on: date = date(2026, 10, 12)) -> None:
    with clinic.begin(clinic.charge) as tx:
        for name in ("Dana Reyes", "Ben Okafor", "Ruth Cole"):
            signing.trained(tx, clinic.site, name, "Alerts and the call list", on)


def make_ready(clinic: Clinic, owner: Engine, patient: UUID, now: datetime) -> None:
    """Every line of the checklist holds. `patient` is a test patient who was asked by text."""
    train_everybody(clinic)
    read_everything(clinic, clinic.charge)
    tried(clinic, owner, patient)
    practised(clinic, owner, patient, now)


def tried(clinic: Clinic, owner: Engine, patient: UUID, by: Channel = Channel.WEB) -> None:
    """Her survey was sent, and is answered by this channel."""
    with clinic.begin() as tx:
        asked = next(one for one in schedules.recent(tx, patient, 3) if one.state in _ASKED)
        responses.begin(tx, asked, Author(Reporter.SELF, by, "en"))
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE occurrence SET state = 'completed' WHERE patient_id = :who"),
            {"who": patient},
        )
        found = connection.execute(
            text("SELECT state, handed_over_at FROM message WHERE patient_id = :who AND is_test"),
            {"who": patient},
        ).all()
    assert any(row.state == MessageState.ACCEPTED and row.handed_over_at for row in found), found


def practised(
    clinic: Clinic, owner: Engine, patient: UUID, now: datetime, step: str = "step:2"
) -> None:
    """An alert of hers was told to two people, the second by this step, and taken."""
    opening = Opening(
        business_key="exercise",
        site_id=clinic.site,
        kind=AlertKind.REVIEW,
        level=Level.SOON,
        reason="An exercise.",
        patient_id=patient,
        is_test=True,
    )
    with clinic.begin() as tx:
        alert = alerts.open_alert(tx, opening).alert.id
        first, second = tx.new_id(), tx.new_id()
    values = {"id": alert, "site": clinic.site, "now": now}
    with owner.begin() as connection:
        taken = "UPDATE alert SET acknowledged_at = :now WHERE id = :id"
        connection.execute(text(taken), values)
        told = ((first, clinic.nurse, "step:1"), (second, clinic.second, step))
        for row, to, code in told:
            connection.execute(
                text(
                    "INSERT INTO alert_event (id, site_id, alert_id, kind, at, staff_id, code)"
                    f" VALUES (:row, :site, :id, '{AlertEventKind.TOLD}', :now, :to, :code)"
                ),
                values | {"row": row, "to": to, "code": code},
            )


def sign(clinic: Clinic, by: UUID, extent: Extent = Extent.EVERYBODY) -> None:
    """She signs what she was shown."""
    with clinic.begin(by) as tx:
        seen = go_live.fingerprint(tx, clinic.site, extent)
        go_live.sign(tx, clinic.site, extent, "I have looked at all of it.", seen)
