"""A site's published wording is what its patients get, and each message says which one it was."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.flow import text_trial
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import MessageState, SiteTextView, TextKey
from rsm.messaging.wording import library_ref
from tests.clinic import CHARGE_PHONE, STAFF_SENDER, build_clinic
from tests.flow.post import PUBLIC_URL, Post

KEY = TextKey("survey_invite", "en", Channel.SMS)
BODY = "{sender_name} says hello: {link} {help_phone}, {emergency_number}. Reply STOP to end."
HELLO = "Lakeside says hello: "
OURS = "Lakeside: your check-in is ready."


@pytest.fixture
def post(web_db: Database, worker_db: Database, clock: VirtualClock) -> Post:
    return Post(build_clinic(web_db), worker_db, clock)


def published(post: Post, body: str = BODY, key: TextKey = KEY) -> SiteTextView:
    clinic = post.clinic
    with clinic.begin(clinic.charge) as tx:
        draft = site_texts.draft(tx, clinic.site, key, body)
        return site_texts.publish(tx, clinic.site, draft.id, "Ellen Marsh, RN")


def sent_with(owner: Engine, message: UUID) -> str | None:
    query = text("SELECT text_version FROM message WHERE id = :id")
    with owner.connect() as connection:
        return str(connection.execute(query, {"id": message}).scalar_one())


def test_the_patient_gets_the_sites_words_and_the_row_says_so(post: Post, owner: Engine) -> None:
    published(post)
    row = post.survey_text(post.clinic.enrol_patient())
    post.deliver()
    assert post.fake.accepted[0].body.startswith(HELLO)
    assert sent_with(owner, row) == "site:1"


def test_without_words_of_its_own_ours_are_sent(post: Post, owner: Engine) -> None:
    with post.clinic.begin(post.clinic.charge) as tx:
        site_texts.draft(tx, post.clinic.site, KEY, BODY)  # a draft is not sent
    row = post.survey_text(post.clinic.enrol_patient())
    post.deliver()
    assert post.fake.accepted[0].body.startswith(OURS)
    ref = sent_with(owner, row)
    assert ref == library_ref("survey_invite", "en", Channel.SMS)
    assert ref.startswith("library:")


def test_a_new_version_is_for_what_leaves_from_now_on(post: Post, owner: Engine) -> None:
    published(post)
    patient = post.clinic.enrol_patient()
    first = post.survey_text(patient)
    waiting = post.survey_text(patient, "survey:2")
    post.deliver()
    published(post, BODY.replace("says hello", "writes"))
    later = post.survey_text(patient, "survey:3")
    post.deliver()
    assert [sent_with(owner, row) for row in (first, waiting, later)] == [
        "site:1",
        "site:1",
        "site:2",
    ]
    assert post.fake.accepted[-1].body.startswith("Lakeside writes: ")


def test_a_retired_text_falls_back_to_ours(post: Post) -> None:
    version = published(post)
    with post.clinic.begin(post.clinic.charge) as tx:
        site_texts.retire(tx, post.clinic.site, version.id)
    post.survey_text(post.clinic.enrol_patient())
    post.deliver()
    assert post.fake.accepted[0].body.startswith(OURS)


def test_each_language_has_its_own(post: Post) -> None:
    published(post)
    spanish = BODY.replace("says hello", "le saluda").replace("Reply STOP to end", "STOP: salir")
    published(post, spanish, TextKey("survey_invite", "es", Channel.SMS))
    patient = post.clinic.enrol_patient()
    for number, language in enumerate(("es-MX", "en", "vi")):
        post.survey_text(patient, f"survey:{number}", language=language)
    post.deliver()
    bodies = sorted(sent.body.split(":", maxsplit=1)[0] for sent in post.fake.accepted)
    assert bodies == ["Lakeside le saluda", "Lakeside says hello", "Lakeside says hello"]


def test_a_text_that_names_what_a_release_took_away_gives_way_to_ours(
    post: Post, owner: Engine
) -> None:
    version = published(post)
    with owner.begin() as connection:
        change = text("UPDATE site_text SET body = body || ' {gone}' WHERE id = :id")
        connection.execute(change, {"id": version.id})
    row = post.survey_text(post.clinic.enrol_patient())
    post.deliver()
    assert post.fake.accepted[0].body.startswith(OURS)
    assert str(sent_with(owner, row)).startswith("library:")


def test_another_sites_words_are_its_own(post: Post, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    published(Post(other, post.db, post.clock))
    post.survey_text(post.clinic.enrol_patient())
    post.deliver()
    assert post.fake.accepted[0].body.startswith(OURS)


def test_a_draft_is_tried_on_a_phone_of_staff_with_examples(post: Post, owner: Engine) -> None:
    clinic = post.clinic
    with clinic.begin(clinic.charge) as tx:
        draft = site_texts.draft(tx, clinic.site, KEY, BODY)
        row = text_trial.try_out(tx, draft, clinic.charge, f"{PUBLIC_URL}/s/example")
    post.deliver()
    (sent,) = post.fake.accepted
    assert (sent.to, sent.sender) == (CHARGE_PHONE, STAFF_SENDER)
    assert sent.body.startswith(f"{HELLO}{PUBLIC_URL}/s/example 202-555-0140")
    assert post.look(row).state is MessageState.ACCEPTED
    assert sent_with(owner, row) == "site:1"


def test_a_trial_of_a_text_to_staff_shows_samples(post: Post) -> None:
    clinic = post.clinic
    key = TextKey("staff_alert", "es", Channel.SMS)
    with clinic.begin(clinic.charge) as tx:
        body = "{site_name}, {level}: {link} (ACK {code})"
        draft = site_texts.draft(tx, clinic.site, key, body)
        text_trial.try_out(tx, draft, clinic.nurse, f"{PUBLIC_URL}/alerts/x")
    post.deliver()
    body = post.fake.accepted[0].body
    assert body == f"Lakeside Clinic, urgente: {PUBLIC_URL}/alerts/x (ACK K4QM)"
