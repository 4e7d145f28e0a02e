"""Whose a questionnaire is, who has written on a draft, and what a pilot keeps."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import Database
from rsm.instruments import drafts, owners, pilots, retired, service
from rsm.instruments.drafts import DraftView
from rsm.instruments.library import body
from rsm.instruments.load import load_instrument
from rsm.instruments.owners import Publisher
from rsm.instruments.pilots import Asked
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from rsm.kernel.words import Channel, Pin
from tests.clinic import Clinic, build_clinic
from tests.shelf import administrator, manager

SAFETY = body("safety-questions")
OWN = SAFETY.replace('key = "safety-questions"', 'key = "our-measure"')
NEXT = OWN.replace('version = "1.0.0"', 'version = "1.1.0"')
READERS = {"en": "Ann Reader, RN", "es": "Bea Reader, RN"}
WHY = "Nobody understood the second question."


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


@pytest.fixture
def hillside(web_db: Database, clinic: Clinic) -> Clinic:
    numbers = ("+12025550102", "+12025550103")
    return build_clinic(web_db, name="Hillside Clinic", numbers=numbers)


def publish(clinic: Clinic, content: str, by: Publisher | None = None) -> Pin:
    with clinic.begin(clinic.charge) as tx:
        draft = drafts.write(tx, clinic.site, content)
        return drafts.publish(tx, draft, draft.revision, READERS, by or manager(clinic))


# --- whose it is ---------------------------------------------------------------------------------


def test_a_key_is_the_sites_that_published_it_first(clinic: Clinic, hillside: Clinic) -> None:
    publish(clinic, OWN)
    for by in (manager(hillside), administrator(hillside)):
        with pytest.raises(Invalid, match="“our-measure” belongs to Lakeside Clinic"):
            publish(hillside, NEXT, by)
    publish(clinic, NEXT)


def test_only_whose_it_is_retires_it(clinic: Clinic, hillside: Clinic) -> None:
    pin = publish(clinic, OWN)
    for by in (manager(hillside), administrator(hillside)):
        with (
            hillside.begin(hillside.charge) as tx,
            pytest.raises(NotAllowed, match="belongs to Lakeside Clinic"),
        ):
            retired.retire(tx, pin, WHY, by)
    with clinic.begin(clinic.charge) as tx:
        retired.retire(tx, pin, WHY, manager(clinic))


def test_what_comes_with_us_is_an_administrators(clinic: Clinic) -> None:
    newer = SAFETY.replace('version = "1.0.0"', 'version = "2.0.0"')
    with pytest.raises(Invalid, match="comes with this system: only an administrator"):
        publish(clinic, newer)
    pin = publish(clinic, newer, administrator(clinic))
    with clinic.begin(clinic.charge) as tx, pytest.raises(NotAllowed):
        retired.retire(tx, pin, WHY, manager(clinic))
    with clinic.begin(clinic.charge) as tx:
        retired.retire(tx, pin, WHY, administrator(clinic))


def test_what_stood_on_the_shelf_before_anybody_asked_is_nobodys(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        service.publish(tx, load_instrument(OWN), OWN)
    with pytest.raises(Invalid, match="only an administrator"):
        publish(clinic, NEXT)


def test_a_manager_of_both_sites_may_publish_for_either(clinic: Clinic, hillside: Clinic) -> None:
    publish(clinic, OWN)
    publish(hillside, NEXT, Publisher(hillside.site, frozenset({clinic.site, hillside.site})))
    with clinic.begin() as tx:
        assert owners.whose(tx, "our-measure").site == clinic.site


def test_of_two_sites_that_take_a_new_key_at_once_one_is_told(
    clinic: Clinic, hillside: Clinic
) -> None:
    barrier = Barrier(2)

    def take(where: Clinic, content: str) -> str:
        with where.begin(where.charge) as tx:
            draft = drafts.write(tx, where.site, content)
            barrier.wait(60)
            try:
                drafts.publish(tx, draft, draft.revision, READERS, manager(where))
            except Invalid as error:
                return error.problems[0].what
            return "published"

    with ThreadPoolExecutor(2) as pool:
        going = [pool.submit(take, clinic, OWN), pool.submit(take, hillside, NEXT)]
        came = {each.result(60).partition(" belongs to ")[0] for each in going}
    assert came == {"published", "“our-measure”"}


def test_what_another_site_publishes_as_one_asks_is_that_sites(
    clinic: Clinic, hillside: Clinic
) -> None:
    with hillside.begin(hillside.charge) as tx:
        connection = tx.session.connection()

        def publish_meanwhile(*_: object) -> None:
            publish(clinic, OWN)

        event.listen(connection, "after_cursor_execute", publish_meanwhile, once=True)
        assert owners.whose(tx, "our-measure").free
        refused = owners.claim(tx, "our-measure", manager(hillside))
    assert refused is not None
    assert refused.what.startswith("“our-measure” belongs to ")


def test_a_site_claims_a_key_for_itself_only_and_for_good(clinic: Clinic, hillside: Clinic) -> None:
    publish(clinic, OWN)
    claim = "INSERT INTO instrument_owner (key, site_id, since) VALUES ('x', :site, now())"
    with pytest.raises(ProgrammingError, match="row-level security"), clinic.begin() as tx:
        tx.session.execute(text(claim), {"site": hillside.site})
    for statement in ("DELETE FROM instrument_owner", "UPDATE instrument_owner SET key = 'y'"):
        with pytest.raises(ProgrammingError, match="permission denied"), clinic.begin() as tx:
            tx.session.execute(text(statement))


def test_a_copy_gets_a_key_that_is_free(clinic: Clinic, hillside: Clinic) -> None:
    publish(clinic, OWN)
    with hillside.begin() as tx:
        key = owners.free_key(tx, "our-measure", hillside.site)
    assert key == "our-measure-hillside-clinic"
    publish(hillside, OWN.replace('"our-measure"', f'"{key}"'))
    with hillside.begin() as tx:
        assert owners.free_key(tx, "our-measure", hillside.site) == f"{key}-2"
        long = owners.free_key(tx, "safety-questions-" * 8, hillside.site)
    load_instrument(OWN.replace('"our-measure"', f'"{long}"'))


# --- who wrote it --------------------------------------------------------------------------------


def test_nobody_who_ever_wrote_on_it_is_its_reader(clinic: Clinic) -> None:
    with clinic.begin(clinic.charge) as tx:
        draft = drafts.write(tx, clinic.site, OWN)
    with clinic.begin(clinic.nurse) as tx:  # Dana Reyes, neither first nor last
        draft = drafts.change(tx, draft, NEXT, draft.revision)
    with clinic.begin(clinic.charge) as tx:
        draft = drafts.change(tx, draft, OWN, draft.revision)
    for name in ("dana reyes", "Reyes, Dana", "Dána Reyes, RN", "Ruth Cole"):
        given = {"en": name, "es": "Dana Reyesova"}
        with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid) as refused:
            drafts.publish(tx, draft, draft.revision, given, manager(clinic))
        assert [one.where for one in refused.value.problems] == ["reviewer:en"]


# --- pilots --------------------------------------------------------------------------------------


def written(clinic: Clinic, content: str = OWN) -> DraftView:
    with clinic.begin(clinic.charge) as tx:
        return drafts.write(tx, clinic.site, content)


def test_a_pilot_keeps_who_how_long_and_what_was_unclear(
    clinic: Clinic, clock: VirtualClock
) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        begun = pilots.begin(tx, draft, Asked("es", Channel.WEB, clinic.nurse))
    assert begun.took is None
    clock.advance(timedelta(minutes=3))
    with clinic.begin(clinic.charge) as tx:
        pilots.end(tx, draft, begun)
    clock.advance(timedelta(minutes=9))  # words about it take no time of the survey's
    with clinic.begin(clinic.charge) as tx:
        again = pilots.end(tx, draft, pilots.get(tx, draft, begun.id))
        pilots.say(tx, draft, again, "  «Opresión»: \n two asked what it means. ")
    with clinic.begin() as tx:
        (kept,) = pilots.of_draft(tx, draft)
    assert kept.took == timedelta(minutes=3)
    assert kept.asked == Asked("es", Channel.WEB, clinic.nurse)
    assert kept.begun_by == clinic.charge
    assert kept.unclear == "«Opresión»: two asked what it means."
    assert kept.hash == load_instrument(OWN).pin.hash


def test_a_text_that_changed_under_a_pilot_is_not_what_was_answered(clinic: Clinic) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        begun = pilots.begin(tx, draft, Asked("en", Channel.SMS))
        changed = drafts.change(tx, draft, NEXT, draft.revision)
        with pytest.raises(Conflict):
            pilots.end(tx, changed, begun)
        assert pilots.get(tx, changed, begun.id).took is None


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (Asked("fr", Channel.WEB), "language"),
        (Asked("en", Channel.PAPER), "way"),
    ],
)
def test_a_pilot_that_cannot_be_is_refused(clinic: Clinic, asked: Asked, where: str) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid) as refused:
        pilots.begin(tx, draft, asked)
    assert [one.where for one in refused.value.problems] == [where]


def test_who_answers_works_here_and_words_have_an_end(clinic: Clinic, hillside: Clinic) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        with pytest.raises(Invalid, match="does not work here"):
            pilots.begin(tx, draft, Asked("en", Channel.WEB, hillside.nurse))
        begun = pilots.begin(tx, draft, Asked("en", Channel.WEB))
        with pytest.raises(Invalid, match="at most"):
            pilots.say(tx, draft, begun, "a" * (pilots.LONGEST_WORDS + 1))
        other = drafts.write(tx, clinic.site, OWN)
        with pytest.raises(NotFound):
            pilots.get(tx, other, begun.id)


def test_a_pilot_is_nobodys_report(clinic: Clinic) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        pilots.end(tx, draft, pilots.begin(tx, draft, Asked("en", Channel.VOICE)))
    with clinic.begin() as tx:
        for table in ("response", "answer_event", "occurrence", "message"):
            count = tx.session.execute(text(f"SELECT count(*) FROM {table}"))
            assert count.scalar_one() == 0
