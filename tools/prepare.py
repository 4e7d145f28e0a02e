"""Makes what the Makefile needs and says clearly when it cannot: venv, chromium, pango, promtool.

Standard library only, since it runs before anything is installed. Two runs at once wait for each
other, so `make -j check test` and two terminals are safe.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
READY = VENV / ".ready"
LOCK = ROOT / "requirements-dev.lock"
SHELL = "chromium-headless-shell"  # Chromium without windows: a fifth less work for the tests
BROWSERS = (SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NO_VENV = """\
This Python cannot make virtual environments: its modules `venv` and `ensurepip` are missing.
On Debian and Ubuntu they are a package of their own: apt-get install python3-venv
Or name another Python: make PYTHON=python3.12 ..."""
NO_BROWSER = """\
The browser tests need Chromium, and none is here. Tried: {tried}.
Install it (Debian: apt-get install chromium) and run again. Nothing is skipped in silence."""
# What WeasyPrint draws PDF files with, and letters for all our languages, by Debian's names.
PANGO = (
    *("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz0b", "libharfbuzz-subset0"),
    *("libfontconfig1", "fonts-dejavu-core"),
)
DRAWS = "import weasyprint; weasyprint.HTML(string='<p lang=en>Ñ ع').write_pdf()"
NO_PANGO = """\
Reports are tested as PDF files too: that needs Pango's libraries, which are not here.
Tried: {tried}. Install them and run again; nothing is skipped in silence. On Debian:
apt-get install {packages}"""
NO_PROMTOOL = """\
The alerting rules are checked with promtool, which is not here. Tried: {tried}.
Install Prometheus (Debian: apt-get install prometheus) and run again."""


def main(what: str) -> int:
    """Prepare `venv`, `chromium`, `pango` or `promtool`; the exit status, 0 when it is there."""
    steps: dict[str, Callable[[], str]] = {
        "venv": venv,
        "chromium": chromium,
        "pango": pango,
        "promtool": promtool,
    }
    with Path(__file__).open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        trouble = steps[what]()
    if trouble:
        print(trouble, file=sys.stderr)
    return 1 if trouble else 0


def venv() -> str:
    """Make .venv from the lock, or bring it up to date; what is wrong, or nothing."""
    if is_ready():  # somebody else made it while we waited
        return ""
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        return NO_VENV
    READY.unlink(missing_ok=True)
    if not runs([str(PYTHON), "-m", "pip", "--version"]):
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip("--require-hashes", "-r", str(LOCK))
    pip("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    READY.touch()
    return ""


def is_ready() -> bool:
    """Whether .venv is newer than everything it is made from."""
    sources = (LOCK, ROOT / "pyproject.toml", Path(__file__))
    return READY.exists() and all(
        READY.stat().st_mtime >= source.stat().st_mtime for source in sources
    )


def pip(*arguments: str) -> None:
    """Install into .venv."""
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], check=True)


def chromium() -> str:
    """A Chromium that starts: the machine's, Debian's, or Playwright's own."""
    tried = [f"{', '.join(BROWSERS)} on the PATH"]
    if starts(*BROWSERS) or playwright_has_one():
        return ""
    for package in (SHELL, "chromium"):
        if apt_install(package, tried) and starts(package):
            return ""
    tried.append("playwright install chromium")
    if runs([str(PYTHON), "-m", "playwright", "install", "chromium"], quiet=False):
        return ""
    return NO_BROWSER.format(tried="; ".join(tried))


def starts(*browsers: str) -> bool:
    """Whether one of them is here and says which version it is."""
    return any(runs([name, "--version"]) for name in browsers)


def playwright_has_one() -> bool:
    """Whether `playwright install chromium` was run before; Playwright knows where it puts it."""
    script = (
        "import os; from playwright.sync_api import sync_playwright as start\n"
        "with start() as it: raise SystemExit(not os.access(it.chromium.executable_path, os.X_OK))"
    )
    return runs([str(PYTHON), "-c", script])


def pango() -> str:
    """The libraries of the system that PDF files are made with."""
    tried: list[str] = []
    if draws() or (apt_install(" ".join(PANGO), tried) and draws()):
        return ""
    return NO_PANGO.format(tried="; ".join(tried), packages=" ".join(PANGO))


def draws() -> bool:
    """Whether WeasyPrint finds all of them: one that it can do without is a warning."""
    return runs([str(PYTHON), "-W", "error:HarfBuzz-Subset", "-c", DRAWS])


def promtool() -> str:
    """Prometheus' own checker of rules."""
    tried = ["promtool on the PATH"]
    if runs(["promtool", "--version"]) or apt_install("prometheus", tried):
        return ""
    return NO_PROMTOOL.format(tried="; ".join(tried))


def apt_install(package: str, tried: list[str]) -> bool:
    """Install a Debian package, or several with spaces between; notes in `tried` what was done."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        tried.append(f"apt-get install {package} (not root, or no apt-get)")
        return False
    tried.append(f"apt-get install {package}")
    apt = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*apt, "install", "-y", "--no-install-recommends", *package.split()]
    steps = ([*apt, "update"], install)
    return all(runs(step, quiet=False, env=quiet) for step in steps)


def runs(command: list[str], *, quiet: bool = True, env: dict[str, str] | None = None) -> bool:
    """Whether the command is there and succeeds. Its output goes to standard error, or nowhere."""
    output = subprocess.DEVNULL if quiet else sys.stderr
    try:
        done = subprocess.run(command, stdout=output, stderr=output, env=env, check=False)
    except OSError:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
