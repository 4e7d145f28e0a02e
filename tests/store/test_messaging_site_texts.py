"""A site's own wordings as rows: one draft, versions that never change, a named reviewer."""

import pytest
from sqlalchemy import Engine, text

from rsm.db.work import Database
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import SiteTextView, TextKey, TextState
from tests.clinic import Clinic, build_clinic

KEY = TextKey("survey_invite", "en", Channel.SMS)
BODY = "{sender_name}: hello! {link} Help: {help_phone}, {emergency_number}. Reply STOP to end."
READER = "Lucía Herrera, interpreter"


@pytest.fixture
def clinic(web_db: Database) -> Clinic:
    return build_clinic(web_db)


def drafted(clinic: Clinic, body: str = BODY, seen: str | None = None) -> SiteTextView:
    with clinic.begin(clinic.charge) as tx:
        return site_texts.draft(tx, clinic.site, KEY, body, seen=seen)


def published(clinic: Clinic, body: str = BODY) -> SiteTextView:
    draft = drafted(clinic, body)
    with clinic.begin(clinic.charge) as tx:
        return site_texts.publish(tx, clinic.site, draft.id, READER)


def test_a_draft_is_kept_right_or_wrong_and_nobody_gets_it(clinic: Clinic) -> None:
    draft = drafted(clinic, "{nonsense")
    assert (draft.version, draft.state, draft.author) == (1, TextState.DRAFT, clinic.charge)
    assert site_texts.check(draft) != []
    with clinic.begin() as tx:
        assert site_texts.published(tx, clinic.site, KEY) is None


def test_a_draft_is_changed_in_place_and_tidied(clinic: Clinic) -> None:
    first = drafted(clinic, "one")
    second = drafted(clinic, "  It\u2019s\r\ntwo  \n")
    assert (second.id, second.version) == (first.id, 1)
    assert second.body == "It's\ntwo"


def test_of_two_editors_the_second_is_told(clinic: Clinic) -> None:
    drafted(clinic, "one", seen="")
    with pytest.raises(Conflict, match="somebody else"):
        drafted(clinic, "two", seen="")
    with clinic.begin() as tx:
        draft = site_texts.draft_of(tx, clinic.site, KEY)
    assert draft is not None
    assert draft.body == "one"
    assert drafted(clinic, "two", seen=site_texts.edition(draft)).body == "two"


def test_publishing_names_who_read_it_and_replaces_what_was_sent(clinic: Clinic) -> None:
    first = published(clinic)
    assert (first.state, first.reviewer, first.version) == (TextState.PUBLISHED, READER, 1)
    second = published(clinic, BODY.replace("hello", "good day"))
    with clinic.begin() as tx:
        assert site_texts.published(tx, clinic.site, KEY) == second
        states = [(one.version, one.state) for one in site_texts.history(tx, clinic.site, KEY)]
    assert states == [(2, TextState.PUBLISHED), (1, TextState.RETIRED)]


def test_a_published_version_never_changes(clinic: Clinic) -> None:
    first = published(clinic)
    assert drafted(clinic, "other words").id != first.id
    with clinic.begin(clinic.charge) as tx:
        with pytest.raises(Conflict, match="never changes"):
            site_texts.publish(tx, clinic.site, first.id, READER)
        assert site_texts.get(tx, clinic.site, first.id) == first


@pytest.mark.parametrize("reviewer", ["", "   ", "x" * 121, "Ruth Cole", " ruth  COLE "])
def test_somebody_else_has_to_have_read_it(clinic: Clinic, reviewer: str) -> None:
    draft = drafted(clinic)
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="reviewer"):
        site_texts.publish(tx, clinic.site, draft.id, reviewer)


def test_what_is_wrong_is_not_published(clinic: Clinic) -> None:
    draft = drafted(clinic, BODY.replace("hello", "how is your pain"))
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid, match="health"):
        site_texts.publish(tx, clinic.site, draft.id, READER)
    with clinic.begin() as tx:
        assert site_texts.published(tx, clinic.site, KEY) is None


def test_retiring_leaves_ours_and_is_done_once(clinic: Clinic) -> None:
    first = published(clinic)
    with clinic.begin(clinic.charge) as tx:
        site_texts.retire(tx, clinic.site, first.id)
        assert site_texts.published(tx, clinic.site, KEY) is None
        with pytest.raises(Conflict):
            site_texts.retire(tx, clinic.site, first.id)


@pytest.mark.parametrize(
    "key",
    [
        TextKey("nothing", "en", Channel.SMS),
        TextKey("survey_invite", "vi", Channel.SMS),
        TextKey("survey_invite", "en", Channel.VOICE),
        TextKey("stop_confirmed", "en", Channel.EMAIL),
    ],
)
def test_a_text_that_we_do_not_send_cannot_be_worded(clinic: Clinic, key: TextKey) -> None:
    with clinic.begin(clinic.charge) as tx, pytest.raises(Invalid):
        site_texts.draft(tx, clinic.site, key, BODY)


def test_a_text_that_is_far_too_long_is_refused_at_once(clinic: Clinic) -> None:
    with pytest.raises(Invalid, match="1001 characters"):
        drafted(clinic, "x" * 1001)


def test_another_sites_text_is_not_found(clinic: Clinic, web_db: Database) -> None:
    other = build_clinic(web_db, name="Hillside Clinic", numbers=("+12025550102", "+12025550103"))
    theirs = published(other)
    with clinic.begin(clinic.charge) as tx:
        with pytest.raises(NotFound):
            site_texts.get(tx, clinic.site, theirs.id)
        with pytest.raises(NotFound):
            site_texts.publish(tx, other.site, theirs.id, READER)
        assert site_texts.all_published(tx, other.site) == {}


def test_every_step_stands_in_the_trail_without_the_words(clinic: Clinic, owner: Engine) -> None:
    first = published(clinic)
    with clinic.begin(clinic.charge) as tx:
        site_texts.retire(tx, clinic.site, first.id)
    query = "SELECT action, facts FROM audit_event WHERE action LIKE 'text.%' ORDER BY action"
    with owner.connect() as connection:
        rows = connection.execute(text(query)).all()
    assert [row.action for row in rows] == ["text.drafted", "text.published", "text.retired"]
    expected = {"purpose": "survey_invite", "language": "en", "channel": "sms", "version": 1}
    assert all(row.facts == expected for row in rows)
