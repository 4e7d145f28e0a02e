"""Escalation and routing in a browser: read, changed with a difference and a reason, asked."""

import pytest

from rsm.escalation.policies import default_text
from tests.browser.conftest import Opener
from tests.browser.house import House, sign_in
from tests.browser.test_browser_manage import page
from tests.web.test_web_routing import TREE

pytestmark = pytest.mark.browser

OWN = default_text().replace('key = "default"', 'key = "own"').replace("= 15", "= 10", 3)


def test_a_manager_changes_who_is_told_and_where_alerts_go(window: Opener, house: House) -> None:
    desk, phone = window(desk=True), window()
    ruth = house.person(house.clinic.charge)
    sign_in(desk, ruth)
    desk.open(page(house, "escalation"))
    desk.sees("If nobody answers an emergency", "second on duty")
    desk.look("escalation")
    desk.press("Change it")
    desk.fill("The policy (TOML)", OWN.replace("on_duty", "on_dtuy", 1))
    desk.press("See what becomes different")
    desk.sees("Nothing was changed")
    desk.look("escalation-wrong")
    desk.fill("The policy (TOML)", OWN)
    desk.press("See what becomes different")
    desk.sees("Nothing stands in its way.")
    desk.look("escalation-differs")
    desk.fill("Why?", "Nights were too slow.")
    desk.press("Use it from the next alert on")
    desk.sees("Ruth Cole. Nights were too slow.")
    desk.open(page(house, "routing/site/change"))
    desk.fill("The tree (TOML or JSON)", TREE.replace('"night"', '"triage"'))
    desk.press("See what becomes different")
    desk.look("routing-differs")
    desk.fill("Why?", "Nights go to the night team.")
    desk.press("Use it from now on")
    desk.page.get_by_label("Patient reads").select_option(label="Spanish")
    desk.press("Show where it goes")
    desk.sees("It goes to the team triage", "first on duty")
    desk.page.get_by_text("Each branch that was asked").click()
    desk.look("routing")
    sign_in(phone, ruth)
    for name in ("escalation", "escalation/change?key=default&version=1.1.0", "routing"):
        phone.open(page(house, name))
        phone.look(name.split("?", maxsplit=1)[0].replace("/", "-") + "-phone")
