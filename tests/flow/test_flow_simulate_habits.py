"""What few people do is done by everybody here: each habit leads where production leads it."""

import pytest

from tests.flow.simulating import eager, order, simulate
from tests.flow.test_flow_simulate import read

REPORTS = "SELECT patient_id, '', count(*) FROM response WHERE state = 'final' GROUP BY 1"
STOPS = "SELECT action, '', count(*) FROM opt_event WHERE action = 'stop' GROUP BY 1"
STRANGERS = (
    "SELECT state, '', count(*) FROM inbound_message WHERE patient_id IS NOT NULL GROUP BY 1"
)
PHONES = "SELECT '', '', count(DISTINCT address_hash) FROM contact_point WHERE channel = 'sms'"
TAKEN = """SELECT CASE WHEN staff_id IS NULL THEN 'safety' ELSE 'staff' END, '', count(*)
    FROM alert_event WHERE kind = 'acknowledged' GROUP BY 1"""


def test_two_on_one_phone_each_answer_their_own(owner_url: str) -> None:
    outcome = simulate(owner_url, order(patients=2, weeks=2, habits=eager(shares_phone=0.5)))
    assert outcome.broken == ()
    assert read(owner_url, PHONES)[0][2] == 1
    assert len(read(owner_url, REPORTS)) == 2


def test_whoever_says_stop_is_asked_no_more(owner_url: str) -> None:
    outcome = simulate(owner_url, order(patients=2, weeks=4, habits=eager(stops=1.0)))
    assert outcome.broken == ()
    assert outcome.checked["P8"] >= 2
    assert read(owner_url, STOPS) == [("stop", "", 2)]


def test_whose_number_is_somebody_elses_gets_no_answers_from_there(owner_url: str) -> None:
    outcome = simulate(owner_url, order(patients=2, weeks=1, habits=eager(wrong_number=1.0)))
    assert outcome.broken == ()
    assert read(owner_url, STRANGERS) != []
    suspended = "SELECT '', '', count(*) FROM contact_point WHERE state <> 'active'"
    assert read(owner_url, suspended)[0][2] == 2


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_nurses_let_pass_climbs_to_the_safety_contact(owner_url: str, share: float) -> None:
    plain = eager(burden=3.0)
    staff = plain.staff.model_copy(update={"lets_pass": share})
    programme = plain.model_copy(update={"staff": staff})
    outcome = simulate(owner_url, order(patients=1, weeks=1, habits=programme))
    assert outcome.broken == ()
    by = {who for who, _, _ in read(owner_url, TAKEN)}
    assert ("safety" in by) is (share == 1.0)
