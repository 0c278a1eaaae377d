"""The logic of `redline scrub --eval`: texts with known spans in, recall, precision and F1 per type out.

Two ways to match. Exact: a finding has start, end and type of a span. Overlap: a span is found if half of it
or more lies in findings of its type, and a finding is right if half of it or more lies in spans of its type. Findings
are merged first, as `redline scrub` replaces them. Intervals are of 95 %: Wilson's for recall and precision, a seeded
bootstrap over the texts for F1.

Types that the file never labels are listed and not counted as wrong: that nobody marked them does not mean that they
are not there.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from redline.scrub_command import ScrubInputError
from streams.surrogates import Found, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Names of types elsewhere -> Presidio's.
ALIASES: dict[str, str] = {
    name: ours
    for ours, names in {
        "PHONE_NUMBER": "PHONE TEL TELEPHONE TELEPHONE_NUMBER TELEPHONENUM PHONENUMBER MOBILE FAX FAX_NUMBER",
        "EMAIL_ADDRESS": "EMAIL MAIL E_MAIL",
        "PERSON": "PER NAME PERSON_NAME FULL_NAME FIRST_NAME LAST_NAME GIVENNAME SURNAME FIRSTNAME LASTNAME",
        "LOCATION": "LOC GPE ADDRESS STREET_ADDRESS STREET CITY STATE COUNTRY FAC PLACE ZIP_CODE ZIPCODE",
        "CREDIT_CARD": "CARD CREDITCARD CREDIT_CARD_NUMBER CREDITCARDNUMBER",
        "IBAN_CODE": "IBAN",
        "IP_ADDRESS": "IP IPV4 IPV6 IPADDRESS",
        "US_SSN": "SSN SOCIALNUM SOCIAL_SECURITY_NUMBER",
        "DATE_TIME": "DATE TIME DATETIME",
        "URL": "DOMAIN_NAME DOMAIN URI",
        "ORGANIZATION": "ORG ORGANISATION COMPANY",
        "SECRET": "KEY API_KEY PASSWORD TOKEN",
    }.items()
    for name in names.split()
}
_HALF, _NEARLY_ALL = 0.5, 0.9
_RESAMPLES, _SEED = 1000, 95
_Z = 1.959964  # the normal quantile of 95 %, two-sided


@dataclass(slots=True)
class _Counts:
    """What one type has in one text, by one way to match."""

    gold: int = 0
    found: int = 0
    said: int = 0
    right: int = 0


@dataclass(slots=True)
class Evaluation:
    """Counts per text; `report` makes the figures of them."""

    texts: int = 0
    size: int = 0
    seconds: float = 0.0
    covered: int = 0
    spans: int = 0
    unlabelled: Counter[str] = field(default_factory=Counter)
    counts: dict[tuple[str, str], dict[int, _Counts]] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Every figure, for machines: `overall`, `exact` and `overlap` by type, `not_labelled`."""
        types = sorted({kind for _, kind in self.counts})
        labelled = [kind for kind in types if any(c.gold for c in self.counts["exact", kind].values())]
        not_labelled = {kind: n for kind, n in sorted(self.unlabelled.items()) if kind not in labelled}
        return {
            "texts": self.texts,
            "spans": self.spans,
            "covered_90": _rate(self.covered, self.spans),
            "kb_per_s": round(self.size / 1024 / self.seconds, 1) if self.seconds else None,
            **{
                way: {kind: _figures(list(self.counts[way, kind].values()), self.texts) for kind in labelled}
                for way in ("exact", "overlap")
            },
            "not_labelled": not_labelled,
        }


def evaluate(
    lines: Iterable[bytes],
    analyze: Callable[[Sequence[str], str | None], list[list[Found]]],
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> Evaluation:
    """Scan the texts of the lines and compare what is found with their spans.

    Args:
        lines: JSON objects with `text` and `spans`, a list of {"start", "end", "type"}; offsets are code points.
        analyze: finds personal data in the texts of one event, here one text.
        clock: seconds, for the KB/s.

    Raises:
        ScrubInputError: a line is no such object. Names the line and what was needed, never its content.
    """
    result = Evaluation()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        text, gold = _parse(line, number)
        before = clock()
        findings = merge(analyze([text], None)[0])
        result.seconds += clock() - before
        _count(result, [one._replace(entity=name_of(one.entity)) for one in findings], gold)
        result.texts += 1
        result.size += len(text.encode("utf-8", "surrogatepass"))
    return result


def name_of(kind: str) -> str:
    """Presidio's name of a type: `PER` is `PERSON`, `b-loc` is `LOCATION`; an unknown name stays, in capitals."""
    name = kind.strip().upper().replace("-", "_").replace(" ", "_")
    if name[:2] in {"B_", "I_"}:
        name = name[2:]
    return ALIASES.get(name, name)


def table(report: dict[str, Any]) -> str:
    """The report for people."""
    rate = report["kb_per_s"]
    covered = f"{_shown(report['covered_90'])} of the spans covered to 90 % or more by anything"
    speed = "-" if rate is None else f"{rate:,}"
    lines = [f"{report['texts']:,} texts, {report['spans']:,} spans; {covered}; {speed} KB/s"]
    for way in ("exact", "overlap"):
        lines += [
            "",
            f"{way:<18} {'spans':>6} {'found':>6} {'recall':<20} {'precision':<20} F1",
            *(
                f"{kind:<18} {one['spans']:>6} {one['findings']:>6} {_shown(one['recall']):<20} "
                f"{_shown(one['precision']):<20} {_shown(one['f1'])}"
                for kind, one in report[way].items()
            ),
        ]
    if report["not_labelled"]:
        listed = ", ".join(f"{kind} {n:,}" for kind, n in report["not_labelled"].items())
        lines += ["", f"found, never labelled in this file, not counted as wrong: {listed}"]
    return "\n".join(lines)


def _parse(line: bytes, number: int) -> tuple[str, list[Found]]:
    record: Any = None
    with suppress(ValueError, RecursionError):
        record = json.loads(line)
    needed = f'line {number}: needed {{"text": …, "spans": [{{"start", "end", "type"}}]}}'
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise ScrubInputError(f"{needed}, came {type(record).__name__} without a text; check the file")
    text, spans = record["text"], record.get("spans")
    if not isinstance(spans, list):
        raise ScrubInputError(f"{needed}, came {type(spans).__name__} in `spans`; check the file")
    gold = [_span(span, len(text)) for span in spans]
    known = [span for span in gold if span is not None]
    if len(known) != len(gold):
        raise ScrubInputError(f"{needed}, came a span outside the text or without a type; offsets are code points")
    return text, known


def _span(span: Any, size: int) -> Found | None:
    if not isinstance(span, dict):
        return None
    start, end, kind = span.get("start"), span.get("end"), span.get("type")
    if type(start) is not int or type(end) is not int or not isinstance(kind, str):
        return None
    return Found(start, end, name_of(kind), 1.0) if kind.strip() and 0 <= start < end <= size else None


def _count(result: Evaluation, found: Sequence[Found], gold: Sequence[Found]) -> None:
    result.spans += len(gold)
    result.covered += sum(_share(one, found) >= _NEARLY_ALL for one in gold)
    for one in found:
        result.unlabelled[one.entity] += 1
    for kind in {one.entity for one in (*found, *gold)}:
        said = [one for one in found if one.entity == kind]
        spans = [one for one in gold if one.entity == kind]
        same = {(one.start, one.end) for one in said} & {(one.start, one.end) for one in spans}
        exact = _Counts(
            len(spans),
            sum((one.start, one.end) in same for one in spans),
            len(said),
            len(same),
        )
        overlap = _Counts(
            len(spans),
            sum(_share(one, said) >= _HALF for one in spans),
            len(said),
            sum(_share(one, spans) >= _HALF for one in said),
        )
        result.counts.setdefault(("exact", kind), {})[result.texts] = exact
        result.counts.setdefault(("overlap", kind), {})[result.texts] = overlap


def _share(one: Found, others: Sequence[Found]) -> float:
    """The part of a range that lies in others, those overlapping each other or not."""
    covered, at = 0, one.start
    for other in sorted(others):
        first, last = max(at, other.start), min(one.end, other.end)
        if last > first:
            covered, at = covered + last - first, last
    return covered / (one.end - one.start)


def _figures(counts: list[_Counts], texts: int) -> dict[str, Any]:
    sums = np.array([[c.gold, c.found, c.said, c.right] for c in counts], dtype=float)
    gold, found, said, right = (int(n) for n in sums.sum(axis=0))
    return {
        "spans": gold,
        "findings": said,
        "recall": _rate(found, gold),
        "precision": _rate(right, said),
        "f1": [_rounded(_f1(sums.sum(axis=0))), *_bootstrap(sums, texts)],
    }


def _f1(sums: Any) -> float:
    gold, found, said, right = sums
    recall, precision = found / gold if gold else 0.0, right / said if said else 0.0
    return float(2 * recall * precision / (recall + precision)) if recall + precision else 0.0


def _bootstrap(sums: Any, texts: int) -> tuple[float, float]:
    """F1's interval when the texts are drawn anew; texts that have nothing of a type are drawn too, and add nothing."""
    chooser = np.random.default_rng(_SEED)
    drawn = []
    for _ in range(_RESAMPLES):
        places = chooser.integers(0, texts, texts)
        weights = np.bincount(places[places < len(sums)], minlength=len(sums))
        drawn.append(_f1(weights @ sums))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return _rounded(float(low)), _rounded(float(high))


def _rate(hits: int, of: int) -> list[float | None]:
    """The rate and Wilson's interval of 95 %; nothing of nothing has none."""
    if not of:
        return [None, None, None]
    share, spread = hits / of, _Z * _Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = _Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return [_rounded(share), _rounded(max(0.0, middle - half)), _rounded(min(1.0, middle + half))]


def _rounded(value: float) -> float:
    return round(value, 4)


def _shown(figures: Sequence[float | None]) -> str:
    value, low, high = figures
    return "-" if value is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"
