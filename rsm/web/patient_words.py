"""Patients in the words of the staff pages: states, choices, and what happened."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from rsm.flow.enrol import ReturnReason
from rsm.kernel.words import ActorKind, Channel, Reporter
from rsm.patients.model import (
    ContactState,
    DeclineReason,
    EndReason,
    PatientFacts,
    PatientStatus,
)
from rsm.security.model import AuditEntry
from rsm.sites.model import WEEKDAYS
from rsm.tasks.model import TaskKind
from rsm.web.views.common import Choice

LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "es": "Spanish",
        "zh": "Chinese",
        "vi": "Vietnamese",
        "ar": "Arabic",
        "fr": "French",
        "ht": "Haitian Creole",
        "ko": "Korean",
        "pl": "Polish",
        "pt": "Portuguese",
        "ru": "Russian",
        "tl": "Tagalog",
    }
)
STATUS: Mapping[PatientStatus, str] = MappingProxyType(
    {
        PatientStatus.ELIGIBLE: "Eligible, not asked yet",
        PatientStatus.APPROACHED: "Asked",
        PatientStatus.DECLINED: "Declined",
        PatientStatus.ENROLLED: "Enrolled",
        PatientStatus.PAUSED: "Paused",
        PatientStatus.ENDED: "Ended",
    }
)
CHANNELS: Mapping[Channel, str] = MappingProxyType(
    {
        Channel.SMS: "Text message",
        Channel.WEB: "Web",
        Channel.VOICE: "Phone call",
        Channel.EMAIL: "E-mail",
        Channel.STAFF: "Asked by staff",
    }
)
DECLINED: Mapping[DeclineReason, str] = MappingProxyType(
    {
        DeclineReason.TOO_ILL: "Too ill",
        DeclineReason.NO_PHONE: "No mobile phone",
        DeclineReason.LANGUAGE: "Language",
        DeclineReason.NOT_INTERESTED: "Not interested",
        DeclineReason.BURDEN: "Too much to do",
        DeclineReason.PRIVACY: "Privacy",
        DeclineReason.OTHER: "Another reason",
    }
)
ENDED: Mapping[EndReason, str] = MappingProxyType(
    {
        EndReason.DEATH: "Died",
        EndReason.WITHDRAWAL: "Withdrew consent",
        EndReason.TREATMENT_STOPPED: "Treatment is over",
        EndReason.MOVED_AWAY: "Moved away, or to another clinic",
        EndReason.HOSPICE: "Hospice",
        EndReason.OTHER: "Another reason",
    }
)
AGAIN: Mapping[ReturnReason, str] = MappingProxyType(
    {
        ReturnReason.RETURNED: "Came back to this clinic",
        ReturnReason.MISTAKE: "It should not have been ended",
    }
)
CONTACTS: Mapping[ContactState, str] = MappingProxyType(
    {
        ContactState.ACTIVE: "in use",
        ContactState.SUSPENDED: "suspended: somebody said that it is another person's",
        ContactState.REPLACED: "replaced",
    }
)
WHOSE: Mapping[Reporter, str] = MappingProxyType(
    {Reporter.SELF: "", Reporter.PROXY: "a relative's"}
)
TASK_NOTES: Mapping[TaskKind, str] = MappingProxyType(
    {
        TaskKind.REACH_ANOTHER_WAY: "said STOP",
        TaskKind.UNCLEAR_STOP: "may have meant STOP",
        TaskKind.CONFIRM_PAUSE: "a text says: death or hospital",
        TaskKind.END_PAUSE: "paused: is it over?",
        TaskKind.CHECK_CONTACT: "number to be checked",
        TaskKind.NOT_DELIVERED: "a text did not arrive",
    }
)
SEX = (
    Choice("female", "Female"),
    Choice("male", "Male"),
    Choice("other", "Another"),
    Choice("not_said", "Prefers not to say"),
)
RACE_ETHNICITY = (
    Choice("native", "American Indian or Alaska Native"),
    Choice("asian", "Asian"),
    Choice("black", "Black or African American"),
    Choice("hispanic", "Hispanic or Latino"),
    Choice("mena", "Middle Eastern or North African"),
    Choice("pacific", "Native Hawaiian or Pacific Islander"),
    Choice("white", "White"),
    Choice("not_said", "Prefers not to say"),
)
INSURANCE = (
    Choice("private", "Private"),
    Choice("medicare", "Medicare"),
    Choice("medicaid", "Medicaid"),
    Choice("other_public", "Other public"),
    Choice("none", "None"),
    Choice("not_said", "Prefers not to say"),
)
RURALITY = (  # rural-urban commuting areas, as most health services group them
    Choice("metropolitan", "City or suburb"),
    Choice("micropolitan", "Large town"),
    Choice("small_town", "Small town"),
    Choice("rural", "Countryside"),
    Choice("not_said", "Prefers not to say"),
)
DEPRIVATION = tuple(
    Choice(str(fifth), words)
    for fifth, words in enumerate(
        (
            "Least deprived fifth",
            "Second fifth",
            "Middle fifth",
            "Fourth fifth",
            "Most deprived fifth",
        ),
        start=1,
    )
)
REGIMENS = (
    "AC-T",
    "CAPOX",
    "Capecitabine",
    "Carboplatin and paclitaxel",
    "FOLFIRI",
    "FOLFOX",
    "FOLFIRINOX",
    "Gemcitabine",
    "Immunotherapy",
    "R-CHOP",
    "Radiotherapy",
    "TC",
    "Targeted therapy",
    "Other",
)

# What of the audit trail is a patient's story; readings of the record are not.
_STORY: Mapping[str, str] = MappingProxyType(
    {
        "patient.registered": "Entered",
        "patient.approached": "Asked to take part",
        "patient.declined": "Declined",
        "patient.enrolled": "Enrolled",
        "patient.paused": "Paused",
        "patient.resumed": "Resumed",
        "patient.ended": "Ended",
        "patient.enrolled_again": "Enrolled again",
        "patient.changed": "Record changed",
        "patient.handed_over": "Looked after by another member of staff",
        "patient.answers_by_text": "Chose whether to answer by text message",
        "pause.changed": "Pause goes on",
        "pause.reported": "Paused by what a text says",
        "pause.undone": "Pause undone",
        "cycles.changed": "Cycle dates changed",
        "event.recorded": "Treatment date recorded",
        "event.removed": "Treatment date removed",
        "consent.recorded": "Consent recorded",
        "consent.withdrawn": "Consent withdrawn",
        "contact.suspended": "Number suspended",
        "proxy.added": "Somebody answers for the patient from now on",
        "proxy.revoked": "Nobody answers for the patient any more",
        "tablet.given": "Clinic tablet handed over",
        "paper.entered": "Answers typed in from paper",
        "plan.moved": "Survey moved to another day or hour",
        "survey.open": "Survey opened",
        "survey.unscheduled": "Report begun without being asked",
        "survey.completed": "Survey answered",
        "survey.partial": "Survey answered in part",
        "survey.missed": "Survey missed",
        "survey.cancelled": "Survey cancelled",
        "response.corrected": "Answers corrected",
        "conversation.begun": "Survey asked by text message",
        "conversation.ended": "Survey by text message over",
        "response.quarantined": "Answers set aside",
        "message.accepted": "Text sent",
        "message.sent": "Text sent",
        "message.delivered": "Text delivered",
        "message.undelivered": "Text not delivered",
        "message.failed": "Text failed",
        "message.unconfirmed": "Text: nobody knows whether it arrived",
        "message.suppressed": "Text not sent",
        "texts.stop": "Said STOP",
        "texts.start": "Wants messages again",
        "stop.cleared": "Unclear STOP cleared up",
        "text.received": "Text received",
        "alert.opened": "Alert opened",
        "alert.worsened": "Alert became worse",
        "alert.repeated": "Alert: a later report says the same",
        "findings.suppressed": "Findings of which nobody was told anew",
        "alert.acknowledged": "Alert taken",
        "alert.closed": "Alert closed",
        "alert.reopened": "Alert opened again",
        "expected.set": "Expected level set",
        "expected.ended": "Expected level ended",
        "expected.broken": "Expected level ended: worse was reported",
        "call.made": "Called",
        "call.voicemail": "A voicemail took the automated call",
        "call.confirmed": "Took the automated call",
        "call.connected": "Connected with the clinic in an automated call",
        "call.wrong_year": "Somebody took the automated call and did not know the year of birth",
        "answers.taken": "Answers taken by phone",
        "answers.corrected": "Answers corrected by staff",
        "override.written": "A rule changed for this patient alone",
        "override.ended": "Change of a rule for this patient ended",
        "task.opened": "Task opened",
        "task.finished": "Task done",
    }
)
STORY_ACTIONS = tuple(_STORY)
# What each kind of text to a patient is called (`rsm/messaging/library/texts.toml`).
MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "survey_invite": "invitation",
        "survey_reminder": "reminder",
        "survey_call": "automated call",
        "survey_ask_first": "first question",
        "survey_ask_remind": "question again, as a reminder",
        "survey_who": "whose survey it is",
        "survey_who_again": "whose survey it is, once more",
        "survey_by_link": "link in place of questions",
        "survey_done": "thanks",
        "survey_late": "answer after the closing",
        "advice_emergency": "numbers to call, emergency",
        "advice_urgent": "numbers to call, urgent",
        "advice_soon": "whom to call if it gets worse",
        "new_link": "new link",
        "proxy_invite": "invitation to whoever answers for the patient",
        "proxy_reminder": "reminder to whoever answers for the patient",
        "stop_confirmed": "confirmation of STOP",
        "start_confirmed": "confirmation of START",
        "help": "answer to HELP",
        "not_monitored_reply": "automatic reply: texts are not monitored",
        "wrong_number_reply": "automatic reply: wrong number",
    }
)
# How a survey by text ended.
_TALK_ENDED: Mapping[str, str] = MappingProxyType(
    {
        "sent": "answered to the end",
        "link": "goes on by the link",
        "other_door": "answered another way",
        "closed": "its window closed",
        "stopped": "texts ended",
    }
)
_TELLING_FACTS = ("reason", "purpose", "outcome", "kind")


def story_line(entry: AuditEntry, staff_names: Mapping[UUID, str]) -> str:
    """One event in words: what, why, and by whom if it was a member of staff."""
    text = _STORY[entry.action]
    known = _TALK_ENDED if entry.action == "conversation.ended" else MESSAGES
    said = [str(entry.facts[name]) for name in _TELLING_FACTS if entry.facts.get(name)]
    facts = [known.get(each) or each.replace("_", " ") for each in said]
    if facts:
        text += f" ({', '.join(facts)})"
    by = entry.actor_id if entry.actor_kind is ActorKind.STAFF else None
    who = staff_names.get(by) if by else None
    return f"{text} by {who}" if who else text


def language_name(code: str) -> str:
    return LANGUAGES.get(code, code)


def slot_text(facts: PatientFacts) -> str:
    """When and how she is asked: `Text message, Mondays 9:00`."""
    day = WEEKDAYS[facts.weekday].capitalize()
    at = f"{facts.local_time.hour}:{facts.local_time.minute:02}"
    how = CHANNELS[facts.channel]
    if facts.answers_by_text_since is not None and facts.channel is Channel.SMS:
        how = f"{how}, answered by text"
    return f"{how}, {day}s {at}"
