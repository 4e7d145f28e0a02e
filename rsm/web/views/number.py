"""View model of a number that is typed on a patient's page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NumberView:
    """A number to be typed: the field's label, its unit, how to measure it, what stands in it.

    `why` is the name under which one of the question's options, or `refused`, is posted instead.
    `wrong` says what is to be mended; `nothing` that neither was given.
    """

    label: str
    unit: str
    why: str
    hint: str = ""
    typed: str = ""
    wrong: str = ""
    nothing: bool = False
