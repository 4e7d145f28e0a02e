"""Words of the staff pages for pauses, treatment, consent, and who wants no texts."""

from collections.abc import Mapping
from types import MappingProxyType

from rsm.messaging.ledger import OptAction, OptPurpose, OptReason, OptSource
from rsm.patients.model import ConsentForm, PauseReason, TreatmentEventKind

PAUSED: Mapping[PauseReason, str] = MappingProxyType(
    {
        PauseReason.INPATIENT: "In hospital",
        PauseReason.TRAVEL: "Travelling",
        PauseReason.REQUEST: "Asked for it",
        PauseReason.HOSPICE: "In hospice care",
        PauseReason.WRONG_NUMBER: "Wrong number",
        PauseReason.REPORTED_HOSPITAL: "A text says: in hospital",
        PauseReason.REPORTED_DEATH: "A text speaks of a death",
    }
)
EVENTS: Mapping[TreatmentEventKind, str] = MappingProxyType(
    {
        TreatmentEventKind.TREATMENT_START: "Treatment begins",
        TreatmentEventKind.TREATMENT_END: "Treatment ends",
        TreatmentEventKind.SURGERY: "Surgery",
        TreatmentEventKind.RADIOTHERAPY_START: "Radiotherapy begins",
        TreatmentEventKind.RADIOTHERAPY_END: "Radiotherapy ends",
        TreatmentEventKind.PROGRESSION: "Progression",
    }
)
FORMS: Mapping[ConsentForm, str] = MappingProxyType(
    {
        ConsentForm.PAPER: "On paper",
        ConsentForm.ELECTRONIC: "Electronically",
        ConsentForm.VERBAL: "By word of mouth",
        ConsentForm.TEXT: "By text message",
    }
)
ACTIONS: Mapping[OptAction, str] = MappingProxyType(
    {OptAction.STOP: "Wants no more", OptAction.START: "Wants them again"}
)
PURPOSES: Mapping[OptPurpose, str] = MappingProxyType(
    {
        OptPurpose.ALL: "everything",
        OptPurpose.SURVEYS: "surveys and reminders",
        OptPurpose.REMINDERS: "reminders",
    }
)
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        OptSource.TEXT: "by text",
        OptSource.PROVIDER: "known to the provider",
        OptSource.MAIL: "by a link in an e-mail",
        OptSource.STAFF: "recorded by staff",
        OptSource.PAGE: "on the patient's own page",
        OptSource.NUMBER: "carried over to a new number of ours",
        OptSource.FOLLOWS: "stopped with another channel, until somebody has asked",
    }
)
REASONS: Mapping[OptReason, str] = MappingProxyType(
    {
        OptReason.ASKED_BY_PHONE: "Asked by phone",
        OptReason.ASKED_IN_PERSON: "Asked in person",
        OptReason.IN_WRITING: "In writing",
        OptReason.BY_RELATIVE: "A relative said so",
        OptReason.UNCLEAR_TEXT: "An unclear text, after asking",
        OptReason.MISTAKE: "What stood was a mistake",
    }
)
