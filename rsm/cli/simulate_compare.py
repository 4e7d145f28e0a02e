"""`rsm simulate compare`: two results side by side, with a word on chance."""

from collections.abc import Sequence
from pathlib import Path

from rsm.cli.output import show
from rsm.cli.simulate_folder import STYLES, save
from rsm.kernel.errors import Invalid, Problem
from rsm.metrics.simulated import Result, read_result
from rsm.web import simulated_compare as comparing
from rsm.web.pages import render_alone


def compare(folders: Sequence[str], out: Path | None, *, as_json: bool) -> int:
    """Print the comparison; with `out` write it as a page too."""
    if len(folders) != 2:
        raise Invalid(Problem("compare", f"takes two folders, got {len(folders)}"))
    if out is not None and (out.is_dir() or out.suffix != ".html"):
        raise Invalid(Problem("--out", f"`{out}` is no page", "name a file such as compared.html"))
    before, after = (read_result(Path(folder)) for folder in folders)
    if as_json:
        show(_document(before, after))
    else:
        _print(before, after)
    if out is not None:
        page = render_alone(
            "reports/simulated.html", comparing.compared_view(before, after), *STYLES
        )
        save(out, page)
    return 0


def _print(before: Result, after: Result) -> None:
    rows = comparing.compared(before, after)
    print(comparing.heading(rows))
    for warning in comparing.warnings(before, after):
        print(warning)
    print()
    print(f"{'':<34}{'first':>10}{'second':>10}{'differs':>13}  chance")
    for row in rows:
        one, other = row.shown(row.before), row.shown(row.after)
        print(f"{row.name:<34}{one:>10}{other:>10}{row.differs:>13}  {row.chance}")


def _document(before: Result, after: Result) -> dict[str, object]:
    return {
        "warnings": list(comparing.warnings(before, after)),
        "figures": [
            {
                "figure": row.name,
                "first": row.before,
                "second": row.after,
                "runs": list(row.runs),
                "chance": row.chance,
            }
            for row in comparing.compared(before, after)
        ],
    }
