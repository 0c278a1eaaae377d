"""What can be said of deploy/ without a cluster: `make deploy-check`. Each tool that is missing is named and skipped.

1. helm lint and helm template for every file in deploy/helm/values; values that are wrong are refused
2. what comes out is what is committed in deploy/helm/rendered (`--write` writes it)
3. kubeconform -strict, with schemas that deploy/schemas.py makes offline; it refuses a field that is none
4. promtool on the rules, the compose specification's schema, docker compose config, systemd-analyze

Exit code 1 if one of them says no. With `--all` a missing tool is a no as well.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DEPLOY = Path(__file__).parent
CHART = DEPLOY / "helm" / "redline"
VALUES = DEPLOY / "helm" / "values"
RENDERED = DEPLOY / "helm" / "rendered"
KUBERNETES = "1.34.0"
PART = "/opt/redline/libexec/part"
# Rules and dashboards have tests of their own, and would be nine tenths of what is committed.
_LEFT_OUT = "monitoring.rules=false,monitoring.dashboards=false"
_REFUSED = (
    "kafka.bootstrap=",
    "kafka.bootstrap=nohost",
    "kafka.security=ssl",
    "settings.kafka.password=secret",
    "settings.alerts.webhook=https://hooks.example/secret",
    "worker.replica=3",
    "worker.gracePeriodSeconds=5",
    "runAsUser=0",
    "data=gs://elsewhere",
)


def sources() -> str:
    """A hash of everything that a rendering is made of."""
    found = hashlib.sha256()
    for path in sorted([*CHART.rglob("*"), *VALUES.glob("*.yaml")]):
        if path.is_file() and "files" not in path.relative_to(DEPLOY).parts:
            found.update(path.relative_to(DEPLOY).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


class Check:
    """Runs tools, and remembers what they said."""

    def __init__(self, *, everything: bool) -> None:
        self._everything = everything
        self.failed = 0

    def tool(self, name: str) -> str | None:
        """Where it is: in the variable of its name in capitals, or on the PATH."""
        found = os.environ.get(name.upper().replace("-", "_")) or shutil.which(name)
        if found is None:
            print(f"skipped: no {name}")
            self.failed += self._everything
        return found

    def run(self, what: str, *command: str, wrong: bool = False, env: dict[str, str] | None = None) -> str:
        """Run it; it must succeed, or, if `wrong`, must not. Returns what it said."""
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **(env or {})})
        if (done.returncode == 0) is wrong:
            self.failed += 1
            print(f"NOT {what}\n{done.stdout}{done.stderr}")
        else:
            print(f"ok: {what}")
        return done.stdout

    def same(self, path: Path, text: str, *, write: bool) -> None:
        """What is committed is what comes out."""
        if write:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            self.failed += 1
            print(f"NOT the same: {path} is old; run `python deploy/check.py --write`")


def chart(check: Check, *, write: bool) -> None:
    """Steps 1 to 3."""
    if (helm := check.tool("helm")) is None:
        return
    template = (helm, "template", "redline", str(CHART), "--namespace", "redline", "--kube-version", KUBERNETES)
    rendered: dict[str, str] = {}
    for values in sorted(VALUES.glob("*.yaml")):
        check.run(f"helm lint, {values.name}", helm, "lint", "--strict", str(CHART), "--values", str(values))
        rendered[values.stem] = check.run(f"helm template, {values.name}", *template, "--values", str(values))
        kept = check.run(f"less of {values.name}", *template, "--values", str(values), "--set", _LEFT_OUT)
        head = f"# Made by `python deploy/check.py --write` from sources {sources()}\n"
        check.same(RENDERED / values.name, head + kept, write=write)
    for wrong in _REFUSED:
        small = str(VALUES / "small.yaml")
        check.run(f"{wrong} is refused", *template, "--values", small, "--set", wrong, wrong=True)
    conform, go = check.tool("kubeconform"), check.tool("go")
    if conform is None or go is None:
        return
    with tempfile.TemporaryDirectory(prefix="redline-schemas-") as folder:
        check.run("schemas", sys.executable, str(DEPLOY / "schemas.py"), folder)
        ask = (conform, "-strict", "-summary", "-schema-location", folder + "/{{.ResourceKind}}{{.KindSuffix}}.json")
        for name, text in rendered.items():
            path = Path(folder) / f"{name}.rendered.yaml"
            path.write_text(text, "utf-8")
            check.run(f"kubeconform, {name}", *ask, str(path))
        broken = Path(folder) / "broken.yaml"
        broken.write_text(rendered["small"].replace("readOnlyRootFilesystem:", "readOnlyRoot:"), "utf-8")
        check.run("kubeconform refuses a field that is none", *ask, str(broken), wrong=True)


def beside(check: Check) -> None:
    """Step 4."""
    if promtool := check.tool("promtool"):
        rules = DEPLOY / "prometheus"
        check.run("promtool check rules", promtool, "check", "rules", str(rules / "rules.yml"))
        check.run("promtool test rules", promtool, "test", "rules", str(rules / "rules_test.yml"))
    compose = str(DEPLOY / "compose.yaml")
    docker = check.tool("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        check.run("docker compose config", docker, "compose", "-f", compose, "config", "--quiet")
    else:
        print("skipped: no docker compose")
    if check.tool("go"):
        check.run("compose.yaml by the specification's schema", sys.executable, str(DEPLOY / "schemas.py"), "", compose)
    if analyze := check.tool("systemd-analyze"):
        with tempfile.TemporaryDirectory(prefix="redline-units-") as folder:
            for unit in ("redline@.service", "redline.target"):
                text = (DEPLOY / "systemd" / unit).read_text("utf-8")
                # It wants to see the program, which is not installed here.
                (Path(folder) / unit).write_text(text.replace(PART, str(DEPLOY / "systemd" / "part")), "utf-8")
            units = [str(path) for path in Path(folder).iterdir()]
            check.run("systemd-analyze verify", analyze, "verify", "--man=no", "--recursive-errors=no", *units)
            security = ("security", "--offline=true", "--threshold=20", units[0] if "@" in units[0] else units[1])
            check.run("systemd-analyze security", analyze, *security)


def main() -> int:
    check = Check(everything="--all" in sys.argv)
    chart(check, write="--write" in sys.argv)
    beside(check)
    return min(1, check.failed)


if __name__ == "__main__":
    sys.exit(main())
