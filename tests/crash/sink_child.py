"""A sink in a process of its own, that kills itself after a step. Run by test_sink_steps.

Arguments: bootstrap, data folder, group, topic, offsets to reach, member id or `-`.
REDLINE_TEST_DIE_AT: `<step>:<nth time>`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support import rows as make

from schemas.tables import PAIRS
from sinks import reader
from sinks.batch import BatchPolicy
from sinks.loop import SinkLoop


def main() -> None:
    bootstrap, folder, group, topic, wanted, member = sys.argv[1:]
    data = Path(folder)
    step, nth = (int(part) for part in os.environ.get("REDLINE_TEST_DIE_AT", "0:0").split(":"))
    seen = 0

    def crash(at: int) -> None:
        nonlocal seen
        seen += at == step
        if at == step and seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    config = {"session.timeout.ms": "6000"}
    if member != "-":
        config["group.instance.id"] = member
    SinkLoop(
        bootstrap=bootstrap,
        data_dir=data,
        tables=[PAIRS],
        gate=lambda _table: make.failing("final", {"bad"}),
        on_alert=make.no_alert,
        policy=BatchPolicy(rows=300, age_s=0.2, idle_s=0.3),
        group=group,
        topics={"pairs": topic},
        kafka_config=config,
        crash=crash,
        seal=make.SEAL,
    ).run(lambda: sum(reader.offsets(data, "pairs").values()) >= int(wanted))


if __name__ == "__main__":
    main()
