"""What the flow asks of the outside."""

from typing import Protocol


class DeadMansSwitch(Protocol):
    """Somebody outside who raises the alarm when we fall silent (P17)."""

    def ping(self, heads: str) -> None:
        """Say that all is well; `heads` is a hash of the audit chains' heads, to be kept there.

        Raises `Deferred` when nobody took it: the next minute tries again.
        """
        ...
