"""Does one hot key hold up its neighbours? Delays of partitions while one of them gets far more than its share.

`python -m bench.skew [--rate 50] [--seconds 60] [--steps 20000] [--giants 20]`. Simulated people work at a steady rate,
in three rounds: alone; beside one session that sends so many steps at once; beside one person who sends huge texts (250
KB each) under one key. A record's delay is the time from when it was seen at the end of a partition until the stage has
committed past it; looked at twice a second. `hot` is the partition of the flood, `others` are all that it is not in.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from confluent_kafka import Producer

from bench import record
from bench.live import Generator, Live, up
from redline.lag import STAGE_OF, STAGES
from redline.simulate.roster import Roster
from schemas import codec, topics
from schemas.errors import BrokerError
from schemas.events import Event, Revision, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from schemas.records import Outgoing, Partition

_PEOPLE = 3000
_LOOK_S = 0.5
_BEFORE_S = 10.0
_LIMIT_S = 900.0
_GIANT = 250_000
_SENTENCE = "We measured 120 orders per minute, and Priya Nakamura keeps the list of what is missing. "


class Look(NamedTuple):
    """Where partitions end, and where stages are."""

    at: float
    ends: Mapping[Partition, int]
    committed: Mapping[Partition, int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the three rounds, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="events a second of everybody else")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each round")
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--giants", type=int, default=20)
    given = parser.parse_args(arguments)
    rounds = {
        "even": lambda: (),
        "long_session": lambda: _steps(given.steps),
        "huge_texts": lambda: _giants(given.giants),
    }
    with tempfile.TemporaryDirectory(prefix="redline-bench-") as folder, up(Path(folder), _PEOPLE, {}) as live:
        figures = {name: _round(live, _PEOPLE, given.rate, given.seconds, flood) for name, flood in rounds.items()}
        ledger = live.ledger(_LIMIT_S)
    settings = {name: getattr(given, name) for name in ("rate", "seconds", "steps", "giants")}
    record.write("skew", {**settings, **figures, "ledger": ledger})


def _round(
    live: Live, people: int, rate: float, seconds: float, flood: Callable[[], Iterable[Outgoing]]
) -> dict[str, Any]:
    looks: list[Look] = []
    done = threading.Event()

    def look() -> None:
        while not done.wait(_LOOK_S):
            with contextlib.suppress(BrokerError):
                progress = live.progress()
                looks.append(Look(time.monotonic(), progress.ends, progress.committed))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    with Generator(live, people, "--rate", str(rate), "--seconds", str(_BEFORE_S + seconds)) as generator:
        time.sleep(_BEFORE_S)
        hot = _send(live, flood())
        generator.process.wait()
    drained = live.drained(int(rate * 5), _LIMIT_S)
    done.set()
    thread.join()
    return {
        "drained_s": None if drained is None else round(drained, 1),
        **{STAGE_OF[topic]: _delays(looks, topic, hot) for topic in STAGES[:4]},
    }


def _send(live: Live, records: Iterable[Outgoing]) -> int | None:
    """Send them, and say into which partition they went."""
    found: list[int] = []
    producer = Producer(
        {
            "bootstrap.servers": live.settings.kafka.bootstrap,
            "partitioner": "murmur2_random",
            **live.settings.kafka.client,
        }
    )
    for one in records:
        producer.produce(
            topics.EVENTS,
            one.value,
            one.key,
            headers=list(one.headers),
            on_delivery=lambda _error, message: found.append(message.partition()),
        )
        producer.poll(0)
    producer.flush()
    return found[0] if found else None


def _delays(looks: Sequence[Look], topic: str, hot: int | None) -> dict[str, Any]:
    """p50 and p99 of how long the end of each partition, as it was seen, waited for the stage, in seconds."""
    waits: dict[str, list[float]] = {"hot": [], "others": []}
    for partition in {p for one in looks for p in one.ends if p.topic == topic}:
        seen = [
            (one.at, one.ends[partition], one.committed.get(partition, 0)) for one in looks if partition in one.ends
        ]
        reached = 0
        for at, end, _ in seen:
            while reached < len(seen) and seen[reached][2] < end:
                reached += 1
            if reached == len(seen):
                break
            waits["hot" if partition.index == hot else "others"].append(max(0.0, seen[reached][0] - at))
    return {
        name: {"p50_s": round(_at(found, 0.5), 1), "p99_s": round(_at(found, 0.99), 1), "most_s": round(max(found), 1)}
        for name, found in waits.items()
        if found
    }


def _at(values: Sequence[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def _steps(count: int) -> Iterator[Outgoing]:
    person, now_us = Roster(_PEOPLE).mail(1), time.time_ns() // 1000
    common = {"session_id": f"agent-hot-{now_us}", "surface": "agent", "tool": "claude-code/2.1.39"}
    for number in range(count):
        data = Step(**common, role="assistant", kind="message", content=f"{_SENTENCE * 4}{number}")  # type: ignore[arg-type]
        yield _event(person, f"step-{number}-{now_us}", now_us + number, data)


def _giants(count: int) -> Iterator[Outgoing]:
    person, now_us = Roster(_PEOPLE).mail(2), time.time_ns() // 1000
    common = {"session_id": f"doc-hot-{now_us}", "surface": "doc", "tool": "pages/2025.10"}
    for number in range(count):
        text = "".join(f"{_SENTENCE}{number} {i}. " for i in range(_GIANT // 2 // len(_SENTENCE)))
        data = Revision(**common, document_id="d", revision=number, before=text, after=text + "Done.")  # type: ignore[arg-type]
        yield _event(person, f"giant-{number}-{now_us}", now_us + number, data)


def _event(person: str, name: str, time_us: int, data: Step | Revision) -> Outgoing:
    kind = "redline.step.v1" if isinstance(data, Step) else "redline.revision.v1"
    event = Event(source="/bench/skew", id=name, type=kind, time_us=time_us, subject=person, data=data)
    return codec.encode_structured(event)


if __name__ == "__main__":
    main()
