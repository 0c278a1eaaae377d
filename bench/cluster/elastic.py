"""`python -m bench.cluster.elastic`: workers 1, 2, 3, 1 and sinks 1, 2, 1 while a stream runs, and then the ledger.

They leave as an operator sends them away (SIGTERM) and as a machine dies (kill -9, and nobody starts them again). The
pause of a change is the longest that the rows of any partition stood still from it to the next one. REDLINE_RATE and
REDLINE_EVERY_S: events per second, and seconds from one change to the next.
"""

from __future__ import annotations

import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from support.pace import Pace, longest_pauses
from support.pipeline import SESSION_S, Act, Pipeline, addressed

from bench import record
from redline.company import Company

if TYPE_CHECKING:
    from collections.abc import Callable

RATE = float(os.environ.get("REDLINE_RATE", "30"))
EVERY_S = float(os.environ.get("REDLINE_EVERY_S", "30"))
_START_US = 1_767_600_000_000_000


def main() -> None:
    """Run the stream, add and take away, write the result."""
    at: list[float] = []

    def noted(change: Callable[[], None]) -> None:
        at.append(time.monotonic())
        change()

    with tempfile.TemporaryDirectory() as folder, Pipeline(Path(folder)) as p, Pace(Path(folder)) as pace:
        changes: list[tuple[str, Callable[[], None]]] = [
            ("nothing", lambda: None),
            ("worker-2 comes", partial(p.add, "worker", 2)),
            ("worker-3 comes", partial(p.add, "worker", 3)),
            ("sink-2 comes", partial(p.add, "sink", 2)),
            ("worker-3 leaves by SIGTERM", partial(p.remove, "worker-3")),
            ("sink-2 leaves by SIGTERM", partial(p.remove, "sink-2")),
            ("worker-2 is killed and gone", partial(_gone, p, "worker-2")),
            ("sink-2 comes again", partial(p.add, "sink", 2)),
            ("sink-2 is killed and gone", partial(_gone, p, "sink-2")),
        ]
        p.run(addressed(Company(7, 300, _START_US)), rate=1e9)  # models are loaded
        step = int(RATE * EVERY_S)
        acts = [Act((number + 1) * step, what, partial(noted, change)) for number, (what, change) in enumerate(changes)]
        p.run(addressed(Company(11, (len(changes) + 2) * step, _START_US + 10**12)), rate=RATE, acts=acts)
        balance = p.balance()
    ends = [*at[1:], at[-1] + EVERY_S]
    record.write(
        "elastic",
        {
            "rate": RATE,
            "session_s": SESSION_S,
            "pause_s": {
                what: round(max(longest_pauses(pace.moves, begin, end).values()), 1)
                for (what, _), begin, end in zip(changes, at, ends, strict=True)
            },
            "ledger": record.ledger(balance),
            "deaths": dict(p.story.deaths),
        },
    )


def _gone(p: Pipeline, name: str) -> None:
    p.kill(name)
    p.remove(name)


if __name__ == "__main__":
    main()
