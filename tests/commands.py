"""The commands on a test's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import rsm.bootstrap


def commands_find(monkeypatch: pytest.MonkeyPatch, **house: object) -> None:
    """What a command opens has these doors, and `settings` if they are given; none are read."""

    @contextmanager
    def opened(_settings: object) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(**house)

    monkeypatch.setattr(rsm.bootstrap, "open_house", opened)
    monkeypatch.setattr("rsm.settings.read_settings", lambda: None)
