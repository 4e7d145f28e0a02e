"""A switch that only remembers: for tests and the demo."""

from rsm.kernel.errors import Deferred, SendReason


class FakeSwitch:
    """Keeps every ping; while `down`, nobody takes one."""

    def __init__(self) -> None:
        self.pings: list[str] = []
        self.down = False

    def ping(self, heads: str) -> None:
        """Remember it; raises `Deferred` while `down`."""
        if self.down:
            raise Deferred(SendReason.NETWORK)
        self.pings.append(heads)
