"""Derived columns of what a pair or a revision says of an edit: label, similarity, spans, counts. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.columns import bools, faults, ints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quality.columns import Booleans, Numbers
    from quality.facts import Facts

_UNDECIDED = "none"  # the bucket of a pair that nobody decided


def _final_is(facts: Facts, column: str) -> Booleans:
    return bools(pc.equal(facts.own("final"), facts.own(column)))


def _labelled(facts: Facts, label: str, such: Booleans) -> Numbers:
    """Rows of this label that are such."""
    return faults(bools(pc.equal(facts.own("label"), label)) & such)


def _undecided(facts: Facts) -> Booleans:
    return bools(pc.equal(facts.own("decision_ms_bucket"), _UNDECIDED))


def _similarity(facts: Facts) -> Numbers:
    """1 for texts that differ, or less for equal ones."""
    similarity = facts.own("similarity")
    known = bools(pc.is_valid(similarity)) & ~bools(pc.is_nan(similarity))
    return faults((bools(pc.equal(similarity, 1.0)) != facts.column("final.is_suggestion")) & known)


def _spans(facts: Facts, name: str, text: str) -> Numbers:
    """Spans that are none, lie outside of the text, or begin before the one before them ends."""
    parents, spans = facts.nested(name)
    start = ints(pc.fill_null(pc.struct_field(spans, "start"), -1))
    end = ints(pc.fill_null(pc.struct_field(spans, "end"), -1))
    bad = (start < 0) | (end < start) | (end > facts.column(f"{text}.length")[parents])
    bad[1:] |= (parents[1:] == parents[:-1]) & (start[1:] < end[:-1])
    return facts.per_row(parents, bad)


def _unequal(facts: Facts, text: str, written: str) -> Numbers:
    """What was kept and what was written (a column of spans) are the whole text, each code point once."""
    held: Numbers = np.zeros(facts.rows, dtype=np.int64)
    for name in ("kept_spans", written):
        parents, spans = facts.nested(name)
        sizes = pc.subtract(pc.struct_field(spans, "end"), pc.struct_field(spans, "start"))
        held = held + facts.per_row(parents, ints(pc.fill_null(sizes, 0)))
    return faults(held != facts.column(f"{text}.length"))


def _counts(facts: Facts, name: str) -> Numbers:
    """Counts of an edit below 0, and more moved ones than were inserted or deleted. Null is none."""
    counts = facts.own(name)
    field = {one.name: ints(pc.fill_null(pc.struct_field(counts, one.name), 0)) for one in counts.type.fields}
    bad = np.logical_or.reduce([numbers < 0 for numbers in field.values()])
    if "moved" in field:
        bad |= field["moved"] > np.minimum(field["inserted"], field["deleted"])
    return faults(bad)


def _edit_kind(facts: Facts) -> Numbers:
    """Said of a suggestion of which nothing was kept, or unfit for whether it was changed. Null is never wrong."""
    kind = facts.own("edit_kind")
    same = bools(pc.fill_null(pc.equal(kind, "none"), fill_value=False)) != facts.column("final.is_suggestion")
    unkept = bools(pc.is_in(facts.own("label"), value_set=pa.array(["rejected", "ignored"])))
    return faults(bools(pc.is_valid(kind)) & (same | unkept))


OF: Mapping[str, Callable[[Facts], Numbers]] = {
    "final.is_suggestion": lambda f: _final_is(f, "suggestion"),
    "final.is_before": lambda f: _final_is(f, "before"),
    "undecided": _undecided,
    "label.accepted_but_changed": lambda f: _labelled(f, "accepted", ~f.column("final.is_suggestion")),
    "label.edited_but_equal": lambda f: _labelled(f, "edited", f.column("final.is_suggestion")),
    "label.ignored_but_changed": lambda f: _labelled(f, "ignored", ~f.column("final.is_before")),
    "label.rejected_but_equal": lambda f: _labelled(f, "rejected", f.column("final.is_suggestion")),
    "label.rejected_undecided": lambda f: _labelled(f, "rejected", f.column("undecided")),
    "label.ignored_but_decided": lambda f: _labelled(f, "ignored", ~f.column("undecided")),
    "similarity.wrong": _similarity,
    "kept_spans.malformed": lambda f: _spans(f, "kept_spans", "suggestion"),
    "edited_spans.malformed": lambda f: _spans(f, "edited_spans", "final"),
    "spans.unequal": lambda f: _unequal(f, "final", "edited_spans"),
    "kept_segments.malformed": lambda f: _spans(f, "kept_segments", "suggestion"),
    "edited_segments.malformed": lambda f: _spans(f, "edited_segments", "final"),
    "words.malformed": lambda f: _counts(f, "words"),
    "segments.malformed": lambda f: _counts(f, "segments"),
    "edit_kind.wrong": _edit_kind,
    "kept_spans.outside_before": lambda f: _spans(f, "kept_spans", "before"),
    "inserted_spans.malformed": lambda f: _spans(f, "inserted_spans", "after"),
    "after.is_before": lambda f: ints(pc.equal(f.own("after"), f.own("before"))),
    "spans.not_after": lambda f: _unequal(f, "after", "inserted_spans"),
}
