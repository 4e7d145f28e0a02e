"""A site's own short measure: written at a desk from nothing, tried, published; read on a phone."""

import pytest
from sqlalchemy import text

from tests.browser.chromium import Window
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.security_world import Person

READER = "Lucía Herrera, interpreter"


@pytest.fixture
def manager(house: House) -> Person:
    """Ruth Cole, who manages the site."""
    return house.person(house.clinic.charge)


def address(house: House) -> str:
    return f"/sites/{house.clinic.site}/instruments"


def words(window: Window, label: str, english: str, spanish: str) -> None:
    window.fill(f"{label}, English", english)
    window.fill(f"{label}, Spanish", spanish)


def answers(window: Window, *labels: tuple[str, str, str]) -> None:
    """Labels in both languages and a picture, row by row."""
    for row, (english, spanish, picture) in enumerate(labels):
        window.page.locator(f'[name="option:{row}:label:en"]').fill(english)
        window.page.locator(f'[name="option:{row}:label:es"]').fill(spanish)
        window.page.locator(f'[name="option:{row}:picture"]').select_option(picture)


def ask_of_sleep(desk: Window) -> None:
    desk.press("Yes or no")
    words(desk, "Question", "Did you sleep badly?", "¿Durmió mal?")
    words(desk, "Short name", "Bad sleep", "Mal sueño")
    desk.press("Save the question")


def ask_how_bad(desk: Window) -> None:
    desk.press("Graded scale")
    words(desk, "Question", "How bad was your sleep?", "¿Qué tan mal durmió?")
    words(desk, "Short name", "How bad the sleep was", "Qué tan mal durmió")
    answers(
        desk,
        ("Not bad at all", "Nada mal", "face-0"),
        ("A little bad", "Un poco mal", "face-2"),
        ("Very bad", "Muy mal", "face-4"),
    )
    desk.page.get_by_label("If the answer to").select_option("bad-sleep")
    desk.page.get_by_label("is", exact=True).select_option("gate")
    desk.page.locator('[name="when:value"]').fill("1")


def test_a_short_measure_from_nothing_to_a_phone(
    window: Opener, house: House, manager: Person
) -> None:
    desk = window(desk=True)
    sign_in(desk, manager)
    desk.open(address(house))
    desk.look("instruments")
    desk.press("Make a draft")
    desk.sees("No question yet", "to mend")
    desk.look("draft-begun")
    ask_of_sleep(desk)
    desk.sees("1 question", "Nothing stands in its way")
    ask_how_bad(desk)
    desk.look("item-filled")
    desk.press("Save the question")
    desk.sees("2 questions", "only after bad-sleep")
    desk.press("From all questions")
    desk.fill("Words", "tightness")
    desk.press("Search")
    desk.sees("1 question found")
    desk.look("bank")
    desk.press("Add Did you have pain, pressure or tightness in your chest?")
    desk.sees("The question is added to the draft.")
    desk.press("Back to the draft")
    desk.sees("3 questions")
    desk.press("Up Did you have pain, pressure or tightness in your chest?")
    desk.page.get_by_text("Add a score").click()
    desk.page.locator("#f-score").fill("Sleep")
    desk.page.get_by_label("bad-sleep", exact=True).check()
    desk.press("Add the score")
    desk.sees("sum of bad-sleep")
    desk.look("draft-whole")
    desk.press("By text")
    desk.fill("Reply", "yes")
    desk.press("Send")
    desk.sees("Read as: 1: Yes")
    desk.look("trial-text")
    desk.page.go_back()
    desk.page.go_back()
    pilot(desk)
    publish(desk)
    on_a_phone(window(), house, manager)


def pilot(desk: Window) -> None:
    """A colleague answers it in Spanish; nobody has in English."""
    desk.sees("Nobody has piloted this text yet.")
    desk.page.get_by_label("Who answers").select_option("Dana Reyes")
    desk.page.get_by_label("In", exact=True).select_option("Spanish")
    desk.press("Begin a pilot")
    desk.sees("Esto es una prueba piloto: no se guarda ninguna respuesta.")
    desk.look("pilot-page")
    for number in (1, 2):
        desk.sees(f"Pregunta {number} de")
        desk.page.get_by_label("No", exact=True).first.check()
        desk.press("Siguiente")
    desk.sees("The pilot is kept: it took less than a minute")
    desk.look("pilot-over")
    desk.fill("What was unclear", "“Presión”: of the blood, or in the chest?")
    desk.press("Keep it")
    desk.sees("Piloted once, as it stands here", "Not in English yet.", "Unclear: “Presión”")
    desk.look("draft-piloted")


def publish(desk: Window) -> None:
    desk.fill("English read by", READER)
    desk.press("Publish")
    desk.sees("Nothing was changed yet")
    desk.look("draft-unread")
    desk.fill("English read by", READER)
    desk.fill("Spanish read by", READER)
    desk.press("Publish")
    desk.sees("Published 19 October 2026", f"Read by {READER}")
    desk.look("instrument")


def on_a_phone(phone: Window, house: House, manager: Person) -> None:
    """The list, the measure as it reads, and the page that a patient would see."""
    sign_in(phone, manager)
    phone.open(address(house))
    phone.sees("Our short measure")
    phone.look("instruments-phone")
    phone.press("Our short measure")
    phone.look("instrument-phone")
    phone.press("On the page")
    phone.sees("This is a trial: nothing is stored.", "Did you sleep badly?")
    phone.look("trial-page-phone")
    phone.page.get_by_label("Yes").check()
    phone.press("Next")
    phone.press("Next")
    phone.page.get_by_label("No", exact=True).or_(phone.page.get_by_label("No")).first.check()
    phone.press("Next")
    phone.sees("How bad was your sleep?")
    phone.look("trial-pictures-phone")
    phone.page.get_by_label("Very bad").check()
    phone.press("Next")
    phone.sees("What would be stored", "Very bad")
    assert (
        phone.page.locator("header.bar").evaluate("bar => getComputedStyle(bar).display") != "block"
    )
    phone.look("trial-over-phone")


def test_all_kinds_of_questions_are_tried_and_several_measures_counted(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window()
    sign_in(phone, manager)
    phone.open(f"{address(house)}/short-measure/1.0.0")
    phone.press("On the page")
    phone.press("Español")
    phone.look("trial-section-phone")
    phone.page.get_by_role(
        "link", name="Esto es una prueba: no se guarda nada. Terminarla."
    ).click()
    phone.press("By phone call")
    phone.look("trial-call-phone")
    phone.open(f"{address(house)}/safety-questions/1.0.0/try/call")
    phone.fill("Keys", "1")
    phone.press("Send")
    phone.sees("Read as: Yes")
    phone.look("trial-keys-phone")
    phone.open(f"{address(house)}/together")
    phone.page.get_by_label("Safety questions").check()
    phone.press("Count")
    phone.sees("29 questions at most, 6 minutes")
    phone.look("together-phone")


def test_it_works_without_javascript_and_tells_what_is_wrong(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window(script=False)
    sign_in(phone, manager)
    phone.open(address(house))
    phone.press("Make a draft")
    phone.press("Number")
    phone.fill("Question, English", "What is your weight?")
    phone.page.locator("#f-minimum").fill("low")
    phone.look("item-phone")
    phone.press("Save the question")
    phone.sees("Nothing was saved yet", "is no number")
    phone.page.locator("#f-minimum").fill("20")
    phone.press("Save the question")
    phone.sees("words missing: English, Spanish")
    phone.look("draft-phone")
    phone.press("Title, languages, licence")
    phone.look("about-phone")


def read_spanish(house: House, who: Person) -> None:
    """From now on her pages are Spanish."""
    with house.clinic.begin() as tx:
        change = "UPDATE staff_account SET language = 'es' WHERE id = :who"
        tx.session.execute(text(change), {"who": who.id})


def test_a_measure_is_written_and_published_in_spanish_on_a_phone(
    window: Opener, house: House, manager: Person
) -> None:
    read_spanish(house, manager)
    phone = window()
    sign_in(phone, manager)
    phone.open(address(house))
    phone.sees("1 cuestionario publicado")
    phone.look("es-instruments")
    phone.press("Hacer un borrador")
    phone.sees("Aún ninguna pregunta")
    phone.press("Escala de grados")
    phone.fill("Pregunta, inglés", "How tired were you?")
    phone.fill("Pregunta, español", "¿Qué tan cansada estuvo?")
    phone.fill("Nombre corto, inglés", "Tiredness")
    phone.fill("Nombre corto, español", "Cansancio")
    answers(phone, ("Not at all", "Nada", "cup-full"), ("Very", "Mucho", "cup-empty"))
    phone.look("es-item")
    phone.press("Guardar la pregunta")
    phone.sees("1 pregunta", "Nada lo impide")
    phone.look("es-draft")
    phone.press("Título, idiomas, licencia")
    phone.look("es-about")
    phone.press("Volver al borrador")
    phone.press("De todas las preguntas")
    phone.look("es-bank")
    phone.press("Volver al borrador")
    phone.press("Por llamada")
    phone.fill("Teclas", "1")
    phone.press("Enviar")
    phone.sees("Leído como: Mucho", "Lo que se guardaría")
    phone.look("es-trial")
    phone.press("Nuestra medida breve")
    phone.page.get_by_label("Cómo", exact=True).last.select_option("text")
    phone.press("Empezar una prueba piloto")
    phone.sees("¿Qué tan cansada estuvo?")
    phone.fill("Respuesta", "0")
    phone.look("es-pilot")
    phone.press("Enviar")
    phone.fill("Respuesta", "listo")
    phone.press("Enviar")
    phone.sees("La prueba piloto está guardada")
    phone.press("Guardarlo")
    phone.press("Publicar")
    phone.sees("Aún no se cambió nada")
    phone.look("es-refused")
    phone.fill("Leído en inglés por", READER)
    phone.fill("Leído en español por", READER)
    phone.press("Publicar")
    phone.sees("Publicado el 19 de octubre de 2026", "Es de")
    phone.look("es-instrument")
    phone.open(f"{address(house)}/together")
    phone.look("es-together")


def test_what_is_anothers_is_copied_on_a_phone(
    window: Opener, house: House, manager: Person
) -> None:
    phone = window()
    sign_in(phone, manager)
    phone.open(f"{address(house)}/short-measure/1.0.0")
    phone.look("instrument-others")
    phone.press("Copy it under our own key")
    phone.sees("short-measure-lakeside-clinic 1.0.0", "Nothing stands in its way")
    phone.page.locator("#f-body").fill('key = "short-measure"\nversion = "7.0.0"\n')
    phone.press("Keep the text")
    phone.sees("This key is not yours")
    phone.look("draft-others")
    phone.press("Keep it as our own")
    phone.sees("short-measure-lakeside-clinic 7.0.0")
