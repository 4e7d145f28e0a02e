"""Talking to the sandbox's control desk: JSON out, checked JSON back."""

from collections.abc import Mapping
from typing import TypeVar

import requests
from pydantic import BaseModel, ConfigDict, JsonValue

_TIMEOUT_SECONDS = 120  # a flush or a seed of months may take long


class Reply(BaseModel):
    """An answer of the desk."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


JsonObject = Mapping[str, JsonValue]
Parsed = TypeVar("Parsed", bound=Reply)


class Remote:
    """The desk at one address; raises `requests.RequestException` when it is not there."""

    def __init__(self, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        # A kept connection may be closed by the server in the very moment of its next use.
        self._session.headers["Connection"] = "close"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _get(self, path: str, reply: type[Parsed]) -> Parsed:
        return reply.model_validate_json(self._send("GET", path, None))

    def _post(self, path: str, body: JsonObject, reply: type[Parsed]) -> Parsed:
        return reply.model_validate_json(self._send("POST", path, body))

    def _send(self, method: str, path: str, body: JsonObject | None) -> bytes:
        url = self._base + path
        answer = self._session.request(method, url, json=body, timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.content
