"""What the gates found as Great Expectations' own Data Docs: HTML by its renderers, of counts and never of values.

A table of any size is asked in parts, so results are put together here: per expectation the rows that were looked at
and the rows that failed. What comes back is a piece of HTML for each section of a page, as the renderers make it; it
links to nothing that is there and has styles of its own: `redline.report.docs` makes a page of it.
"""

from __future__ import annotations

import importlib
import logging
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.suites import Expectation

_CLASSES = {
    "in_set": "ExpectColumnValuesToBeInSet",
    "between": "ExpectColumnValuesToBeBetween",
    "unique": "ExpectColumnValuesToBeUnique",
    "not_null": "ExpectColumnValuesToNotBeNull",
    "matches": "ExpectColumnValuesToMatchRegex",
}
_FOLDED = "collapse"  # kind of a content block: versions and times, which a script would unfold


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation over a whole table. `failed` rows of `rows`; `holds` is what counts where it names no rows."""

    expectation: Expectation
    rows: int
    failed: int
    holds: bool


def fragments(table: str, outcomes: Sequence[Outcome]) -> list[str]:
    """The sections of a table's page of validation results: an overview, then one for each column."""
    os.environ["GX_ANALYTICS_ENABLED"] = "False"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    with warnings.catch_warnings():
        # Deprecations inside Great Expectations are its own to mend.
        warnings.simplefilter("ignore")
        gx = importlib.import_module("great_expectations")
        core = importlib.import_module("great_expectations.core")
        renderer = importlib.import_module("great_expectations.render.renderer").ValidationResultsPageRenderer()
        view = importlib.import_module("great_expectations.render.view.view").DefaultJinjaSectionView()
        document = renderer.render(_results(gx, core, table, outcomes)).to_json_dict()
        return [
            view.render({"section": _unfolded(section), "section_loop": {"index": number}})
            for number, section in enumerate(document["sections"], 1)
        ]


def _results(gx: Any, core: Any, table: str, outcomes: Sequence[Outcome]) -> Any:
    good = sum(one.holds for one in outcomes)
    return core.ExpectationSuiteValidationResult(
        success=good == len(outcomes),
        results=[_result(gx, core, one) for one in outcomes],
        suite_name=table,
        statistics={
            "evaluated_expectations": len(outcomes),
            "successful_expectations": good,
            "unsuccessful_expectations": len(outcomes) - good,
            "success_percent": 100 * good / len(outcomes) if outcomes else 100.0,
        },
        meta={
            "run_id": core.run_identifier.RunIdentifier(run_name="redline report --docs"),
            "great_expectations_version": gx.__version__,
            "batch_kwargs": {"data_asset_name": table},
        },
    )


def _result(gx: Any, core: Any, one: Outcome) -> Any:
    percent = 100 * one.failed / one.rows if one.rows else 0.0
    return core.ExpectationValidationResult(
        success=one.holds,
        expectation_config=_native(gx, one.expectation).configuration,
        result={
            "element_count": one.rows,
            "unexpected_count": one.failed,
            "unexpected_percent": percent,
            "unexpected_percent_nonmissing": percent,
            "missing_count": 0,
            "missing_percent": 0.0,
        },
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _native(gx: Any, e: Expectation) -> Any:
    """The expectation as Great Expectations would word it; by its own name where that would say nothing."""
    arguments: dict[str, Any] = {"column": e.column}
    if e.kind == "in_set":
        arguments["value_set"] = list(e.values)
    elif e.kind == "between":
        arguments |= {"min_value": e.low, "max_value": e.high}
    elif e.kind == "matches":
        arguments["regex"] = e.pattern
    if e.kind not in _CLASSES or e.low == e.high == 0:  # a rule, or a count of faults that must be none
        arguments |= {"description": e.name.replace("_", " "), "min_value": 0, "max_value": 0}
    return getattr(gx.expectations, _CLASSES.get(e.kind, _CLASSES["between"]))(**arguments)


def _unfolded(section: dict[str, Any]) -> dict[str, Any]:
    blocks = [block for block in section["content_blocks"] if block["content_block_type"] != _FOLDED]
    return {**section, "content_blocks": blocks}
