"""Pages of releases: drafted by one, agreed to by another; what stands in the way; who may not."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response

from rsm.alerts import releases
from rsm.alerts.override_words import Asked
from rsm.alerts.packs import folder
from rsm.alerts.states import ReleaseState, Tier
from rsm.alerts.tiers import Change
from rsm.db.work import Database
from rsm.flow import overrides, shadow
from rsm.flow import release as flow
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Level, Pin, Role
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward
from tests.packs import FIRST, as_version
from tests.web_desk import at_desk, csrf_of, submit

SEVERE = (folder() / "severe-only.toml").read_text()
PAIN = [{"pain.frequency": 2, "pain.severity": grade} for grade in range(5)]
REASON = "A third of our alerts led to nothing."


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def home(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/rules/releases"


def drafted(ward: Ward, body: str = SEVERE) -> str:
    """The address of a new draft's page."""
    with ward.clinic.begin(ward.clinic.administrator) as tx:
        return f"{home(ward)}/{releases.draft(tx, ward.clinic.site, body).id}"


def asked(ward: Ward) -> str:
    with ward.clinic.begin(ward.clinic.administrator) as tx:
        release = releases.draft(tx, ward.clinic.site, SEVERE)
        return f"{home(ward)}/{flow.ask(tx, release.id, REASON).id}"


def live(ward: Ward) -> Pin:
    with ward.clinic.begin() as tx:
        return sites.get(tx, ward.clinic.site).rule_pack


def states(ward: Ward) -> list[ReleaseState]:
    with ward.clinic.begin() as tx:
        return [one.state for one in releases.of_site(tx, ward.clinic.site)]


def seen_on(page: Response) -> str:
    """What goes along with the decision."""
    found = re.search(r'action="[^"]+/agree">.*?name="seen" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def words(page: Response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


# --- the way of a pack ---------------------------------------------------------------------------


def test_one_drafts_and_asks_another_reads_and_agrees(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.administrator) as client:
        made = submit(client, home(ward), home(ward), {"begin": "severe-only"})
        assert made.status_code == 303
        page = made.headers["location"]
        assert "Nothing stands in its way" in client.get(page).text
        assert submit(client, page, f"{page}/ask", {"reason": REASON}).status_code == 303
        own = words(client.get(page))
        assert "You asked for it: somebody else decides." in own
        assert "I agree" not in own
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        assert "One pack waits for a second person" in client.get(home(ward)).text
        shown = client.get(page)
        assert REASON in shown.text
        assert "Never ran in shadow." in shown.text
        done = submit(client, page, f"{page}/agree", {"seen": seen_on(shown)})
        assert done.status_code == 303
        after = words(client.get(home(ward)))
        assert "In force since 19 October 2026: Severe answers only (severe-only 1.0.0)." in after
    assert live(ward).key == "severe-only"


def test_before_any_release_the_pack_of_the_set_up_is_shown_as_in_force(
    ward: Ward, clock: VirtualClock
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        page = words(client.get(home(ward)))
    assert "In force since the site was set up on 19 October 2026: First pack" in page
    assert "when the site was set up" in page
    assert "Begin a draft" not in page


def test_who_asked_cannot_agree_even_with_a_form_of_her_own(
    ward: Ward, clock: VirtualClock
) -> None:
    page, before = asked(ward), live(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        seen = seen_on(client.get(page))
    with at_desk(ward.clinic, clock, ward.clinic.administrator) as client:
        tried = submit(client, page, f"{page}/agree", {"seen": seen})
    assert tried.status_code == 403
    assert live(ward) == before


def test_who_neither_manages_nor_closes_alerts_reads_only(ward: Ward, clock: VirtualClock) -> None:
    clinic, page = ward.clinic, asked(ward)
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "cora@lakeside.example.org", "Cora Ames")
        coordinator = staff.create(tx, new)
        staff.grant(tx, coordinator, clinic.site, Role.COORDINATOR)
    with at_desk(clinic, clock, coordinator) as client:
        shown = client.get(page)
        assert "A manager, nurse or clinician of this site decides." in shown.text
        assert "I agree" not in shown.text
        token = {"csrf": csrf_of(shown)}
        for step in ("agree", "take-back", "withdraw", "begin-shadow", "ask", "change", "copy"):
            assert client.post(f"{page}/{step}", data=token).status_code == 403, step
    assert states(ward) == [ReleaseState.DRAFT]


def test_a_nurse_may_agree_and_not_draft(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        token = {"csrf": csrf_of(client.get(home(ward))), "begin": "star"}
        assert client.post(home(ward), data=token).status_code == 403


def test_somebody_who_does_not_agree_sends_it_back(ward: Ward, clock: VirtualClock) -> None:
    page = asked(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        assert "I do not agree" in client.get(page).text
        assert submit(client, page, f"{page}/take-back").status_code == 303
        assert REASON not in client.get(page).text


def test_who_comes_second_is_told_how_it_stands(ward: Ward, clock: VirtualClock) -> None:
    page = asked(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        shown = client.get(page)
        fields = {"csrf": csrf_of(shown), "seen": seen_on(shown)}
        assert client.post(f"{page}/agree", data=fields).status_code == 303
        again = client.post(f"{page}/agree", data=fields)
    assert again.status_code == 409
    assert "Somebody was faster. This is how it stands now." in again.text
    assert "is in force" in again.text


def test_what_was_read_is_what_is_agreed_to(ward: Ward, clock: VirtualClock) -> None:
    """The draft is changed, and asked for anew, while a nurse still reads the former text."""
    page = asked(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        shown = client.get(page)
        fields = {"csrf": csrf_of(shown), "seen": seen_on(shown)}
        with ward.clinic.begin(ward.clinic.administrator) as tx:
            (one,) = releases.of_site(tx, ward.clinic.site)
            body = SEVERE.replace('version = "1.0.0"', 'version = "1.1.0"', 1)
            releases.change(tx, one.id, body, one.pin.hash)
            flow.ask(tx, one.id, REASON)
        answer = client.post(f"{page}/agree", data=fields)
    assert answer.status_code == 409
    assert "Please read it again." in answer.text
    assert live(ward).key == "first-pack"


# --- drafts --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose a pack, a file, or paste a text"),
        ({"begin": "star", "text": "x"}, "Choose one of the three only"),
        ({"begin": "../secret"}, "Choose a pack"),
        ({"text": 'key = "x'}, "not TOML"),
        ({"text": SEVERE.replace("sure = ", "shure = ", 1)}, "did you mean `sure`?"),
    ],
)
def test_what_is_no_pack_is_told_at_its_field(
    ward: Ward, clock: VirtualClock, fields: dict[str, str], said: str
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = submit(client, home(ward), home(ward), fields)
    assert page.status_code == 422
    assert said in words(page)
    assert states(ward) == []


def test_a_pack_may_be_a_file_or_a_copy_of_the_one_in_force(
    ward: Ward, clock: VirtualClock
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        file = {"file": ("mine.toml", SEVERE.encode(), "text/plain")}
        sent = submit(client, home(ward), home(ward), {}, file)
        same = submit(client, home(ward), home(ward), {"begin": "live"})
        page = same.headers["location"]
        assert sent.status_code == 303
        assert "it says the same as the pack in force" in client.get(page).text
        refused = submit(client, page, f"{page}/ask", {"reason": REASON})
    assert refused.status_code == 409
    assert "This very pack is in force already." in refused.text


def test_a_draft_is_changed_and_says_what_it_changes(ward: Ward, clock: VirtualClock) -> None:
    page = drafted(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        shown = client.get(page)
        seen = re.search(r'/change".*?name="seen" value="([^"]+)"', shown.text)
        assert seen is not None
        body = SEVERE.replace("value = 3", "value = 4", 1).replace("\n", "\r\n")
        broken = submit(client, page, f"{page}/change", {"seen": seen[1], "text": "key ="})
        assert broken.status_code == 422
        assert "not TOML" in broken.text
        saved = submit(client, page, f"{page}/change", {"seen": seen[1], "text": body})
        assert saved.status_code == 303
        after = words(client.get(page))
        assert "problems stand in its way" in after or "One problem stands in its way" in after
        assert "It cannot go live before what stands here is mended." in after
        late = submit(client, page, f"{page}/change", {"seen": seen[1], "text": SEVERE})
        assert late.status_code == 409
        assert submit(client, page, f"{page}/ask", {"reason": REASON}).status_code == 422


def test_a_request_needs_a_reason(ward: Ward, clock: VirtualClock) -> None:
    page = drafted(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        answer = submit(client, page, f"{page}/ask", {"reason": " "})
    assert answer.status_code == 422
    assert "Say why it is to go live." in answer.text


def test_a_draft_is_read_in_plain_words(ward: Ward, clock: VirtualClock) -> None:
    page = drafted(ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        shown = client.get(f"{page}/explain")
    assert shown.status_code == 200
    assert "Not in force at Lakeside Clinic" in shown.text
    assert "Severe answers only" in shown.text


# --- what becomes of changed rules ----------------------------------------------------------------


def lowered(ward: Ward, tier: Tier, rule: str) -> None:
    """A change of one rule, for the site (agreed to by another person) or for the patient."""
    clinic = ward.clinic
    with clinic.begin(clinic.charge) as tx:
        site = sites.get(tx, clinic.site)
        whose = overrides.target(tx, site, tier, ward.patient)
        made = Change(rule=rule, level=Level.INFO)
        until = tx.now + timedelta(days=7)
        view = overrides.propose(tx, site, Asked(whose, (made,), "Known", until))
    if tier is Tier.SITE:
        with clinic.begin(clinic.nurse) as tx:
            overrides.agree(tx, sites.get(tx, clinic.site), view.id)


def test_the_page_says_which_changed_rules_go_on_and_which_must_be_written_anew(
    ward: Ward, clock: VirtualClock
) -> None:
    lowered(ward, Tier.SITE, "severe")
    lowered(ward, Tier.PATIENT, "worse")
    body = as_version("9.0.0", FIRST).replace("below = 3", "below = 4", 1)
    page = drafted(ward, body)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        shown = words(client.get(page))
    assert "interference, This site: goes on" in shown
    assert "The change of 1 patient is left out. Somebody is asked to write it anew." in shown


# --- in shadow -----------------------------------------------------------------------------------


def test_the_page_compares_a_pack_in_shadow_with_what_was_raised(
    ward: Ward, clock: VirtualClock
) -> None:
    ward.report(PAIN[0])
    clock.advance(timedelta(days=7))
    page = drafted(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert submit(client, page, f"{page}/begin-shadow").status_code == 303
        assert "No report came since its shadow began" in client.get(page).text
        ward.report(PAIN[2])
        clock.advance(timedelta(minutes=1))
        shadow.judge_due(ward.worker)
        shown = words(client.get(page))
        assert "One survey since 26 October 2026" in shown
        assert "would have raised fewer alerts (0 instead of 1)" in shown
        whole = client.get(f"{page}/shadow")
        assert whole.status_code == 200
        assert whole.text.count("<svg") >= 2
        assert submit(client, page, f"{page}/withdraw").status_code == 303
        assert "was withdrawn" in client.get(page).text


def test_a_pack_that_never_was_in_shadow_has_no_comparison(ward: Ward, clock: VirtualClock) -> None:
    page = drafted(ward)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert client.get(f"{page}/shadow").status_code == 404


def test_pages_speak_the_readers_language(ward: Ward, clock: VirtualClock) -> None:
    clinic, page = ward.clinic, asked(ward)
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "ana@lakeside.example.org", "Ana Ruiz", language="es")
        nurse = staff.create(tx, new)
        staff.grant(tx, nurse, clinic.site, Role.NURSE)
    with at_desk(clinic, clock, nurse) as client:
        assert "Un paquete espera a una segunda persona" in client.get(home(ward)).text
        assert "De acuerdo: entra en vigor ahora" in client.get(page).text
