"""`python -m bench.scrub_soak [texts]`: does the memory of a scrubber stay flat? RSS after 10 k, 50 k and 200 k texts.

Every text is new and full of words that were never seen before: what grows with the vocabulary grows here.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from pathlib import Path
from typing import Any

from bench import record
from bench.formats.texts import texts

_MARKS = (1_000, 10_000, 50_000, 100_000, 200_000)


def resident_mb() -> float:
    """Resident memory of this process."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def soak(count: int) -> dict[str, Any]:
    """Scan `count` distinct texts and note the memory on the way."""
    from streams.privacy.engine import Engine  # noqa: PLC0415 - its cost is what is measured

    analyze = Engine().analyze
    chooser = random.Random(3)  # noqa: S311 - texts, not secrets
    stems = [text for text, _ in texts("tune", 2000, 3)]
    figures: dict[str, Any] = {"rss_mb": {"0": round(resident_mb(), 1)}}
    before = time.process_time()
    for at in range(1, count + 1):
        word = "".join(chooser.choices("abcdefghijklmnopqrstuvwxyz", k=9))
        analyze([f"{word} {chooser.choice(stems)} {word[::-1]}{at}"], f"{word}@corp.example")
        if at in _MARKS or at == count:
            gc.collect()
            figures["rss_mb"][str(at)] = round(resident_mb(), 1)
            print(at, figures["rss_mb"][str(at)], "MB", flush=True)
    figures["cpu_ms_per_text"] = round((time.process_time() - before) * 1000 / count, 3)
    return figures


if __name__ == "__main__":
    record.write("scrub_soak", soak(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
