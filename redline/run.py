"""The main job: raw events in, checked Parquet out, and exit 0 only if every event is accounted for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redline import cluster, consent, disclose, drain, faults, ledger_note, meter, weaker
from redline.emit import EmitResult
from redline.fleet import specs
from redline.lag import STAGES, LagWatch, Progress
from redline.ledger_reader import balance
from redline.lock import DataLock
from redline.quality.run import once
from redline.settings import Settings
from redline.summary import summary
from redline.supervisor import Death, Supervisor
from schemas import topics
from schemas.errors import BrokerError, RedlineError

_FEW = "What fewer than {} people share is published as `other`: docs/published.md"
_MOST_DEATHS = 5  # of one process within a run: it will not get better by itself
Emit = Callable[[Settings, Callable[[int], None]], EmitResult]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    balanced: bool
    complete: bool
    records: int
    seconds: float

    @property
    def ok(self) -> bool:
        """Everything emitted is in a table, and the ledger balances."""
        return self.balanced and self.complete


def run(
    settings: Settings,
    emit: Emit,
    *,
    consenting: Sequence[str],
    say: Callable[[str], None],
    watch: Callable[[Progress], None] = lambda _progress: None,
) -> Outcome:
    """Broker, topics, workers, sink; emit, drain, close what is open, publish, account. `watch` sees every look taken.

    Raises:
        RedlineError: something is missing or broken; nothing that was emitted is lost, run again to continue.
    """
    started = time.monotonic()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o755)
    settings.state.mkdir(exist_ok=True, mode=0o700)
    with DataLock(settings.state), cluster.tended(settings, say) as (live, tend):
        weaker.begin(live)
        say(f"broker at {live.kafka.bootstrap} after {time.monotonic() - started:.1f} s")
        meter.clear(live.state)
        cluster.prepare_topics(live)
        if consenting:
            count = consent.record(live, consenting, granted=True, version="", only_new=True)
            say(f"consent recorded for {count:,} people")
        lags = LagWatch(
            live.kafka.bootstrap,
            live.data_dir,
            group=topics.APP_ID,
            partitions=live.kafka.partitions,
            config=live.kafka.client,
        )
        with Supervisor(specs(live, live=False), on_death=_mourner(live, say)) as fleet:
            show = _Display(started, say, watch)
            result = emit(live, show.emitted)
            say(f"{result.records:,} records on {topics.EVENTS} after {time.monotonic() - started:.1f} s")

            def step() -> None:
                tend()
                fleet.watch(0.0)

            drained = drain.wait(live, lags, step=step, show=show.progress)
            if drained.complete:
                for read in drain.FLUSHED:
                    drain.wait(live, lags, step=step, show=show.progress, tables=())
                    drain.flush(live, read)
                drained = drain.wait(live, lags, step=step, show=show.progress)
            say(f"drained after {time.monotonic() - started:.1f} s")
        lags.close()
        measured(
            live, say
        )  # before days are decided: that rewrites files, and a rewritten file says no more when it came
        if decided := disclose.disclose(live):
            say(disclose.shown(decided) + f"\n{_FEW.format(live.privacy.k)}\n")
        answer = balance(live)
        ledger_note.write(live, answer)
        say("\n" + summary(live, answer) + "\n")
    return Outcome(answer.balanced, drained.complete, result.records, time.monotonic() - started)


def measured(settings: Settings, say: Callable[[str], None]) -> None:
    """One look at what came. A run is complete without it."""
    try:
        once(settings, say=lambda text: say(f"quality: {text}"))
    except RedlineError as error:
        say(f"quality: not measured: {error}")
    except Exception as error:  # noqa: BLE001 - everything is published: whatever it is, the ledger has the last word
        say(f"quality: not measured: {faults.told(error)}")


def _mourner(settings: Settings, say: Callable[[str], None]) -> Callable[[Death], None]:
    def on_death(death: Death) -> None:
        log = settings.state / "logs" / f"{death.name}.log"
        say(f"{death.name} ended with code {death.code}; it is started again. Its log: {log}")
        if death.restarts >= _MOST_DEATHS:
            raise BrokerError(f"{death.name} ended {death.restarts + 1} times; look at {log}, run `redline doctor`")

    return on_death


class _Display:
    """Progress on standard error: one line that moves on a terminal, one line every few seconds elsewhere."""

    def __init__(self, started: float, say: Callable[[str], None], watch: Callable[[Progress], None]) -> None:
        self._watch = watch
        self._started = started
        self._say = say
        self._live = sys.stderr.isatty()
        self._last = 0.0

    def emitted(self, count: int) -> None:
        self._line(f"emitting: {count:,} records", end=False)

    def progress(self, p: Progress) -> None:
        self._watch(p)
        lag = sum(p.stage_lag(t) for t in STAGES)
        self._line(
            f"in {p.end(topics.EVENTS):,}  scrubbed {p.done(topics.EVENTS):,}  joined {p.done(topics.CLEAN):,}  "
            f"published {p.stored_in(topics.CLEAN):,}  lag {lag:,}",
            end=lag == 0,
        )

    def _line(self, text: str, *, end: bool) -> None:
        now = time.monotonic()
        if self._live:
            sys.stderr.write(f"\r\x1b[2K{now - self._started:6.1f} s  {text}")
            sys.stderr.flush()
        elif now - self._last >= (1.0 if end else 5.0):
            self._last = now
            self._say(f"{now - self._started:6.1f} s  {text}")
