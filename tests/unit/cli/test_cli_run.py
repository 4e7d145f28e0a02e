"""How pages are served: what the proxy in front of them may count on."""

from types import SimpleNamespace
from typing import cast

import pytest
from fastapi import FastAPI

from rsm.bootstrap import House
from rsm.cli.run import serve

LONGEST_OF_A_PROXY = 120  # Caddy's


def test_a_kept_connection_is_the_proxys_to_close(monkeypatch: pytest.MonkeyPatch) -> None:
    served: dict[str, object] = {}

    def run(_: FastAPI, **options: object) -> None:
        served.update(options)

    monkeypatch.setattr("uvicorn.run", run)
    monkeypatch.setattr("rsm.bootstrap.web_app", lambda _: FastAPI())
    monkeypatch.setattr("rsm.bootstrap.memory.settle", lambda: None)
    serve(cast("House", SimpleNamespace(settings=SimpleNamespace(host="127.0.0.1", port=8000))))
    kept = served["timeout_keep_alive"]
    assert isinstance(kept, int)
    assert kept > LONGEST_OF_A_PROXY
