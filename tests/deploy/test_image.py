"""What goes into the image, the compose file and the units, without an engine: deploy/image/replay.sh does the rest."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import click
import yaml

from redline.cli import main
from redline.settings import load, no_settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
IMAGE = DEPLOY / "image"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def _name(requirement: str) -> str:
    return re.split(r"[<>=!~\[; ]", requirement, maxsplit=1)[0]


def test_the_image_has_the_packages_of_the_lock_that_run_and_no_others() -> None:
    made = runpy.run_path(str(IMAGE / "lock.py"))
    for path, text in made["files"]().items():
        assert path.read_text("utf-8") == text, f"{path} is old: run `python deploy/image/lock.py`"
    image, every = (
        Counter(re.findall(r"^([\w.-]+)==", path.read_text("utf-8"), re.MULTILINE))
        for path in (IMAGE / "requirements.lock", ROOT / "requirements.lock")
    )
    assert image.items() <= every.items()  # one that is there twice, for two Pythons, is so here as well
    pinned = set(image)
    direct = {_name(one) for one in PROJECT["project"]["dependencies"]}
    assert direct - pinned == made["EMBEDDED"]
    assert pinned & {"pytest", "mypy", "ruff", "uv", "pip", "moto", *made["EMBEDDED"]} == set()
    assert (IMAGE / "requirements.lock").read_text("utf-8").count("--hash=sha256:") >= len(pinned)


def test_the_wheel_holds_every_file_of_the_five_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        (Path(folder) / name).relative_to(ROOT).as_posix()
        for package in PACKAGES
        for folder, _, names in os.walk(ROOT / package)
        for name in names
        if not folder.endswith("__pycache__")
    }
    assert len(ours) > 300
    assert ours - held == set()


def test_the_containerfile_copies_what_the_wheel_is_made_of_and_runs_as_nobody_special() -> None:
    text = (IMAGE / "Containerfile").read_text("utf-8")
    copied = {Path(one).name for line in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE) for one in line.split()}
    assert {*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "requirements.lock", "build.lock"} <= copied
    shown = {one.strip("!") for one in (ROOT / ".containerignore").read_text("utf-8").split() if one.startswith("!")}
    assert {*PACKAGES, "pyproject.toml", "README.md", "LICENSE", "deploy/image"} == shown
    last = text.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert "apt-get" not in text
    for variable in ("HOME=/tmp", "XDG_CACHE_HOME=/tmp/", "PYTHONDONTWRITEBYTECODE=1", "REDLINE_DATA=/var/lib/redline"):
        assert variable in last


def runs(arguments: list[str]) -> None:
    """Fails if there is no such command."""
    name, rest = arguments[0], arguments[1:]
    command: click.Command = main.commands[name]
    while isinstance(command, click.Group) and rest:
        command, rest = command.commands[rest[0]], rest[1:]
    command.make_context(name, list(rest))


def test_the_compose_file_runs_what_there_is_read_only_and_without_root() -> None:
    services: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    ours = {name: one for name, one in services.items() if "redline" in one["image"]}
    assert {"topics", "worker-1", "sink-1", "gateway", "tend"} <= ours.keys()
    named = [one["command"] for one in ours.values()]
    assert len({" ".join(command) for command in named}) == len(named)
    for name, one in ours.items():
        runs(one["command"])
        assert one["read_only"] is True, name
        assert one["user"] == "10001:10001", name
        assert one["cap_drop"] == ["ALL"], name
        assert no_settings(one["environment"]) == [], name
        assert load(None, one["environment"], {}).kafka.replication == 3, name
    published = [port for one in services.values() for port in one.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in published)
    for one in services.values():
        for volume in one.get("volumes", ()):
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (DEPLOY / source).exists()


def test_the_units_start_every_part_and_name_settings_that_there_are(tmp_path: Path) -> None:
    unit = (DEPLOY / "systemd" / "redline@.service").read_text("utf-8")
    for line in (
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "PrivateTmp=yes",
        "UMask=0077",
    ):
        assert f"\n{line}\n" in unit
    example = (DEPLOY / "systemd" / "environment.example").read_text("utf-8")
    seen = dict(line.split("=", 1) for line in example.splitlines() if line and not line.startswith("#"))
    credentials = (DEPLOY / "systemd" / "credentials.conf").read_text("utf-8")
    for line in re.findall(r"^Environment=(.+)$", credentials, re.MULTILINE):
        seen |= dict(word.split("=", 1) for word in shlex.split(line))
    assert no_settings(seen) == []
    assert load(None, seen, {}).kafka.security == "sasl_tls"
    # The script with `redline` in place of /opt/redline's, which says what it was asked.
    script = (DEPLOY / "systemd" / "part").read_text("utf-8")
    (part := tmp_path / "part").write_text(script.replace("exec /opt/redline/bin/redline", "echo"))
    for instance in ("worker-1", "sink-a.b", "gateway", "tend"):
        said = subprocess.run(["sh", part, instance], capture_output=True, text=True, check=True).stdout
        runs(said.split())
    assert subprocess.run(["sh", part, "worker"], capture_output=True, check=False).returncode == 64
