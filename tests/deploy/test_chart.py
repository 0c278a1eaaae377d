"""What the chart renders, read without helm: pods that can do no harm, commands and settings that Redline has.

The renderings are committed; `make deploy-check` makes them anew with helm and holds them against Kubernetes' schemas.
"""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from redline.cli import main
from redline.settings import load, no_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
RENDERED = sorted((DEPLOY / "helm" / "rendered").glob("*.yaml"))
ROLES = ("worker", "sink", "gateway", "tend")


@cache
def objects(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


def of(path: Path, *kinds: str) -> list[dict[str, Any]]:
    return [one for one in objects(path) if one["kind"] in kinds]


def pods(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every pod's part and spec."""
    for one in of(path, "StatefulSet", "Deployment", "Job"):
        template = one["spec"]["template"]
        yield template["metadata"]["labels"]["app.kubernetes.io/component"], template["spec"]


def containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def variables(path: Path, container: dict[str, Any]) -> dict[str, str]:
    """What the process sees, as far as it stands in the rendering; a secret's value is a stand-in."""
    [common] = [one["data"] for one in of(path, "ConfigMap") if one["metadata"]["name"].endswith("-settings")]
    found = dict(common) if container.get("envFrom") else {}
    return found | {one["name"]: str(one.get("value", "from-elsewhere")) for one in container.get("env", [])}


def test_the_renderings_are_of_these_templates() -> None:
    assert [path.name for path in RENDERED] == [path.name for path in sorted((DEPLOY / "helm" / "values").glob("*"))]
    wanted = runpy.run_path(str(DEPLOY / "check.py"))["sources"]()
    for path in RENDERED:
        head = path.read_text("utf-8").splitlines()[0]
        assert head.endswith(wanted), f"{path} is old: run `python deploy/check.py --write`, which needs helm"


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_a_pod_can_do_no_harm(path: Path) -> None:
    for part, spec in pods(path):
        assert spec["automountServiceAccountToken"] is False, part
        own = spec["securityContext"]
        assert own["runAsNonRoot"] is True, part
        assert own["runAsUser"] > 0, part
        assert own["seccompProfile"] == {"type": "RuntimeDefault"}, part
        for one in containers(spec):
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, part
            assert {"cpu", "memory"} <= one["resources"]["requests"].keys(), part
            assert "memory" in one["resources"]["limits"], part
            assert {"name": "tmp", "mountPath": "/tmp"} in one["volumeMounts"], part  # noqa: S108 - a volume's
            mounted = [mount["name"] for mount in one["volumeMounts"]]
            claimed = [claim["metadata"]["name"] for claim in _claims(path, part)]
            assert set(mounted) <= {volume["name"] for volume in spec["volumes"]} | set(claimed), part


def _claims(path: Path, part: str) -> list[dict[str, Any]]:
    sets = [one for one in of(path, "StatefulSet") if one["metadata"]["name"].endswith(f"-{part}")]
    return [claim for one in sets for claim in one["spec"].get("volumeClaimTemplates", [])]


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_every_container_runs_a_command_that_there_is_with_settings_that_there_are(path: Path, tmp_path: Path) -> None:
    for part, spec in pods(path):
        for one in containers(spec):
            name, rest = one["args"][0], one["args"][1:]
            command: click.Command = main.commands[name]
            while isinstance(command, click.Group) and rest:
                command, rest = command.commands[rest[0]], rest[1:]
            command.make_context(name, list(rest), resilient_parsing=False)
            seen = variables(path, one)
            assert no_settings(seen) == [], part
            settings = load(None, {**seen, "REDLINE_DATA": str(tmp_path), "REDLINE_LOCAL": ""}, {})
            assert settings.kafka.bootstrap, part


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_probes_ask_the_port_that_the_process_opens(path: Path) -> None:
    for part, spec in pods(path):
        if part not in ROLES:
            continue
        [one] = spec["containers"]
        first = int(variables(path, one)["REDLINE_METRICS_PORT"])
        # tend's two children take the next two: each process the first that is free.
        wanted = {"metrics": first} | ({"metrics-1": first + 1, "metrics-2": first + 2} if part == "tend" else {})
        assert {port["name"]: port["containerPort"] for port in one["ports"]} == wanted
        asked = {name: one[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
        assert {name: (get["path"], get["port"]) for name, get in asked.items()} == {
            "startupProbe": ("/live", "metrics"),
            "livenessProbe": ("/live", "metrics"),
            "readinessProbe": ("/ready", "metrics"),
        }
        # What a worker has in hand may take worker.stuck_s; what a gateway waits for, kafka_wait_s and five seconds.
        assert spec["terminationGracePeriodSeconds"] >= 30, part


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_no_secret_is_in_it_and_each_role_has_its_own(path: Path) -> None:
    assert of(path, "Secret") == []
    mounted = {
        part: volume["secret"]["secretName"]
        for part, spec in pods(path)
        for volume in spec["volumes"]
        if volume["name"] == "kafka"
    }
    assert len(set(mounted.values())) == len(mounted)
    text = path.read_text("utf-8")
    for name, value in re.findall(r"^\s*(\w*(?:PASSWORD|SECRET|WEBHOOK)\w*):\s*(.+)$", text, re.MULTILINE):
        assert value.strip('"').startswith(("/run/redline/", "file:")), name


@pytest.mark.parametrize("path", RENDERED, ids=lambda p: p.stem)
def test_only_workers_have_a_volume_of_their_own_and_gateways_see_no_keys(path: Path) -> None:
    for part, spec in pods(path):
        if part not in ROLES:
            continue
        [one] = spec["containers"]
        mounts = {mount["mountPath"]: mount for mount in one["volumeMounts"]}
        assert ("/var/lib/redline-worker" in mounts) == (part == "worker")
        # A mount point inside a mount is made by the runtime, as root: then its parents are not ours.
        assert not any(a != b and a.startswith(f"{b}/") for a in mounts for b in mounts)
        assert mounts["/var/lib/redline"]["subPath"] == ("gateway" if part == "gateway" else "data")
        if part == "gateway":
            assert variables(path, one)["REDLINE_DATA"] == "/var/lib/redline"
            assert not any("store" in str(source) for source in one["envFrom"])


def test_with_policies_nobody_speaks_to_anybody_but_as_they_say() -> None:
    path = next(one for one in RENDERED if one.stem == "production")
    policies = {one["metadata"]["name"]: one["spec"] for one in of(path, "NetworkPolicy")}
    deny = policies["redline-deny"]
    assert (deny["policyTypes"], deny.get("ingress"), deny.get("egress")) == (["Ingress", "Egress"], None, None)
    labels = deny["podSelector"]["matchLabels"]
    for one in of(path, "StatefulSet", "Deployment", "Job"):
        assert labels.items() <= one["spec"]["template"]["metadata"]["labels"].items()
    kafka = [
        rule for rule in policies["redline-kafka"]["egress"] if rule["ports"] == [{"protocol": "TCP", "port": 9093}]
    ]
    assert kafka[0]["to"]
    assert policies["redline-producers"]["ingress"][0]["from"]
    store = policies["redline-store"]["podSelector"]["matchExpressions"][0]["values"]
    assert "gateway" not in store


def test_what_scales_by_lag_asks_for_groups_and_topics_that_there_are() -> None:
    from schemas import topics  # noqa: PLC0415 - beside what it is compared with

    path = next(one for one in RENDERED if one.stem == "production")
    names = {one.name for one in topics.TOPICS}
    found = of(path, "ScaledObject")
    assert len(found) == 2
    for one in found:
        target = one["spec"]["scaleTargetRef"]["name"]
        assert target in {each["metadata"]["name"] for each in of(path, "StatefulSet")}
        for trigger in one["spec"]["triggers"]:
            assert trigger["metadata"]["topic"] in names
            assert trigger["metadata"]["consumerGroup"] == (topics.APP_ID if "worker" in target else "redline-sink")
            assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")


@pytest.mark.skipif(
    not (os.environ.get("HELM") and os.environ.get("KUBECONFORM")),
    reason="needs HELM and KUBECONFORM, the paths of these tools: `make deploy-check` gets them",
)
def test_the_tools_agree() -> None:
    done = subprocess.run([sys.executable, str(DEPLOY / "check.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
