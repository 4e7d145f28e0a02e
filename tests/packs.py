"""Packs for tests: what we ship as it is published, and more made of it, each with its red set."""

import re

from rsm.alerts.packs import folder, whole_text


def shipped(name: str) -> str:
    """The text of a pack that we ship, with the parts that it includes in it."""
    return whole_text((folder() / f"{name}.toml").read_text("utf-8"), name)


def as_version(version: str, body: str) -> str:
    """The same pack under another version."""
    return re.sub(
        r'^version = "[^"]*"', f'version = "{version}"', body, count=1, flags=re.MULTILINE
    )


FIRST = shipped("first")
# Without its red set: it may be asked and tried, not published.
GRADES_ALONE = whole_text(
    (folder() / "first.toml").read_text("utf-8").replace('"red-set", ', "", 1), "first"
)
