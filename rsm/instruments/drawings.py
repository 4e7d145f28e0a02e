"""A small set of drawings of our own, for options of a site's measure: faces, and filled cups.

Made of plain shapes in the colour of the text, so that they are the same in light and dark and
give no hint of what is a good answer.
"""

from types import MappingProxyType

from rsm.instruments.pictures import Picture

_INK = 'fill="none" stroke="currentColor" stroke-width="6" stroke-linecap="round"'
_FACES = (
    ("A broad smile", "Una gran sonrisa", "M28 58 Q50 86 72 58"),
    ("A smile", "Una sonrisa", "M30 62 Q50 76 70 62"),
    ("A straight mouth", "Una boca recta", "M32 66 L68 66"),
    ("A frown", "Un gesto de disgusto", "M30 72 Q50 56 70 72"),
    ("A deep frown, with tears", "Un gesto de gran disgusto, con lágrimas", "M28 76 Q50 46 72 76"),
)
_FULL = (
    ("empty", "An empty cup", "Una taza vacía", 0),
    ("quarter", "A cup, a quarter full", "Una taza, llena hasta un cuarto", 15),
    ("half", "A cup, half full", "Una taza, llena hasta la mitad", 30),
    ("most", "A cup, three quarters full", "Una taza, llena hasta tres cuartos", 45),
    ("full", "A full cup", "Una taza llena", 60),
)


def _face(mouth: str, *, tears: bool) -> str:
    drops = '<path d="M33 50 L33 60 M67 50 L67 60"/>' if tears else ""
    return (
        f'<svg viewBox="0 0 100 100"><g {_INK}><circle cx="50" cy="50" r="44"/>'
        f'<path d="M35 38 L35 40 M65 38 L65 40"/><path d="{mouth}"/>{drops}</g></svg>'
    )


def _cup(height: int) -> str:
    filled = f'<rect x="25" y="{85 - height}" width="50" height="{height}" fill="currentColor"/>'
    cup = f'<path d="M22 20 L22 88 L78 88 L78 20" {_INK}/>'
    return f'<svg viewBox="0 0 100 100">{filled if height else ""}{cup}</svg>'


# Name → drawing; a draft that uses one holds it itself.
DRAWINGS = MappingProxyType(
    {
        **{
            f"face-{place}": Picture(
                svg=_face(mouth, tears=place == len(_FACES) - 1), alt={"en": english, "es": spanish}
            )
            for place, (english, spanish, mouth) in enumerate(_FACES)
        },
        **{
            f"cup-{name}": Picture(svg=_cup(height), alt={"en": english, "es": spanish})
            for name, english, spanish, height in _FULL
        },
    }
)
