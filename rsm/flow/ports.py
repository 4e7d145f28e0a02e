"""What the flow asks of the outside."""

from typing import Protocol

from rsm.messaging.lifeline import Beat


class DeadMansSwitch(Protocol):
    """Somebody outside who raises the alarm when we fall silent (P17)."""

    def ping(self, heads: str) -> None:
        """Say that all is well; `heads` is a hash of the audit chains' heads, to be kept there.

        Raises `Deferred` when nobody took it: the next minute tries again.
        """
        ...


class Keepsake(Protocol):
    """Keeps the lifeline's last beat outside the database, where no restore reaches it."""

    def read(self) -> Beat | None:
        """The highest beat that was kept; None when there is none."""
        ...

    def keep(self, beat: Beat) -> None:
        """Keep this beat, unless a higher one is kept."""
        ...
