"""How the derived columns of `quality.facts` are made. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality import derived_edits, leaks, plausible
from quality.columns import HEX, bools, faults, ints, not_between, not_hex, not_made_of, unmatched
from schemas import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quality.columns import Numbers
    from quality.facts import Facts

_FIRST_DAY = np.datetime64("2000-01-01", "D")
_ROLES = ("system", "user", "assistant", "tool")
_KINDS = ("message", "tool_call", "tool_result", "plan", "suggestion", "decision", "edit")
# Keyed hashes: hexadecimal digits cannot hold a person, and would cost a scan each. `who`, of the audit table, is meant
# to name somebody, and a machine's users may be named like addresses.
_KEYS = ("record_id", "session_key", "interaction_key", "thread_key", "document_key", "pseudonym", "subject_mark")
_NOT_TEXT = frozenset((*_KEYS, "log", "previous", "hash", "who"))
_LONG_TEXTS = frozenset({"data", "prompt", "before", "suggestion", "final", "after"})
_TOGETHER = 1 << 30  # bytes that are put into one array: its offsets end at 2 GiB
_ACTION = r"^[a-z]+([._-][a-z0-9]+)*$"
_MOST_GAPS = 7  # a mark has at most eight hashes of 16 digits, a space between two
_ASCII_SURROGATES = r"^(<[A-Z]+_[0-9a-f]{4}>|[a-z0-9]+( [a-z0-9]+){0,7})$"
_SURROGATES = r"^(<[A-Z]+_[0-9a-f]{4}>|[\pL\pN]+( [\pL\pN]+){0,7})$"
_CALL, _AGENT = r"^call_[0-9]{1,9}$", r"^agent_[0-9]{1,9}$"
_STEP_TEXTS = ("content", "tool_name", "arguments", "outcome")
_NESTED_TEXTS = {"steps": _STEP_TEXTS, "variants": ("tool", "data"), "bins": ("label",)}


def _nulls(facts: Facts) -> Numbers:
    total = _zeros(facts)
    for field in facts.table.schema:
        column = facts.own(field.name)
        if not field.nullable and column.null_count:
            total += bools(pc.is_null(column))
    return total


def _zeros(facts: Facts) -> Numbers:
    zeros: Numbers = np.zeros(facts.rows, dtype=np.int64)
    return zeros


def _leaks(facts: Facts) -> Numbers:
    """Columns are put one under the other, short ones side by side: a scan has a cost of its own."""
    named = [f.name for f in facts.table.schema if pa.types.is_string(f.type) and f.name not in _NOT_TEXT]
    short = [facts.own(name) for name in named if name not in _LONG_TEXTS]
    columns = [_scanned(facts, name) for name in named if name in _LONG_TEXTS]
    if short:
        columns.append(pc.binary_join_element_wise(*short, "\n", null_handling="skip"))
    total = _zeros(facts)
    whole = sum(column.nbytes for column in columns) < _TOGETHER
    for column in [pa.concat_arrays(columns)] if whole else columns:
        total = total + leaks.counts(column, facts.canaries).reshape(-1, facts.rows).sum(axis=0)
    for name, texts in _NESTED_TEXTS.items():
        if facts.has(name):
            parents, elements = facts.nested(name)
            for part in texts:
                found = leaks.counts(pc.struct_field(elements, part), facts.canaries)
                total = total + facts.per_row(parents, found)
    return total


def _scanned(facts: Facts, name: str) -> Any:
    """A text to look for leaks in. What was kept is mostly the very text that was there or proposed."""
    column = facts.own(name)
    if name != "final":
        return column
    known = facts.column("final.is_suggestion") | facts.column("final.is_before")
    return pc.if_else(pa.array(known), "", column)


def _sources(facts: Facts) -> Numbers:
    parents, sources = facts.nested("sources")
    bad = ~bools(pc.greater(pc.binary_length(pc.struct_field(sources, "topic")), 0))
    for part in ("partition", "offset"):
        bad |= ~bools(pc.greater_equal(pc.struct_field(sources, part), 0))
    return facts.per_row(parents, bad)


def _early(facts: Facts) -> Numbers:
    days = facts.own("event_date").cast(pa.int32())
    return ints(pc.fill_null(pc.less(days, int(_FIRST_DAY.astype(np.int64))), fill_value=False))


def _other_day(facts: Facts, time: str, day: str) -> Numbers:
    """Rows whose day is not that of their time, UTC."""
    named = facts.own(time).cast(pa.date32())
    return ints(pc.fill_null(pc.not_equal(named, facts.own(day)), fill_value=False))


def _language(facts: Facts) -> Numbers:
    return faults(plausible.wrong_language(facts.own("language"), facts.own("suggestion")))


def _findings(facts: Facts) -> Numbers:
    parents, findings = facts.nested("findings")
    return facts.per_row(parents, ~bools(pc.greater(pc.struct_field(findings, "count"), 0)))


def _marks(facts: Facts) -> Numbers:
    """Marks that could be read: words that are no hashes, or what is neither invented words nor one placeholder."""
    parents, marks = facts.nested("marks")
    words = pc.struct_field(marks, "words")
    size = ints(pc.fill_null(pc.binary_length(words), 0))
    gaps = ints(pc.fill_null(pc.count_substring(words, " "), 0))
    bad = not_made_of(words, HEX + " ") | (size != 17 * (gaps + 1) - 1) | (gaps > _MOST_GAPS)
    surrogates = pc.struct_field(marks, "surrogate")
    plain = bools(pc.match_substring_regex(surrogates, _ASCII_SURROGATES))
    if not plain.all():  # letters of every script are an automaton that takes longer to make than to run
        rest = surrogates.filter(pa.array(~plain))
        plain[~plain] = bools(pc.match_substring_regex(rest, _SURROGATES))
    bad |= ~plain
    bad |= ~bools(pc.is_in(pc.struct_field(marks, "how"), value_set=pa.array(rows.HOW, pa.string())))
    return facts.per_row(parents, bad)


def _unordered(facts: Facts) -> Numbers:
    parents, steps = facts.nested("steps")
    count = facts.column("steps.count")
    first = np.cumsum(count) - count
    index = ints(pc.fill_null(pc.struct_field(steps, "index"), -1))
    return facts.per_row(parents, index != np.arange(len(parents)) - first[parents])


def _unknown(facts: Facts) -> Numbers:
    parents, steps = facts.nested("steps")
    role = bools(pc.is_in(pc.struct_field(steps, "role"), value_set=pa.array(_ROLES)))
    kind = bools(pc.is_in(pc.struct_field(steps, "kind"), value_set=pa.array(_KINDS)))
    return facts.per_row(parents, ~(role & kind))


def _unlinked(facts: Facts) -> Numbers:
    """Steps that point out of their row, or say a call or an agent by anything but its number."""
    parents, steps = facts.nested("steps")
    count = facts.column("steps.count")
    wrong = np.zeros(len(parents), dtype=np.bool_)
    for name in ("parent", "corrects"):
        at = ints(pc.fill_null(pc.struct_field(steps, name), 0))
        wrong |= (at < 0) | (at >= count[parents])
    for name, pattern in (("call_id", _CALL), ("agent", _AGENT)):
        fits = pc.match_substring_regex(pc.struct_field(steps, name), pattern)
        wrong |= ~bools(pc.fill_null(fits, fill_value=True))
    return facts.per_row(parents, wrong)


def _misplaced(facts: Facts) -> Numbers:
    """Rows that are no part of as many as they say there are."""
    part, parts = (ints(pc.fill_null(facts.own(name), default)) for name, default in (("part", 0), ("parts", 1)))
    return faults((part < 0) | (part >= parts))


def _unmade(facts: Facts) -> Numbers:
    """Rows of nothing. A part of a session may be made of other events than its own, the whole of it never."""
    parts = ints(pc.fill_null(facts.own("parts"), 1))
    return faults((facts.column("sources.count") == 0) & (parts == 1))


def _total(facts: Facts) -> Numbers:
    """Code points in all texts of all steps."""
    parents, steps = facts.nested("steps")
    total = _zeros(facts)
    for part in _STEP_TEXTS:
        total = total + facts.per_row(parents, ints(pc.fill_null(pc.utf8_length(pc.struct_field(steps, part)), 0)))
    return total


def _longest(facts: Facts, name: str, parts: Sequence[str]) -> Numbers:
    """Code points of the longest text in each row's elements."""
    parents, elements = facts.nested(name)
    longest = _zeros(facts)
    for part in parts:
        np.maximum.at(longest, parents, ints(pc.fill_null(pc.utf8_length(pc.struct_field(elements, part)), 0)))
    return longest


def _unchained(facts: Facts) -> Numbers:
    """Entries of the audit table that do not name the hash of the one before them, or have none before them."""
    order = pc.sort_indices(facts.own("seq"))
    seq, previous, hashes = (facts.own(name).take(order) for name in ("seq", "previous", "hash"))
    numbers = ints(pc.fill_null(seq, -1))
    wrong = np.zeros(facts.rows, dtype=np.int64)
    wrong[:1] = numbers[:1] != 0
    follows = bools(pc.equal(previous.slice(1), hashes.slice(0, max(facts.rows - 1, 0))))
    wrong[1:] = ~(follows & (np.diff(numbers) == 1))
    placed = _zeros(facts)
    placed[ints(order)] = wrong
    return placed


def _bins(facts: Facts) -> Numbers:
    parents, bins = facts.nested("bins")
    return facts.per_row(parents, ~bools(pc.greater_equal(pc.struct_field(bins, "count"), 0.0)))


OF: Mapping[str, Callable[[Facts], Numbers]] = {
    "schema.faults": _zeros,
    "leaks": _leaks,
    "nulls": _nulls,
    "record_id.malformed": lambda f: not_hex(f.own("record_id"), 32),
    "pseudonym.malformed": lambda f: unmatched(f.own("pseudonym"), r"^[0-9a-f]{16,64}$"),
    "data.malformed": lambda f: not_between(f.own("data"), "{", "}"),
    "prompt.malformed": lambda f: not_between(f.own("prompt"), "[", "]"),
    "details.malformed": lambda f: not_between(f.own("details"), "{", "}"),
    "path.malformed": lambda f: unmatched(f.own("path"), r"^\$"),
    "action.malformed": lambda f: unmatched(f.own("action"), _ACTION),
    "hash.malformed": lambda f: sum((not_hex(f.own(name), 64) for name in ("log", "previous", "hash")), _zeros(f)),
    "sources.missing": lambda f: faults(f.column("sources.count") == 0),
    "sources.not_one": lambda f: faults(f.column("sources.count") > 1),
    "sources.malformed": _sources,
    "event_date.early": _early,
    "event_date.wrong": lambda f: _other_day(f, "event_time", "event_date"),
    "day.wrong": lambda f: _other_day(f, "at", "day"),
    "language.wrong": _language,
    "findings.malformed": _findings,
    "marks.malformed": _marks,
    "variants.longest": lambda f: _longest(f, "variants", ("data",)),
    "steps.unordered": _unordered,
    "steps.unknown": _unknown,
    "steps.unlinked": _unlinked,
    "part.misplaced": _misplaced,
    "sources.none": _unmade,
    "steps.length": _total,
    "steps.longest": lambda f: _longest(f, "steps", _STEP_TEXTS),
    "previous.wrong": _unchained,
    "bins.malformed": _bins,
    **derived_edits.OF,
}
