"""What an export leaves out: prompts of benchmarks, rows that are nearly another one."""

import json
from pathlib import Path

import msgspec
from support.office import office

from redline.export.manifest import Counts
from redline.export.plan import Asked
from redline.export.run import export
from redline.settings import Settings

ASKED = Asked(format="trl-kto", seed=3, splits={"all": 1.0}, with_record_ids=True)


def exported(data: Path, folder: Path, asked: Asked) -> tuple[set[str], Counts]:
    """Record ids of the rows that were written, and the counts."""
    made = export(Settings(data=str(data)), asked, folder)
    return {line for path in folder.glob("*.ids") for line in path.read_text().split()}, made.counts


def test_rows_with_a_prompt_of_a_benchmark_go_and_are_counted_by_file(tmp_path: Path) -> None:
    people = office()
    data = people.publish(tmp_path / "data")
    asked_of = {row.record_id: json.loads(row.prompt)[0]["content"] for row in people.pairs}
    mine = {row.record_id: row.suggestion for row in people.pairs if row.label == "accepted"}
    one, two, *_ = mine
    (tmp_path / "math.jsonl").write_text(json.dumps({"question": asked_of[one], "answer": mine[two]}) + "\n")
    (tmp_path / "code.txt").write_text(f"{mine[one]}\n{mine[two]}\nnothing like it at all\n")
    files = (str(tmp_path / "math.jsonl"), str(tmp_path / "code.txt"))
    every, counts = exported(data, tmp_path / "every", ASKED)
    assert (counts.contaminated, counts.contaminated_by) == (0, ())
    clean, counts = exported(data, tmp_path / "clean", msgspec.structs.replace(ASKED, decontaminate=files))
    assert every - clean == {one, two}
    assert (counts.contaminated, counts.contaminated_by) == (2, (1, 2))


def test_of_rows_that_are_nearly_the_same_one_stays(tmp_path: Path) -> None:
    people = office()
    first, *others = [row for row in people.pairs if row.label == "accepted"]
    text = " ".join(f"said{i}" for i in range(200))
    alike = {first.record_id, *(row.record_id for row in others[:5])}
    for at, row in enumerate(people.pairs):
        if row.record_id in alike:
            said = text.replace("said7 ", f"said{1000 + at} ")
            people.pairs[at] = msgspec.structs.replace(row, prompt=first.prompt, suggestion=said, final=said)
    data = people.publish(tmp_path / "data")
    every, _ = exported(data, tmp_path / "every", ASKED)
    assert alike <= every
    apart, counts = exported(data, tmp_path / "apart", msgspec.structs.replace(ASKED, near_duplicates=0.85))
    assert len(apart & alike) == 1
    assert every - apart < alike
    assert (counts.exact_duplicates, counts.near_duplicates) == (0, 5)
