"""The survey's pages for every kind of question: given, mended, refused, left out, changed."""

import re
from datetime import timedelta

import pytest
from httpx2 import Response
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.kernel.answers import REFUSED, SKIPPED, Answer, AnswerStatus, answered
from rsm.kernel.clock import VirtualClock
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.web.patient_pass import COOKIE
from tests.every_kind import ITEMS, build_every_kind, place
from tests.patient_browser import Browser, browser_of, first_link, rows
from tests.survey_world import World
from tests.web_desk import at_desk

GIVEN = {
    "mood": {"mood": "2"},
    "pain.scale": {"pain.scale": "45"},
    "pain.place": {"pain.place:2": "2", "pain.place:4": "4"},
    "helps": {"helps:1": "1", "helps:3": "3"},
    "since": {"since:day": "4", "since:month": "10", "since:year": "2026"},
    "weight": {"weight": "71.5"},
    "wish": {"wish": "A visit\r\nof Ruth"},
}
STORED = {
    "mood": answered(2),
    "pain.scale": answered(45),
    "pain.place": Answer(AnswerStatus.ANSWERED, 2, (2, 4)),
    "helps": Answer(AnswerStatus.ANSWERED, 2, (1, 3)),
    "since": answered(20730),
    "weight": answered(715),
}


@pytest.fixture
def world(web_db: Database) -> World:
    return build_every_kind(web_db)


@pytest.fixture
def phone(world: World, web_db: Database, worker_db: Database) -> Browser:
    phone = browser_of(web_db, first_link(world, worker_db))
    phone.start()
    return phone


def give(phone: Browser, item: str, **more: str) -> Response:
    return phone.post(f"/q/{place(item)}", **GIVEN[item], **more)


def give_all(phone: Browser, but: str = "") -> Response:
    for item in ITEMS:
        if item != but:
            page = give(phone, item)
    return page


def stored(world: World) -> dict[str, Answer]:
    with world.begin() as tx:
        survey = schedules.recent(tx, world.patient, 1)[0]
        report = responses.of_occurrence(tx, survey.id)
        return dict(report.answers) if report else {}


def test_every_kind_is_given_stored_and_stands_on_the_page_to_check(
    phone: Browser, world: World
) -> None:
    review = give_all(phone)
    assert "Check your answers" in review.text
    said = ("Not well", "45 (0", "Chest, Right arm", "Rest, Medicine", "4 October 2026", "71.5")
    for words in (*said, "A visit\nof Ruth"):
        assert words in review.text
    kept = stored(world)
    assert {code: kept[code] for code in STORED} == STORED
    assert kept["wish"].value == 1
    assert "Thank you" in phone.post("/review").text


def test_what_was_given_stands_in_its_fields_again(phone: Browser) -> None:
    give_all(phone)
    shown = {item: phone.get(f"/q/{place(item)}").text for item in ITEMS}
    assert 'name="mood" value="2" checked' in shown["mood"]
    assert 'name="pain.scale" value="45"' in shown["pain.scale"]
    assert re.findall(r'name="(pain.place:\d)"[^>]* checked', shown["pain.place"]) == [
        "pain.place:2",
        "pain.place:4",
    ]
    assert shown["pain.place"].count('class="on"') == 3  # an arm is drawn on both sides
    assert '<option value="10" selected>October' in shown["since"]
    assert re.search(r'name="since:year"[^>]* value="2026"', shown["since"])
    assert "A visit\nof Ruth</textarea>" in shown["wish"]


def test_her_words_are_sealed_where_they_are_kept(phone: Browser, owner: Engine) -> None:
    give_all(phone)
    phone.post("/review")
    for table in ("response", "answer_event", "audit_event"):
        whole = rows(owner, f"SELECT to_jsonb(t)::text FROM {table} t")
        assert "Ruth" not in str(whole)


def test_a_scale_has_no_value_before_she_gives_one(phone: Browser, world: World) -> None:
    give(phone, "mood")
    page = phone.get("/q")
    assert 'name="pain.scale" value=""' in page.text
    assert 'type="range"' not in page.text  # it would send its middle, untouched
    assert "No pain" in page.text
    assert "The worst pain" in page.text
    wrong = phone.post(f"/q/{place('pain.scale')}", **{"pain.scale": ""})
    assert wrong.status_code == 422
    assert "pain.scale" not in stored(world)


@pytest.mark.parametrize(
    ("item", "fields", "said"),
    [
        ("mood", {"mood": "9"}, "Choose one answer to go on."),
        ("pain.scale", {"pain.scale": "7"}, "from 0 to 100, in steps of 5"),
        ("helps", {"helps:1": "1", "helps:8": "8"}, "“None of these” does not go with"),
        (
            "since",
            {"since:day": "31", "since:month": "2", "since:year": "2026"},
            "There is no such day",
        ),
        (
            "since",
            {"since:day": "1", "since:month": "11", "since:year": "2026"},
            "It must not be after 19 October 2026.",
        ),
        ("wish", {"wish": "<b>" * 40}, "Please shorten it to 80 characters."),
    ],
)
def test_what_is_no_answer_stays_on_the_screen_and_says_what_to_mend(
    phone: Browser, world: World, item: str, fields: dict[str, str], said: str
) -> None:
    give_all(phone, but=item)
    wrong = phone.post(f"/q/{place(item)}", **fields)
    assert wrong.status_code == 422
    assert wrong.text.count(said) == 2  # on top, linked to the field, and beside it
    assert 'href="#first"' in wrong.text
    for name, value in fields.items():
        if name.endswith((":1", ":8")):
            assert re.search(rf'name="{name}"[^>]* checked', wrong.text)
        elif name == "wish":
            assert "&lt;b&gt;&lt;b&gt;" in wrong.text
        elif name != "mood":
            assert f'value="{value}"' in wrong.text
    assert item not in stored(world)


@pytest.mark.parametrize("item", ITEMS)
def test_every_kind_may_be_refused(phone: Browser, world: World, item: str) -> None:
    give_all(phone, but=item)
    name = item if item == "mood" else f"{item}:why"
    phone.post(f"/q/{place(item)}", **{name: "refused"})
    assert stored(world)[item] == REFUSED
    assert "Prefer not to answer" in phone.get("/review").text
    again = phone.get(f"/q/{place(item)}").text
    assert re.search(rf'name="{name}" value="refused"[^>]* checked', again)


def test_a_question_may_be_left_out_but_not_one_that_is_required(
    phone: Browser, world: World
) -> None:
    asked = phone.get("/q")
    assert "Go on without an answer" not in asked.text
    wrong = phone.post(f"/q/{place('mood')}")
    assert "Go on without an answer" in wrong.text
    phone.post(f"/q/{place('mood')}", go="leave")
    assert stored(world)["mood"] == SKIPPED
    phone.post(f"/q/{place('wish')}", wish="")  # words need not be given
    assert stored(world)["wish"] == SKIPPED
    wrong = phone.post(f"/q/{place('weight')}", go="leave")
    assert wrong.status_code == 422
    assert "Go on without an answer" not in wrong.text
    assert "weight" not in stored(world)


def test_an_answer_that_closes_a_branch_keeps_what_was_said_out_of_the_report(
    phone: Browser, world: World, owner: Engine
) -> None:
    give_all(phone)
    phone.post(f"/q/{place('pain.scale')}", **{"pain.scale": "0"})
    assert "Chest" not in phone.get("/review").text
    assert phone.get(f"/q/{place('pain.place')}").text.count("Chest") == 0
    phone.post("/review")
    assert "pain.place" not in stored(world)
    events = rows(owner, "SELECT count(*) FROM answer_event WHERE item = 'pain.place'")
    assert events == [(1,)]


def test_notes_and_titles_stand_where_they_belong(phone: Browser) -> None:
    first = phone.get("/q").text
    assert "Take the time that you need." in first
    assert "How you feel" in first
    assert "There are no wrong answers." in first
    assert "There are no wrong answers." not in phone.get(f"/q/{place('pain.scale')}").text
    give_all(phone, but="wish")
    assert "This was the last question." in phone.get("/q").text


def test_pictures_are_shapes_with_words_for_them(phone: Browser) -> None:
    page = phone.get("/q").text
    assert 'role="img" aria-label="A smiling face"><svg viewBox' in page
    assert "<script" not in page.split("<main", maxsplit=1)[1].split("</main>", maxsplit=1)[0]


def test_after_a_break_nothing_of_any_kind_is_shown_without_the_birth_date(
    phone: Browser, web_db: Database, clock: VirtualClock
) -> None:
    give_all(phone)
    clock.advance(timedelta(hours=2))
    other = browser_of(web_db, phone.link)
    assert "What is your birth date?" in other.start().text
    for item in ITEMS:
        shown = other.get(f"/q/{place(item)}").text
        main = shown.split("<main", maxsplit=1)[1]
        assert " checked" not in main
        assert " selected" not in main
        assert 'class="on"' not in main
        assert "Ruth" not in shown
    assert "Ruth" not in other.get("/review").text
    other.post("/birth-date", day="4", month="3", year="1957")
    assert COOKIE in other.client.cookies
    assert "Ruth" in other.get("/review").text


def test_the_nurse_reads_every_kind_in_the_record(
    phone: Browser, world: World, clock: VirtualClock
) -> None:
    give_all(phone)
    phone.post("/review", words="And a dog.")
    with at_desk(world.clinic, clock, world.clinic.nurse) as nurse:
        record = nurse.get(f"/sites/{world.clinic.site}/patients/{world.patient}").text
    for said in ("Not well", "45", "2 chosen", "4 October 2026", "71.5", "in words"):
        assert said in record, said


@pytest.mark.parametrize("language", ["es", "ar"])
def test_no_screen_mixes_two_languages(phone: Browser, language: str) -> None:
    """Whatever is asked: no English word but names, units and addresses."""
    english = r"\b(the|your|you|and|answer|question|choose|back|next|to|of|how|what|when)\b"
    for item in ITEMS:
        asked = phone.get(f"/q/{place(item)}?lang={language}") if item else None
        assert asked is not None
        words = re.sub(r"<[^>]*>|Lakeside Clinic|English", " ", asked.text)
        assert not re.search(english, words, re.IGNORECASE), item
        phone.post(f"/q/{place(item)}?lang={language}", **GIVEN[item])
    review = phone.get(f"/review?lang={language}")
    words = re.sub(r"<[^>]*>|Lakeside Clinic|English|A visit\s+of Ruth", " ", review.text)
    assert not re.search(english, words, re.IGNORECASE)


def test_arabic_is_written_from_right_to_left_with_its_numbers_apart(phone: Browser) -> None:
    page = phone.get("/q?lang=ar").text
    assert '<html lang="ar" dir="rtl">' in page
    assert '<bdi dir="ltr">202-555-0140</bdi>' in page
    assert "<bdi>202-555-0140</bdi>" in page


def test_the_first_page_is_small_over_the_wire(phone: Browser) -> None:
    """HTML, styles, script and icon as they are sent: what a slow line has to carry."""
    fresh = browser_of(phone.client.app.state.services.db, phone.link)  # type: ignore[attr-defined]
    sizes: dict[str, int] = {}
    first = fresh.get()
    sizes["page"] = len(first.content) + sum(len(k) + len(v) + 4 for k, v in first.headers.raw)
    for name in re.findall(r'(?:href|src)="(/static/[^"]+)"', first.text):
        with fresh.client.stream("GET", name, headers={"accept-encoding": "gzip"}) as file:
            sizes[name] = sum(len(part) for part in file.iter_raw())
    assert len(sizes) == 5
    assert sum(sizes.values()) <= 30_000, sizes
    assert sum(sizes.values()) <= 15_000, sizes  # what it takes now, with room
