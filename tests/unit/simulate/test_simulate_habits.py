"""The demo's habits: what comes of the calls is what the trial reports."""

from rsm.simulate import habits
from rsm.simulate.habits import Came


def test_two_to_four_tries_bring_about_as_many_answers_as_in_the_trial() -> None:
    # NCCTG: of 22.8 in 100 reports that did not come by themselves, 14.7 came by a call.
    weights = habits.shipped().calls.comes_to
    total = sum(weights.values())
    answers = weights[Came.ANSWERS] / total
    ends = sum(weights[came] for came in (Came.REFUSED, Came.TOO_ILL)) / total
    again = 1 - answers - ends
    by_tries = {tries: answers * sum(again**each for each in range(tries)) for tries in (2, 4)}
    assert by_tries[2] < 14.7 / 22.8 < by_tries[4]


def test_every_call_that_can_be_noted_has_a_habit() -> None:
    assert set(habits.shipped().calls.comes_to) == set(Came)
