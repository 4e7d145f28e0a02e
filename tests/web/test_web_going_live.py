"""Going live and the trial period in a browser: prepared by the manager, signed by a clinician."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import outbound
from rsm.kernel.clock import VirtualClock
from rsm.kernel.ids import SeededIds
from rsm.kernel.words import Level, Role
from rsm.metrics import rollup
from rsm.security import staff
from rsm.sites import service as sites
from rsm.web import measure_words
from tests.clinic import Clinic, build_clinic
from tests.flow.post import Post
from tests.hand_clinic import Rows, enrol_and_survey, raise_alerts
from tests.not_live import make_ready, not_live
from tests.web_desk import at_desk, submit

NOTHING_IS_SENT = "This clinic is not live: nothing is sent to patients."
TRIAL = {"starts_on": "2026-10-19", "ends_on": "2026-11-19", "first": "3", "aim": "Does it work?"}


@pytest.fixture
def clinic(web_db: Database, owner: Engine) -> Clinic:
    clinic = build_clinic(web_db)
    not_live(owner, clinic.site)
    with clinic.begin() as tx:
        staff.grant(tx, clinic.second, clinic.site, Role.CLINICIAN)
    return clinic


def ready(clinic: Clinic, worker_db: Database, clock: VirtualClock, owner: Engine) -> None:
    post = Post(clinic, worker_db, clock)
    tester: UUID = clinic.enrol_patient("Tess Trial", "+12025550132", is_test=True)
    post.later(days=7)
    outbound.open_due(post.db)
    post.deliver()
    make_ready(clinic, owner, tester, clock.now())


def test_whoever_works_there_sees_that_nothing_is_sent(clinic: Clinic, clock: VirtualClock) -> None:
    maria = clinic.enrol_patient()
    with at_desk(clinic, clock, clinic.nurse) as client:
        for page in ("/alerts", "/patients", f"/sites/{clinic.site}/patients/{maria}"):
            assert NOTHING_IS_SENT in client.get(page, follow_redirects=True).text
        assert "An accountable clinician of the clinic signs here." in (
            client.get(f"/sites/{clinic.site}/go-live").text
        )


def test_a_manager_prepares_it(clinic: Clinic, clock: VirtualClock) -> None:
    page = f"/sites/{clinic.site}/go-live"
    with at_desk(clinic, clock, clinic.charge) as client:
        shown = client.get(page).text
        assert shown.count(">open</b>") == 6
        assert "Missing: Ben Okafor" in shown
        wrong = submit(client, page, f"{page}/trained", {"name": "", "topic": "", "on": "x"})
        assert wrong.status_code == 422
        for name in ("Dana Reyes", "Ben Okafor", "Ruth Cole"):
            trained = {"name": name, "topic": "Alerts", "on": "2026-10-12"}
            assert submit(client, page, f"{page}/trained", trained).status_code == 303
        forms = re.findall(
            r'name="kind" value="(\w+)"><input type="hidden" name="subject" value="(\w*)">'
            r'<input type="hidden" name="seen" value="(\w+)">',
            client.get(page).text,
        )
        assert [form[:2] for form in forms] == [
            ("thresholds", ""),
            ("texts", "en"),
            ("texts", "es"),
            ("safety_contact", ""),
        ]
        for kind, subject, seen in forms:
            read = {"kind": kind, "subject": subject, "seen": seen}
            assert submit(client, page, f"{page}/read", read).status_code == 303
        now = client.get(page).text
        assert now.count(">open</b>") == 2
        assert "Dana Reyes, 12 October 2026" in now  # in the house's form, as everywhere
        assert "Ruth Cole, 19 October 2026" in now
        assert ", 2026-" not in now
        stale = {"kind": "thresholds", "subject": "", "seen": "another"}
        assert submit(client, page, f"{page}/read", stale).status_code == 422
        assert submit(client, page, f"{page}/sign", {"extent": "everybody"}).status_code == 403


def test_a_clinician_signs_what_she_was_shown(
    clinic: Clinic, worker_db: Database, clock: VirtualClock, owner: Engine
) -> None:
    ready(clinic, worker_db, clock, owner)
    page = f"/sites/{clinic.site}/go-live"
    with at_desk(clinic, clock, clinic.second) as client:
        shown = client.get(page).text
        seen = re.findall(r'name="(seen_\w+)" value="(\w+)"', shown)
        fields = {**dict(seen), "words": "All of it."}
        assert submit(client, page, f"{page}/sign", {**fields, "extent": ""}).status_code == 422
        stale = {**fields, "extent": "everybody", "seen_everybody": "old"}
        assert submit(client, page, f"{page}/sign", stale).status_code == 422
        signed = submit(client, page, f"{page}/sign", {**fields, "extent": "everybody"})
        assert signed.status_code == 303
        after = client.get(page).text
        assert "Signed by Ben Okafor on 26 October 2026" in after
        assert NOTHING_IS_SENT not in after
    with clinic.begin() as tx:
        assert sites.get(tx, clinic.site).is_live


def test_a_trial_period_begins_and_ends_with_what_to_mend(
    clinic: Clinic, clock: VirtualClock
) -> None:
    page = f"/sites/{clinic.site}/trial"
    with at_desk(clinic, clock, clinic.charge) as client:
        assert "No trial period is open" in client.get(page).text
        assert submit(client, page, page, TRIAL | {"first": "many"}).status_code == 422
        assert submit(client, page, page, TRIAL).status_code == 303
        maria = clinic.enrol_patient()
        assert submit(client, page, page, TRIAL).status_code == 422
        hers = f"/sites/{clinic.site}/patients/{maria}"
        assert "Belongs to the pilot group" in client.get(hers).text
        assert submit(client, hers, f"{hers}/pilot/leave").status_code == 303
        assert "Add to the pilot group" in client.get(hers).text
        assert submit(client, hers, f"{hers}/pilot/join").status_code == 303
        assert submit(client, page, f"{page}/end", {"mend": ""}).status_code == 422
        assert submit(client, page, f"{page}/end", {"mend": "Earlier texts."}).status_code == 303
        over = client.get(page).text
    assert "The trial period ended on 19 October 2026" in over
    assert "Earlier texts." in over


def test_the_report_of_a_trial_has_rates_with_their_interval_and_how_long_alerts_took(
    clinic: Clinic, owner: Engine, worker_db: Database, clock: VirtualClock
) -> None:
    """The clinic of `tests.hand_clinic`: 3 of 7 due are completed; of four alerts two were taken,
    after ten minutes and two hours, before the others."""
    rows = Rows(owner, clinic.site, SeededIds("trial"))
    enrol_and_survey(clinic, rows)
    raise_alerts(rows)
    rollup.roll_up_all(worker_db)
    shown = report_of_trial(clinic, clock)
    assert came_to(shown, "completed") == "43 % (3/7)"
    assert came_to(shown, "acknowledge_time") == "2 h"
    assert came_to(shown, "not_sent") == "14 % (1/7)"


def test_an_alert_that_was_taken_within_the_minute_is_told_and_what_nobody_noted_is_not(
    clinic: Clinic, owner: Engine, worker_db: Database, clock: VirtualClock
) -> None:
    rows = Rows(owner, clinic.site, SeededIds("trial"))
    rows.alert(Level.URGENT, timedelta(seconds=20), timedelta(hours=1))
    rollup.roll_up_all(worker_db)
    shown = report_of_trial(clinic, clock)
    assert came_to(shown, "acknowledge_time") == "0 min"
    assert measure_words.words("minutes_spent", "en").title not in shown


def report_of_trial(clinic: Clinic, clock: VirtualClock) -> str:
    """The page of a trial period that began three weeks ago."""
    page = f"/sites/{clinic.site}/trial"
    with at_desk(clinic, clock, clinic.charge) as client:
        assert submit(client, page, page, TRIAL | {"starts_on": "2026-09-28"}).status_code == 303
        return client.get(page).text


def came_to(shown: str, measure: str) -> str:
    name = re.escape(measure_words.words(measure, "en").title)
    found = re.search(f">{name}</th><td[^>]*>([^<]*)</td>", shown)
    assert found is not None, measure
    return found[1]
