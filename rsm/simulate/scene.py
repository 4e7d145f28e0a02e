"""What a visitor of the demo finds: the last hours, staged so that every kind of work is there.

Only the occasions are staged; what follows from them comes from the rules and the ladder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rsm.flow import answer as surveys
from rsm.flow import link_requests
from rsm.instruments import service as instruments
from rsm.kernel.answers import answered
from rsm.kernel.errors import RsmError
from rsm.schedules import service as schedules
from rsm.simulate.clinic import BuiltSite
from rsm.simulate.patients import Patients
from rsm.simulate.people import Person
from rsm.simulate.sheets import author, fill_in
from rsm.simulate.world import Deed, World

_STRANGER = "+12025550199"
_SEVERE_PAIN: Mapping[str, int] = {"pain.frequency": 3, "pain.severity": 3, "pain.interference": 2}
_BAD_NIGHT: Mapping[str, int] = {
    "nausea.frequency": 4,
    "nausea.severity": 3,
    "vomiting.frequency": 3,
    "vomiting.severity": 2,
}
_NO_AIR: Mapping[str, int] = {
    "shortness-of-breath.severity": 4,
    "shortness-of-breath.interference": 3,
}
_WORDS = {
    "en": "My hands are tingling since yesterday, is that normal?",
    "es": "Desde ayer me hormiguean las manos, ¿es normal?",
}


@dataclass(frozen=True)
class Scene:
    """The last hours at one site, which end at `end`."""

    world: World
    patients: Patients
    site: BuiltSite
    end: datetime

    def stage(self) -> None:
        """Plan the occasions: taken ones first, then what is still open when the visitor comes."""
        self._at(timedelta(hours=19), self._stranger_texts)
        self._at(timedelta(minutes=170), self._stranger_texts)
        self._at(timedelta(minutes=110), lambda: self._report(0, _BAD_NIGHT))
        self._at(timedelta(minutes=55), lambda: self._report(1, _SEVERE_PAIN))
        self._at(timedelta(minutes=35), lambda: self._writes(2))
        self._at(timedelta(minutes=25), lambda: self._report(1, _SEVERE_PAIN))  # no better yet
        self._at(timedelta(minutes=12), lambda: self._report(3, _SEVERE_PAIN))
        self._at(timedelta(minutes=6), lambda: self._report(4, _NO_AIR))

    def _at(self, before: timedelta, deed: Deed) -> None:
        self.world.agenda.add(self.end - before, deed)

    def somebody(self, place: int) -> tuple[UUID, Person] | None:
        """The `place`-th patient who can be reached and answers for herself."""
        here = [
            (patient_id, one)
            for patient_id, one in self.patients.known.items()
            if self.patients.home(patient_id).site_id == self.site.site_id
            and one.phone in self.world.phones
            and not self.patients.is_staged(patient_id)
            and not (one.fate.unreachable or one.fate.proxy or one.fate.leaves or one.fate.stops)
        ]
        return here[place] if place < len(here) else None

    def _report(self, place: int, worst: Mapping[str, int]) -> None:
        """She does not wait for her day: she reports now."""
        found = self.somebody(place)
        if found is None:
            return
        patient_id, person = found
        try:
            with self.world.as_patient(self.site.site_id, patient_id) as tx:
                before = schedules.recent(tx, patient_id)[0]
                survey_id, _ = link_requests.report_again(tx, before.id)
                survey = schedules.occurrence(tx, survey_id)
                instrument = instruments.load(tx, survey.instrument)
                sheet = fill_in(person, instrument, survey)
                sheet |= {item: answered(value) for item, value in worst.items()}
                surveys.enter(tx, survey_id, sheet, "", author(person))
        except (RsmError, IndexError):
            return  # paused, or never asked yet: one occasion less

    def _writes(self, place: int) -> None:
        found = self.somebody(place)
        if found is not None and found[1].phone is not None:
            words = _WORDS[found[1].entry.language]
            text = self.world.post.text(found[1].phone, self.site.sender, words)
            self.world.hand_in(text)

    def _stranger_texts(self) -> None:
        """Nobody knows the number: a task, and a review if nobody does it in time."""
        words = "Hi, this is Maria's daughter, please call us back"
        text = self.world.post.text(_STRANGER, self.site.sender, words)
        self.world.hand_in(text)
