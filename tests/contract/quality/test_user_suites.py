"""Expectations of one's own: what is refused before the first batch, and what the gate makes of the others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.batches import arrow, good

from quality.facts import Facts
from quality.gate import Gate
from quality.suites import Expectation
from quality.user_suites import load
from schemas.errors import SettingsError
from schemas.tables import TABLES
from schemas.verdict import Severity

OWN = """
[[pairs]]
name = "model_is_one_we_pay_for"
column = "model"
kind = "in_set"
values = ["m-1", "m-2"]
severity = "warning"

[[pairs]]
name = "revision_is_low"
column = "revision"
kind = "between"
high = 3
severity = "error"

[[pairs]]
name = "final_is_short"
column = "final"
kind = "length"
high = 40
severity = "error"

[[pairs]]
name = "final_is_clean"
column = "final"
kind = "matches"
pattern = "^[^~]*$"
severity = "error"

[[pairs]]
name = "decisions_differ"
column = "suggestion"
kind = "unique"
severity = "warning"

[[trajectories]]
name = "sessions_are_short"
column = "steps"
kind = "length"
low = 1
high = 3
severity = "warning"
"""
RULES = """
import pyarrow.compute as pc
from quality.suites import Expectation
from schemas.verdict import Severity

def longer(rows):
    return pc.greater_equal(pc.utf8_length(rows["final"]), pc.utf8_length(rows["before"]))

def fragile(rows):
    if "BOOM" in rows["final"].to_pylist():
        raise ValueError(rows["final"].to_pylist())
    return pc.is_valid(rows["final"])

EXPECTATIONS = {
    "pairs": [
        Expectation("final_is_no_shorter", "rule", "final", Severity.ERROR, rule=longer),
        Expectation("fragile", "rule", "final", Severity.%s, rule=fragile),
    ]
}
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_own_expectations_are_asked_beside_the_suite(tmp_path: Path) -> None:
    own = load([written(tmp_path, "quality.toml", OWN), written(tmp_path, "own.py", RULES % "WARNING")])
    assert {table: len(listed) for table, listed in own.items()} == {"pairs": 7, "trajectories": 1}
    rows = good("pairs")
    rows[3]["model"] = "m-9"
    rows[4]["revision"] = 4
    rows[5]["final"] = "x" * 41
    rows[6]["final"] = "return ~"
    rows[9]["suggestion"] = rows[1]["suggestion"] = "twice"
    rows[10]["final"] = "BOOM BOOM"
    rows[2]["final"] = "no"
    expected = {
        "model_is_one_we_pay_for": (3,),
        "revision_is_low": (4,),
        "final_is_short": (5,),
        "final_is_clean": (6,),
        "decisions_differ": (1, 9),
        "final_is_no_shorter": (2,),
    }
    for audit_every in (1, 1000):
        gate = Gate(TABLES["pairs"], own=own["pairs"], audit_every=audit_every)
        gate(arrow("pairs", good("pairs")))
        verdict = gate(arrow("pairs", rows))
        assert {f.expectation: f.rows for f in verdict.failures if f.expectation in expected} == expected
        assert not verdict.halts
        assert gate(arrow("pairs", good("pairs"))).failures == ()
        assert gate(arrow("pairs", [])).failures == ()
    steps = Gate(TABLES["trajectories"], own=own["trajectories"])(arrow("trajectories", good("trajectories")))
    assert [f.rows for f in steps.failures] == [(3, 7, 11)]


def test_the_examples_of_the_page_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "quality.md").read_text("utf-8")
    blocks = {kind: page.split(f"```{kind}\n")[1].partition("```")[0] for kind in ("toml", "python")}
    own = load([written(tmp_path, "quality.toml", blocks["toml"]), written(tmp_path, "own.py", blocks["python"])])
    assert [e.name for e in own["pairs"]] == ["model_is_one_we_pay_for", "no_placeholder_text", "no_shorter"]


@pytest.mark.parametrize(("severity", "halts"), [("WARNING", False), ("ERROR", True), ("CRITICAL", True)])
def test_a_rule_that_raises_says_no_value_and_halts_unless_it_only_warns(
    tmp_path: Path, severity: str, *, halts: bool
) -> None:
    own = load([written(tmp_path, "own.py", RULES % severity)])
    rows = good("pairs")
    rows[1]["final"] = "BOOM"
    verdict = Gate(TABLES["pairs"], own=own["pairs"], audit_every=1)(arrow("pairs", rows))
    fragile = next(f for f in verdict.failures if f.expectation == "fragile")
    assert (verdict.halts, fragile.rows) == (halts, ())
    assert "BOOM" not in repr(verdict)


@pytest.mark.parametrize(
    "answer", ["[True] * len(rows)", "pc.is_valid(rows['final']).slice(1)", "pc.utf8_length(rows['final'])", "None"]
)
def test_a_rule_that_answers_something_else_is_refused_at_the_start(tmp_path: Path, answer: str) -> None:
    text = RULES.replace('pc.is_valid(rows["final"])', answer) % "ERROR"
    with pytest.raises(SettingsError, match=r"own\.py, pairs number 2 \(fragile\): rule: needed a Boolean for each"):
        load([written(tmp_path, "own.py", text)])


ENTRY = {"name": "n", "column": "final", "kind": "matches", "pattern": "x", "severity": "error"}


def entry(**changed: Any) -> str:
    keys = {key: value for key, value in {**ENTRY, **changed}.items() if value is not None}
    return "[[pairs]]\n" + "\n".join(f"{key} = {_literal(value)}" for key, value in keys.items())


def _literal(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f"'{value}'" if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("[[pairs]\nname", r"readable TOML file, came TOMLDecodeError in line 1"),
        ("\x00\xff", "readable TOML file"),
        ("[[pears]]\nname = 'n'", "needed some of interactions, pairs"),
        ("pairs = 3", "pairs: needed a list of expectations, came int"),
        ("pairs = [3]", r"\[\[pairs\]\] number 1: needed a table of keys, came int"),
        (entry(name=None), "key name: needed a text, came NoneType"),
        (entry(name="Not a name"), "name: needed lower-case letters"),
        (entry(name="label_is_known"), "label_is_known is the name of another expectation"),
        (entry() + "\n" + entry(), "n is the name of another expectation"),
        (entry(kind="looks_like"), "key kind: needed one of in_set, between, length, matches"),
        (entry(kind="rule"), "key kind: needed one of"),
        (entry(severity="fatal"), "key severity: needed one of critical, error, warning"),
        (entry(column="person"), r"pairs number 1 \(n\): column: needed one of record_id"),
        (entry(column="final.weight"), "column: needed one of record_id"),
        (entry(column="similarity"), "matches needs texts, the column has double"),
        (entry(kind="unique", pattern=None, column="sources"), "unique needs texts or whole numbers"),
        (entry(values=["x"]), "key values: a matches has only"),
        (entry(pattern="("), "pattern: needed one that RE2 knows"),
        (entry(pattern="(?=x)"), "pattern: needed one that RE2 knows"),
        (entry(pattern="((a{0,100}){0,100}){0,100}"), "pattern: needed one that RE2 knows"),
        (entry(pattern="x" * 1001), "pattern: needed 1 to 1,000 characters"),
        (entry(pattern=3), "key pattern: needed a text, came int"),
        (entry(kind="in_set", pattern=None), "values: needed 1 to 10,000"),
        (entry(kind="in_set", pattern=None, values=[1]), "values: needed 1 to 10,000 of type str"),
        (entry(kind="in_set", pattern=None, column="revision", values=[2**40]), "needed a in_set that can be asked"),
        (entry(kind="between", pattern=None, column="similarity"), "low, high: needed one of them"),
        (entry(kind="between", pattern=None, column="similarity", low=2, high=1), "the low one first"),
        (entry(kind="between", pattern=None, column="similarity", low=True), "as numbers"),
        ("[[pairs]]\nname='n'\ncolumn='similarity'\nkind='between'\nlow=nan\nseverity='error'", "as numbers"),
    ],
)
def test_what_is_wrong_is_told_by_file_place_and_need(tmp_path: Path, text: str, needed: str) -> None:
    with pytest.raises(SettingsError, match=rf"quality\.toml.*{needed}"):
        load([written(tmp_path, "quality.toml", text)])


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("x = (", "came SyntaxError in line 1"),
        ("\n\nraise KeyError('secret')", "came KeyError in line 3"),
        ("y = 1", "EXPECTATIONS: needed a dict from tables to lists, came NoneType"),
        ("EXPECTATIONS = {'pairs': ['secret']}", "pairs number 1: needed an Expectation, came str"),
    ],
)
def test_a_python_file_that_is_wrong_is_refused_by_line(tmp_path: Path, text: str, needed: str) -> None:
    with pytest.raises(SettingsError, match=rf"own\.py.*{needed}") as refused:
        load([written(tmp_path, "own.py", text)])
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("other.toml", "other.py"):
        with pytest.raises(SettingsError, match="came FileNotFoundError"):
            load([tmp_path / name])


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.text(max_size=200), st.text("[]pairs=\"'\n{}name1.,kind", max_size=200)))
def test_garbage_is_refused_or_read_and_nothing_else(tmp_path: Path, text: str) -> None:
    path = tmp_path / "quality.toml"
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        load([path])
    except SettingsError:
        return


def test_a_pattern_made_to_blow_up_takes_linear_time() -> None:
    """A backtracking engine would take longer than the sun lasts; a minute is for a machine that does ten things."""
    rows = good("pairs", 1)
    rows[0]["final"] = "a" * 1_000_000 + "!"
    facts = Facts(arrow("pairs", rows), TABLES["pairs"])
    began = time.process_time()
    for pattern in (r"(a+)+$", r"^(a|a)*$", r"(.*a){20}b", r"(a?){300}a{300}$"):
        assert facts.broken(Expectation("n", "matches", "final", Severity.ERROR, pattern=pattern)).tolist() == [True]
    assert time.process_time() - began < 60


def test_nulls_are_passed_over(tmp_path: Path) -> None:
    own = load([written(tmp_path, "quality.toml", entry(column="interaction_key").replace("pairs", "interactions"))])
    batch = arrow("interactions", good("interactions"))
    assert pa.compute.all(pa.compute.is_null(batch["interaction_key"])).as_py()
    assert Gate(TABLES["interactions"], own=own["interactions"])(batch).failures == ()
