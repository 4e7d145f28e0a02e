"""Drafts and retired versions: two editors, another site, what is given to nobody anew."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from rsm.db.work import Database
from rsm.flow import plans, publish
from rsm.instruments import catalogue, drafts, retired, service
from rsm.instruments.drafts import DraftView
from rsm.instruments.library import body
from rsm.instruments.owners import Publisher
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import Pin
from rsm.schedules import published
from rsm.schedules.library import parse_plan
from rsm.sites import service as sites
from rsm.sites.model import as_agreed
from tests.clinic import Clinic, build_clinic
from tests.shelf import administrator, manager

OWN = body("safety-questions").replace('key = "safety-questions"', 'key = "our-measure"')
READERS = {"en": "Ann Reader, RN", "es": "Bea Reader, RN"}
WHY = "Nobody understood the second question."
ASKS = """\
key = "own-weekly"
version = "1"
title = "Our own, weekly"
reminders_after_hours = [6]
closing = { after_hours = 40 }
sending_hours = { opens = "08:00", closes = "21:00" }

[[asks]]
instrument = "our-measure@1.0.0"
rhythm = "weekly"
for_weeks = 4
"""


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def written(clinic: Clinic, content: str = OWN) -> DraftView:
    with clinic.begin(clinic.charge) as tx:
        return drafts.write(tx, clinic.site, content)


def on_the_shelf(clinic: Clinic, content: str = OWN, by: Publisher | None = None) -> Pin:
    draft = written(clinic, content)
    with clinic.begin(clinic.charge) as tx:
        return drafts.publish(tx, draft, draft.revision, READERS, by or manager(clinic))


def retire(clinic: Clinic, pin: Pin, by: Publisher | None = None) -> None:
    with clinic.begin(clinic.charge) as tx:
        retired.retire(tx, pin, WHY, by or manager(clinic))


# --- drafts --------------------------------------------------------------------------------------


def test_of_two_who_save_at_once_one_is_told(clinic: Clinic) -> None:
    draft, barrier = written(clinic), Barrier(2)

    def save(age: int) -> str:
        changed = OWN.replace("min_age = 18", f"min_age = {age}")
        with clinic.begin(clinic.charge) as tx:
            barrier.wait(60)
            try:
                drafts.change(tx, draft, changed, draft.revision)
            except Conflict:
                return "told"
            return str(age)

    with ThreadPoolExecutor(2) as pool:
        came = sorted(each.result(60) for each in [pool.submit(save, age) for age in (20, 21)])
    assert came[1] == "told"
    with clinic.begin() as tx:
        now = drafts.get(tx, clinic.site, draft.id)
    assert f"min_age = {came[0]}" in now.body
    assert now.revision == draft.revision + 1


@pytest.mark.parametrize("content", ["", "no [toml", 'key = "A b"', 'key = "\\u0000"', "key = 3"])
def test_a_draft_may_be_anything_that_is_text(clinic: Clinic, content: str) -> None:
    assert written(clinic, content).key == ""


@pytest.mark.parametrize("content", ["\x00", "a" * (drafts.LARGEST + 1)])
def test_what_is_no_text_or_far_too_long_is_no_draft(clinic: Clinic, content: str) -> None:
    with pytest.raises(Invalid):
        written(clinic, content)


def test_the_same_text_again_changes_nothing(clinic: Clinic) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        assert drafts.change(tx, draft, OWN, draft.revision) == draft


def test_published_is_for_every_site_and_the_draft_is_done_with(clinic: Clinic) -> None:
    draft = written(clinic)
    with clinic.begin(clinic.charge) as tx:
        pin = drafts.publish(tx, draft, draft.revision, READERS, manager(clinic))
    with clinic.begin(clinic.charge) as tx:
        assert drafts.of_site(tx, clinic.site) == []
        instrument = service.load(tx, pin)
        assert instrument.languages["es"].reviewed_by == "Bea Reader, RN"
        with pytest.raises(Conflict):
            drafts.publish(tx, draft, draft.revision, READERS, manager(clinic))
        with pytest.raises(Conflict):
            drafts.discard(tx, draft, draft.revision + 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('name = "Apache-2.0"', 'name = "unknown"'), "nobody knows its terms"),
        (("display = true", "display = false"), "does not let us show the wording"),
        (("min_age = 18", 'min_age = 18\nunstated = ["min_age"]'), "nobody has said it"),
        (('text.es = "¿Tuvo algún', 'text.fr = "¿Tuvo algún'), "no text in es"),
    ],
)
def test_what_may_not_be_shown_is_not_published(
    clinic: Clinic, change: tuple[str, str], said: str
) -> None:
    draft = written(clinic, OWN.replace(*change))
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match=said):
        drafts.publish(tx, draft, draft.revision, READERS, manager(clinic))


def test_each_language_has_a_reader_who_did_not_write_it(clinic: Clinic) -> None:
    draft = written(clinic)
    given = {"en": "RUTH  cole"}
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid) as refused:
        drafts.publish(tx, draft, draft.revision, given, manager(clinic))
    places = [problem.where for problem in refused.value.problems]
    assert places == ["reviewer:en", "reviewer:es"]


def test_a_fault_says_its_line(clinic: Clinic) -> None:
    wrong = OWN.replace('name = "Apache-2.0"', 'name = "unknown"')
    line = wrong.splitlines().index('name = "unknown"') + 1
    with clinic.begin() as tx:
        (fault,) = drafts.check(tx, wrong, manager(clinic))
    assert fault.where == f"draft:{line}: licence.name"


def test_another_site_sees_no_draft(clinic: Clinic, web_db: Database) -> None:
    draft = written(clinic)
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    with other.begin() as tx:
        assert drafts.of_site(tx, clinic.site) == []
        with pytest.raises(NotFound):
            drafts.get(tx, other.site, draft.id)


# --- retired -------------------------------------------------------------------------------------


def test_what_is_retired_stays_readable_and_is_never_assigned_anew(clinic: Clinic) -> None:
    pin = on_the_shelf(clinic)
    patient = clinic.enrol_patient()
    with clinic.begin(clinic.charge) as tx:
        plan = published.publish(tx, parse_plan(ASKS, "own"), ASKS)
    retire(clinic, pin)
    with clinic.begin(clinic.charge) as tx:
        assert service.load(tx, pin).key == "our-measure"
        entry = catalogue.entry(tx, pin.key, pin.version)
        assert entry.retired is not None
        assert entry.retired.reason == WHY
        with pytest.raises(Invalid, match="is retired"):
            plans.choose(tx, patient, plan)
        again = ASKS.replace('version = "1"', 'version = "2"')
        with pytest.raises(Invalid, match="is retired"):
            published.publish(tx, parse_plan(again, "own"), again)


def test_who_follows_a_plan_that_asks_it_goes_on(clinic: Clinic) -> None:
    pin = on_the_shelf(clinic)
    patient = clinic.enrol_patient()
    with clinic.begin(clinic.charge) as tx:
        plan = published.publish(tx, parse_plan(ASKS, "own"), ASKS)
        plans.choose(tx, patient, plan)
    retire(clinic, pin)
    with clinic.begin(clinic.charge) as tx:
        plans.choose(tx, patient, plan)  # another end: the same plan


def test_a_site_does_not_change_to_it_but_keeps_it(clinic: Clinic) -> None:
    with clinic.begin() as tx:
        site = sites.get(tx, clinic.site)
        mine = as_agreed(site)
    newer = body("weekly-symptoms").replace(
        f'version = "{site.instrument.version}"', 'version = "9.9.9"'
    )
    pin = on_the_shelf(clinic, newer, administrator(clinic))
    retire(clinic, pin, administrator(clinic))
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="is retired"):
        publish.settle(tx, clinic.site, mine.model_copy(update={"instrument": pin}))
    retire(clinic, site.instrument, administrator(clinic))
    with clinic.begin(clinic.charge) as tx:
        publish.settle(tx, clinic.site, mine)


def test_retired_once_and_with_a_reason(clinic: Clinic) -> None:
    pin = on_the_shelf(clinic)
    with clinic.begin(clinic.charge) as tx:
        with pytest.raises(Invalid):
            retired.retire(tx, pin, "  ", manager(clinic))
        with pytest.raises(NotFound):
            retired.retire(tx, Pin("no-such", "1.0.0", "0" * 64), WHY, manager(clinic))
    retire(clinic, pin)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Conflict):
        retired.retire(tx, pin, WHY, manager(clinic))


def test_what_was_retired_cannot_be_taken_back(clinic: Clinic) -> None:
    retire(clinic, on_the_shelf(clinic))
    for statement in ("DELETE FROM instrument_retired", "UPDATE instrument_retired SET reason=''"):
        with pytest.raises(ProgrammingError), clinic.begin() as tx:
            tx.session.execute(text(statement))
