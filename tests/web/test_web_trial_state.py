"""A trial on the patient's page carries its answers along: what we did not pack is no answer."""

import html
import json
import re

from rsm.db.work import Database
from rsm.kernel.clock import VirtualClock
from tests.clinic import build_clinic
from tests.web_desk import at_desk

CODE = "chest-pain.presence"
FORGED = [
    ["answered", None, [], ""],
    ["structural_zero", None, [], ""],
    ["structural_zero", 0, [], ""],
    ["answered", True, [], ""],
    ["answered", 10**30, [], ""],
    ["answered", 1, [True, "x", None], "words"],
    ["answered", 1.5, [], ""],
    ["answered", "1", [], ""],
    ["unknown", None, [], ""],
    [],
    {},
    None,
    7,
]


def test_a_forged_state_begins_again_at_the_first_question(
    web_db: Database, clock: VirtualClock
) -> None:
    clinic = build_clinic(web_db)
    with at_desk(clinic, clock, clinic.charge) as manager:
        address = f"/sites/{clinic.site}/instruments/safety-questions/1.0.0/try/web"
        shown = manager.get(address).text
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown)
        carried = {name: html.unescape(value) for name, value in found} | {"asked": ""}
        forged = [json.dumps({CODE: one}) for one in FORGED]
        for state in (*forged, "[]", "null", "7", "{", "[" * 100_000, '{"x": NaN}'):
            page = manager.post(address, data=carried | {"answers": state})
            assert page.status_code == 200, state[:80]
            assert f'name="{CODE}"' in page.text, state[:80]
