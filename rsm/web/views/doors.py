"""View model of the page on which a tablet waits for its next patient."""

from dataclasses import dataclass

from rsm.web.views.patient import PatientFrame


@dataclass(frozen=True)
class TabletView:
    """`patient/tablet.html`: give it back. `stored`: the answers were sent just now.

    `tell`: they need somebody before the patient leaves; `advice` is what the site says then.
    """

    frame: PatientFrame
    stored: bool = False
    tell: bool = False
    advice: tuple[str, ...] = ()
