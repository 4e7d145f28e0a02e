"""What reports ask of the outside: somebody who prints them."""

from typing import Protocol


class Printer(Protocol):
    """Makes a PDF of an HTML file."""

    def pdf(self, html: str) -> bytes | None:
        """The PDF; None where this machine lacks what it needs: then the HTML is sent."""
        ...
