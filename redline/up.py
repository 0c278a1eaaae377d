"""The long-running form: broker, workers and sinks on one machine, kept alive, stopped cleanly."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from redline import cluster, meter, private_file, weaker
from redline.cluster import ALL_TOPICS
from redline.crash_loop import CrashLoops
from redline.fleet import specs
from redline.lock import DataLock
from redline.supervisor import Death, Supervisor
from schemas.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from redline.settings import Settings

_ADDRESS = "bootstrap"  # in the state folder, while an embedded broker runs: how other commands find it
_OWNER = "bootstrap.folder"  # beside it: whose broker that is
_ANSWER_S = 2.0
_BROKER = "broker"  # as alerts name it


def up(settings: Settings, *, say: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM.

    Raises:
        LockedError: another Redline owns the data folder.
        BrokerError: the broker cannot be started or reached.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.state.mkdir(exist_ok=True, mode=0o700)
    stopping = stop_event()
    with DataLock(settings.state), cluster.tended(settings, say) as (live, tend), _published(live):
        weaker.begin(live)
        meter.clear(live.state)
        cluster.prepare_topics(live)
        with (
            CrashLoops(live, say) as loops,
            Supervisor(specs(live, live=True), on_death=_mourner(live, say, loops)) as fleet,
        ):
            say(
                f"up: broker {live.kafka.bootstrap}, {', '.join(fleet.pids)}; "
                f"logs in {live.state / 'logs'}; Ctrl-C stops"
            )
            while not stopping.is_set():
                if (code := tend()) is not None:
                    loops.count(Death(_BROKER, code, restarts=0, again_in_s=0.0))
                fleet.watch(0.5)
            say("stopping: batches that have begun are finished")
    say("stopped")


def broker(settings: Settings, *, say: Callable[[str], None]) -> None:
    """The embedded broker alone, with its topics, until SIGINT or SIGTERM."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.state.mkdir(exist_ok=True, mode=0o700)
    stopping = stop_event()
    lock = DataLock(settings.state, name="broker.lock")
    with lock, cluster.embedded(settings, say) as (live, own), _published(live):
        cluster.prepare_topics(live)
        say(f"broker at {own.bootstrap} with {len(ALL_TOPICS)} topics; Ctrl-C stops")
        while not stopping.wait(1.0):
            if (code := own.poll()) is not None:
                raise BrokerError(f"the broker ended with code {code}; its log: {own.log}")
    say("stopped")


def attached(settings: Settings) -> Settings:
    """Settings with the address of the broker that `redline up` or `redline broker` runs over this folder, if any."""
    if settings.kafka.bootstrap:
        return settings
    try:
        bootstrap = (settings.state / _ADDRESS).read_text("utf-8").strip()
        if (settings.state / _OWNER).read_text("utf-8") != _identity(settings):
            return settings  # this folder is a copy: that broker is another one's
    except FileNotFoundError:
        return settings
    if not _answers(bootstrap):
        return settings  # who wrote it was killed
    kafka = msgspec.structs.replace(settings.kafka.embedded, bootstrap=bootstrap)
    return msgspec.structs.replace(settings, kafka=kafka)


def running_bootstrap(settings: Settings) -> str:
    """The address of a broker that runs now.

    Raises:
        BrokerError: none is configured, and none runs over this folder.
    """
    found = attached(settings).kafka.bootstrap
    if not found:
        raise BrokerError(f"no broker: none is configured and none runs over {settings.data}; start `redline up`")
    return found


def _answers(bootstrap: str) -> bool:
    """True if something listens at one of the addresses."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S):
                return True
        except (OSError, ValueError, OverflowError):
            continue
    return False


@contextmanager
def _published(settings: Settings) -> Iterator[None]:
    address = settings.state / _ADDRESS
    private_file.write(settings.state / _OWNER, _identity(settings).encode())
    private_file.write(address, settings.kafka.bootstrap.encode())  # nobody reads half an address
    try:
        yield
    finally:
        address.unlink(missing_ok=True)


def _identity(settings: Settings) -> str:
    """What a copy of the state folder has another one of, and the folder itself keeps if it is moved."""
    return str(settings.state.stat().st_ino)


def stop_event() -> threading.Event:
    """Set once SIGTERM or SIGINT comes."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _mourner(settings: Settings, say: Callable[[str], None], loops: CrashLoops) -> Callable[[Death], None]:
    def on_death(death: Death) -> None:
        again = "is not started again" if death.again_in_s is None else f"starts again in {death.again_in_s:.1f} s"
        say(
            f"{death.name} ended with code {death.code} and {again};"
            f" its log: {settings.state / 'logs' / death.name}.log"
        )
        loops.count(death)

    return on_death
