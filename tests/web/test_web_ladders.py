"""The page of a site's escalation policy: read by all who work there, changed by its manager."""

import re
from collections.abc import Iterator, Mapping

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.escalation import published
from rsm.escalation.policies import default_text, load_policy
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.alert_world import Ward, build_ward
from tests.clinic import Clinic, build_clinic
from tests.rota_clinic import clear
from tests.web_desk import at_desk, csrf_of, submit

OWN = re.sub('version = ".*"', 'version = "1.0.0"', default_text()).replace('"default"', '"own"')
FASTER = OWN.replace("wait_minutes = 15", "wait_minutes = 10")
LINE = OWN[: OWN.index("target_minutes = 60")].count("\n") + 1
REASON = "Nights were too slow."
PAIN = {"pain.frequency": 2, "pain.severity": 4}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, *more: str) -> str:
    return "/".join((f"/sites/{clinic.site}/escalation", *more))


def words(shown: Response) -> str:
    """What is read on the page."""
    plain = re.sub(r"<[^>]+>", " ", shown.text)
    return " ".join(plain.replace("&#39;", "'").replace("&#34;", '"').split())


def hidden(shown: Response) -> dict[str, str]:
    """What the form hands back."""
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', shown.text)[1]  # type: ignore[index]  # it stands there
        for name in ("seen", "checked")
    }


def look(
    client: TestClient, clinic: Clinic, body: str, files: Mapping[str, tuple[str, bytes, str]] = {}
) -> Response:
    """Ask what would become different."""
    change = page(clinic, "change")
    return submit(client, change, f"{change}/check", {"body": body}, files or None)


def confirm(client: TestClient, clinic: Clinic, looked: Response, **typed: str) -> Response:
    """Use what was looked at."""
    change = page(clinic, "change")
    return submit(client, change, change, {"reason": REASON, **hidden(looked), **typed})


def in_force(clinic: Clinic) -> tuple[str, str]:
    with clinic.begin() as tx:
        pin = sites.get(tx, clinic.site).policy
    return pin.key, pin.version


# --- reading -------------------------------------------------------------------------------------


def test_a_nurse_reads_who_is_told_when_and_who_that_is_now(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        shown = nurse.get(page(clinic))
        assert shown.status_code == 200
        said = words(shown)
        assert "If nobody answers an emergency, Dr. Imani Cole is told within 10 minutes" in said
        assert "Urgent Target: 1 hour. At once first on duty: Dana Reyes by text" in said
        assert "After 15 minutes without an answer second on duty: Ben Okafor by text" in said
        assert "every manager: Ruth Cole" in said
        assert "safety contact: Dr. Imani Cole first on duty: Dana Reyes by" in said
        assert "The last step is repeated every 15 minutes until somebody takes" in said
        assert "After the target of 24 hours, without an answer" in said
        assert "It never waits for service hours." in said
        assert "Whoever takes it by text or phone has it for 15 minutes" in said
        assert "Nobody gets more than 3 texts about alerts in ten minutes" in said
        assert "Policy default" in said
        assert "Every open alert follows this version." in said
        assert "Whoever manages this site may change it." in said
        assert "/change" not in shown.text
        assert nurse.get(page(clinic, "change")).status_code == 403
        site = nurse.get(f"/sites/{clinic.site}").text
        assert f'href="{page(clinic)}"' in site


def test_a_step_that_reaches_nobody_now_is_flagged(clinic: Clinic, manager: TestClient) -> None:
    clear(clinic)
    said = words(manager.get(page(clinic)))
    assert "4 steps reach nobody now" in said
    assert "first on duty: nobody now" in said
    assert "Reaches nobody now: it is passed at once" in said


def test_who_cannot_be_reached_by_that_means_is_named_as_such(
    clinic: Clinic, manager: TestClient
) -> None:
    with clinic.begin() as tx:
        staff.rename(tx, clinic.nurse, "Dana Reyes", None)
    assert "first on duty: Dana Reyes (cannot be reached this way)" in words(
        manager.get(page(clinic))
    )


def test_a_way_that_the_site_does_not_have_is_named_as_such(
    clinic: Clinic, manager: TestClient
) -> None:
    calls = re.sub(r"how = .*", 'how = ["voice", "email"]', OWN)
    with clinic.begin() as tx:
        pin = published.publish(tx, load_policy(calls, "own"), calls)
        agreed = as_agreed(sites.get(tx, clinic.site))
        sites.update_site(tx, clinic.site, agreed.model_copy(update={"policy": pin}))
    said = words(manager.get(page(clinic)))
    assert "by phone call and e-mail (this site has no number for calls; this site has no" in said
    assert "steps reach nobody now" in said
    assert "safety contact: Dr. Imani Cole" in said  # who is told by any means


def test_another_site_is_not_found(clinic: Clinic, web_db: Database, manager: TestClient) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    for more in ((), ("file",), ("change",)):
        assert manager.get(page(other, *more)).status_code == 404
    change = page(clinic, "change")
    for action in (page(other, "change"), page(other, "change", "check")):
        assert submit(manager, change, action, {"body": FASTER}).status_code == 404


def test_it_is_read_in_spanish(clinic: Clinic, clock: VirtualClock) -> None:
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "luz@lakeside.example.org", "Luz Vega", "es")
        luz = staff.create(tx, new)
        staff.grant(tx, luz, clinic.site, Role.MANAGER)
    with at_desk(clinic, clock, luz) as client:
        said = words(client.get(page(clinic)))
        assert "Tras 15 minutos sin respuesta" in said
        assert "primera persona de guardia: Dana Reyes" in said
        assert "Lo que cambia" in words(look(client, clinic, FASTER))


# --- changing ------------------------------------------------------------------------------------


def test_a_policy_is_looked_at_in_words_then_used_with_a_reason_and_audited(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    looked = look(manager, clinic, FASTER)
    assert looked.status_code == 200
    said = words(looked)
    assert "After 15 minutes without an answer: second on duty, by text." in said
    assert "After 10 minutes without an answer: second on duty, by text." in said
    assert "Nothing stands in its way." in said
    assert in_force(clinic)[0] == "default"
    done = confirm(manager, clinic, looked, body=FASTER)
    assert done.headers["location"] == page(clinic)
    assert in_force(clinic)[0] == "own"
    said = words(manager.get(page(clinic)))
    assert "After 10 minutes without an answer second on duty" in said
    assert f"Ruth Cole. {REASON}" in said
    with owner.connect() as connection:
        query = text(
            "SELECT action, facts FROM audit_event WHERE actor_id = :who AND action LIKE 'policy.%'"
            " ORDER BY seq"
        )
        found = {row.action: row.facts for row in connection.execute(query, {"who": clinic.charge})}
    assert found["policy.published"]["key"] == "own"
    assert "reason" not in found["policy.used"]
    assert found["policy.used"]["former_key"] == "default"


def test_an_uploaded_file_counts_before_what_was_typed(clinic: Clinic, manager: TestClient) -> None:
    looked = look(manager, clinic, "", {"file": ("own.toml", FASTER.encode(), "text/plain")})
    assert "Nothing stands in its way." in words(looked)
    assert 'key = "own"' in words(looked)
    broken = look(manager, clinic, "", {"file": ("own.toml", b"\xff\xfe", "text/plain")})
    assert broken.status_code == 422
    assert "Is not a text in UTF-8" in words(broken)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "target_minutes = 60",
            'target_minutes = "x"',
            f"Line {LINE}, levels.urgent.t",
        ),
        ("[levels.urgent]", "[levels.urgnt]", "unknown key `urgnt`"),
        ('first_step = "at_once"', 'first_step = "at_target"', "is told at once"),
        ('{ kind = "role", role = "manager" }', '{ kind = "role", role = "clinician" }', "nobody"),
        ('{ kind = "role", role = "manager" }', '{ kind = "team", team = "nihgt" }', "no team"),
        ('{ kind = "role", role = "manager" }', '{ kind = "safety_contact" }', "unreachable"),
        ('key = "own"', "key = ", "not TOML"),
    ],
)
def test_a_wrong_policy_changes_nothing_and_shows_its_line(
    clinic: Clinic, manager: TestClient, old: str, new: str, says: str
) -> None:
    body = FASTER.replace(old, new) + "# <kept>"
    looked = look(manager, clinic, body)
    assert looked.status_code == 422
    assert says in words(looked)
    assert re.search(r"Line \d+|not TOML", words(looked))
    assert "# &lt;kept&gt;</textarea>" in looked.text
    assert "Use it from the next alert on</button>" not in looked.text
    forced = confirm(manager, clinic, looked, body=body)
    assert forced.status_code == 422
    assert in_force(clinic)[0] == "default"


def test_nothing_to_read_is_refused(clinic: Clinic, manager: TestClient) -> None:
    for body in ("", " \n", "x" * 100_001):
        looked = look(manager, clinic, body)
        assert looked.status_code == 422
        assert re.search('href="#f-(body|file)"', looked.text)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_without_a_reason_nothing_is_used_and_nothing_typed_is_lost(
    clinic: Clinic, manager: TestClient, reason: str
) -> None:
    looked = look(manager, clinic, FASTER)
    refused = confirm(manager, clinic, looked, body=FASTER, reason=reason)
    assert refused.status_code == 422
    assert 'href="#f-reason"' in refused.text
    assert 'key = "own"' in words(refused)
    assert in_force(clinic)[0] == "default"
    again = confirm(manager, clinic, refused, body=FASTER)
    assert again.status_code == 303


def test_what_was_not_shown_is_not_used(clinic: Clinic, manager: TestClient) -> None:
    looked = look(manager, clinic, FASTER)
    other = OWN.replace("wait_minutes = 15", "wait_minutes = 5")
    refused = confirm(manager, clinic, looked, body=other)
    assert refused.status_code == 422
    assert "this text was not shown to you yet" in words(refused)
    assert "After 5 minutes without an answer" in words(refused)
    assert in_force(clinic)[0] == "default"
    assert confirm(manager, clinic, refused, body=other).status_code == 303


def test_of_two_managers_the_second_is_told_and_overwrites_nothing(
    clinic: Clinic, clock: VirtualClock, manager: TestClient
) -> None:
    other = OWN.replace('key = "own"', 'key = "theirs"').replace("= 120", "= 90")
    with at_desk(clinic, clock, clinic.administrator) as second:
        theirs = look(second, clinic, other)
        ours = look(manager, clinic, FASTER)
        assert confirm(manager, clinic, ours, body=FASTER).status_code == 303
        late = confirm(second, clinic, theirs, body=other)
        assert late.status_code == 422
        assert "Somebody else changed it meanwhile." in words(late)
        assert "After 10 minutes without an answer" in words(late)  # against what stands now
        assert in_force(clinic)[0] == "own"
        assert confirm(second, clinic, late, body=other).status_code == 303
    assert in_force(clinic)[0] == "theirs"


def test_an_older_version_is_chosen_again_by_its_own_text(
    clinic: Clinic, manager: TestClient
) -> None:
    version = in_force(clinic)[1]
    assert confirm(manager, clinic, look(manager, clinic, FASTER), body=FASTER).status_code == 303
    listed = manager.get(page(clinic))
    address = f"{page(clinic, 'change')}?key=default&amp;version={version}"
    assert address in listed.text
    looked = manager.get(address.replace("&amp;", "&"))
    assert "After 15 minutes without an answer: second on duty" in words(looked)
    done = confirm(manager, clinic, looked, body=default_text())
    assert done.status_code == 303
    assert in_force(clinic) == ("default", version)
    assert manager.get(f"{page(clinic, 'change')}?key=own&version=9").status_code == 404


def test_a_published_version_is_never_given_another_content(
    clinic: Clinic, manager: TestClient
) -> None:
    assert confirm(manager, clinic, look(manager, clinic, FASTER), body=FASTER).status_code == 303
    slower = FASTER.replace("wait_minutes = 10", "wait_minutes = 20")
    looked = look(manager, clinic, slower)
    assert looked.status_code == 422
    assert "is published with another content" in words(looked)
    assert "raise the version" in words(looked)


def test_the_key_of_the_built_in_ladder_is_refused_with_what_to_do(
    clinic: Clinic, manager: TestClient
) -> None:
    body = default_text().replace('key = "default"', 'key = "built-in-safety"')
    looked = look(manager, clinic, body)
    assert looked.status_code == 422
    assert "`built-in-safety` is built in (choose another key)" in words(looked)


def test_the_same_again_changes_nothing(clinic: Clinic, manager: TestClient) -> None:
    looked = look(manager, clinic, default_text())
    assert looked.status_code == 200
    assert "Nothing becomes different." in words(looked)
    assert "Use it from the next alert on</button>" not in looked.text


def test_it_is_downloaded_as_it_was_published(clinic: Clinic, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        file = nurse.get(page(clinic, "file"))
        assert file.text == default_text()
        assert file.headers["content-disposition"].startswith('attachment; filename="default-')
        assert nurse.get(f"{page(clinic, 'file')}?key=nothing&version=1.0.0").status_code == 404


def test_a_policy_of_another_organisation_is_not_offered(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    """It may name people who work there."""
    with owner.begin() as connection:
        body = OWN.replace('key = "own"', 'key = "strangers"')
        row = {"body": body, "hash": "0" * 64}
        connection.execute(
            text(
                "INSERT INTO policy_version (key, version, hash, body, published_at)"
                " VALUES ('strangers', '1.0.0', :hash, :body, '2026-10-01T00:00:00Z')"
            ),
            row,
        )
    assert "strangers" not in manager.get(page(clinic)).text
    query = "?key=strangers&version=1.0.0"
    assert manager.get(f"{page(clinic, 'file')}{query}").status_code == 404


def test_a_ladder_that_finds_nobody_is_refused_unless_the_present_one_finds_nobody_either(
    clinic: Clinic, manager: TestClient
) -> None:
    on_duty = OWN.replace('{ kind = "role", role = "manager" }', '{ kind = "on_duty", rank = 3 }')
    clear(clinic)
    refused = look(manager, clinic, on_duty)
    assert refused.status_code == 422
    assert "no step before the safety contact names anybody" in words(refused)
    with clinic.begin() as tx:
        pin = published.publish(tx, load_policy(on_duty, "own"), on_duty)
        agreed = as_agreed(sites.get(tx, clinic.site))
        sites.update_site(tx, clinic.site, agreed.model_copy(update={"policy": pin}))
    better = on_duty.replace('version = "1.0.0"', 'version = "1.0.1"').replace("= 15", "= 10")
    looked = look(manager, clinic, better)
    assert "No step before the safety contact names anybody" in words(looked)
    assert confirm(manager, clinic, looked, body=better).status_code == 303


# --- open alerts ---------------------------------------------------------------------------------


def test_open_alerts_keep_their_version_and_the_page_says_how_many(
    web_db: Database, worker_db: Database, clock: VirtualClock
) -> None:
    ward: Ward = build_ward(web_db, worker_db, clock)
    clinic = ward.clinic
    ward.report(PAIN)
    with at_desk(clinic, clock, clinic.charge) as client:
        version = in_force(clinic)[1]
        assert "Every open alert follows this version." in words(client.get(page(clinic)))
        looked = look(client, clinic, FASTER)
        assert confirm(client, clinic, looked, body=FASTER).status_code == 303
        said = words(client.get(page(clinic)))
        assert f"1 open alert still follows default {version}." in said


def test_a_form_without_the_sessions_token_changes_nothing(
    clinic: Clinic, manager: TestClient
) -> None:
    looked = look(manager, clinic, FASTER)
    fields = {"body": FASTER, "reason": REASON, **hidden(looked)}
    assert manager.post(page(clinic, "change"), data=fields).status_code == 403
    fields["csrf"] = csrf_of(looked)
    assert manager.post(page(clinic, "change"), data=fields).status_code == 303
