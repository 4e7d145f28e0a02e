"""Our own drawing of a body, front and back, in parts that can be chosen.

Each part is one or more closed outlines in a box of 200 by 360. Left and right are the person's
own: on the front her right side is at the viewer's left. An arm or a leg is one part, drawn on
both sides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

VIEW_BOX = "0 0 200 360"

Side = Literal["front", "back"]
SIDES: tuple[Side, Side] = ("front", "back")


class Area(StrEnum):
    """A part of the body on the drawing, from the head down."""

    FACE = "face"
    HEAD_BACK = "head-back"
    THROAT = "throat"
    NECK = "neck"
    CHEST = "chest"
    UPPER_BACK = "upper-back"
    UPPER_ABDOMEN = "upper-abdomen"
    LOWER_ABDOMEN = "lower-abdomen"
    LOWER_BACK = "lower-back"
    PELVIS = "pelvis"
    BUTTOCKS = "buttocks"
    RIGHT_SHOULDER = "right-shoulder"
    LEFT_SHOULDER = "left-shoulder"
    RIGHT_ARM = "right-arm"
    LEFT_ARM = "left-arm"
    RIGHT_HAND = "right-hand"
    LEFT_HAND = "left-hand"
    RIGHT_THIGH = "right-thigh"
    LEFT_THIGH = "left-thigh"
    RIGHT_LOWER_LEG = "right-lower-leg"
    LEFT_LOWER_LEG = "left-lower-leg"
    RIGHT_FOOT = "right-foot"
    LEFT_FOOT = "left-foot"


@dataclass(frozen=True)
class Outline:
    """A closed shape on one side of the drawing; `path` is the `d` of an SVG path."""

    side: Side
    path: str


# In the middle of the body: x, y, width, height, roundness.
_Box = tuple[int, int, int, int, int]
_MIDDLE: Mapping[Area, tuple[Side, _Box]] = {
    Area.FACE: ("front", (79, 6, 42, 50, 20)),
    Area.HEAD_BACK: ("back", (79, 6, 42, 50, 20)),
    Area.THROAT: ("front", (89, 57, 22, 16, 4)),
    Area.NECK: ("back", (89, 57, 22, 16, 4)),
    Area.CHEST: ("front", (70, 74, 60, 44, 8)),
    Area.UPPER_BACK: ("back", (70, 74, 60, 50, 8)),
    Area.UPPER_ABDOMEN: ("front", (72, 119, 56, 28, 6)),
    Area.LOWER_ABDOMEN: ("front", (71, 148, 58, 22, 6)),
    Area.LOWER_BACK: ("back", (72, 125, 56, 36, 6)),
    Area.PELVIS: ("front", (69, 171, 62, 22, 8)),
    Area.BUTTOCKS: ("back", (69, 162, 62, 31, 12)),
}
# On the viewer's left; the other is its mirror image.
_LIMBS: Mapping[tuple[Area, Area], _Box] = {
    (Area.RIGHT_SHOULDER, Area.LEFT_SHOULDER): (48, 74, 21, 24, 9),
    (Area.RIGHT_ARM, Area.LEFT_ARM): (46, 99, 18, 84, 8),
    (Area.RIGHT_HAND, Area.LEFT_HAND): (43, 184, 20, 28, 8),
    (Area.RIGHT_THIGH, Area.LEFT_THIGH): (70, 194, 29, 68, 9),
    (Area.RIGHT_LOWER_LEG, Area.LEFT_LOWER_LEG): (73, 263, 24, 66, 8),
    (Area.RIGHT_FOOT, Area.LEFT_FOOT): (64, 330, 34, 20, 8),
}
_WIDTH = 200


def outlines(side: Side) -> tuple[tuple[Area, str], ...]:
    """Every part that is seen on that side, from the head down, with its `d`."""
    return tuple((area, one.path) for area in Area for one in OUTLINES[area] if one.side == side)


def _path(box: _Box) -> str:
    """A box with round corners."""
    x, y, width, height, r = box
    across, down = width - 2 * r, height - 2 * r
    return (
        f"M{x + r} {y}h{across}a{r} {r} 0 0 1 {r} {r}v{down}a{r} {r} 0 0 1 -{r} {r}"
        f"h-{across}a{r} {r} 0 0 1 -{r} -{r}v-{down}a{r} {r} 0 0 1 {r} -{r}z"
    )


def _mirrored(box: _Box) -> _Box:
    x, y, width, height, r = box
    return _WIDTH - x - width, y, width, height, r


def _outlines() -> dict[Area, tuple[Outline, ...]]:
    found: dict[Area, tuple[Outline, ...]] = {
        area: (Outline(side, _path(box)),) for area, (side, box) in _MIDDLE.items()
    }
    for (right, left), box in _LIMBS.items():
        here, there = _path(box), _path(_mirrored(box))
        found[right] = (Outline("front", here), Outline("back", there))
        found[left] = (Outline("front", there), Outline("back", here))
    return found


OUTLINES: Mapping[Area, tuple[Outline, ...]] = _outlines()
