"""The line of a survey by phone: whose call it is, and how words are said on it."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import asking, voices
from rsm.flow import envelope as envelopes
from rsm.flow.envelope import Envelope
from rsm.flow.voice_turn import Step, Turn
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.answers import Answers
from rsm.kernel.phones import spoken as written_phone
from rsm.kernel.words import Audience, Channel, Reporter
from rsm.messaging import keys, spoken, survey_calls
from rsm.messaging import service as messaging
from rsm.messaging.model import CallTurn, MessageState, MessageView, Said, Spoken, StatusReport
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.responses.model import Author
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView

_NAMED = 32  # letters of a hash: enough to tell a call's turns apart


@dataclass
class Line:
    """One call of ours to a patient, held with her; `public_url` is the base of its addresses."""

    tx: Tx
    envelope: Envelope
    patient: PatientFacts
    survey: OccurrenceView
    instrument: Instrument  # as keys answer it
    languages: tuple[str, ...]  # those in which it can be asked, hers first
    provider_id: str
    token: str  # of the turn that is handed in; empty when the call has just been taken
    public_url: str

    @property
    def message(self) -> MessageView:
        return self.envelope.message

    @property
    def leaves_out(self) -> bool:
        """Whether there are questions that keys cannot answer."""
        whole = instruments.load(self.tx, self.survey.instrument)
        return len(self.instrument.items) < len(whole.items)

    @property
    def answers(self) -> Answers:
        """All answers so far, by whichever door."""
        draft = responses.of_occurrence(self.tx, self.survey.id)
        return draft.answers if draft is not None else {}

    def author(self, language: str) -> Author:
        return Author(Reporter.SELF, Channel.VOICE, language)

    def open_hers(self, *, begun: bool = False) -> None:
        """Where somebody who answers for her has begun this survey, hers is a report of its own."""
        survey = voices.own_of(self.tx, self.survey, Reporter.SELF, is_in_it=begun)
        if survey.id != self.survey.id:
            self.survey = survey
            self.instrument = asking.by_keys(self.tx, survey) or self.instrument

    def is_new(self) -> bool:
        """Whether this turn was not handed in before; keeps that it was."""
        name = hashlib.sha256(self.token.encode()).hexdigest()[:_NAMED]
        return keys.first_turn(self.tx, self.message, self.provider_id, name)

    # --- what is said -----------------------------------------------------------------------------

    def words(self, name: str, language: str, **fields: str) -> str:
        """One of our phrases; the site's numbers are read digit by digit."""
        site = self.envelope.site
        known = {
            "sender_name": site.sender_name,
            "help_phone": spoken.read_out(written_phone(site.clinic_phone)),
            "emergency_number": spoken.read_out(site.emergency_number),
        }
        return spoken.say(name, language, known | fields)

    def ask(self, turn: Turn, *words: str, keys: int = 1, more: tuple[Said, ...] = ()) -> Spoken:
        """Say this and wait for keys, which are of this turn."""
        site_id, message_id = self.message.site_id, self.message.id
        token = turn.sealed(self.tx.vault, message_id)
        return Spoken(
            locale=spoken.locale(turn.language),
            words=_joined(words),
            goodbye=self.silence(turn),
            keys_url=f"{self.public_url}/hooks/twilio/survey/{site_id}/{message_id}/{token}",
            more=more,
            keys=keys,
            voice=spoken.voice(turn.language),
            slow=turn.slow,
        )

    def silence(self, turn: Turn) -> str:
        """What is said to whoever presses nothing: whom to call, where help was meant."""
        if turn.step in {Step.OFFER, Step.LAST}:
            return self.words("call_connection_over", turn.language)
        return self.words("call_silence", turn.language)

    def end(self, language: str, *words: str) -> Spoken:
        """Say this and hang up."""
        return Spoken(spoken.locale(language), _joined(words), voice=spoken.voice(language))

    def connect(self, language: str) -> Spoken:
        """Say so, and connect her with the clinic."""
        return Spoken(
            locale=spoken.locale(language),
            words=self.words("call_connecting", language),
            goodbye=self.words("call_connection_over", language),
            voice=spoken.voice(language),
            dial=self.envelope.site.clinic_phone,
            dial_from=self.envelope.sender or "",
        )


def hold(tx: Tx, message_id: UUID, given: CallTurn, at: tuple[str, str]) -> Line | None:
    """The call, and before it its patient; None unless it is one of ours to this phone, hers still,
    about a survey of somebody who takes part. `at`: the turn's token, the base of our addresses."""
    due = messaging.whereabouts(tx, message_id)
    if due is None or due.patient_id is None:
        return None
    envelopes.lock_roots(tx, due, skip_locked=False)
    message = messaging.lock(tx, message_id)
    if message is None or not _is_this(message, given):
        return None
    envelope = envelopes.address(tx, message)
    patient, survey_id = envelope.patient, message.occurrence_id
    if envelope.to != given.to or patient is None or survey_id is None or not patient.is_active:
        return None
    # That it is taken says more than our own record, which may not know that it was made.
    messaging.apply_report(tx, message, StatusReport(given.provider_id, MessageState.SENT))
    survey = schedules.occurrence(tx, survey_id)
    asked = asking.by_keys(tx, survey)
    spoken_in = asking.languages_of_calls(tx, survey, asked) if asked is not None else ()
    if asked is None or not spoken_in:
        return None  # its rules or its languages have changed since the call was planned
    return Line(tx, envelope, patient, survey, asked, spoken_in, given.provider_id, *at)


def _is_this(message: MessageView, given: CallTurn) -> bool:
    to_her = survey_calls.is_one(message) and message.audience is Audience.PATIENT
    return to_her and message.provider_id in {None, given.provider_id}


def _joined(words: tuple[str, ...]) -> str:
    return " ".join(word for word in words if word)
