"""Changes of rules on pages: proposed, agreed to by somebody else, ended; one patient's own."""

import re
from collections.abc import Mapping
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from rsm.alerts.explain import anchor
from rsm.db.work import NOWHERE, Database, Scope
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.security import staff
from rsm.sites import service as sites
from tests.alert_world import Ward, build_ward
from tests.clinic import build_clinic, new_site, publish
from tests.web_desk import at_desk, submit

SEVERE, WORSE, LOUD = (anchor(rule) for rule in ("severe", "worse", "breathless"))
UNTIL = "2026-11-30"
OTHER: Mapping[str, object] = {"what": "other", "level": "urgent", "reason": "Known pain"}
AT_FOUR: Mapping[str, object] = {**OTHER, "t-value": "4", "until": UNTIL}


@pytest.fixture
def ward(web_db: Database, worker_db: Database, clock: VirtualClock) -> Ward:
    return build_ward(web_db, worker_db, clock)


def changes(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/rules/changes"


def hers(ward: Ward) -> str:
    return f"/sites/{ward.clinic.site}/patients/{ward.patient}"


def propose(
    client: TestClient, ward: Ward, fields: Mapping[str, object] = AT_FOUR, whose: str = "site"
) -> Response:
    return submit(client, f"{changes(ward)}/new/{whose}/{SEVERE}", fields=fields)


def plain(page: Response) -> str:
    """The words of the page, without marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def action(page: Response, label: str) -> str:
    """Where the form with that button posts to."""
    found = re.search(rf'action="([^"]+)">(?:(?!</form>).)*<button[^>]*>{label}<', page.text)
    assert found is not None, page.text
    return found[1]


# --- a site's ----------------------------------------------------------------------------------


def test_a_manager_proposes_and_somebody_else_agrees(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        first = submit(client, f"{changes(ward)}/new", fields={"rule": SEVERE, "whose": "site"})
        assert first.headers["location"] == f"{changes(ward)}/new/site/{SEVERE}"
        assert propose(client, ward).headers["location"] == changes(ward)
        page = client.get(changes(ward))
    assert "1 change waits for a second person." in page.text
    assert "From this answer on: 3 → 4" in plain(page)
    assert "Ruth Cole, 19 Oct Known pain" in plain(page)
    assert "30 November 2026" in page.text
    assert ">Agree<" not in page.text  # not her own
    assert ">Withdraw<" in page.text
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        page = client.get(changes(ward))
        done = submit(client, changes(ward), action(page, "Agree"))
        assert done.headers["location"] == changes(ward)
        page = client.get(changes(ward))
    assert "1 change of the rules holds." in page.text
    assert "Dana Reyes agreed on 19 Oct" in page.text
    assert ">End now<" in page.text


def test_nobody_agrees_to_her_own(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        propose(client, ward)
        own = action(client.get(changes(ward)), "Withdraw").replace("/end", "/agree")
        assert submit(client, changes(ward), own).status_code == 403


def test_what_was_refused_or_ended_is_told_with_who_and_when(
    ward: Ward, clock: VirtualClock
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        propose(client, ward)
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        refuse = action(client.get(changes(ward)), "Refuse")
        submit(client, changes(ward), refuse)
        page = client.get(changes(ward))
        again = client.post(refuse, data={"csrf": "x"})
    assert "Refused by Dana Reyes on 19 Oct" in page.text
    assert "The rules hold as they were released." in page.text
    assert again.status_code == 403


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({**AT_FOUR, "reason": " "}, "has to be 1 to 500 characters"),
        ({**AT_FOUR, "until": "soon"}, "Not a date"),
        ({**AT_FOUR, "until": "9999-12-31"}, "Not a date"),
        ({**AT_FOUR, "until": "2028-01-01"}, "It has to end within 366 days"),
        ({**AT_FOUR, "until": "2026-10-18"}, "It has to end within 366 days"),
        ({**AT_FOUR, "t-value": "3"}, "Nothing is changed"),
        ({**AT_FOUR, "t-value": "much"}, "Not a number above 0: From this answer on"),
        ({**AT_FOUR, "t-value": "nan"}, "Not a number above 0: From this answer on"),
        ({**AT_FOUR, "level": "loud"}, "choose one from the list"),
        ({"reason": "Why not", "until": UNTIL}, "choose one from the list"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    ward: Ward, clock: VirtualClock, fields: Mapping[str, object], said: str
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        page = propose(client, ward, fields)
    assert page.status_code == 422
    assert said in page.text


def test_an_emergency_cannot_be_switched_off_or_loosened(ward: Ward, clock: VirtualClock) -> None:
    form = f"{changes(ward)}/new/site/{LOUD}"
    fields = {**OTHER, "t-value": "4", "level": "urgent", "until": UNTIL}
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        shown = client.get(form)
        lowered = submit(client, form, fields=fields)
        off = submit(client, form, fields={**fields, "what": "off"})
    assert "it can only be made stricter" in shown.text
    assert "switched off" not in shown.text
    for refused in (lowered, off):
        assert refused.status_code == 422
        assert "may only be made stricter" in refused.text


def test_a_team_may_have_its_own_and_what_is_not_there_is_not_found(
    ward: Ward, clock: VirtualClock
) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        propose(client, ward, whose=str(ward.clinic.team))
        page = client.get(changes(ward))
        for missing in (f"site/{anchor('no-rule')}", f"{ward.patient}/{SEVERE}", f"x/{SEVERE}"):
            assert client.get(f"{changes(ward)}/new/{missing}").status_code == 404
    assert "Team triage" in page.text


def test_one_that_fits_no_more_says_so(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        propose(client, ward)
        with ward.clinic.begin() as tx:
            other = text("""UPDATE rule_override SET rule_pack = rule_pack || '{"hash": "old"}'""")
            tx.session.execute(other)
        page = client.get(changes(ward))
    assert "1 change does not apply to the rules of today." in page.text
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        agreed = submit(client, changes(ward), action(client.get(changes(ward)), "Agree"))
    assert agreed.status_code == 422
    assert "was written for rules that have changed since" in agreed.text


def test_a_nurse_reads_and_decides_but_does_not_propose(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        page = client.get(changes(ward))
        assert client.get(f"{changes(ward)}/new").status_code == 403
    assert page.status_code == 200
    assert "Propose a change" not in page.text


def test_another_sites_changes_are_not_found(
    ward: Ward, clock: VirtualClock, web_db: Database
) -> None:
    other = build_clinic(web_db, name="Hillside", numbers=("+12025550102", "+12025550103"))
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        assert client.get(f"/sites/{other.site}/rules/changes").status_code == 404


def test_the_page_is_in_the_readers_language(ward: Ward, clock: VirtualClock) -> None:
    with ward.clinic.begin() as tx:
        tx.session.execute(text("UPDATE staff_account SET language = 'es'"))
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        propose(client, ward)
        page = client.get(changes(ward))
    assert "1 cambio espera a una segunda persona." in page.text
    assert "A partir de esta respuesta: 3 → 4" in plain(page)


# --- the organisation's --------------------------------------------------------------------------


def test_only_an_administrator_of_all_sites_changes_the_organisations(
    ward: Ward, clock: VirtualClock, web_db: Database
) -> None:
    clinic = ward.clinic
    form = f"{changes(ward)}/new/organisation/{SEVERE}"
    with (
        at_desk(clinic, clock, clinic.charge) as manager,
        at_desk(clinic, clock, clinic.administrator) as administrator,
    ):
        assert manager.get(form).status_code == 403
        assert "The whole organisation" not in manager.get(f"{changes(ward)}/new").text
        assert "The whole organisation" in administrator.get(f"{changes(ward)}/new").text
        assert submit(administrator, form, fields=AT_FOUR).status_code == 303
        with web_db.begin(NOWHERE) as tx:
            sister = sites.create_site(tx, clinic.organisation, new_site("Hillside", publish(tx)))
        assert administrator.get(form).status_code == 403  # she has no rights at the new one
        page = manager.get(changes(ward))
        assert "The whole organisation" in page.text
        assert ">Agree<" not in page.text  # nor has she
        with web_db.begin(Scope.site(sister)) as tx:
            staff.grant(tx, clinic.charge, sister, Role.MANAGER)
        agree = action(manager.get(changes(ward)), "Agree")
        assert submit(manager, changes(ward), agree).status_code == 303


# --- one patient's -------------------------------------------------------------------------------


def test_a_nurse_changes_a_rule_for_one_patient(ward: Ward, clock: VirtualClock) -> None:
    fields = {**OTHER, "t-value": "2", "until": UNTIL, "reason": "Weak: told us late before"}
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        first = submit(client, f"{hers(ward)}/rules", fields={"rule": SEVERE})
        assert first.headers["location"] == f"{hers(ward)}/rules/{SEVERE}"
        done = submit(client, f"{hers(ward)}/rules/{SEVERE}", fields=fields)
        assert done.headers["location"] == hers(ward)
        page = client.get(hers(ward))
    assert "Rules for this patient alone" in page.text
    assert "From this answer on: 3 → 2. Until 30 November 2026." in plain(page)
    assert "Dana Reyes, 19 Oct: Weak: told us late before" in plain(page)
    assert "A rule changed for this patient alone by Dana Reyes" in plain(page)
    with at_desk(ward.clinic, clock, ward.clinic.charge) as client:
        listed = client.get(changes(ward))
    assert "1 patient has a change of their own." in listed.text
    assert "Weak" not in listed.text
    assert "Maria" not in listed.text


def test_it_is_ended_on_her_page(ward: Ward, clock: VirtualClock) -> None:
    fields = {**OTHER, "t-value": "2", "until": UNTIL}
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        submit(client, f"{hers(ward)}/rules/{SEVERE}", fields=fields)
        end = action(client.get(hers(ward)), "End it")
        for _ in range(2):  # the second time it has ended already
            assert submit(client, hers(ward), end).headers["location"] == hers(ward)
        page = client.get(hers(ward))
    assert "The rules of the site hold." in page.text
    assert "19 Oct to 19 Oct, Dana Reyes: Known pain" in plain(page)


def test_it_lasts_for_92_days_at_most(ward: Ward, clock: VirtualClock) -> None:
    form = f"{hers(ward)}/rules/{SEVERE}"
    fields = {**OTHER, "t-value": "2"}
    last = (clock.now() + timedelta(days=91)).date().isoformat()
    later = (clock.now() + timedelta(days=92)).date().isoformat()
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        refused = submit(client, form, fields={**fields, "until": later})
        kept = submit(client, form, fields={**fields, "until": last})
    assert "It has to end within 92 days" in refused.text
    assert kept.status_code == 303


def test_one_patients_page_does_not_end_anothers(ward: Ward, clock: VirtualClock) -> None:
    ruth = ward.clinic.enrol_patient("Ruth Okafor", "+12025550132")
    fields = {**OTHER, "t-value": "2", "until": UNTIL}
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        submit(client, f"{hers(ward)}/rules/{SEVERE}", fields=fields)
        end = action(client.get(hers(ward)), "End it")
        submit(client, hers(ward), end.replace(str(ward.patient), str(ruth)))
        assert "Until 30 November 2026" in client.get(hers(ward)).text
        elsewhere = end.replace(f"patients/{ward.patient}/rules", "rules/changes")
        assert submit(client, hers(ward), elsewhere).status_code == 404


def test_a_manager_changes_no_single_patient(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.administrator) as client:
        assert client.get(f"{hers(ward)}/rules").status_code == 403


def test_no_address_tells_a_symptom(ward: Ward, clock: VirtualClock) -> None:
    with at_desk(ward.clinic, clock, ward.clinic.nurse) as client:
        page = client.get(f"{hers(ward)}/rules")
    assert re.search(r'value="rule-[0-9a-f]{8}"', page.text)
    assert not re.search(r'(?:value|href|action)="[^"]*(?:pain|severe|breath)', page.text)
