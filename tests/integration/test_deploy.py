"""What is delivered for many machines says nothing that the portal does not know, and names all that it should."""

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from portal import __version__, exposing, metrics
from portal.settings import ROOT, Settings

DEPLOY, GUIDE = ROOT / "deploy", ROOT / "docs" / "deploy.md"
TEXTS = [path for path in [*sorted(DEPLOY.rglob("*")), GUIDE, ROOT / "README.md"] if path.is_file()]
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
VARIABLES = {f"PORTAL_{name.upper()}" for name in Settings.__dataclass_fields__}
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "User": "portal",
    "Restart": "always",
}
SUFFIXES = re.compile(r"_(bucket|sum|count|total|created)$")
OURS = re.compile(r"\bportal_[a-z_]+\b")


def alerts() -> list[dict[str, Any]]:
    """Return the alert rules."""
    return [rule for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"] for rule in group["rules"]]


@pytest.fixture
def figures(database: str) -> dict[str, set[str]]:
    """Each metric of a web process that has done something → its labels."""
    metrics.request(route="/", method="GET", status=200, seconds=0.1)
    metrics.effect(target="factory", outcome="done", seconds=0.1)
    with metrics.process_step("order"):
        pass
    families = text_string_to_metric_families(exposing.figures(shop=True).decode())
    return {
        sample.name: set(sample.labels)
        for family in families
        for sample in family.samples
        if family.name.startswith("portal_")
    }


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_variable_named_is_a_setting(path: Path) -> None:
    assert set(re.findall(r"\bPORTAL_[A-Z_]+[A-Z]\b", path.read_text())) <= VARIABLES


def test_the_guide_names_every_setting() -> None:
    assert set(re.findall(r"\bPORTAL_[A-Z_]+[A-Z]\b", GUIDE.read_text())) == VARIABLES


def test_alerts_ask_for_what_there_is(figures: dict[str, set[str]]) -> None:
    for rule in alerts():
        named = set(OURS.findall(rule["expr"]))
        assert named <= figures.keys(), rule["alert"]
        labels = set(re.findall(r"(\w+)=~?\"", rule["expr"])) | set(
            re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))
        )
        known = {"job", "instance"}.union(*(figures[name] for name in named))
        assert labels <= known, rule["alert"]


def test_alerts_are_explained_each_under_its_name() -> None:
    explained = set(re.findall(r"^\| (Portal\w+) \|", GUIDE.read_text(), re.MULTILINE))
    assert explained == {rule["alert"] for rule in alerts()}


def test_the_guide_names_every_figure_and_no_other(figures: dict[str, set[str]]) -> None:
    known = {SUFFIXES.sub("", name) for name in figures}
    assert {SUFFIXES.sub("", name) for name in re.findall(r"`(portal_[a-z_]+)`", GUIDE.read_text())} == known


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_what_there_is_hardened_and_give_it_time_to_end(path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]  # names keep their capitals
    unit.read_string(path.read_text())
    service = unit["Service"]
    assert {name: service[name] for name in HARDENED} == HARDENED
    assert re.search(r"python -m portal (web|worker)\b", service["ExecStart"])
    assert int(service["TimeoutStopSec"]) >= 30
    assert unit["Install"]["WantedBy"] == "portal.target"


def test_compose_starts_two_of_each_when_what_they_need_is_healthy() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yml").read_text())["services"]
    for name in ("web", "worker"):
        assert services[name]["deploy"]["replicas"] == 2
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["migrate"]
    assert {service["image"] for service in services.values() if "portal" in service["image"]} == {
        f"portal:{__version__}"
    }
    assert not [service["image"] for service in services.values() if "/" in service["image"]]


def test_secrets_are_examples_and_the_files_that_hold_them_are_not_kept() -> None:
    for path in (DEPLOY / "portal.env.example", DEPLOY / "db.env.example", DEPLOY / "systemd" / "portal.env.example"):
        for line in path.read_text().splitlines():
            if re.match(r"\w*(SECRET|TOKEN|PASSWORD)", line):
                assert "CHANGE-ME" in line
    assert {"/deploy/*.env", "/deploy/tls/"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_proxies_leave_live_pages_alone_and_close_what_is_not_public() -> None:
    nginx, caddy = (DEPLOY / "nginx.conf").read_text(), (DEPLOY / "Caddyfile").read_text()
    assert re.search(r"location = /live \{[^}]*proxy_buffering off", nginx)
    assert "location = /metrics { return 404; }" in nginx
    assert re.search(r"path /metrics /readyz\s+respond @closed 404", caddy)
    assert "flush_interval -1" in caddy


def test_the_release_has_one_number() -> None:
    assert re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1] == __version__  # type: ignore[index]
