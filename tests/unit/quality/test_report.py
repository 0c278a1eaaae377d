"""Tables of text."""

from __future__ import annotations

import numpy as np

from quality import report
from quality.books import Book, Cause, Rejects
from quality.ledger import reconcile
from schemas.records import Partition
from schemas.verdict import Failure, Severity, Verdict


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    assert report.table(("label", "rows"), [("edited", 12345), ("ok", 7)]) == (
        "label     rows\n------  ------\nedited  12,345\nok           7"
    )


def test_counts_begin_with_the_most_frequent() -> None:
    lines = report.counts("reason", {"late": 2, "not_json": 30}).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["not_json", "late", "total"]


def test_a_balance_names_fates_faults_and_coordinates_and_ends_in_one_sentence() -> None:
    rejects = Rejects(np.array([0]), np.array([0]), (Cause("scrub", "dead_lettered", "not_json"),))
    text = report.balance(reconcile([Book(Partition("redline.events", 2), 0, 3000, rejects=rejects)]))
    assert "dead_lettered  not_json" in text
    assert ["missing", "redline.events/2/1", "interactions", "and", "rejects"] in [x.split() for x in text.splitlines()]
    assert "2,899 more missing are not listed" in text
    assert text.splitlines()[-1] == (
        "ledger does NOT balance: 3,000 offsets, missing 2,999, duplicated 0, conflicting 0"
    )


def test_verdicts_are_summed_by_table_and_failed_expectations_are_named() -> None:
    bad = Failure("label_is_known", "label", Severity.ERROR, (3, 4))
    odd = Failure("model_is_named", "model", Severity.WARNING, (1,))
    text = report.verdicts([Verdict("pairs", 10, 41, (bad, odd)), Verdict("pairs", 5, 41), Verdict("subjects", 5, 13)])
    assert text.splitlines()[2].split() == ["pairs", "2", "15", "2", "1", "0"]
    assert text.splitlines()[3].split() == ["subjects", "1", "5", "0", "0", "0"]
    assert ["pairs", "error", "label_is_known", "1", "2"] in [line.split() for line in text.splitlines()]
    assert report.verdicts([]) == "no batch was checked"
