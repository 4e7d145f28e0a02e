"""Patients' requests take turns at the database: a rush of answers waits, and nurses get in.

Each process has a few connections. A request that finds none free would hold a thread and fail
after some seconds; so it waits here, where waiting costs nothing, and a few connections are left
to everybody else. Nobody holds a turn while a slow phone is still sending its form.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from rsm.db.work import CONNECTIONS
from rsm.web.patient_faults import DatabaseLost

_LEFT_TO_STAFF = 3
_PATIENCE = 20.0  # seconds; then she is told that it is not stored, and her answers stay


class Turns:
    """How many of them there are; `patience` is for how many seconds one is waited for."""

    def __init__(
        self, at_once: int = CONNECTIONS - _LEFT_TO_STAFF, patience: float = _PATIENCE
    ) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._patience = patience

    async def take(self) -> None:
        """Raises `DatabaseLost` when none becomes free in time."""
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseLost from None

    def give_back(self) -> None:
        self._free.release()


async def _in_turn(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    await turns.take()
    try:
        yield
    finally:
        turns.give_back()


InTurn = Annotated[None, Depends(_in_turn, scope="function")]
