"""The collaborative in a browser: twelve sites beside our own, in English and Spanish."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import pytest

from rsm.collaborative import exchange, files, service, shared_store, sharing
from rsm.collaborative.model import NewOffer, OfferKind
from rsm.db.work import EVERYWHERE, NOWHERE
from rsm.kernel.words import Role
from rsm.metrics.figures import Figure
from rsm.security import staff
from rsm.security.model import NewStaff
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.collaborative_world import FINGERPRINT, PUBLIC, document, envelope, twelve_sites

pytestmark = pytest.mark.browser
QUARTER = date(2026, 7, 1)
COUNTS = {"completed": (180, 300), "by_self": (150, 300), "assisted": (30, 300)}


@pytest.fixture
def shared(house: House, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """Lakeside and twelve others share the third quarter; returns the lead."""

    def found(tx: object, site_id: UUID, days: object) -> Mapping[str, Mapping[str, Figure]]:
        of = COUNTS if getattr(days, "first", None) == QUARTER else {}
        return {"": {name: Figure(name, float(part), whole) for name, (part, whole) in of.items()}}

    monkeypatch.setattr("rsm.collaborative.sharing.metrics.figures", found)
    clinic = house.clinic
    with clinic.db.begin(NOWHERE) as tx:
        service.agree(tx, "oncology", "Oncology collaborative", 3)
        service.add_member(tx, "Hillside Health", PUBLIC, FINGERPRINT)
        service.new_key(tx)
        files.take(tx, envelope(document(sites=twelve_sites())))
    with clinic.begin(clinic.charge) as tx:
        service.join(tx, clinic.site)
        exchange.offer(tx, clinic.site, _offer())
        made = NewStaff(clinic.organisation, "lena@lakeside.example.org", "Lena Voss", "es")
        lead = staff.create(tx, made)
        staff.grant(tx, lead, clinic.site, Role.LEAD)
    sharing.share_due(house.worker)
    _learned(house)
    return lead


def _offer() -> NewOffer:
    return NewOffer(
        OfferKind.TEXT,
        "invitation, en, sms",
        "ab" * 32,
        "{sender_name}: how are you? {link}",
        {"purpose": "invitation", "language": "en", "channel": "sms"},
        "Ruth Cole, Lakeside",
        "Nine points more began on the day on which it was sent (48 to 57 %).",
    )


def _learned(house: House) -> None:
    with house.worker.begin(EVERYWHERE) as tx:
        (place,) = shared_store.all_own_sites(tx)
        shared_store.set_lessons(
            tx,
            place.code,
            [
                {
                    "id": tx.new_id(),
                    "on_day": date(2026, 9, 1),
                    "title": "A second call at noon",
                    "words": "Whoever has not answered is called once more.",
                    "strategy": "Remind clinicians",
                    "barrier": "Available resources",
                }
            ],
        )


def test_sites_stand_beside_one_another(window: Opener, house: House, shared: UUID) -> None:
    desk, phone = window(desk=True), window()
    here = f"/sites/{house.clinic.site}/collaborative"
    sign_in(desk, house.person(house.clinic.charge))
    desk.open(here)
    desk.sees("Lakeside Clinic lies at 60 %", "From the literature, to be read beside")
    desk.look("collaborative")
    sign_in(phone, house.person(shared))
    phone.open("/collaborative")
    phone.heading("Quién participa, y hasta dónde ha llegado")
    phone.look("collaborative-lead-phone")
    phone.press("Barreras, estrategias, paquetes y textos")
    phone.sees("A second call at noon", "Autoría: Ruth Cole, Lakeside")
    phone.look("collaborative-exchange-phone")
