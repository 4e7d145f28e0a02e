"""What stands in deploy/ fits together: images, compose, alerting rules, runbooks, board."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from rsm.metrics.series import EXPORTED_NAMES
from rsm.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"


class Open(BaseModel):
    """A document of which only some keys matter here."""

    model_config = ConfigDict(extra="ignore")


class Rule(Open):
    alert: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]


class RuleGroup(Open):
    rules: list[Rule]


class Rules(Open):
    groups: list[RuleGroup]


class Expected(Open):
    alertname: str
    exp_alerts: list[dict[str, dict[str, str]]]


class Case(Open):
    alert_rule_test: list[Expected]


class Cases(Open):
    tests: list[Case]


class Service(Open):
    image: str
    read_only: bool = False
    cap_drop: list[str] = []
    security_opt: list[str] = []
    environment: dict[str, str] = {}
    secrets: list[str] = []
    ports: list[str] = []
    volumes: list[str] = []


class Compose(Open):
    services: dict[str, Service]
    secrets: dict[str, dict[str, str]]
    volumes: dict[str, None]


class Target(Open):
    expr: str


class Panel(Open):
    title: str
    targets: list[Target]


class Board(Open):
    panels: list[Panel]


class Step(NamedTuple):
    """One instruction of a Dockerfile."""

    word: str
    rest: str


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    text = (DEPLOY / "prometheus" / "rules.yml").read_text()
    groups = Rules.model_validate(yaml.safe_load(text)).groups
    return [rule for group in groups for rule in group.rules]


@pytest.fixture(scope="module")
def cases() -> list[Expected]:
    text = (DEPLOY / "prometheus" / "rules.test.yml").read_text()
    tests = Cases.model_validate(yaml.safe_load(text)).tests
    return [expected for case in tests for expected in case.alert_rule_test]


@pytest.fixture(scope="module")
def board() -> Board:
    return Board.model_validate(json.loads((DEPLOY / "grafana" / "rsm.json").read_text()))


@pytest.fixture(scope="module")
def compose() -> Compose:
    return Compose.model_validate(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


@pytest.fixture(scope="module")
def dockerfile() -> list[Step]:
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [Step(word, rest) for word, _, rest in (line.strip().partition(" ") for line in lines)]


def metrics_in(expression: str) -> set[str]:
    return set(re.findall(r"\brsm_[a-z_]+", expression))


def test_every_alert_has_a_runbook_and_every_runbook_an_alert(rules: list[Rule]) -> None:
    books = {path.stem for path in (DEPLOY / "runbooks").glob("Rsm*.md")}
    assert books == {rule.alert for rule in rules}


def test_every_alert_points_at_its_own_runbook(rules: list[Rule]) -> None:
    assert [r.alert for r in rules if Path(r.annotations["runbook"]).stem != r.alert] == []
    assert [r.alert for r in rules if not (ROOT / r.annotations["runbook"]).is_file()] == []


def test_every_runbook_says_what_it_means_what_to_look_at_and_what_to_do() -> None:
    parts = ("## What it means", "## What to look at", "## What to do")
    for path in (DEPLOY / "runbooks").glob("Rsm*.md"):
        text = path.read_text()
        assert text.startswith(f"# {path.stem}\n")
        assert [part for part in parts if part not in text] == []


def test_every_alert_says_whether_it_wakes_somebody(rules: list[Rule]) -> None:
    assert {rule.labels["severity"] for rule in rules} <= {"page", "ticket"}


def test_every_alert_is_seen_silent_and_seen_loud(rules: list[Rule], cases: list[Expected]) -> None:
    names = {rule.alert for rule in rules}
    assert {case.alertname for case in cases if case.exp_alerts} == names
    assert {case.alertname for case in cases if not case.exp_alerts} == names


def test_rules_and_board_use_only_metrics_that_we_export(rules: list[Rule], board: Board) -> None:
    expressions = [rule.expr for rule in rules]
    expressions += [target.expr for panel in board.panels for target in panel.targets]
    assert {name for text in expressions for name in metrics_in(text)} - EXPORTED_NAMES == set()


def test_the_board_shows_something_in_every_panel(board: Board) -> None:
    empty = [
        panel.title
        for panel in board.panels
        if not any(metrics_in(target.expr) for target in panel.targets)
    ]
    assert board.panels
    assert empty == []


def test_images_are_named_by_version(compose: Compose, dockerfile: list[Step]) -> None:
    images = [service.image for service in compose.services.values()]
    images += [step.rest.split()[0] for step in dockerfile if step.word == "FROM"]
    assert [image for image in images if not re.fullmatch(r"[\w/.-]+:v?\d[\w.-]*", image)] == []


def test_the_image_runs_as_a_numbered_user_that_is_not_root(dockerfile: list[Step]) -> None:
    final = dockerfile[max(n for n, step in enumerate(dockerfile) if step.word == "FROM") :]
    users = [step.rest for step in final if step.word == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])
    assert [step.word for step in final].index("USER") < [step.word for step in final].index("CMD")


def test_the_image_installs_only_what_the_lock_names(dockerfile: list[Step]) -> None:
    commands = [
        command
        for step in dockerfile
        if step.word == "RUN"
        for command in step.rest.split("&&")
        if "pip install" in command
    ]
    pinned = [
        "--require-hashes" in command or {"--no-index", "--no-deps"} <= set(command.split())
        for command in commands
    ]
    assert commands
    assert all(pinned)


def test_the_image_fetches_nothing_else_and_holds_no_secret(dockerfile: list[Step]) -> None:
    assert "ADD" not in {step.word for step in dockerfile}
    assert not [
        step for step in dockerfile if re.search(r"\b(curl|wget|sudo|https?://[^1])", step.rest)
    ]
    held = [step for step in dockerfile if step.word in {"ENV", "ARG"}]
    assert not [step for step in held if re.search(r"(?i)secret|token|passw|_url\b", step.rest)]


def test_the_image_copies_no_more_than_it_needs(dockerfile: list[Step]) -> None:
    copies = [step.rest.split() for step in dockerfile if step.word == "COPY"]
    assert not [copy for copy in copies if copy[0] == "."]
    needed = {part for copy in copies if "--from=build" not in copy for part in copy[:-1]}
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert needed == {line[1:] for line in ignored if line.startswith("!")}
    assert [name for name in needed if not (ROOT / name).exists()] == []


def test_the_image_has_a_health_check(dockerfile: list[Step]) -> None:
    checks = [step.rest for step in dockerfile if step.word == "HEALTHCHECK"]
    assert len(checks) == 1
    assert "/healthz" in checks[0]


def test_our_services_cannot_write_to_their_root_or_gain_rights(compose: Compose) -> None:
    ours = [service for service in compose.services.values() if service.image.startswith("rsm:")]
    assert len(ours) == 3
    for service in ours:
        assert service.read_only
        assert service.cap_drop == ["ALL"]
        assert "no-new-privileges:true" in service.security_opt


def test_compose_sets_only_settings_that_exist(compose: Compose) -> None:
    known = {f"RSM_{field.upper()}" for field in Settings.model_fields}
    named = {name for service in compose.services.values() for name in service.environment}
    ours = {name.removesuffix("_FILE") for name in named if name.startswith("RSM_")}
    assert ours - known == set()


def test_secrets_reach_a_service_as_files_only(compose: Compose) -> None:
    secret = re.compile(r"TOKEN|KEYS|PASSWORD|SMTP_URL|MIGRATE_DATABASE_URL")
    for service in compose.services.values():
        plain = [name for name in service.environment if secret.search(name)]
        assert [name for name in plain if not name.endswith("_FILE")] == []
        files = [v for v in service.environment.values() if v.startswith("/run/secrets/")]
        assert {Path(file).name for file in files} == set(service.secrets)


def test_every_secret_is_used_and_lies_where_git_does_not_look(compose: Compose) -> None:
    used = {name for service in compose.services.values() for name in service.secrets}
    assert used == set(compose.secrets)
    places = [secret["file"] for secret in compose.secrets.values()]
    assert [place for place in places if not place.startswith("../var/secrets/")] == []
    assert "/var/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_readme_of_deploy_names_every_secret(compose: Compose) -> None:
    readme = (DEPLOY / "README.md").read_text()
    assert [name for name in compose.secrets if f"| `{name}` |" not in readme] == []


def test_no_port_is_open_to_other_hosts(compose: Compose) -> None:
    ports = [port for service in compose.services.values() for port in service.ports]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_files_that_compose_mounts_are_there(compose: Compose) -> None:
    mounts = [m.split(":")[0] for s in compose.services.values() for m in s.volumes]
    files = [mount for mount in mounts if mount.startswith(".")]
    assert [file for file in files if not (DEPLOY / file).exists()] == []
    assert {mount for mount in mounts if not mount.startswith(".")} == set(compose.volumes)
