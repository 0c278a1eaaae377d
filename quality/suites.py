"""What every row of every table must hold, as plain lists. Whether it holds, `gate.Gate` asks Great Expectations.

A column is a table's own or a derived one of `quality.facts`: `x.length` (code points), `leaks`, and the counts of
faults that a row rule finds. Severities: critical halts the table (schema, privacy), error sends the row to quarantine,
warning publishes it and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from quality import cells, measures
from schemas import events, rows, tables
from schemas.verdict import Severity

Kind = Literal["in_set", "between", "unique", "not_null", "matches", "rule"]
Rule = Callable[[Any], Any]

# One event's value is at most 1 MiB (`codec.Limits`); surrogates and JSON escapes may lengthen it, four-fold never.
_LONGEST = 4 * 1_048_576
# Longer than 99.9 % of source files and documents: not wrong, worth a look.
_LONG = 200_000
# Names of models, tools and languages are short; a text in their place is a producer's mistake.
_LONGEST_NAME = 512
# Before the first of these tools; an event time of 1970 is a clock that was never set.
_FIRST_DAY = "2000-01-01"

# Of published rows: until the day is decided, and where too few people share one.
_SHOWN_SURFACES = (*events.SURFACES, cells.WITHHELD, cells.OTHER)
STAGES = ("scrub", "dedupe", "join", "session", "revisions", "collaboration")
REJECT_FATES = ("dropped", "dead_lettered")
CLOSED_BY = ("ended", "inactivity", "end_of_input")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One thing that must hold. Nulls are passed over by all kinds but `not_null`; bounds are inclusive.

    `matches` has a `pattern`: RE2, found anywhere in the text. `rule` has a function over the whole batch, an Arrow
    table with the table's schema, that answers one Boolean per row: true or null where it holds.
    """

    name: str
    kind: Kind
    column: str
    severity: Severity
    values: tuple[str | int, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    """It speaks of the whole batch: a failure names no rows."""
    pattern: str = ""
    rule: Rule | None = None


def _known(column: str, values: tuple[str, ...], severity: Severity = Severity.ERROR) -> Expectation:
    return Expectation(f"{column.replace('.', '_')}_is_known", "in_set", column, severity, values=values)


def _range(column: str, low: float | None, high: float | None, severity: Severity = Severity.ERROR) -> Expectation:
    return Expectation(f"{column.replace('.', '_')}_in_range", "between", column, severity, low=low, high=high)


def _none(name: str, column: str, severity: Severity = Severity.ERROR) -> Expectation:
    return Expectation(name, "between", column, severity, low=0, high=0)


def _text(column: str) -> tuple[Expectation, ...]:
    length = f"{column}.length"
    return (
        Expectation(f"{column}_fits", "between", length, Severity.ERROR, low=0, high=_LONGEST),
        Expectation(f"{column}_is_not_unusually_long", "between", length, Severity.WARNING, low=0, high=_LONG),
    )


def _name(column: str, *, required: bool = True) -> Expectation:
    return Expectation(
        f"{column}_fits", "between", f"{column}.length", Severity.ERROR, low=int(required), high=_LONGEST_NAME
    )


SCHEMA = Expectation("schema_is_the_tables", "between", "schema.faults", Severity.CRITICAL, low=0, high=0, whole=True)

_COMMON = (
    SCHEMA,
    _none("no_personal_data_left", "leaks", Severity.CRITICAL),
    _none("required_values_are_present", "nulls"),
    _none("record_id_is_32_hex_digits", "record_id.malformed"),
    Expectation("record_id_is_unique", "unique", "record_id", Severity.ERROR),
    _none("sources_are_present", "sources.missing"),
    _none("sources_are_coordinates", "sources.malformed"),
    _range("schema_version", 1, rows.SCHEMA_VERSION),
    _name("scrub_version"),
    _none(f"event_date_is_after_{_FIRST_DAY.replace('-', '_')}", "event_date.early"),
)

_INTERACTIONS = (
    _known("event_type", tuple(events.TYPES)),
    _known("surface", events.SURFACES),
    _name("tool", required=False),
    _none("comes_from_one_record", "sources.not_one"),
    _none("event_date_is_the_day_of_event_time", "event_date.wrong"),
    _name("session_key"),
    _none("data_is_a_json_object", "data.malformed"),
    *_text("data"),
    Expectation("variants_fit", "between", "variants.longest", Severity.ERROR, low=0, high=_LONGEST),
    _none("findings_are_counts", "findings.malformed"),
    _none("marks_are_hashes_and_surrogates", "marks.malformed"),
    _range("key_epoch", 0, None),
    _name("consent_version"),
)

_PAIRS = (
    _range("revision", 0, None),
    _known("surface", _SHOWN_SURFACES),
    _known("task", (*events.TASKS, cells.WITHHELD, cells.OTHER)),
    _known("label", tables.LABELS),
    _none("prompt_is_a_json_list", "prompt.malformed"),
    *_text("prompt"),
    *_text("before"),
    *_text("suggestion"),
    *_text("final"),
    *(
        Expectation(f"{c}_is_a_number", "not_null", c, Severity.ERROR)
        for c in ("similarity", "retention_4gram", "no_revert")
    ),
    _range("similarity", 0.0, 1.0),
    _range("retention_4gram", 0.0, 1.0),
    _range("no_revert", 0.0, 1.0),
    _none("accepted_is_the_suggestion", "label.accepted_but_changed"),
    _none("edited_is_not_the_suggestion", "label.edited_but_equal"),
    _none("ignored_is_the_text_before", "label.ignored_but_changed"),
    _none("rejected_is_not_the_suggestion", "label.rejected_but_equal", Severity.WARNING),
    _none("kept_spans_lie_in_suggestion", "kept_spans.malformed"),
    _none("edited_spans_lie_in_final", "edited_spans.malformed"),
    _none("spans_make_up_final", "spans.unequal"),
    _none("similarity_of_1_is_equality", "similarity.wrong"),
    _name("decision_ms_bucket"),
    _none("rejected_has_a_decision", "label.rejected_undecided"),
    # A part that was accepted, and nobody said which: true, and of little use.
    _none("ignored_has_no_decision", "label.ignored_but_decided", Severity.WARNING),
    _name("model", required=False),
    Expectation("model_is_named", "between", "model.length", Severity.WARNING, low=1),
    _name("language", required=False),
    _none("language_is_that_of_suggestion", "language.wrong", Severity.WARNING),
    _name("tool", required=False),
    _range("key_epoch", 0, None),
    # These are null in rows of schema version 1.
    _known("licence", tables.LICENCES),
    _known("edit_kind", tables.EDIT_KINDS),
    _none("edit_kind_is_of_what_was_kept", "edit_kind.wrong"),
    _none("words_are_counts", "words.malformed"),
    _none("segments_are_counts", "segments.malformed"),
    _none("kept_segments_lie_in_suggestion", "kept_segments.malformed"),
    _none("edited_segments_lie_in_final", "edited_segments.malformed"),
    _range("identifier_match", 0.0, 1.0),
    _range("edit_rate", 0.0, None),
)

_TRAJECTORIES = (
    _range("revision", 0, None),
    _known("surface", _SHOWN_SURFACES),
    _name("tool", required=False),
    _known("closed_by", CLOSED_BY),
    Expectation("steps_are_present", "between", "steps.count", Severity.WARNING, low=1),
    _none("steps_are_numbered_in_order", "steps.unordered"),
    _none("steps_have_known_roles_and_kinds", "steps.unknown"),
    _none("steps_point_to_steps_of_their_row", "steps.unlinked"),
    _none("part_is_one_of_its_session", "part.misplaced"),
    _none("sources_are_present", "sources.none"),
    Expectation("steps_are_not_unusually_long", "between", "steps.longest", Severity.WARNING, low=0, high=_LONG),
    Expectation("steps_fit", "between", "steps.length", Severity.ERROR, low=0, high=16 * _LONGEST),
    _range("key_epoch", 0, None),
)

_REVISIONS = (
    _none("comes_from_one_record", "sources.not_one"),
    _known("surface", _SHOWN_SURFACES),
    *_text("before"),
    *_text("after"),
    *(Expectation(f"{c}_is_a_number", "not_null", c, Severity.ERROR) for c in ("similarity", "retention_4gram")),
    _range("similarity", 0.0, 1.0),
    _range("retention_4gram", 0.0, 1.0),
    _none("kept_spans_lie_in_before", "kept_spans.outside_before"),
    _none("inserted_spans_lie_in_after", "inserted_spans.malformed"),
    _none("spans_make_up_after", "spans.not_after"),
    # An editor may save what nobody changed: true, and of no use.
    _none("something_was_edited", "after.is_before", Severity.WARNING),
    _name("language", required=False),
    _name("tool", required=False),
    _range("key_epoch", 0, None),
)

_COUNTS = ("people", "messages", "threads", "channels", "agent_messages")
_TURNS = ("person_to_person", "person_to_agent", "agent_to_person")
_QUANTILES = ("reply_p50", "reply_p90", "length_p50", "length_p90", "depth_p50", "depth_p90", "breadth_p90")
_COLLABORATION = (
    _none("leads_to_no_event", "sources.count"),
    _name("unit"),
    _known("window", ("hour", "day")),
    _range("hour", 0, 23),
    *(_range(column, 0, None) for column in (*_COUNTS, *_TURNS)),
    *(_none(f"{column}_is_coarse", f"{column}.exact") for column in (*_COUNTS, *_TURNS)),
    *(_name(column) for column in _QUANTILES),
)

_REJECTS = (
    _known("stage", STAGES),
    _known("fate", REJECT_FATES),
    _known("reason", rows.REASONS),
    _none("comes_from_one_record", "sources.not_one"),
    _none("path_is_a_json_path", "path.malformed"),
    _name("path"),
    _name("expected", required=False),
    _name("event_type", required=False),
)

_SUBJECTS = (
    _none("comes_from_one_record", "sources.not_one"),
    _none("pseudonym_is_hex", "pseudonym.malformed"),
    _range("key_epoch", 0, None),
)

# Of tables that no sink writes: `redline check` asks these.
_OWN = (
    SCHEMA,
    _none("no_personal_data_left", "leaks", Severity.CRITICAL),
    _none("required_values_are_present", "nulls"),
)
_AUDIT = (
    *_OWN,
    _range("seq", 0, None),
    Expectation("seq_is_unique", "unique", "seq", Severity.ERROR),
    _none("entries_follow_each_other", "previous.wrong"),
    _none("hashes_are_64_hex_digits", "hash.malformed"),
    _name("who"),
    _none("action_is_a_name", "action.malformed"),
    _none("details_is_a_json_object", "details.malformed"),
    Expectation("details_fits", "between", "details.length", Severity.ERROR, low=0, high=_LONGEST),
)
_HISTORY = (
    *_OWN,
    _known("series", tuple(measures.SERIES)),
    _range("span_s", 1, 366 * 86_400),
    _known("table", ("", *tables.TABLES)),
    _name("source", required=False),
    _name("tool", required=False),
    Expectation("value_is_a_number", "not_null", "value", Severity.ERROR),
    Expectation("weight_is_a_number", "not_null", "weight", Severity.ERROR),
    _range("weight", 0, None),
    _none("bins_are_counts", "bins.malformed"),
    _none("day_is_the_day_of_at", "day.wrong"),
)

SUITES: dict[str, tuple[Expectation, ...]] = {
    "interactions": _COMMON + _INTERACTIONS,
    "pairs": _COMMON + _PAIRS,
    "trajectories": tuple(one for one in _COMMON if one.name != "sources_are_present") + _TRAJECTORIES,
    "revisions": _COMMON + _REVISIONS,
    "collaboration": tuple(one for one in _COMMON if one.name != "sources_are_present") + _COLLABORATION,
    "rejects": _COMMON + _REJECTS,
    "subjects": _COMMON + _SUBJECTS,
    "audit": _AUDIT,
    "quality_history": _HISTORY,
}
