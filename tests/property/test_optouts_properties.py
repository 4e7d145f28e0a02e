"""The ledger against a simple model, words in any dress, and texts of any kind."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from rsm.kernel.keywords import STOP_WORDS, normalise
from rsm.messaging.decide import ReadingKind, read_text
from rsm.messaging.ledger import OptAction, OptPurpose
from rsm.messaging.optout_store import Latest
from rsm.messaging.optouts import stop_among
from rsm.messaging.reports import report_of

NARROWER = {
    OptPurpose.ALL: set(OptPurpose),
    OptPurpose.SURVEYS: {OptPurpose.SURVEYS, OptPurpose.REMINDERS},
    OptPurpose.REMINDERS: {OptPurpose.REMINDERS},
}
ALL_STOPS = sorted({word for words in STOP_WORDS.values() for word in words})
AROUND = st.text(alphabet=" .,!?;:\"'()*_-…\n\t\u200b", max_size=6)


@given(st.lists(st.tuples(st.sampled_from(OptPurpose), st.sampled_from(OptAction)), max_size=12))
def test_the_ledger_says_what_was_said_last(said: list[tuple[OptPurpose, OptAction]]) -> None:
    stopped: set[OptPurpose] = set()
    latest: dict[OptPurpose, Latest] = {}
    for seq, (purpose, action) in enumerate(said):
        line = Latest(UUID(int=seq), b"", purpose, action, "text", seq)
        latest[purpose] = line
        if action is OptAction.STOP:
            stopped.add(purpose)
        else:
            stopped -= NARROWER[purpose]
    for purpose in OptPurpose:
        covered = any(purpose in NARROWER[each] for each in stopped)
        assert (stop_among(list(latest.values()), purpose) is not None) == covered


@given(st.sampled_from(ALL_STOPS), AROUND, AROUND, st.booleans())
def test_a_stop_word_in_any_dress_is_one(word: str, left: str, right: str, upper: bool) -> None:
    dressed = f"{left} {word.upper() if upper else word} {right}"
    assert read_text(dressed).kind is ReadingKind.STOP


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing_and_any_text_is_read(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    reading = read_text(text)
    assert reading.kind in ReadingKind
    assert report_of(text) == report_of(text)


@given(st.integers(0, 10), AROUND)
def test_a_number_never_stops_anything(number: int, around: str) -> None:
    assert read_text(f"{number}{around}").kind is not ReadingKind.STOP
