"""Which zone data our instants are derived from: a release, or a fingerprint of the files."""

import re
from pathlib import Path

from rsm.kernel.localtime import _release_of, zone_data_version


def test_the_zone_data_has_a_version() -> None:
    assert re.fullmatch(r"[0-9]{4}[a-z]{1,2}|[0-9a-f]{12}", zone_data_version())


def test_files_that_say_their_release_are_believed(tmp_path: Path) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2026f\nR A 1916 o\n")
    assert _release_of(tmp_path) == "2026f"


def test_files_without_a_release_are_known_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "UTC").write_bytes(b"one")
    before = _release_of(tmp_path)
    (tmp_path / "UTC").write_bytes(b"other")
    assert _release_of(tmp_path) != before
