"""The pages of a site's own wordings: by its managers, nothing typed is lost, nothing slips out."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.instruments.library import find
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import SiteTextView, TextKey, TextState
from rsm.messaging.wording import channels_of, purposes
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

SURVEY = "weekly-symptoms"
KEY = TextKey("survey_invite", "en", Channel.SMS)
BODY = "{sender_name}: hello! {link} Help: {help_phone}, {emergency_number}. Reply STOP to end."
READER = "Lucía Herrera, interpreter"
MAIL = TextKey("survey_invite", "es", Channel.EMAIL)


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, key: TextKey | None = KEY) -> str:
    here = f"/sites/{clinic.site}/texts"
    return f"{here}/{key.purpose}/{key.language}/{key.channel}" if key else here


def seen_by(client: TestClient, address: str) -> str:
    shown: str = client.get(address).text
    return shown.split('name="seen" value="')[1].split('"', maxsplit=1)[0]


def history(clinic: Clinic, key: TextKey = KEY) -> list[SiteTextView]:
    with clinic.begin() as tx:
        return site_texts.history(tx, clinic.site, key)


def test_every_text_stands_in_the_list_in_each_language(
    clinic: Clinic, manager: TestClient
) -> None:
    shown = manager.get(page(clinic, None)).text
    assert "All texts are in our words; none is in your own yet" in shown
    worded = [*purposes(), *(f"symptom_advice.{each.key}" for each in find(SURVEY).symptoms)]
    rows = sum(len(channels_of(each)) for each in worded)
    assert shown.count(f'href="{page(clinic, None)}/') == 2 * rows
    assert "1 segment, read by Ellen Marsh, RN (synthetic reviewer)" in shown


def test_the_editor_begins_with_our_own_words(clinic: Clinic, manager: TestClient) -> None:
    shown = manager.get(page(clinic)).text
    assert "Invitation to a survey: text message in English" in shown
    assert "Our own wording is sent now." in shown
    assert "Lakeside: your check-in is ready." in shown  # with the site's own values
    assert "1 segment of 2 with these values" in shown
    assert "Nothing stands against publishing it." in shown


def test_a_wording_is_drafted_published_and_retired(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic)
    kept = submit(manager, here, here, {"body": BODY, "seen": ""})
    assert kept.headers["location"] == f"{here}?said=kept"
    assert "draft</span>" in manager.get(page(clinic, None)).text
    fields = {"body": BODY, "seen": seen_by(manager, here), "reviewer": READER}
    sent = submit(manager, here, f"{here}/publish", fields)
    assert sent.headers["location"] == f"{here}?said=published"
    listed = manager.get(page(clinic, None)).text
    assert "1 text is in your own words" in listed
    assert "Yours, version 1</b><span" in listed
    assert f"read by {READER}" in listed
    assert "Your version 1 is sent since" in manager.get(here).text
    (version,) = history(clinic)
    gone = submit(manager, here, f"{here}/{version.id}/retire")
    assert gone.headers["location"] == f"{here}?said=retired"
    assert history(clinic)[0].state is TextState.RETIRED


def test_what_is_refused_comes_back_as_typed(clinic: Clinic, manager: TestClient) -> None:
    here, body = page(clinic), 'Any <b>"pain"</b>? {lnk}'
    fields = {"body": body, "seen": "", "reviewer": "Ann <Reader>"}
    sent = submit(manager, here, f"{here}/publish", fields)
    assert sent.status_code == 422
    assert "Any &lt;b&gt;&#34;pain&#34;&lt;/b&gt;? {lnk}</textarea>" in sent.text
    assert 'value="Ann &lt;Reader&gt;"' in sent.text
    assert "<b>&#34;" not in sent.text
    for said in ("unknown field {lnk}", "tells of somebody&#39;s health", "{link} is missing"):
        assert said in sent.text
    assert 'href="#f-body"' in sent.text
    assert history(clinic) == []


def test_publishing_without_a_reader_is_refused_at_her_field(
    clinic: Clinic, manager: TestClient
) -> None:
    here = page(clinic)
    for reviewer in ("", "Ruth Cole"):
        fields = {"body": BODY, "seen": "", "reviewer": reviewer}
        sent = submit(manager, here, f"{here}/publish", fields)
        assert sent.status_code == 422
        assert 'href="#f-reviewer"' in sent.text


def test_checking_keeps_nothing_and_tells_everything(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic)
    fields = {"body": f"{BODY} Está bien.", "seen": ""}
    shown = submit(manager, here, f"{here}/check", fields)
    assert shown.status_code == 200
    assert "“á” in “Está” is not in the phones&#39; alphabet" in shown.text
    part = submit(manager, here, f"{here}/check?part=true", {"body": "x", "seen": ""})
    assert "<html" not in part.text
    assert "{sender_name} is missing" in part.text
    assert history(clinic) == []


def test_of_two_managers_the_second_keeps_her_words(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic)
    submit(manager, here, here, {"body": BODY, "seen": ""})
    late = submit(manager, here, here, {"body": "my words", "seen": ""})
    assert late.status_code == 422
    assert "Somebody else changed the draft meanwhile." in late.text
    assert "my words</textarea>" in late.text
    assert history(clinic)[0].body == BODY


def test_an_email_has_a_subject_and_a_button(clinic: Clinic, manager: TestClient) -> None:
    here = page(clinic, MAIL)
    shown = manager.get(here).text
    assert 'name="subject"' in shown
    assert 'class="pressed"' in shown
    fields = {
        "body": "Hola.\n\n{link}\n\n{help_phone}, {emergency_number}",
        "subject": "{sender_name}: hola",
        "seen": "",
        "reviewer": READER,
    }
    assert submit(manager, here, f"{here}/publish", fields).status_code == 303
    (version,) = history(clinic, MAIL)
    assert (version.subject, version.state) == ("{sender_name}: hola", TextState.PUBLISHED)


def test_a_trial_goes_to_a_verified_phone_of_staff_only(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    here = page(clinic)
    fields = {"body": BODY, "seen": "", "to": str(clinic.charge)}
    sent = submit(manager, here, f"{here}/try", fields)
    assert sent.headers["location"] == f"{here}?said=tried"
    with owner.connect() as connection:
        row = connection.execute(text("SELECT * FROM message")).one()
    assert (row.staff_id, row.patient_id, row.is_test) == (clinic.charge, None, True)
    again = {"body": BODY, "seen": seen_by(manager, here), "to": str(clinic.charge)}
    assert "wait a minute" in submit(manager, here, f"{here}/try", again).text
    for nobody in (str(clinic.administrator), "", "me"):
        refused = submit(manager, here, f"{here}/try", again | {"to": nobody})
        assert refused.status_code == 422
        assert 'href="#f-to"' in refused.text


@pytest.mark.parametrize(
    "key", ["nothing/en/sms", "survey_invite/vi/sms", "survey_invite/en/voice", "help/en/email"]
)
def test_a_text_that_there_is_not_is_not_found(
    clinic: Clinic, manager: TestClient, key: str
) -> None:
    assert manager.get(f"{page(clinic, None)}/{key}").status_code == 404


def test_another_site_is_not_found_and_neither_is_its_text(
    clinic: Clinic, web_db: Database, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with other.begin(other.charge) as tx:
        theirs = site_texts.draft(tx, other.site, KEY, BODY)
    assert manager.get(page(other, None)).status_code == 404
    assert manager.get(page(other)).status_code == 404
    here = page(clinic)
    assert submit(manager, here, f"{here}/{theirs.id}/retire").status_code == 404
    assert submit(manager, here, page(other), {"body": BODY, "seen": ""}).status_code == 404
    with other.begin() as tx:
        assert site_texts.draft_of(tx, other.site, KEY) is not None


def test_a_nurse_words_nothing_and_an_administrator_may(
    clinic: Clinic, clock: VirtualClock
) -> None:
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        assert nurse.get(page(clinic, None)).status_code == 403
        assert nurse.get(page(clinic)).status_code == 403
    with at_desk(clinic, clock, clinic.administrator) as administrator:
        assert administrator.get(page(clinic)).status_code == 200


def test_advice_about_a_symptom_is_the_sites_alone(clinic: Clinic, manager: TestClient) -> None:
    pain = TextKey("symptom_advice.pain", "en", Channel.WEB)
    here = page(clinic, pain)
    shown = manager.get(here).text
    assert "Advice about Pain: on the page in English" in shown
    assert "Nothing is said about it now." in shown
    body = "Take the pain tablets of your plan.\nNot better in a day? Call {help_phone}."
    fields = {"body": body, "seen": "", "reviewer": ""}
    assert submit(manager, here, f"{here}/publish", fields).status_code == 422
    fields["reviewer"] = READER
    assert submit(manager, here, f"{here}/publish", fields).status_code == 303
    assert "Yours, version 1" in manager.get(page(clinic, None)).text
    nowhere = TextKey("symptom_advice.hope", "en", Channel.WEB)
    assert manager.get(page(clinic, nowhere)).status_code == 404
    by_text = TextKey("symptom_advice.pain", "en", Channel.SMS)
    assert manager.get(page(clinic, by_text)).status_code == 404


def test_what_is_said_at_once_always_names_whom_to_call(
    clinic: Clinic, manager: TestClient
) -> None:
    here = page(clinic, TextKey("advice_emergency", "es", Channel.VOICE))
    assert "Our own wording is said now." in manager.get(here).text
    fields = {"body": "Tiene dolor.", "seen": "", "reviewer": READER}
    sent = submit(manager, here, f"{here}/publish", fields)
    for said in ("{emergency_number} is missing", "{help_phone} is missing", "health"):
        assert said in sent.text
