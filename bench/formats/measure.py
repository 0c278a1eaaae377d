"""`python -m bench.formats.measure [tune|read|held|fresh|code]`: recall and precision, false alarms per MB of code.

`--finders` measures our finders alone; without it, the whole engine.
"""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bench.formats.texts import texts
from streams.surrogates import Found, merge

if TYPE_CHECKING:
    from collections.abc import Callable

TYPES = ("PHONE_NUMBER", "CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "US_SSN")


def finders(text: str) -> list[Found]:
    """What our own finders give, without Presidio."""
    from streams.privacy import addresses, cards, numbers, phones  # noqa: PLC0415

    found = phones.written(text) + cards.find(text) + addresses.find(text) + numbers.find(text)
    return [one for one in found if one.score >= 0.5]


def engine() -> Callable[[str], list[Found]]:
    """The whole engine."""
    from streams.privacy.engine import Engine  # noqa: PLC0415

    analyze = Engine(memo=0).analyze
    return lambda text: analyze([text], None)[0]


def score(find: Callable[[str], list[Found]], half: str, count: int, *, show: int) -> None:
    """Print recall and precision by overlap of half the span or more."""
    gold_n: Counter[str] = Counter()
    hit: Counter[str] = Counter()
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    for text, gold in texts(half, count, 7):
        found = [one for one in merge(find(text)) if one.entity in TYPES]
        for start, end, kind in gold:
            gold_n[kind] += 1
            good = [f for f in found if f.entity == kind and 2 * (min(f.end, end) - max(f.start, start)) >= end - start]
            hit[kind] += bool(good)
            exact[kind] += any((f.start, f.end) == (start, end) for f in good)
            if not good and show > 0:
                show -= 1
                print("MISS", kind, repr(text[start:end]), "in", repr(text[max(0, start - 40) : end + 20]))
        for one in found:
            said[one.entity] += 1
            fits = any(k == one.entity and min(one.end, e) > max(one.start, s) for s, e, k in gold)
            right[one.entity] += fits
            if not fits and show > 0:
                show -= 1
                print(
                    "FALSE",
                    one.entity,
                    repr(text[one.start : one.end]),
                    "in",
                    repr(text[max(0, one.start - 40) : one.end + 20]),
                )
    for kind in TYPES:
        recall, precision = hit[kind] / max(1, gold_n[kind]), right[kind] / max(1, said[kind])
        whole = exact[kind] / max(1, gold_n[kind])
        print(f"{half} {kind:14} n {gold_n[kind]:4} recall {recall:.3f} (exact {whole:.3f}) precision {precision:.3f}")


def code(find: Callable[[str], list[Found]], *, show: int) -> None:
    """Print findings per MB of the installed packages' sources; nearly all of them are false."""
    files = (
        sorted(Path(sysconfig.get_paths()["purelib"]).rglob("*.py"))[::60]
        + sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::4]
    )
    counts: Counter[str] = Counter()
    size = 0
    for path in files:
        text = path.read_text("utf-8", "replace")[:100_000]
        if "phonenumbers/" in str(path) or "faker/" in str(path):
            continue
        size += len(text)
        for one in find(text):
            if one.entity in TYPES:
                counts[one.entity] += 1
                if show > 0 and one.entity != "EMAIL_ADDRESS":
                    show -= 1
                    print("CODE", one.entity, round(one.score, 2), repr(text[max(0, one.start - 30) : one.end + 15]))
    print(f"code {size / 1e6:.2f} MB:", {kind: round(n / size * 1e6, 1) for kind, n in counts.items()}, "per MB")


if __name__ == "__main__":
    chosen = finders if "--finders" in sys.argv else engine()
    showing = 40 if "--show" in sys.argv else 0
    for one_half in ("tune", "read", "held", "fresh"):
        if one_half in sys.argv:
            score(chosen, one_half, 1500, show=showing)
    if "code" in sys.argv:
        code(chosen, show=showing)
