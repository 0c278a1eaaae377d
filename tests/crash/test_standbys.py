"""Workers with standby copies of their state, killed by turns: nothing lost, nothing doubled, and every copy is true.

Every copy that a worker leaves on its disk is compared with the changelog, owned or only followed: one with a hole
would go unseen until its worker takes over.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import OFFSET_BEGINNING
from rocksdict import Options, Rdict
from support.contents import contents, differences, torn
from support.pipeline import LOOK_S, Act, Pipeline, addressed

from redline import admin
from redline.company import Company
from redline.keys import keys_of
from redline.partition_reader import reader
from redline.published import seal_of
from redline.state_reader import records
from schemas import topics
from schemas.errors import BrokerError, LedgerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.chaos, pytest.mark.timeout(1_800)]

EVENTS = 2_000
RATE = 40.0
_START_US = 1_767_600_000_000_000
_MARK = b"__faust\0offset__"


def copies(pipeline: Pipeline) -> tuple[int, Counter[str], list[str]]:
    """How many partitions of state there are, how many each worker holds to the end, and which of those are wrong."""
    kafka, there, whole, wrong = pipeline.settings.kafka, 0, Counter[str](), []
    root = pipeline.settings.state / "rocksdb"
    with reader(kafka.bootstrap, kafka.client, name="test-standbys") as consumer:
        for table in topics.STATE_TABLES:
            topic = topics.changelog(table)
            for (_, index), (_, end) in admin.watermarks(kafka.bootstrap, topic).items():
                state: dict[bytes, bytes] = {}
                for message in records(consumer, topic, index, OFFSET_BEGINNING, LedgerError):
                    if (value := message.value()) is None:  # an empty one is a value
                        state.pop(message.key(), None)
                    else:
                        state[message.key()] = value
                there += end > 0
                for folder in root.rglob(f"{table}-{index}.db"):
                    db = Rdict(str(folder), Options(raw_mode=True))
                    held = dict(db.items())
                    db.close()
                    if end and int(held.pop(_MARK, b"-1")) == end - 1:
                        whole[folder.relative_to(root).parts[0]] += 1
                        wrong += [str(folder)] if held != state else []
    return there, whole, wrong


def scrubbed(pipeline: Pipeline, number: int) -> None:
    """Wait until workers have done so much: on a busy machine they come up late."""
    bootstrap, done = pipeline.settings.kafka.bootstrap, 0
    while done < number:
        pipeline.step()
        time.sleep(LOOK_S)
        with suppress(BrokerError):  # a broker that is busy as well
            done = sum(admin.committed(bootstrap, topics.APP_ID, [topics.EVENTS]).values())


def test_workers_with_standbys_are_killed_by_turns(tmp_path: Path) -> None:
    sent = addressed(Company(13, EVENTS, _START_US))
    calm, bad = tmp_path / "calm", tmp_path / "bad"
    with Pipeline(calm) as pipeline:
        keys_of(pipeline.settings)
        pipeline.run(sent, rate=1e9)
        wanted = contents(calm, pipeline.origins(), seal_of(pipeline.settings))
    with Pipeline(bad, workers=2, keys=calm / "state" / "keys.json", standbys=1) as pipeline:
        p = pipeline

        def then(number: int, what: str, do: Callable[[], None]) -> Act:
            def done() -> None:
                scrubbed(p, number)
                do()

            return Act(number, what, done)

        acts = [
            then(400, "worker-1 is killed", lambda: p.kill("worker-1")),
            then(800, "worker-2 is killed", lambda: p.kill("worker-2")),
            then(1000, "worker-3 comes", lambda: p.add("worker", 3)),
            then(1200, "worker-1 stops like a dead one", lambda: p.signal("worker-1", signal.SIGSTOP)),
            then(1500, "it wakes up", lambda: p.signal("worker-1", signal.SIGCONT)),
            then(1700, "worker-2 leaves", lambda: p.remove("worker-2")),
        ]
        pipeline.run(sent, rate=RATE, acts=acts)
        balance = pipeline.balance()
        found = contents(bad, pipeline.origins(), seal_of(pipeline.settings))
        for name in ("worker-1", "worker-3"):
            pipeline.remove(name)
        there, whole, wrong = copies(pipeline)
    assert (balance.missing, balance.duplicated, balance.conflicting) == (0, 0, 0), balance.problems
    assert torn(bad) == []
    assert found == wanted, "\n".join(differences(found, wanted))
    assert wrong == []
    assert whole["worker-1"] == whole["worker-3"] == there, "each is owner of one half and standby of the other"
