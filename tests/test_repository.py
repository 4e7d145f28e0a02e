"""What must never stand in the repository: our machines' names, and anybody's real data."""

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Written in pieces, so that this file does not hold what it looks for.
REGISTRIES = re.compile(
    r"(?<![\w-])(?:pypi|test\.pypi|files\.pythonhosted|registry\.(?:npmjs|yarnpkg)|proxy\.golang)"
    r"\.org|(?<![\w-])(?:static|index)\.crates\.io"
)
OUR_MACHINES = re.compile(r"(?<![\w.~/-])/(?:work|root|opt/wheels|home/\w+|Users/\w+)/")
# A number with its country, or written the American way.
PHONES = re.compile(
    r"(?<![\w.+-])"
    r"(?:\+\d[\d ().-]{7,17}\d|\(\d{3}\) ?\d{3}-\d{4}|\d{3}[-.]\d{3}[-.]\d{4})"
    r"(?![\w{-])"
)
# Ranges that are set aside for fiction: North America's 555-01xx, Ofcom's for drama.
FICTION = re.compile(r"(?:\+?1)?\d{3}55501\d\d|\+44" r"(?:7700900|2079460)\d{3}")
MAILS = re.compile(r"(?<![\w/:])[A-Za-z0-9._%+-]+@((?:[A-Za-z0-9-]+\.)+[a-z]{2,})")
NOBODYS = re.compile(
    r"(?:.+\.)?(?:example\.(?:org|com|net)|\w+\.(?:example|invalid|test))|.*\.test"
)


@cache
def texts() -> dict[str, str]:
    """Every file that is in the repository or about to be, as text; pictures and such left out."""
    mine = ["-c", f"safe.directory={ROOT}"]  # a checkout may belong to another user than CI's
    command = ["git", *mine, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = {}
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            content = (ROOT / name).read_bytes()
            if b"\0" not in content:
                found[name] = content.decode()
    return found


def hits(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """(file:line, what stands there) for each match."""
    return [
        (f"{name}:{text.count(chr(10), 0, match.start()) + 1}", match.group())
        for name, text in texts().items()
        for match in pattern.finditer(text)
    ]


def digits(number: str) -> str:
    return re.sub(r"[^\d+]", "", number)


def test_the_repository_is_read_at_all() -> None:
    assert "pyproject.toml" in texts()


def test_no_file_names_a_package_registry() -> None:
    assert hits(REGISTRIES) == []


def test_no_file_names_a_path_of_our_machines() -> None:
    assert hits(OUR_MACHINES) == []


def test_every_phone_number_is_from_a_range_for_fiction() -> None:
    assert [hit for hit in hits(PHONES) if not FICTION.fullmatch(digits(hit[1]))] == []


def test_every_mail_address_is_nobodys() -> None:
    domains = [(place, mail.rpartition("@")[2]) for place, mail in hits(MAILS)]
    assert [hit for hit in domains if not NOBODYS.fullmatch(hit[1].lower())] == []


def test_locks_pin_by_hash_and_name_no_place() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-build.lock"):
        text = texts()[name]
        pins = re.findall(r"^[a-z0-9][\w.-]*==", text, re.MULTILINE)
        assert pins
        assert "://" not in text
        assert "file:" not in text
        assert not re.search(r"^-", text, re.MULTILINE)  # no index, no find-links
        assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z0-9])", text)[1:])
