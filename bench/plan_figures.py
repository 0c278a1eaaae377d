"""`python -m bench.plan_figures`: what `redline plan` counts with, gathered from bench/results into the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from bench.record import RESULTS
from redline.plan import figures
from redline.plan.figures import Figures

PLACE = Path(figures.__file__).with_name("figures.json")


def gathered() -> Figures:
    """From the committed results."""
    week, gateway = _result("ai_week"), _result("gateway")
    steady, disk = week["figures"]["steady"], week["figures"]["bytes_on_disk"]
    events = week["figures"]["ledger"]["offsets"]
    kinds = ("scrubbers", "worker", "sink", "broker")
    batches = gateway["figures"]["batch of 100"]["events_per_cpu_s"]
    return Figures(
        of={name: f"{one['commit']} {one['when'][:10]}" for name, one in (("ai_week", week), ("gateway", gateway))},
        cores=week["machine"]["cores"],
        events_per_s=steady["events_per_s_scrubbed"],
        event_bytes=steady["event_bytes"],
        rest_cores={kind: steady.get("cores_at_rest", {}).get(kind, 0.0) for kind in kinds},
        cpu_us={**{kind: steady["cpu_us_per_event"][kind] for kind in kinds}, "gateway": round(1e6 / batches, 1)},
        rss_mb={kind: steady["rss_mb_per_process"][kind] for kind in kinds},
        kafka_bytes={topic: round(size / events, 1) for topic, size in disk["kafka"].items()},
        table_bytes={table: round(size / events, 1) for table, size in disk["tables"].items()},
        state_bytes=round(sum(disk["state"].values()) / events, 1),
    )


def written() -> bytes:
    """The file's content."""
    return msgspec.json.format(msgspec.json.encode(gathered()), indent=2) + b"\n"


def _result(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return found


if __name__ == "__main__":
    PLACE.write_bytes(written())
