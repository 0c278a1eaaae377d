"""One thing that is not as it was, and which of several of them tell the same. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from quality.policy import UPSTREAM

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from schemas.verdict import Severity

_SEVERAL = 3  # tools with the same breach: it is the table's, and told once


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is not as it was. Holds words of ours and numbers; `source` and `tool` are for who may see them.

    `kind` is one of `policy.KINDS`. `subject` is what within kind and table it is about: a direction, a reason, and a
    short hash where it is one tool or source. `since_us`: start of the window it was found in, or of the silence.
    `got`: what came, and what is usual. `window`: how much time was looked at.
    """

    kind: str
    table: str
    subject: str
    severity: Severity
    since_us: int
    expected: str
    got: Mapping[str, float] = field(default_factory=dict)
    window: str = ""
    source: str = ""
    tool: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for breaches that are about the same thing."""
        return self.kind, self.table, self.subject


def folded(found: Sequence[Breach]) -> list[Breach]:
    """What tells the same is told once."""
    seen = {(one.kind, _way(one), one.table, one.tool) for one in found}
    kept = [one for one in found if not _follows(one, seen)]
    told: list[Breach] = []
    groups: defaultdict[tuple[str, str, str, str], list[Breach]] = defaultdict(list)
    for one in kept:
        plain = " ".join(word for word in one.subject.split(" ") if ":" not in word)
        groups[one.kind, one.table, one.source, plain].append(one)
    for group in groups.values():
        whole = [one for one in group if not one.tool]
        names = {one.tool for one in group if one.tool and "/" not in one.tool}
        tools = [one for one in group if one.tool and ("/" not in one.tool or one.tool.partition("/")[0] not in names)]
        if whole and (len(tools) >= _SEVERAL or whole[0].kind == "silence" or not tools):
            told += [replace(whole[0], got=whole[0].got), *whole[1:]]
        else:
            told += tools
    return told


def _follows(one: Breach, seen: Collection[tuple[str, str, str, str]]) -> bool:
    """Few rows where there are none; more or fewer in a table that is made of another one, where it is the same.

    A tool that is silent explains that there is less of all, too.
    """
    if one.kind not in {"silence", "volume"}:
        return False
    ways = [("volume", "rise")] if _way(one) == "rise" else [("silence", ""), ("volume", "fall")]
    if (
        one.kind == "volume"
        and _way(one) == "fall"
        and any(kind == "silence" and table == one.table and one.tool in {"", tool} for kind, _, table, tool in seen)
    ):
        return True
    above = UPSTREAM.get(one.table)
    return above is not None and any((*way, above, tool) in seen for way in ways for tool in {"", one.tool})


def _way(one: Breach) -> str:
    return one.subject.partition(" ")[0] if one.kind == "volume" else ""
