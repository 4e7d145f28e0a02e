"""Whose questionnaires are, pilots of drafts, and the library's pages in Spanish."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.instruments import drafts
from rsm.instruments.library import body
from rsm.kernel.clock import VirtualClock
from tests.clinic import Clinic, build_clinic
from tests.shelf import manager as manager_of
from tests.web_desk import at_desk, submit

SAFETY = body("safety-questions")
OWN = SAFETY.replace('key = "safety-questions"', 'key = "our-measure"')
NEXT = OWN.replace('version = "1.0.0"', 'version = "1.1.0"')
READERS = {"en": "Ann Reader, RN", "es": "Bea Reader, RN"}


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def hillside(web_db: Database, clinic: Clinic) -> Clinic:
    numbers = ("+12025550102", "+12025550103")
    return build_clinic(web_db, name="Hillside Clinic", numbers=numbers)


@pytest.fixture
def manager(clinic: Clinic, clock: VirtualClock) -> Iterator[TestClient]:
    with at_desk(clinic, clock, clinic.charge) as client:
        yield client


def page(clinic: Clinic, *more: object) -> str:
    return "/".join((f"/sites/{clinic.site}/instruments", *map(str, more)))


def publish(clinic: Clinic, content: str) -> None:
    with clinic.begin(clinic.charge) as tx:
        draft = drafts.write(tx, clinic.site, content)
        drafts.publish(tx, draft, draft.revision, READERS, manager_of(clinic))


def begun(clinic: Clinic, client: TestClient, **fields: str) -> str:
    made = submit(client, page(clinic), page(clinic, "drafts"), fields)
    return str(made.headers["location"])


def hidden(shown: str) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown)
    return {name: html.unescape(value) for name, value in found}


# --- whose it is ---------------------------------------------------------------------------------


def test_another_sites_questionnaire_is_not_retired_and_says_whose_it_is(
    clinic: Clinic, hillside: Clinic, manager: TestClient
) -> None:
    publish(hillside, OWN)
    address = page(clinic, "our-measure", "1.0.0")
    shown = manager.get(address).text
    assert "It is not yours to retire" in shown
    assert "Hillside Clinic: only its managers publish and retire it" in shown
    assert f"{address}/retire" not in shown
    refused = submit(manager, address, f"{address}/retire", {"reason": "We do not like it."})
    assert refused.status_code == 403
    assert "“our-measure” belongs to Hillside Clinic" in refused.text
    assert "Copy it under our own key" in refused.text
    assert "Retired 19" not in manager.get(address).text


def test_what_comes_with_us_is_retired_by_administrators_only(
    clinic: Clinic, manager: TestClient, clock: VirtualClock
) -> None:
    address = page(clinic, "weekly-symptoms", "1.0.0")
    assert "only administrators retire it" in manager.get(address).text
    refused = submit(manager, address, f"{address}/retire", {"reason": "Why not."})
    assert refused.status_code == 403
    with at_desk(clinic, clock, clinic.administrator) as ada:
        done = submit(ada, address, f"{address}/retire", {"reason": "There is a newer one."})
        assert done.status_code == 303


def test_a_copy_of_anothers_has_a_key_of_its_own_and_is_published(
    clinic: Clinic, hillside: Clinic, manager: TestClient
) -> None:
    publish(hillside, OWN)
    here = begun(clinic, manager, like="our-measure@1.0.0")
    shown = manager.get(here).text
    assert "our-measure-lakeside-clinic 1.0.0" in shown
    assert "Nothing stands in its way" in shown
    fields = {"revision": "1"} | {f"reviewer:{tag}": name for tag, name in READERS.items()}
    sent = submit(manager, here, f"{here}/publish", fields)
    assert sent.headers["location"] == page(clinic, "our-measure-lakeside-clinic", "1.0.0")


def test_a_text_under_anothers_key_is_not_published_and_can_be_kept_under_a_new_one(
    clinic: Clinic, hillside: Clinic, manager: TestClient
) -> None:
    publish(hillside, OWN)
    commented = f"# What the nurses asked for.\n{NEXT}"
    here = begun(clinic, manager, body=commented)
    shown = manager.get(here).text
    assert "This key is not yours" in shown
    assert "“our-measure” belongs to Hillside Clinic" in shown
    assert f"{here}/publish" not in shown
    fields = {"revision": "1"} | {f"reviewer:{tag}": name for tag, name in READERS.items()}
    refused = submit(manager, here, f"{here}/publish", fields)
    assert refused.status_code == 422
    assert "“our-measure” belongs to Hillside Clinic" in refused.text
    kept = {"revision": "1", "key": "our-measure-lakeside-clinic"}
    submit(manager, here, f"{here}/value", kept)
    shown = manager.get(here).text
    assert "This key is not yours" not in shown
    assert "# What the nurses asked for.\n" in html.unescape(shown)


# --- pilots --------------------------------------------------------------------------------------


def pilot(client: TestClient, here: str, **given: str) -> str:
    """Begin a pilot; the address at which it is answered."""
    sent = submit(client, here, f"{here}/pilots", {"who": "", "language": "en", **given})
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


def answered_by_text(client: TestClient, address: str) -> str:
    shown: str = client.get(address).text
    for reply in ("0", "0", "0", "36,9", "done"):
        shown = client.post(address, data={**hidden(shown), "said": reply}).text
    return shown


def test_a_pilot_by_text_is_kept_with_its_minutes_and_what_was_unclear(
    clinic: Clinic, manager: TestClient, clock: VirtualClock, owner: Engine
) -> None:
    here = begun(clinic, manager, body=OWN)
    assert "Nobody has piloted this text yet. It can be published all the same." in (
        manager.get(here).text
    )
    address = pilot(manager, here, way="text", who=str(clinic.nurse))
    clock.advance(timedelta(minutes=4))
    shown = answered_by_text(manager, address)
    assert "The pilot is kept: it took 4 minutes" in shown
    action = re.search(r'action="([^"]+/pilots/[^"]+)"', shown)
    assert action is not None
    clock.advance(timedelta(minutes=8))
    words = {**hidden(shown), "unclear": "“Tightness” <where>?"}
    assert manager.post(action[1], data=words).status_code == 303
    shown = manager.get(here).text
    assert "Piloted once, as it stands here" in shown
    assert "Not in Spanish yet." in shown
    assert "English, by text, Dana Reyes" in shown
    assert "4 minutes, 19 October 2026" in shown
    assert "Unclear: “Tightness” &lt;where&gt;?" in shown
    with owner.connect() as connection:
        for table in ("response", "message"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0


def test_a_pilot_on_the_page_says_so_to_its_reader_in_her_language(
    clinic: Clinic, manager: TestClient
) -> None:
    here = begun(clinic, manager, body=OWN)
    address = pilot(manager, here, way="web", language="es")
    shown = manager.get(address).text
    assert "Esto es una prueba piloto: no se guarda ninguna respuesta. Dejarla." in shown
    assert "hreflang" not in shown  # it is a pilot of that language
    for code, value in (
        ("chest-pain.presence", "0"),
        ("bleeding.presence", "0"),
        ("confusion.presence", "0"),
        ("temperature", "36.9"),
    ):
        shown = manager.post(address, data={**hidden(shown), code: value}).text
    assert "The pilot is kept: it took less than a minute" in shown


def test_a_pilot_that_is_only_looked_at_is_not_finished(
    clinic: Clinic, manager: TestClient
) -> None:
    here = begun(clinic, manager, body=OWN)
    address = pilot(manager, here, way="call")
    manager.get(address)
    shown = manager.get(here).text
    assert "English, by phone call, a test reader" in shown
    assert "not finished" in shown
    assert "Nobody has piloted this text yet." in shown


def test_pilots_of_an_earlier_text_are_told_apart(clinic: Clinic, manager: TestClient) -> None:
    here = begun(clinic, manager, body=OWN)
    answered_by_text(manager, pilot(manager, here, way="text"))
    under_way = pilot(manager, here, way="text")
    submit(manager, here, f"{here}/text", {"revision": "1", "body": NEXT})
    shown = manager.get(here).text
    assert "Nobody has piloted this text yet." in shown
    assert "2 pilots of an earlier text" in shown
    sent = manager.get(under_way)
    assert sent.headers["location"] == f"{here}?said=moved"
    assert "that pilot counts for the earlier text" in manager.get(f"{here}?said=moved").text


def test_a_pilot_that_cannot_be_is_refused_at_its_field(
    clinic: Clinic, manager: TestClient
) -> None:
    here = begun(clinic, manager, body=OWN)
    for given in ({"way": "post"}, {"way": "web", "language": "fr"}, {"way": "web", "who": "x"}):
        fields = {"who": "", "language": "en", **given}
        sent = submit(manager, here, f"{here}/pilots", fields)
        assert sent.status_code == 422
        assert f'href="#f-{list(given)[-1]}"' in sent.text


# --- in Spanish ----------------------------------------------------------------------------------


@pytest.fixture
def lucia(clinic: Clinic, manager: TestClient, owner: Engine) -> TestClient:
    """The manager, who reads Spanish."""
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE staff_account SET language = 'es' WHERE id = :who"), {"who": clinic.charge}
        )
    return manager


ENGLISH = re.compile(
    r">\s*(All questions|Questionnaires|Languages|Licence|State|Publish|Save|Begin with|Drafts?|"
    r"Scores?|No scores?|Words|Answers|Code|Picture|More|Kind|Search|Title|Send|Reply|Try it|"
    r"Count|Make a draft|Its text|Pilot)\s*<"
)


def test_the_whole_library_is_spanish_for_whoever_reads_spanish(
    clinic: Clinic, lucia: TestClient
) -> None:
    here = begun(clinic, lucia, body=OWN)
    pages = {
        page(clinic): "1 cuestionario publicado, 1 borrador en curso",
        page(clinic, "weekly-symptoms", "1.0.0"): "Qué hay detrás",
        page(clinic, "bank"): "preguntas encontradas",
        page(clinic, "together"): "preguntas como máximo",
        here: "Nada lo impide",
        f"{here}/about": "Título, idiomas, licencia",
        f"{here}/items/0": "Una pregunta: sí o no",
        f"{here}/items/new?kind=choices": "No va con ninguna otra",
        f"{here}/try/text": "Probado por mensaje de texto",
        f"{here}/try/call": "Lo que se diría",
    }
    for address, said in pages.items():
        shown = lucia.get(address).text.split('<div class="stack" lang="es">')[1]
        assert said in shown, address
        assert not (found := ENGLISH.search(shown)), (address, found)


def test_what_is_refused_is_said_in_spanish(clinic: Clinic, lucia: TestClient) -> None:
    here = begun(clinic, lucia, body=OWN)
    fields = {"revision": "1", "reviewer:en": "", "reviewer:es": "Ruth Cole"}
    shown = submit(lucia, here, f"{here}/publish", fields).text
    assert "Leído en inglés por: falta (nombre a alguien que lea este idioma" in shown
    assert "Leído en español por: ha escrito en él" in shown
    item = f"{here}/items/new?kind=number"
    shown = submit(lucia, item, item, {"kind": "number", "revision": "1", "minimum": "x"}).text
    assert "Lo más bajo que puede ser: no es un número (por ejemplo 10)" in shown
    stale = submit(lucia, here, f"{here}/text", {"revision": "9", "body": NEXT}).text
    assert "Otra persona cambió el borrador mientras tanto (así está ahora)" in stale
