"""Prometheus scrapes what our rules read: no label of ours is renamed on the way."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from rsm.metrics.series import EXPORTED

CONFIG = Path(__file__).resolve().parents[3] / "deploy" / "prometheus" / "prometheus.yml"
PROMETHEUS_OWN = {"job", "instance"}


class Scrape(BaseModel):
    """How one kind of target is scraped, as far as it matters here."""

    model_config = ConfigDict(extra="ignore")
    job_name: str
    honor_labels: bool = False


class Scrapes(BaseModel):
    """The configuration's part about targets."""

    model_config = ConfigDict(extra="ignore")
    scrape_configs: list[Scrape]


def test_labels_that_prometheus_sets_as_well_are_kept_as_the_worker_says_them() -> None:
    scrapes = Scrapes.model_validate(yaml.safe_load(CONFIG.read_text())).scrape_configs
    shared = {label for series in EXPORTED for label in series.labels} & PROMETHEUS_OWN
    assert shared == {"job"}  # `instance` is Prometheus' own: which worker it was
    assert [scrape.job_name for scrape in scrapes if not scrape.honor_labels] == []
