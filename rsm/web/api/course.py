"""What a patient's plan and messages hang on, as JSON: dates of treatment, stops, consent."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from rsm.flow import consent as consent_flow
from rsm.flow import stops, treatment
from rsm.kernel.words import Channel
from rsm.messaging import optouts
from rsm.messaging.ledger import OptAction, OptPurpose, OptReason
from rsm.patients import service as patients
from rsm.patients.model import ConsentView, TreatmentEventKind
from rsm.security.model import ApiScope
from rsm.web.api.desk import ApiDesk, Needs
from rsm.web.api.models import ConsentIn, PatientState

router = APIRouter(prefix="/sites/{site_id}/patients/{patient_id}")
Reader = Annotated[ApiDesk, Needs(ApiScope.PATIENTS_READ)]
Writer = Annotated[ApiDesk, Needs(ApiScope.PATIENTS_WRITE)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CyclesIn(_In):
    """The days on which her cycles start, in place of those on record."""

    starts: Annotated[tuple[date, ...], Field(max_length=100)]


class EventIn(_In):
    """The day of a treatment event; null removes it."""

    on: date | None


class WithdrawalIn(_In):
    """Consent taken back."""

    on: date
    by: Annotated[str, Field(min_length=1, max_length=200)]
    evidence: Annotated[str, Field(max_length=200)] = ""


class StopIn(_In):
    """A STOP or START that she told a person."""

    action: OptAction
    channel: Channel = Channel.SMS
    purpose: OptPurpose = OptPurpose.ALL
    reason: OptReason


class StopLine(BaseModel):
    """A line of the opt-out ledger."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    channel: Channel
    purpose: OptPurpose
    action: OptAction
    source: str
    reason: str | None


@router.put("/cycles", response_model=PatientState)
def set_cycles(patient_id: UUID, desk: Writer, given: CyclesIn) -> Response:
    """Her plan follows: what is still to come is worked out again."""

    def act() -> PatientState:
        treatment.set_cycles(desk.tx, patient_id, given.starts)
        return _state(desk, patient_id)

    return desk.once(act)


@router.put("/events/{kind}", response_model=PatientState)
def set_event(patient_id: UUID, kind: TreatmentEventKind, desk: Writer, given: EventIn) -> Response:
    """An event comes, moves or goes, and her plan with it."""

    def act() -> PatientState:
        treatment.put_event(desk.tx, patient_id, kind, given.on)
        return _state(desk, patient_id)

    return desk.once(act)


@router.post("/consents", response_model=PatientState)
def give_consent(patient_id: UUID, desk: Writer, given: ConsentIn) -> Response:
    """A further consent, such as one to newer words; it enrols nobody by itself."""

    def act() -> PatientState:
        version = given.text_version or ""
        said = ConsentView(
            True, given.on, given.by, version, form=given.form, evidence=given.evidence
        )
        consent_flow.give(desk.tx, patient_id, said)
        return _state(desk, patient_id)

    return desk.once(act)


@router.post("/withdrawal", response_model=PatientState)
def withdraw_consent(patient_id: UUID, desk: Writer, given: WithdrawalIn) -> Response:
    """Nothing goes out from now on."""

    def act() -> PatientState:
        consent_flow.withdraw(desk.tx, patient_id, given.on, given.by, given.evidence)
        return _state(desk, patient_id)

    return desk.once(act)


@router.get("/stops")
def list_stops(patient_id: UUID, desk: Reader) -> list[StopLine]:
    """What she wanted stopped and started, the newest first."""
    addresses = {one.address for one in patients.read(desk.tx, patient_id).contacts}
    return [
        StopLine.model_validate(line) for line in optouts.history(desk.tx, patient_id, addresses)
    ]


@router.post("/stops", response_model=PatientState)
def record_stop(patient_id: UUID, desk: Writer, given: StopIn) -> Response:
    """It holds at once; recorded twice it changes nothing."""

    def act() -> PatientState:
        what = (given.channel, given.purpose)
        stops.by_staff(desk.tx, patient_id, given.action, what, given.reason)
        return _state(desk, patient_id)

    return desk.once(act)


def _state(desk: ApiDesk, patient_id: UUID) -> PatientState:
    return PatientState.of(patients.peek(desk.tx, patient_id))
