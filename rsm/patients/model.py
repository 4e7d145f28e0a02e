"""The words of enrolment: how far a patient has come, why not, and how to reach her."""

from enum import StrEnum


class PatientStatus(StrEnum):
    """From the first contact on, so that those never asked are counted as well."""

    ELIGIBLE = "eligible"
    APPROACHED = "approached"
    DECLINED = "declined"
    ENROLLED = "enrolled"
    PAUSED = "paused"
    ENDED = "ended"


class DeclineReason(StrEnum):
    TOO_ILL = "too_ill"
    NO_PHONE = "no_phone"
    LANGUAGE = "language"
    NOT_INTERESTED = "not_interested"
    BURDEN = "burden"
    PRIVACY = "privacy"
    OTHER = "other"


class EndReason(StrEnum):
    DEATH = "death"
    WITHDRAWAL = "withdrawal"
    TREATMENT_STOPPED = "treatment_stopped"
    MOVED_AWAY = "moved_away"
    HOSPICE = "hospice"
    OTHER = "other"


class PauseReason(StrEnum):
    INPATIENT = "inpatient"
    TRAVEL = "travel"
    REQUEST = "request"
    WRONG_NUMBER = "wrong_number"


class ContactState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"  # somebody said "wrong number" or "not me"
    REPLACED = "replaced"
