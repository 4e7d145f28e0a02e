"""A clinic with rows of long ago: what a provider said of messages, and texts that came in.

world = build_archived(web_db, worker_db, clock, owner, tmp_path)
world.happened(MARCH, 3)             # the provider said three things of a message
world.run()                          # what `rsm archive run` does
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, text

from rsm.bootstrap import metadata
from rsm.db.work import Database
from rsm.flow import inbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds, new_id
from rsm.messaging.model import IncomingText
from rsm.reports import archive_service
from rsm.reports.archive_model import Done, Verified
from tests.clinic import PATIENT_PHONE, PATIENT_SENDER, build_clinic
from tests.flow.post import Post

# Old by the policy and by the database's own clock, whatever the day on which this is run.
MARCH = datetime(2024, 3, 4, 14, 0, tzinfo=UTC)
APRIL = datetime(2024, 4, 8, 14, 0, tzinfo=UTC)
_EVENT = text(
    "INSERT INTO delivery_event (id, site_id, message_id, provider_id, state, received_at)"
    " VALUES (:id, :site, :message, :provider, 'delivered', :at)"
)


@dataclass
class Archived:
    """The clinic, the folder of its archive, and what is done to them."""

    post: Post
    patient: UUID
    message: UUID
    owner: Engine
    folder: Path
    data_dir: Path
    ids: SeededIds = field(default_factory=lambda: SeededIds("archived"))
    texts: int = 0

    @property
    def site(self) -> UUID:
        return self.post.clinic.site

    def happened(self, at: datetime, count: int = 1) -> list[UUID]:
        """The provider said something of a message, so often, a minute apart."""
        made = []
        with self.owner.begin() as connection:
            for number in range(count):
                then = at + timedelta(minutes=number)
                made.append(new_id(self.ids, then))
                values = {"id": made[-1], "site": self.site, "message": self.message, "at": then}
                connection.execute(_EVENT, values | {"provider": f"SM{made[-1].hex}"})
        return made

    def says(self, body: str, at: datetime) -> None:
        """She texts us, at that time; the clock is put back."""
        now, self.texts = self.post.clock.now(), self.texts + 1
        self.post.clock.set(at)
        told = (f"IN{self.texts}", PATIENT_PHONE, PATIENT_SENDER, body)
        inbound.receive_text(self.post.clinic.db, IncomingText("twilio", *told))
        self.post.clock.set(now)

    def forgotten_by_provider(self) -> None:
        """The provider's copies of all texts were deleted, as after the site's days."""
        self.execute("UPDATE inbound_message SET redact_at = NULL, redacted_at = received_at")

    def run(self) -> list[Done]:
        return list(archive_service.run(self.post.db, self.folder, self.data_dir))

    def counts(self) -> list[tuple[str, int, int]]:
        """A run: of each month how many rows were stored and let go; nothing was refused."""
        done = self.run()
        assert [each.refused for each in done if each.refused] == []
        return [(f"{each.month.first:%Y-%m}", each.stored, each.let_go) for each in done]

    def refused(self) -> str:
        """A run in which one month is refused: why."""
        (why,) = [each.refused for each in self.run() if each.refused]
        return why

    def verify(self) -> Verified:
        return archive_service.verify(self.post.db, self.folder)

    def file(self, name: str, table: str = "delivery_event") -> Path:
        return self.folder / str(self.site) / table / name

    def files(self) -> list[str]:
        """Everything in the folder, by its name."""
        return sorted(path.name for path in self.folder.rglob("*") if path.is_file())

    def execute(self, statement: str, **values: object) -> int:
        with self.owner.begin() as connection:
            return connection.execute(text(statement), values).rowcount

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.owner.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def left(self) -> list[object]:
        """The ids of the delivery events that are in the database."""
        return [row[0] for row in self.rows("SELECT id FROM delivery_event ORDER BY id")]


def build_archived(
    web_db: Database, worker_db: Database, clock: VirtualClock, owner: Engine, tmp_path: Path
) -> Archived:
    """Lakeside, one patient, and a text to her; a folder for the archive."""
    metadata()  # every table is known, as wherever a database is opened
    folder, data_dir = tmp_path / "archive", tmp_path / "data"
    folder.mkdir()
    data_dir.mkdir()
    post = Post(build_clinic(web_db), worker_db, clock)
    patient = post.clinic.enrol_patient()
    return Archived(post, patient, post.survey_text(patient), owner, folder, data_dir)
