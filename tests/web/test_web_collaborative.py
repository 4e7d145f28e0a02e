"""The collaborative's pages: own site named, others coded, no league, a lead who sees no more."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from rsm.collaborative import files, service, sharing
from rsm.db.work import NOWHERE, Database
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Role
from rsm.metrics.figures import Figure
from rsm.security import staff
from rsm.security.model import NewStaff
from rsm.security.permissions import permissions_of
from rsm.web.staff_pages import ROLES
from rsm.web.texts import texts_in
from tests.clinic import Clinic, build_clinic
from tests.collaborative_world import (
    FINGERPRINT,
    PUBLIC,
    STRANGER,
    document,
    envelope,
    site,
    twelve_sites,
)
from tests.web_desk import at_desk, submit

QUARTER = date(2026, 7, 1)
COUNTS = {"completed": (180, 300), "by_self": (150, 300), "assisted": (30, 300), "acted": (5, 9)}
# No word and no column by which sites could be put one above the other.
LEAGUE = re.compile(
    r"\b(rank\w*|best|worst|league|top|bottom|percentile|quartile|position|place \d"
    r"|\d+(st|nd|rd|th)|mejor\w*|peor\w*|puesto|clasificaci\w*)\b",
    re.IGNORECASE,
)


@pytest.fixture
def clinic(
    web_db: Database, worker_db: Database, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> Clinic:
    """Lakeside takes part; eleven other sites and a small one came by file."""
    clock.advance(timedelta(days=1))
    made = build_clinic(web_db)

    def found(tx: object, site_id: UUID, days: object) -> Mapping[str, Mapping[str, Figure]]:
        of = COUNTS if getattr(days, "first", None) == QUARTER else {}
        return {"": {name: Figure(name, float(part), whole) for name, (part, whole) in of.items()}}

    monkeypatch.setattr("rsm.collaborative.sharing.metrics.figures", found)
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology collaborative", 3)
        service.add_member(tx, "Hillside Health", PUBLIC, FINGERPRINT)
        files.take(tx, envelope(document(sites=twelve_sites())))
    with made.begin(made.charge) as tx:
        service.join(tx, made.site)
    sharing.share_due(worker_db)
    return made


def lead_of(clinic: Clinic, *others: Role, language: str = "en") -> UUID:
    with clinic.begin() as tx:
        new = NewStaff(clinic.organisation, "lena@lakeside.example.org", "Lena Voss", language)
        who = staff.create(tx, new)
        for role in (Role.LEAD, *others):
            staff.grant(tx, who, clinic.site, role)
    return who


@contextmanager
def leading(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, lead_of(clinic)) as client:
        yield client


def body(page: str) -> str:
    """What is read, without the marks."""
    main = page.split('<main id="main"')[1].split("</main>", maxsplit=1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def table(page: str) -> list[list[str]]:
    """The cells of the first table."""
    rows = page.split("<tbody", 1)[1].split("</tbody>", maxsplit=1)[0].split("<tr")[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def test_a_site_sees_itself_named_and_the_others_by_code(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        page = client.get(f"/sites/{clinic.site}/collaborative").text
        rows = table(page)
    named = [row[0] for row in rows]
    assert "Lakeside Clinic (this site)" in named
    assert {"CGHKM", "Hillside Clinic (FQRTV)", "Riverbend Hospital (JMNPC)"} <= set(named)
    assert "Lakeside Clinic lies at 60 %, outside the 95 % limits" in body(page)
    assert "July to September 2026" in body(page)
    assert page.count("<circle") == 12
    (small,) = (row for row in rows if row[0] == "TXDGJ")
    assert small[1:] == [*["\N{EN DASH}"] * 4, "withheld: a count would be under 10"]


def test_sites_stand_in_the_order_of_their_codes_and_no_word_puts_one_above_another(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with clinic.begin() as tx:
        own = service.taking_part(tx, clinic.site).code
    with at_desk(clinic, clock, clinic.charge) as client:
        pages = [
            client.get(f"/sites/{clinic.site}/collaborative?measure={measure}").text
            for measure in ("completed", "acted", "by_self")
        ]
    for page in pages:
        codes = [
            (re.search(r"\((\w{5})\)", row[0]) or re.match(r"()(\w{5})$", row[0]))
            for row in table(page)
            if "this site" not in row[0]
        ]
        known = [each[each.lastindex or 0] for each in codes if each]
        assert known == sorted(known)
        assert LEAGUE.search(body(page)) is None
        assert "sort" not in page.split("<main")[1]
    first = [row[0] for row in table(pages[0])]
    order = sorted([own, *(one["code"] for one in twelve_sites())])
    assert first.index("Lakeside Clinic (this site)") == order.index(own)


def test_the_pages_words_hold_no_rank_in_either_language() -> None:
    for language in ("en", "es"):
        for key, words in texts_in(language).pages["collaborative"].items():
            assert LEAGUE.search(words) is None, key


def test_the_literature_stands_beside_with_its_setting(clinic: Clinic, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.charge) as client:
        page = body(client.get(f"/sites/{clinic.site}/collaborative").text)
    assert "A trial and routine care are not the same thing" in page
    assert "PRO-TECT: surveys completed trial 91 %" in page


def test_picture_and_table_are_had_as_files(clinic: Clinic, clock: VirtualClock) -> None:
    here = f"/sites/{clinic.site}/collaborative?measure=completed&period=2026-07"
    with at_desk(clinic, clock, clinic.charge) as client:
        picture, rows = client.get(f"{here}&picture=yes"), client.get(f"{here}&table=yes")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "Lakeside" not in picture.headers["content-disposition"]
    assert "CGHKM,56,90,62 %" in rows.text


def test_a_manager_joins_is_named_and_leaves_and_others_may_not(
    clinic: Clinic, clock: VirtualClock
) -> None:
    here = f"/sites/{clinic.site}/collaborative"
    with at_desk(clinic, clock, clinic.nurse) as client:
        page = client.get(here)
        assert "The site's manager decides" in page.text.replace("&#39;", "'")
        assert submit(client, here, f"{here}/part/named").status_code == 403
    with at_desk(clinic, clock, clinic.charge) as client:
        assert (
            submit(client, here, f"{here}/part/named").headers["location"] == f"{here}?said=named"
        )
        assert "The other members see its name." in client.get(here).text
        assert submit(client, here, f"{here}/part/leave").status_code == 303
        left = client.get(here).text
        assert "This site takes no part." in left
        assert "CGHKM" not in left
        assert client.get(f"{here}/exchange").status_code == 404
        assert submit(client, here, f"{here}/part/rise").status_code == 404
        assert submit(client, here, f"{here}/part/join").status_code == 303


# --- the lead ------------------------------------------------------------------------------------


def test_whoever_grants_the_role_reads_what_it_leads() -> None:
    assert {one.value: one.label for one in ROLES}["lead"] == "Lead of the collaborative"


def test_the_lead_may_nothing_but_lead() -> None:
    assert permissions_of([Role.LEAD]) == {"lead_collaborative"}


def test_the_lead_sees_figures_by_code_and_onboarding_by_name(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with clinic.begin() as tx:
        own = service.taking_part(tx, clinic.site).code
    with leading(clinic, clock) as client:
        page, figures = client.get("/collaborative").text, client.get("/collaborative/figures").text
    assert "Lakeside Clinic" in body(page)
    assert own not in page
    assert own in figures
    assert "Lakeside" not in body(figures)
    assert "60 %" in body(figures)
    assert "One site lies outside the 99.8 % limits" in body(figures)
    assert LEAGUE.search(body(figures)) is None
    assert "4 of 9" not in figures


OF_A_SITE = (
    "/alerts", "/calls", "/patients", "/tasks", "/duties", "/admin/staff", "/admin/audit",
    "/admin/keys", "/sites/{site}", "/sites/{site}/settings", "/sites/{site}/roster",
    "/sites/{site}/collaborative", "/sites/{site}/rules", "/patients/{patient}",
)  # fmt: skip


def test_the_lead_opens_no_page_of_a_site(clinic: Clinic, clock: VirtualClock) -> None:
    patient = clinic.enrol_patient()
    with leading(clinic, clock) as client:
        for address in OF_A_SITE:
            answer = client.get(address.format(site=clinic.site, patient=patient))
            assert answer.status_code in {403, 404}, address
            assert "Maria" not in answer.text


def test_the_lead_is_on_no_list_of_staff_who_are_told_or_assigned(clinic: Clinic) -> None:
    who = lead_of(clinic)
    with clinic.begin() as tx:
        assert who not in staff.at_site(tx, clinic.site)
        assert who in staff.known_at(tx, clinic.site)
        assert not staff.works_at(tx, who, clinic.site)
        assert staff.with_role(tx, clinic.site, Role.LEAD) == []


def test_after_signing_in_the_lead_comes_to_her_page(clinic: Clinic, clock: VirtualClock) -> None:
    with leading(clinic, clock) as client:
        assert client.get("/").headers["location"] == "/collaborative"


@pytest.mark.parametrize("role", [Role.NURSE, Role.MANAGER, Role.ADMINISTRATOR])
def test_nobody_else_opens_the_leads_pages(clinic: Clinic, clock: VirtualClock, role: Role) -> None:
    with clinic.begin() as tx:
        who = staff.create(tx, NewStaff(clinic.organisation, "x@lakeside.example.org", "X Y"))
        staff.grant(tx, who, clinic.site, role)
    with at_desk(clinic, clock, who) as client:
        for address in ("", "/figures", "/exchange"):
            assert client.get(f"/collaborative{address}").status_code == 403


def test_a_lead_who_is_also_a_nurse_reads_the_collaborative_in_no_sites_scope(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with at_desk(clinic, clock, lead_of(clinic, Role.NURSE)) as client:
        page = client.get("/collaborative/figures")
        assert page.status_code == 200
        assert "Lakeside" not in body(page.text)


def sent(client: TestClient, content: bytes) -> Response:
    """The answer to a file that was sent."""
    files = {"file": ("aggregate.json", content, "application/json")}
    return submit(client, "/collaborative", "/collaborative/files", files=files)


def test_the_lead_takes_files_in_and_is_told_what_is_wrong_with_others(
    clinic: Clinic, clock: VirtualClock
) -> None:
    later = document(sites=twelve_sites()[:5], issued_at="2026-10-16T08:00:00Z")
    small = document(issued_at="2026-10-17T08:00:00Z")
    small["sites"] = [site("CGHKM", [("completed", 3, 120)], [])]
    with leading(clinic, clock) as client:
        for content, said in (
            (envelope(later), "replaced"),
            (envelope(later), "known"),
        ):
            answer = sent(client, content)
            assert answer.headers["location"] == f"/collaborative?said={said}"
        for content, said in (
            (envelope(small), "is under 10"),
            (envelope(later, STRANGER), "is not the key of a member"),
            (b"", "cannot be read"),
        ):
            answer = sent(client, content)
            assert answer.status_code == 422
            assert "nothing of it was taken in" in answer.text
            assert said in answer.text
    with clinic.db.begin(NOWHERE) as tx:
        count = "SELECT count(*) FROM audit_event WHERE action = 'aggregate.refused'"
        assert tx.session.execute(text(count)).scalar_one() == 3


def test_the_lead_makes_a_key_and_our_file(clinic: Clinic, clock: VirtualClock) -> None:
    page = "/collaborative"
    with leading(clinic, clock) as client:
        assert "There is no key yet" in client.get(page).text
        assert submit(client, page, f"{page}/key").headers["location"] == f"{page}?said=key"
        made = submit(client, page, f"{page}/files/own", {"period": "2026-07"})
        assert made.headers["content-type"] == "application/json"
        assert b"Lakeside" not in made.content
        assert submit(client, page, f"{page}/files/own", {"period": "soon"}).status_code == 422


def test_a_member_is_entered_with_the_fingerprint_that_was_heard(
    clinic: Clinic, clock: VirtualClock
) -> None:
    page = "/collaborative"
    given = {"member": "Oak Health", "public": PUBLIC, "heard": "4f2a"}
    with leading(clinic, clock) as client:
        wrong = submit(client, page, f"{page}/members", given)
        assert wrong.status_code == 422
        assert "is not the fingerprint of this key" in wrong.text
        assert 'value="Oak Health"' in wrong.text
        again = submit(client, page, f"{page}/members", {**given, "heard": FINGERPRINT})
        assert "is, or was, a member" in again.text
        member = re.search(r"/collaborative/members/[0-9a-f-]+/end", again.text)
        assert member is not None
        assert submit(client, page, member[0]).headers["location"] == f"{page}?said=ended"
        assert "CGHKM" not in client.get(f"{page}/figures").text
