"""The folder of a result: `index.html`, `result.json`, tables, pictures, and stories if any."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from rsm.kernel.errors import Invalid, Problem
from rsm.metrics.simulated import FILE, Result
from rsm.simulate.csv_files import tables
from rsm.web.pages import render_alone
from rsm.web.simulated_charts import alone
from rsm.web.simulated_pictures import pictures
from rsm.web.simulated_views import report_view

STYLES = ("tokens.css", "staff.css", "report.css")
STORIES = "stories"


def usable(folder: Path) -> Path:
    """The folder, if a result may be written there: new, empty, or with an earlier result."""
    if folder.exists() and not folder.is_dir():
        raise Invalid(Problem(str(folder), "is no folder", "name another one with --out"))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FILE).exists():
        raise Invalid(Problem(str(folder), "holds other files", "name another one with --out"))
    parent = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise Invalid(Problem(str(folder), "cannot be written", "name another one with --out"))
    return folder


def write(folder: Path, result: Result, stories: Mapping[str, str]) -> None:
    """Write everything; each file is whole or as it was. Figures come before what shows them."""
    files = {FILE: result.model_dump_json(indent=1) + "\n", **tables(result)}
    files |= {f"{each.name}.svg": alone(each.svg, each.caption) for each in pictures(result)}
    files |= {f"{STORIES}/{name}": text for name, text in stories.items()}
    files["index.html"] = render_alone("reports/simulated.html", report_view(result), *STYLES)
    for name, text in files.items():
        save(folder / name, text)
    for file in (folder / STORIES).glob("*.toml"):  # of an earlier result
        if file.name not in stories:
            file.unlink()


def save(file: Path, text: str) -> None:
    """Whole or as it was; raises `Invalid` where the disk refuses."""
    fresh = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        mend = "free space or name another place with --out; what was written before stays"
        raise Invalid(Problem(str(file), f"cannot be written: {error.strerror}", mend)) from error
