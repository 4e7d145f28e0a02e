"""Packs and texts go from site to site as drafts, and are put into use by nobody's taking them."""

from datetime import timedelta

import pytest

from rsm.alerts import releases
from rsm.collaborative import exchange, service
from rsm.collaborative.model import Offer, OfferKind
from rsm.db.work import NOWHERE, Database
from rsm.flow import exchange as flow
from rsm.flow import release
from rsm.kernel.clock import VirtualClock
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import TextKey, TextState
from rsm.sites import service as sites
from tests.clinic import Clinic, build_clinic
from tests.packs import FIRST, as_version

SECOND = as_version("9.0.0", FIRST)
KEY = TextKey("survey_invite", "en", Channel.SMS)
WORDS = "{sender_name}: hello! {link} Help: {help_phone}, {emergency_number}. Reply STOP to end."
SAID = {"author": "Ruth Cole, Lakeside", "evidence": "A third fewer repeats in two months."}


@pytest.fixture
def lakeside(web_db: Database, clock: VirtualClock) -> Clinic:
    with web_db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology", 3)
    return taking_part(build_clinic(web_db))


@pytest.fixture
def hillside(lakeside: Clinic) -> Clinic:
    numbers = ("+12025550102", "+12025550103")
    return taking_part(build_clinic(lakeside.db, name="Hillside", numbers=numbers))


def taking_part(clinic: Clinic) -> Clinic:
    with clinic.begin(clinic.charge) as tx:
        service.join(tx, clinic.site)
    return clinic


def offers(clinic: Clinic) -> tuple[Offer, ...]:
    with clinic.begin(clinic.charge) as tx:
        return exchange.offers(tx)


def test_a_pack_that_was_in_force_becomes_a_draft_elsewhere_and_no_more(
    lakeside: Clinic, hillside: Clinic, clock: VirtualClock
) -> None:
    with lakeside.begin(lakeside.charge) as tx:
        drafted = releases.draft(tx, lakeside.site, SECOND)
        with pytest.raises(Invalid, match="never published"):
            flow.offer_pack(tx, lakeside.site, drafted.id, **SAID)
        asked = release.ask(tx, drafted.id, "Fewer repeats.")
        seen = release.token(tx, asked)
    clock.advance(timedelta(minutes=1))
    with lakeside.begin(lakeside.nurse) as tx:
        release.agree(tx, drafted.id, seen)
    with lakeside.begin(lakeside.charge) as tx:
        offer_id = flow.offer_pack(tx, lakeside.site, drafted.id, **SAID)
    (found,) = offers(hillside)
    assert (found.author, found.kind) == (SAID["author"], OfferKind.PACK)
    with hillside.begin(hillside.charge) as tx:
        before = sites.get(tx, hillside.site).rule_pack
        kind, made = flow.take(tx, hillside.site, offer_id)
        taken = releases.get(tx, made)
        assert (kind, taken.state, taken.pin.hash) == (OfferKind.PACK, "draft", found.hash)
        assert sites.get(tx, hillside.site).rule_pack == before


def test_a_wording_that_was_published_becomes_a_draft_elsewhere(
    lakeside: Clinic, hillside: Clinic
) -> None:
    with lakeside.begin(lakeside.charge) as tx:
        draft = site_texts.draft(tx, lakeside.site, KEY, WORDS)
        with pytest.raises(Invalid, match="is a draft"):
            flow.offer_text(tx, lakeside.site, draft.id, **SAID)
        assert site_texts.check(draft) == []
        site_texts.publish(tx, lakeside.site, draft.id, "Dana Reyes")
        offer_id = flow.offer_text(tx, lakeside.site, draft.id, **SAID)
    with hillside.begin(hillside.charge) as tx:
        kind, made = flow.take(tx, hillside.site, offer_id)
        text = site_texts.get(tx, hillside.site, made)
        assert (kind, text.state, text.body) == (OfferKind.TEXT, TextState.DRAFT, WORDS)
        assert site_texts.published(tx, hillside.site, KEY) is None
        with pytest.raises(Conflict):
            flow.take(tx, hillside.site, offer_id)


def test_only_members_take_and_only_what_is_still_on_offer(
    lakeside: Clinic, hillside: Clinic
) -> None:
    with lakeside.begin(lakeside.charge) as tx:
        draft = site_texts.draft(tx, lakeside.site, KEY, WORDS)
        site_texts.publish(tx, lakeside.site, draft.id, "Dana Reyes")
        offer_id = flow.offer_text(tx, lakeside.site, draft.id, **SAID)
    with hillside.begin(hillside.charge) as tx:
        service.leave(tx, hillside.site)
        with pytest.raises(NotFound):
            flow.take(tx, hillside.site, offer_id)
        service.join(tx, hillside.site)
    with lakeside.begin(lakeside.charge) as tx:
        service.leave(tx, lakeside.site)
    assert offers(hillside) == ()
    with hillside.begin(hillside.charge) as tx, pytest.raises(NotFound):
        flow.take(tx, hillside.site, offer_id)
