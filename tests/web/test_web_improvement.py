"""The journal, cycles and the record, as the manager of a site writes and reads them."""

import re

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from rsm.security import staff
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

ENTRY = {
    "on": "2026-10-05",
    "kind": "champion",
    "title": "Dana named as champion",
    "words": "One morning a week <b>is</b> hers.",
    "strategy": "Identify and prepare champions",
    "barrier": "Work Infrastructure",
    "shared": "yes",
}
CYCLE = {
    "aim": "Call on day two instead of day three",
    "measure": "completed_delivered",
    "target": "75 %",
    "starts_on": "2026-10-05",
    "due_on": "2026-10-12",
}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def test_a_manager_writes_corrects_and_takes_out_an_entry(
    clinic: Clinic, clock: VirtualClock
) -> None:
    journal = f"/sites/{clinic.site}/journal"
    with at_desk(clinic, clock, clinic.charge) as client:
        nothing = client.get(journal)
        assert "Nothing was written in this period." in nothing.text
        assert "Powell BJ" in nothing.text
        assert "Damschroder LJ" in nothing.text
        written = submit(client, journal, journal, ENTRY)
        assert written.status_code == 303
        entry = written.headers["location"]
        page = client.get(entry).text
        assert "Dana named as champion" in page
        assert "&lt;b&gt;is&lt;/b&gt;" in page
        assert "<li>Identify and prepare champions</li>" in page
        corrected = submit(client, entry, entry, ENTRY | {"title": "Dana and Ben", "seen": "1"})
        assert corrected.status_code == 303
        page = client.get(entry).text
        assert "<h1>Dana and Ben</h1>" in page
        assert "Dana named as champion" in page, "the former wording stays readable"
        late = submit(client, entry, entry, ENTRY | {"seen": "1"})
        assert late.status_code == 422
        assert "Somebody else changed it meanwhile" in late.text
        assert submit(client, entry, f"{entry}/withdraw", {"seen": "2"}).status_code == 303
        assert "Dana and Ben" not in client.get(journal).text


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    clinic: Clinic, clock: VirtualClock
) -> None:
    journal = f"/sites/{clinic.site}/journal"
    wrong = ENTRY | {"on": "soon", "kind": "magic", "title": ""}
    with at_desk(clinic, clock, clinic.charge) as client:
        page = submit(client, journal, journal, wrong)
    assert page.status_code == 422
    for said in ("Give a day", "Choose what kind of change it was", "at most 120 characters"):
        assert said in page.text
    assert "One morning a week &lt;b&gt;is&lt;/b&gt; hers." in page.text


def test_before_and_after_says_what_it_cannot_show(clinic: Clinic, clock: VirtualClock) -> None:
    journal = f"/sites/{clinic.site}/journal"
    with at_desk(clinic, clock, clinic.charge) as client:
        entry = submit(client, journal, journal, ENTRY).headers["location"]
        submit(client, journal, journal, ENTRY | {"title": "Posters", "on": "2026-10-07"})
        chosen = {"measure": "completed_delivered", "weeks": "4"}
        shown = submit(client, entry, f"{entry}/compare", chosen).headers["location"]
        page = client.get(shown).text
    assert "Nothing can be said" in page
    assert "There is no control group." in page
    assert "7 October 2026: Posters" in page
    assert "7 September 2026 to 4 October 2026" in page
    assert "5 October 2026 to 1 November 2026" in page


def test_a_cycle_goes_round_and_overdue_ones_stand_on_the_page(
    clinic: Clinic, clock: VirtualClock
) -> None:
    cycles, new = f"/sites/{clinic.site}/cycles", CYCLE | {"owner": str(clinic.nurse)}
    with at_desk(clinic, clock, clinic.charge) as client:
        assert submit(client, cycles, cycles, new | {"measure": "luck"}).status_code == 422
        cycle = submit(client, cycles, cycles, new).headers["location"]
        assert "overdue" in client.get(cycles).text
        assert CYCLE["aim"] in client.get(f"/sites/{clinic.site}/journal").text
        skipped = submit(client, cycle, cycle, {"stage": "adopted", "words": "Good", "seen": "1"})
        assert skipped.status_code == 422
        steps = (("do", ""), ("study", "Three more answered"), ("act", "Keep it"))
        for seen, (stage, words) in enumerate(steps, start=1):
            step = {"stage": stage, "words": words, "due_on": "2026-11-02", "seen": str(seen)}
            assert submit(client, cycle, cycle, step).status_code == 303
        over = submit(client, cycle, cycle, {"stage": "adopted", "words": "It stays", "seen": "4"})
        assert over.status_code == 303
        page = client.get(cycle).text
        assert "Three more answered" in page
        assert "The next step" not in page
        assert "overdue" not in client.get(cycles).text


def test_a_nurse_reads_it_and_writes_nothing(clinic: Clinic, clock: VirtualClock) -> None:
    journal = f"/sites/{clinic.site}/journal"
    with at_desk(clinic, clock, clinic.nurse) as client:
        page = client.get(journal)
        assert page.status_code == 200
        assert "Write an entry" not in page.text
        assert submit(client, journal, journal, ENTRY).status_code == 403
        assert client.get(f"/sites/{clinic.site}/record").status_code == 403


def test_the_record_holds_what_was_done_and_its_reading_is_audited(
    clinic: Clinic, clock: VirtualClock, owner: Engine
) -> None:
    clinic.enrol_patient()
    journal, cycles = f"/sites/{clinic.site}/journal", f"/sites/{clinic.site}/cycles"
    with at_desk(clinic, clock, clinic.charge) as client:
        submit(client, journal, journal, ENTRY)
        submit(client, cycles, cycles, CYCLE | {"owner": str(clinic.nurse)})
        found = client.get(f"/sites/{clinic.site}/record")
    assert found.headers["content-disposition"] == (
        'attachment; filename="project-record-2026-10-19.html"'
    )
    for said in ("Dana named as champion", CYCLE["aim"], "Ruth Cole", "Dr. Imani Cole"):
        assert said in found.text
    assert len(re.findall(r"<td class=\"words\">[0-9a-f]{64}</td>", found.text)) >= 6
    assert "Maria" not in found.text
    with owner.connect() as connection:
        query = "SELECT count(*) FROM audit_event WHERE action = 'record.downloaded'"
        assert connection.execute(text(query)).scalar_one() == 1


def test_the_pages_are_in_the_language_of_whoever_reads(
    clinic: Clinic, clock: VirtualClock, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("UPDATE staff_account SET language = 'es'"))
    with clinic.begin() as tx:
        assert staff.get(tx, clinic.charge).language == "es"
    with at_desk(clinic, clock, clinic.charge) as client:
        for page, said in (
            ("journal", "Diario de cambios"),
            ("cycles", "Empezar un ciclo"),
            ("go-live", "Lista de comprobación"),
            ("trial", "No hay ningún período de prueba abierto"),
            ("record", "Registro del proyecto"),
        ):
            assert said in client.get(f"/sites/{clinic.site}/{page}").text
