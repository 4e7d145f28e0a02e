"""Settings → database → doors, as deploy/compose.yaml does it; and what is refused."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from rsm.bootstrap import bring_up_to_date, find_database, open_house, read_keys
from rsm.cli import main
from rsm.db import embedded, roles
from rsm.db.work import NOWHERE, Database
from rsm.kernel.errors import Invalid
from rsm.settings import Settings, read_settings
from tests.processes import KEYS_TEXT

OWNER_PASSWORD = "owner-password-of-a-test"
NEWER = "newer:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpbXF1eX2A="


@dataclass(frozen=True)
class Place:
    """A server with an owner who is no superuser, as a managed database has one."""

    owner_url: str

    @property
    def plain_url(self) -> str:
        """The owner's address without a password: what web and worker are given."""
        return make_url(self.owner_url).set(password=None).render_as_string()

    def settings(self, **others: str) -> Settings:
        """What stands in the environment of web and worker, with `others` besides."""
        given = {"RSM_DATABASE_URL": self.plain_url, "RSM_SECRET_KEYS": KEYS_TEXT}
        return read_settings(given | others)

    def migrate(self, keys: str = KEYS_TEXT) -> None:
        """`rsm migrate`: alone it has the owner's password."""
        settings = self.settings(RSM_MIGRATE_DATABASE_URL=self.owner_url, RSM_SECRET_KEYS=keys)
        ring = read_keys(settings)
        with find_database(settings, ring) as addresses:
            bring_up_to_date(addresses, ring)


@pytest.fixture(scope="module")
def running() -> Iterator[embedded.Running]:
    """A server of our own: roles belong to all databases of a server."""
    folder = Path(tempfile.mkdtemp(dir="/tmp", prefix="rsm-"))
    folder.chmod(0o755)
    with embedded.start(folder, settings={"fsync": "off", "shared_buffers": "16MB"}) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def place(running: embedded.Running) -> Place:
    """An empty database, and no role of ours but its owner."""
    engine = create_engine(running.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in (
            "DROP DATABASE IF EXISTS rsm WITH (FORCE)",
            "DROP ROLE IF EXISTS rsm_web, rsm_worker, rsm_lookup",
            "DROP ROLE IF EXISTS rsm_owner",
            f"CREATE ROLE rsm_owner LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'",
            "CREATE DATABASE rsm OWNER rsm_owner",
        ):
            connection.execute(text(statement))
    engine.dispose()
    return Place(running.url_for("rsm", "rsm_owner", OWNER_PASSWORD))


def logged_on_as(db: Database) -> str:
    with db.begin(NOWHERE) as tx:
        return str(tx.session.execute(text("SELECT current_user")).scalar_one())


def test_web_and_worker_log_on_by_the_keys_alone_as_compose_starts_them(place: Place) -> None:
    place.migrate()
    with open_house(place.settings()) as house:
        assert logged_on_as(house.web) == "rsm_web"
        assert logged_on_as(house.worker) == "rsm_worker"
        with pytest.raises(OperationalError, match="password"):
            bring_up_to_date(house.addresses, house.keys)


def test_migrating_again_changes_nothing(place: Place) -> None:
    place.migrate()
    with open_house(place.settings()) as house:
        before = house.web.vault.lookup("test", "x")
    place.migrate()
    with open_house(place.settings()) as house:
        assert house.web.vault.lookup("test", "x") == before


def test_the_roles_passwords_reach_the_server_as_verifiers_only(place: Place) -> None:
    """A server that logs its DDL would else write them down."""
    engine, said = create_engine(place.owner_url), []
    event.listen(engine, "before_cursor_execute", lambda *given: said.append(str(given[2:4])))
    keys = read_keys(place.settings())
    for _ in range(2):
        with engine.begin() as connection:
            roles.ensure_roles(connection, keys)
    engine.dispose()
    altered = [each for each in said if "ALTER ROLE" in each]
    assert len(altered) == 4
    assert all("SCRAM-SHA-256$" in each for each in altered)
    secrets = [roles.password(role, keys) for role in (roles.WEB, roles.WORKER)]
    assert not any(secret in each for secret in secrets for each in said)
    place.migrate()
    with open_house(place.settings()) as house:
        assert logged_on_as(house.web) == "rsm_web"


def test_a_new_first_key_changes_the_roles_passwords_when_it_is_migrated(place: Place) -> None:
    place.migrate()
    ring = f"{NEWER},{KEYS_TEXT}"
    with (
        pytest.raises(OperationalError, match="password"),
        open_house(place.settings(RSM_SECRET_KEYS=ring)),
    ):
        pass
    place.migrate(ring)
    with open_house(place.settings(RSM_SECRET_KEYS=ring)) as house:
        assert logged_on_as(house.web) == "rsm_web"


def test_a_worker_with_an_address_of_its_own_leaves_webs_address_as_it_stands(place: Place) -> None:
    place.migrate()
    with find_database(place.settings(), read_keys(place.settings())) as addresses:
        web, worker = addresses.web, addresses.worker
    own = place.settings(RSM_DATABASE_URL=web, RSM_WORKER_DATABASE_URL=worker)
    with open_house(own) as house:
        assert logged_on_as(house.web) == "rsm_web"
        assert logged_on_as(house.worker) == "rsm_worker"


def test_without_keys_nothing_opens_and_it_says_what_to_do() -> None:
    with pytest.raises(Invalid, match="RSM_SECRET_KEYS: is not set") as refusal:
        read_keys(read_settings({}))
    assert "rsm keys new" in str(refusal.value)


def refusal_of(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, **others: str
) -> str:
    """The one line that a command ends with when the database refuses."""
    for name, value in {"RSM_SECRET_KEYS": KEYS_TEXT, **others}.items():
        monkeypatch.setenv(name, value)
    assert main([command]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert told.err.startswith("rsm: ")
    return told.err


@pytest.mark.parametrize("command", ["web", "worker", "up", "migrate", "doctor"])
def test_an_unreachable_database_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    url = f"postgresql://rsm_owner:{OWNER_PASSWORD}@127.0.0.1:1/rsm"
    told = refusal_of(command, capsys, monkeypatch, RSM_DATABASE_URL=url)
    assert "the database rsm at 127.0.0.1:1: does not answer" in told
    assert "RSM_DATABASE_URL" in told
    assert OWNER_PASSWORD not in told


@pytest.mark.parametrize("command", ["web", "worker", "doctor"])
def test_a_wrong_password_of_a_role_is_one_clear_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    place.migrate()
    monkeypatch.setenv("RSM_DATABASE_URL", place.plain_url)
    told = refusal_of(command, capsys, monkeypatch, RSM_SECRET_KEYS=NEWER)
    assert "refuses the password of rsm_web" in told
    assert "rsm migrate" in told


def test_a_wrong_password_of_the_owner_is_one_clear_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = make_url(place.owner_url).set(password="another").render_as_string(hide_password=False)
    told = refusal_of("migrate", capsys, monkeypatch, RSM_DATABASE_URL=wrong)
    assert "refuses the password of rsm_owner" in told
    assert "RSM_MIGRATE_DATABASE_URL" in told
    assert "another" not in told


def test_a_database_that_does_not_exist_is_one_clear_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = make_url(place.owner_url).set(database="rms")
    url = elsewhere.render_as_string(hide_password=False)
    told = refusal_of("migrate", capsys, monkeypatch, RSM_DATABASE_URL=url)
    assert "the database rms at" in told
    assert "no such database" in told


@pytest.mark.parametrize("command", ["web", "worker", "doctor"])
def test_a_database_that_was_not_migrated_is_one_clear_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    place.migrate()
    engine = create_engine(place.owner_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
        connection.execute(text("GRANT USAGE ON SCHEMA public TO PUBLIC"))
    engine.dispose()
    monkeypatch.setenv("RSM_DATABASE_URL", place.plain_url)
    told = refusal_of(command, capsys, monkeypatch)
    assert "the database rsm at" in told
    assert "was not migrated to this release" in told
    assert "rsm migrate" in told


def test_an_embedded_server_that_cannot_start_is_said_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    told = refusal_of("migrate", capsys, monkeypatch, RSM_DATA_DIR=str(tmp_path / "file" / "var"))
    assert "choose another RSM_DATA_DIR" in told


@pytest.mark.parametrize("command", ["web", "worker", "up", "migrate", "doctor"])
@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("RSM_SECRET_KEYS=", "rsm keys new"),
        ("RSM_SECRET_KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "k1 is weak"),
        ("RSM_SECRET_KEYS=k1:c2hvcnQ=", "not 32 bytes"),
        ("RSM_DATABASE_ULR=postgresql://db/rsm", "RSM_DATABASE_URL"),
    ],
)
def test_a_command_with_a_bad_environment_ends_with_2_and_says_why(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    setting: str,
    said: str,
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(name, value)
    assert main([command]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
