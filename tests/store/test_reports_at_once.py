"""A reader who presses the button twice at once gets the site's reports once."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.reports import service as reports
from rsm.reports.model import Wish
from tests.at_once import begun
from tests.clinic import build_clinic


def test_two_presses_of_the_button_are_one_subscription(web_db: Database, owner: Engine) -> None:
    clinic, wish = build_clinic(web_db), Wish(3, "en")

    def again() -> None:
        with clinic.begin(clinic.charge) as tx:
            reports.subscribe(tx, clinic.site, clinic.charge, wish)

    with ThreadPoolExecutor(1) as pool:
        with clinic.begin(clinic.charge) as tx:
            reports.subscribe(tx, clinic.site, clinic.charge, wish)
            second = begun(pool, owner, again)
        second.result(60)
    with clinic.begin() as tx:
        (only,) = reports.subscriptions(tx, clinic.site)
    assert only.wish == wish
