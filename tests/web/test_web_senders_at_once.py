"""Two managers who change the same sender at once: the second is told, and the first's stands."""

from concurrent.futures import ThreadPoolExecutor

from httpx2 import Response
from sqlalchemy import Engine

from rsm.db.work import Database
from rsm.flow import senders
from rsm.kernel.clock import VirtualClock
from rsm.kernel.words import Audience, Channel
from rsm.sites import service as sites
from rsm.sites.model import Address
from tests.at_once import begun
from tests.clinic import build_clinic
from tests.web_desk import at_desk, csrf_of

FIRST, SECOND = "+12025550105", "+12025550106"


def test_the_second_of_two_managers_is_told(
    web_db: Database, owner: Engine, clock: VirtualClock
) -> None:
    clinic = build_clinic(web_db)
    here = f"/sites/{clinic.site}/senders/patient/sms"
    with at_desk(clinic, clock, clinic.charge) as manager, ThreadPoolExecutor(1) as pool:
        form = manager.get(here)
        fields = {
            "csrf": csrf_of(form),
            "seen": form.text.split('name="seen" value="')[1].split('"', maxsplit=1)[0],
            "address": SECOND,
            "kind": "long_code",
            "per_second": "1",
            "daily_cap": "",
            "status": "missing",
        }

        def sends() -> Response:
            return manager.post(here, data=fields)

        with clinic.begin(clinic.charge) as tx:
            senders.change(tx, Address(clinic.site, Audience.PATIENT, Channel.SMS), FIRST)
            second = begun(pool, owner, sends)
        assert second.result(60).status_code == 422
    with clinic.begin() as tx:
        assert sites.sender(tx, clinic.site, Audience.PATIENT, Channel.SMS) == FIRST
