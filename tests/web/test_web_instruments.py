"""Questionnaires at a site: listed, drafted, tried, published with named readers, retired."""

import html
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.instruments import drafts, service
from rsm.instruments.items import OneOfItem
from rsm.instruments.library import body, find
from rsm.kernel.clock import VirtualClock
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.web_desk import at_desk, submit

READER = "Lucía Herrera, interpreter"
SAFETY = body("safety-questions")
OWN = SAFETY.replace('key = "safety-questions"', 'key = "our-measure"')


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, *more: object) -> str:
    return "/".join((f"/sites/{clinic.site}/instruments", *map(str, more)))


def draft(clinic: Clinic, client: TestClient, **fields: str) -> str:
    """A new draft, made on the page of all questionnaires; its address."""
    made = submit(client, page(clinic), page(clinic, "drafts"), fields)
    assert made.status_code == 303, made.text
    address: str = made.headers["location"]
    return address


def revision_of(client: TestClient, address: str) -> str:
    shown: str = client.get(address).text
    return shown.split('name="revision" value="')[1].split('"', maxsplit=1)[0]


def post(client: TestClient, address: str, step: str, **fields: object) -> str:
    """Post a form of the draft as its page is now; the page that follows."""
    given = {"revision": revision_of(client, address), **fields}
    sent = submit(client, address, f"{address}{step}", given)
    if sent.status_code == 303:
        return str(client.get(sent.headers["location"]).text)
    return str(sent.text)


def readers(*tags: str) -> dict[str, str]:
    return {f"reviewer:{tag}": READER for tag in tags}


# --- what is there -------------------------------------------------------------------------------


def test_the_list_says_what_is_published_and_what_we_ship(
    clinic: Clinic, manager: TestClient
) -> None:
    shown = manager.get(page(clinic)).text
    assert "1 questionnaire is published, 0 drafts are being written" in shown
    assert shown.count(">in use<") == 1
    assert "weekly-symptoms 1.0.0" in shown
    assert "Ours, not published here yet" in shown
    assert "Ours, without wording" in shown


def test_one_is_shown_as_patients_read_it_in_each_language(
    clinic: Clinic, manager: TestClient
) -> None:
    shown = manager.get(page(clinic, "safety-questions", "1.0.0")).text
    assert "Did you have pain, pressure or tightness in your chest?" in shown
    assert "¿Tuvo dolor, presión u opresión en el pecho?" in shown
    assert "Read by Ellen Marsh, RN (synthetic reviewer), 20 November 2026" in shown
    assert "<li>0 No</li><li>1 Yes</li>" in shown
    text_ = manager.get(page(clinic, "safety-questions", "1.0.0", "toml"))
    assert text_.text == SAFETY
    assert "attachment" in text_.headers["content-disposition"]


def test_structure_without_wording_has_no_text_to_download(
    clinic: Clinic, manager: TestClient
) -> None:
    assert manager.get(page(clinic, "pro-ctcae", "1.0.0")).status_code == 200
    assert manager.get(page(clinic, "pro-ctcae", "1.0.0", "toml")).status_code == 404


def test_what_is_in_use_says_where(clinic: Clinic, manager: TestClient) -> None:
    with clinic.begin() as tx:
        pin = sites.get(tx, clinic.site).instrument
    shown = manager.get(page(clinic, pin.key, pin.version)).text
    assert "It is the questionnaire of Lakeside Clinic." in shown
    assert pin.hash in shown


def test_nobody_without_the_right_comes_in(clinic: Clinic, clock: VirtualClock) -> None:
    with at_desk(clinic, clock, clinic.nurse) as nurse:
        for address in (page(clinic), page(clinic, "bank"), page(clinic, "together")):
            assert nurse.get(address).status_code == 403


# --- a draft as a text ---------------------------------------------------------------------------


def test_a_draft_is_pasted_checked_by_line_mended_and_published(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    wrong = OWN.replace('text.es = "¿Tuvo algún', 'text.fr = "¿Tuvo algún')
    here = draft(clinic, manager, body=wrong)
    line = 1 + wrong.splitlines().index(
        next(each for each in wrong.splitlines() if 'text.fr = "' in each)
    )
    shown = manager.get(here).text
    assert "to mend" in shown
    assert re.search(rf"Line {line}, items\[1\]\.text: no text in es", shown)
    refused = post(manager, here, "/publish", **readers("en", "es"))
    assert "Nothing was changed yet" in refused
    assert "Nothing stands in its way" in post(manager, here, "/text", body=OWN)
    published = post(manager, here, "/publish", **readers("en", "es"))
    assert f"Read by {READER}, 19 October 2026" in published
    assert manager.get(here).status_code == 404  # it is on the shelf now
    with owner.connect() as connection:
        query = "SELECT action FROM audit_event WHERE action LIKE 'instrument%' ORDER BY seq"
        said = list(connection.execute(text(query)).scalars())
    assert said[-3:] == [
        "instrument_draft.changed",
        "instrument.published",
        "instrument_draft.published",
    ]


def test_whoever_wrote_it_does_not_read_it(clinic: Clinic, manager: TestClient) -> None:
    here = draft(clinic, manager, body=OWN)
    shown = post(manager, here, "/publish", **{"reviewer:en": "ruth cole", "reviewer:es": ""})
    assert 'href="#f-reviewer:en"' in shown
    assert "English read by: has written on it (somebody who has not has to read it)" in shown
    assert 'href="#f-reviewer:es"' in shown


def test_what_nobody_knows_the_terms_of_is_not_published(
    clinic: Clinic, manager: TestClient
) -> None:
    here = draft(clinic, manager, body=OWN.replace('name = "Apache-2.0"', 'name = "Unknown"'))
    assert "nobody knows its terms" in manager.get(here).text
    shown = post(manager, here, "/publish", **readers("en", "es"))
    assert "nobody knows its terms" in shown.split("Nothing was changed yet")[1]


def test_a_version_that_is_taken_must_be_raised(clinic: Clinic, clock: VirtualClock) -> None:
    with clinic.begin() as tx:
        service.publish_shipped(tx, "safety-questions")
    with at_desk(clinic, clock, clinic.administrator) as ada:
        here = draft(clinic, ada, like="safety-questions@1.0.0")
        shown = ada.get(here).text
        assert "safety-questions 1.0.0 is there already (raise the version)" in shown
        assert "Make it version 1.1.0" in shown
        shown = post(ada, here, "/value", version="1.1.0")
    assert "What differs from safety-questions 1.0.0" in shown
    assert "+version = &#34;1.1.0&#34;" in shown
    assert "Nothing stands in its way" in shown


def test_of_two_editors_the_second_is_told_and_keeps_her_words(
    clinic: Clinic, manager: TestClient
) -> None:
    here = draft(clinic, manager, body=OWN)
    seen = revision_of(manager, here)
    post(manager, here, "/text", body=OWN.replace("min_age = 18", "min_age = 21"))
    late = submit(manager, here, f"{here}/text", {"revision": seen, "body": "min_age = 99"})
    assert late.status_code == 422
    assert "Somebody else changed the draft meanwhile" in late.text
    assert "min_age = 99" in late.text
    assert "min_age = 21" in late.text


def test_a_draft_that_is_no_toml_is_kept_and_says_so(clinic: Clinic, manager: TestClient) -> None:
    here = draft(clinic, manager, body="this is [no toml")
    shown = manager.get(here).text
    assert "Not TOML" in shown
    assert manager.get(f"{here}/about").status_code == 404
    assert "this is [no toml</textarea>" in shown
    assert "1 draft is being written" in manager.get(page(clinic)).text


def test_a_draft_is_discarded(clinic: Clinic, manager: TestClient) -> None:
    here = draft(clinic, manager, body=OWN)
    assert "The draft is discarded." in post(manager, here, "/discard")
    assert manager.get(here).status_code == 404


def test_another_sites_draft_is_not_found(
    clinic: Clinic, web_db: Database, manager: TestClient
) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with other.begin(other.charge) as tx:
        theirs = drafts.write(tx, other.site, OWN)
    assert manager.get(page(clinic, "drafts", theirs.id)).status_code == 404
    assert manager.get(page(other, "drafts", theirs.id)).status_code == 404


def test_retired_with_a_reason_and_not_without(clinic: Clinic, manager: TestClient) -> None:
    here = draft(clinic, manager, body=OWN)
    post(manager, here, "/publish", **readers("en", "es"))
    address = page(clinic, "our-measure", "1.0.0")
    bare = submit(manager, address, f"{address}/retire", {"reason": " "})
    assert bare.status_code == 422
    assert 'href="#f-reason"' in bare.text
    gone = submit(manager, address, f"{address}/retire", {"reason": "Nobody understood it."})
    assert gone.status_code == 303
    shown = manager.get(address).text
    assert "Retired 19 October 2026" in shown
    assert "by Ruth Cole: Nobody understood it." in shown
    assert f"{address}/retire" not in shown


# --- the editor ----------------------------------------------------------------------------------


def words(**texts: str) -> dict[str, str]:
    """`text_en="…"` as the form's `text:en`."""
    return {name.replace("_", ":"): value for name, value in texts.items()}


def test_a_short_measure_is_written_without_a_line_of_toml(
    clinic: Clinic, manager: TestClient
) -> None:
    here = draft(clinic, manager, like="")
    assert "No question yet" in manager.get(here).text
    sleep = words(text_en="Did you sleep badly?", short_en="Bad sleep")
    sleep |= words(text_es="¿Durmió mal?", short_es="Mal sueño")
    labels = {f"option:{value}:value": str(value) for value in (0, 1)} | words(
        option_0_label_en="No",
        option_0_label_es="No",
        option_1_label_en="Yes",
        option_1_label_es="Sí",
    )
    shown = post(manager, here, "/items/new?kind=yes_no", kind="yes_no", **sleep, **labels)
    assert "1 question<" in shown
    assert "Nothing stands in its way" in shown
    how = words(text_en="How bad was it?", short_en="How bad")
    rows = {f"option:{n}:value": "" for n in range(5)}
    rows |= {f"option:{n}:label:en": label for n, label in enumerate(("A little", "Very"))}
    gate = {"when:item": "bad-sleep", "when:operator": "gate", "when:value": "1"}
    pictures = {"option:1:picture": "face-4"}
    more = {"kind": "graded", **how, **rows, **gate, **pictures}
    shown = post(manager, here, "/items/new?kind=graded", **more)
    assert "words missing: Spanish" in shown
    assert "only after bad-sleep" in shown
    shown = post(manager, here, "/scores", score="Sleep", kind="sum", scored="bad-sleep")
    assert "sum of bad-sleep" in shown
    with clinic.begin() as tx:
        kept = drafts.of_site(tx, clinic.site)[0].body
    assert 'picture = "face-4"' in kept
    assert "[pictures.face-4" in kept
    item = manager.get(f"{here}/items/1").text
    assert item.count(">missing<") >= 3
    post(manager, here, "/items", place="1", move="up")
    shown = post(manager, here, "/items", place="0", move="delete")
    assert "1 question<" in shown


def test_what_cannot_be_read_in_a_form_comes_back_as_typed(
    clinic: Clinic, manager: TestClient
) -> None:
    here = draft(clinic, manager, like="")
    fields = {
        "kind": "number",
        "minimum": "low",
        "maximum": "10",
        "decimals": "0",
        "unit": "kg",
        **words(text_en="What is your <b>weight</b>?"),
    }
    shown = post(manager, here, "/items/new?kind=number", **fields)
    assert 'href="#f-minimum"' in shown
    assert 'value="low"' in shown
    assert "What is your &lt;b&gt;weight&lt;/b&gt;?" in shown


def test_a_question_comes_from_the_bank_with_its_symptom(
    clinic: Clinic, manager: TestClient
) -> None:
    here = draft(clinic, manager, like="")
    bank = page(clinic, f"bank?draft={here.rsplit('/', maxsplit=1)[-1]}")
    shown = submit(
        manager,
        bank,
        page(clinic, "bank"),
        {
            "draft": here.rsplit("/", maxsplit=1)[-1],
            "words": "tightness chest",
            "type": "yes_no",
        },
    ).text
    assert "1 question found" in shown
    fields = dict(re.findall(r'name="(draft|revision|ref|words)" value="([^"]*)"', shown))
    added = submit(manager, bank, page(clinic, "bank/add"), fields)
    assert added.status_code == 303
    shown = manager.get(here).text
    assert "Did you have pain, pressure or tightness in your chest?" in shown
    assert "Nothing stands in its way" in shown
    again = submit(manager, bank, page(clinic, "bank/add"), {**fields, "revision": "2"})
    assert "Chest-pain.presence is asked already" in again.text


def test_its_languages_and_licence_are_a_form(clinic: Clinic, manager: TestClient) -> None:
    here = draft(clinic, manager, body=OWN)
    form = manager.get(f"{here}/about").text
    assert "Title, languages, licence" in form
    fields = {
        "key": "our-own",
        "version": "2.0.0",
        "recall_days": "1",
        "min_age": "18",
        "licence:name": "Own",
        "licence:holder": "Lakeside",
        "display": "yes",
        "language": ["en"],
        "page": "section",
        **words(title_en="Ours", recall_en="Today", notice_en="Not validated."),
    }
    shown = post(manager, here, "/about", **fields)
    assert "Nothing stands in its way" in shown
    assert "our-own 2.0.0" in shown
    assert "Spanish read by" not in shown


# --- tried ---------------------------------------------------------------------------------------


def hidden(shown: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown)
    return {name: html.unescape(value) for name, value in found}


def test_it_is_tried_on_the_patients_page_and_nothing_is_stored(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    address = page(clinic, "safety-questions", "1.0.0", "try", "web")
    shown = manager.get(address).text
    assert "This is a trial: nothing is stored. End it." in shown
    assert "Did you have pain, pressure or tightness in your chest?" in shown
    for code, value in (
        ("chest-pain.presence", "1"),
        ("bleeding.presence", ""),
        ("bleeding.presence", "0"),
        ("confusion.presence", "refused"),
        ("temperature", "38.5"),
    ):
        shown = manager.post(address, data={**hidden(shown), code: value}).text
    assert "What would be stored" in shown
    assert "38.5" in shown
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM response")).scalar_one() == 0


def refusing(codes: str) -> dict[str, str]:
    """A page of these questions on which nothing is answered."""
    items = find("short-measure").item_by_code
    return {
        code if isinstance(items[code], OneOfItem) else f"{code}:why": "refused"
        for code in codes.split()
    }


def test_every_kind_of_question_and_whole_sections_can_be_tried(
    clinic: Clinic, manager: TestClient
) -> None:
    address = page(clinic, "short-measure", "1.0.0", "try", "web")
    shown = manager.get(address).text
    first, seen = hidden(shown)["asked"], 0
    while "What would be stored" not in shown:
        asked = hidden(shown)["asked"]
        seen += len(asked.split())
        assert manager.post(address, data={**hidden(shown), "go": "keep"}).status_code == 204
        shown = manager.post(address, data={**hidden(shown), **refusing(asked)}).text
        if 'name="asked"' in shown and hidden(shown)["asked"] != first:
            back = manager.post(address, data={**hidden(shown), "go": "back"}).text
            assert hidden(back)["asked"] != hidden(shown)["asked"]
    assert seen >= 5
    assert shown.count("<dd>refused</dd>") == seen


def test_what_a_form_brings_is_not_believed(clinic: Clinic, manager: TestClient) -> None:
    address = page(clinic, "safety-questions", "1.0.0", "try", "web")
    csrf = hidden(manager.get(address).text)["csrf"]
    for answers in ("[", "[1]", '{"temperature": ["answered", 1, [], ""]}', '{"x": 1}'):
        data = {"csrf": csrf, "answers": answers, "asked": "no-such-item"}
        shown = manager.post(address, data=data)
        assert shown.status_code == 200
        assert "tightness in your chest" in shown.text
    texts = page(clinic, "safety-questions", "1.0.0", "try", "text")
    assert manager.post(texts, data={"csrf": csrf, "replies": "[1, {}]"}).status_code == 200


def test_it_is_tried_by_text_and_by_phone(
    clinic: Clinic, manager: TestClient, owner: Engine
) -> None:
    here = draft(clinic, manager, body=OWN)
    address = f"{here}/try/text"
    shown = manager.get(address).text
    for reply in ("0", "maybe", "no", "N", "36,9", "done"):
        shown = manager.post(address, data={**hidden(shown), "said": reply}).text
    assert "not understood" in shown
    assert "What would be stored" in shown
    calls = f"{here}/try/call"
    shown = manager.get(f"{calls}?lang=es").text
    assert "oprima el 0" in shown
    shown = manager.post(f"{calls}?lang=es", data={**hidden(shown), "said": "7"}).text
    assert "it is asked again" in shown
    with owner.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM message")).scalar_one() == 0


def test_several_together_are_counted(clinic: Clinic, manager: TestClient) -> None:
    address = page(clinic, "together")
    assert "25 questions at most, 5 minutes (supposed, 12 s a question)" in (
        manager.get(address).text
    )
    draft_ = draft(clinic, manager, body=OWN)
    post(manager, draft_, "/publish", **readers("en", "es"))
    parts = ["our-measure@1.0.0", "safety-questions@1.0.0"]
    shown = submit(manager, address, "", {"part": parts}).text
    assert "4 questions at most, 1 minute" in shown
    assert "4 questions asked once instead of twice" in shown
    apart = submit(manager, address, "", {"part": ["short-measure@1.0.0", parts[0]]})
    assert apart.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        "items = 3\nlanguages = 4\nlicence = 5\nscores = 6\npictures = 7\nsymptoms = 8",
        'items = [1, "a"]\nlanguages = ["en"]\nscores = [1]',
        "[languages]\nen = 3\nes.title = 4",
        '[[items]]\ncode = 3\ntype = 4\ntext = "x"\noptions = [1, {}]\nasked_when = 5',
        (
            '[[items]]\ncode = "a"\ntype = "graded"\noptions = [{ value = "x", label = [1] }]\n'
            'asked_when = { every = [{ item = "b" }, 3] }\ntext.en = 3'
        ),
        '[[items]]\ntype = "number"\nminimum = [1]\n[[scores]]\nitems = "x"\nname = 3',
        '[[items]]\nscale = "none"\n[scales.x]\nvalues = 3',
        "key = 2026-11-21\nrecall_days = 1.5\nwhen = 2026-11-21T10:00:00Z",
    ],
)
def test_a_text_of_the_wrong_shape_is_shown_and_can_be_mended(
    clinic: Clinic, manager: TestClient, body: str
) -> None:
    here = draft(clinic, manager, body=body)
    shown = manager.get(here)
    assert shown.status_code == 200
    assert "to mend" in shown.text
    for part in ("about", "items/0", "items/new?kind=graded", "try/web"):
        assert manager.get(f"{here}/{part}").status_code in {200, 404}, part
    seen = {"revision": revision_of(manager, here)}
    fields = {"move": "down", "place": "0", "kind": "yes_no", "code": "new", "score": "x"}
    for step in ("/items", "/items/0", "/items/new?kind=yes_no", "/scores", "/about"):
        sent = submit(manager, here, f"{here}{step}", {**seen, **fields, "scored": "a"})
        assert sent.status_code in {303, 404, 422}, (step, sent.status_code)
        seen = {"revision": revision_of(manager, here)}
    assert manager.get(page(clinic)).status_code == 200
