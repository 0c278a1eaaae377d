"""What several processes have written in Prometheus' text format, as one: each metric's help and type once. Pure.

Every series has the label `process`, so none comes twice. Lines that are none are left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_ABOUT = re.compile(r"# (HELP|TYPE) ([A-Za-z_:][\w:]*) \S", re.ASCII)
_SAMPLE = re.compile(r"[A-Za-z_:][\w:]*(?:\{.*\})? \S+(?: -?\d+)?", re.ASCII)


def merged(texts: Iterable[str]) -> str:
    """All samples, those of a metric together, under the first help and type that were given of it."""
    about: dict[str, dict[str, str]] = {}
    samples: dict[str, dict[str, str]] = {}
    for text in texts:
        family = ""
        for line in text.splitlines():
            if match := _ABOUT.match(line):
                family = match[2]
                about.setdefault(family, {}).setdefault(match[1], line)
            elif family and _SAMPLE.fullmatch(line):
                samples.setdefault(family, {}).setdefault(line.rpartition(" ")[0], line)
    lines = []
    for family, known in about.items():
        if family in samples:
            lines += [known[kind] for kind in ("HELP", "TYPE") if kind in known]
            lines += samples[family].values()
    return "".join(f"{line}\n" for line in lines)
