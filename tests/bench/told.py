"""Which texts about alerts the provider has, by its own log, and of which alert each is."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tests.bench.ward import Ward
from tests.clinic import CHARGE_PHONE, NURSE_PHONE, SAFETY_PHONE, SECOND_PHONE
from tests.processes import Installation, wait_for

_STAFF = {NURSE_PHONE, SECOND_PHONE, CHARGE_PHONE, SAFETY_PHONE}
_PATIENCE = 120.0  # no promise of speed; what a dead worker held waits for its lease to end
_WHOSE = "SELECT m.id, a.patient_id FROM message m JOIN alert a ON a.id = m.alert_id"
_STATES = """
SELECT purpose, state, reason, count(*) FROM message WHERE audience = 'staff' GROUP BY 1, 2, 3
"""
_UNDERWAY = """
SELECT count(*) FROM message
WHERE state = 'sending' OR state = 'queued' AND next_at <= clock_timestamp()
"""


@dataclass
class Told:
    """What came since this was made: `texts` by message, with the times of its entries."""

    ward: Ward
    made: Installation
    texts: dict[UUID, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    _read: int = field(init=False)

    def __post_init__(self) -> None:
        self._read = len(self.made.sandbox.control.log())

    def look(self) -> None:
        """Read what is new in the log."""
        new = self.made.sandbox.control.log(after=self._read)
        self._read += len(new)
        for entry in new:
            if entry.to in _STAFF:
                self.texts[UUID(entry.callback_url.rpartition("/")[2])].append(entry.at)

    def by_patient(self) -> dict[UUID, list[datetime]]:
        """Every text about an alert of each patient."""
        found: dict[UUID, list[datetime]] = defaultdict(list)
        for id_, patient in self.ward.rows(_WHOSE):
            found[UUID(str(patient))] += self.texts.get(UUID(str(id_)), [])
        return found

    def wait_for(self, patients: set[UUID]) -> None:
        """Until there is a text about each of them, and nothing is underway any more."""

        def all_told() -> bool:
            self.look()
            told = {who for who, texts in self.by_patient().items() if texts}
            return patients <= told and not self.ward.count(_UNDERWAY)

        try:
            wait_for(all_told, "a text about every alert", _PATIENCE)
        except TimeoutError as error:
            error.add_note(f"staff's texts: {self.ward.rows(_STATES)}")
            raise
        self.look()
