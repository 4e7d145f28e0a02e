"""What a judge reads of a pack by itself: plain thresholds, and no more."""

from rsm.alerts.packs import folder, parse_pack
from rsm.simulate.promises.pack import Named, named_by


def named(key: str) -> Named:
    return named_by(parse_pack((folder() / f"{key}.toml").read_text(), key)[0])


def test_every_threshold_on_an_answer_is_read() -> None:
    assert ("%.%", 3) in named("star").severe
    assert ("%.severity", 3) in named("pro-tect-like").severe


def test_a_rise_is_read_with_its_bound() -> None:
    assert ("%.%", 2, 3) in named("first").worse
    assert named("severe-only").worse == ()
