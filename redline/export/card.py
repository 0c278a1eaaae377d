"""The dataset card, in the form that Hugging Face reads: `README.md` with a head in YAML. Pure.

Source of the form: hub-docs, `datasetcard.md` and `repo_structure`: `configs` names the files of every split.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from redline.export.manifest import Manifest
    from sinks.export.example import Format

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_LARGER = ((10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"))
_MAKING = {
    "same_key": "have the order key of another row",
    "cut": "belong to two splits at once",
    "contaminated": "hold a prompt of a benchmark",
    "exact_duplicates": "have the texts of another row",
    "near_duplicates": "have nearly the texts of another row",
    "over_cap": "are beyond the cap per session",
}


def card(manifest: Manifest, kind: Format, reasons: Mapping[str, str]) -> str:
    """The card of an export."""
    counts, asked = manifest.counts, manifest.asked
    head = {
        "license": "other",
        "license_name": "internal-training-only",
        "pretty_name": f"Redline {manifest.format}",
        "task_categories": ["text-generation"],
        "size_categories": [_size(counts.written)],
        "tags": ["redline", "human-feedback", manifest.format],
        "configs": [{"config_name": "default", "data_files": [*_data_files(manifest)]}],
    }
    lines = [
        "---",
        yaml.safe_dump(head, sort_keys=False).rstrip(),
        "---",
        "",
        f"# {manifest.format}: {counts.written:,} examples",
        "",
        (
            f"{kind.meaning}. Made by Redline {manifest.redline} from the table `{manifest.table}`, Delta version "
            f"{manifest.versions[manifest.table]}: what people kept, changed or refused of what a model proposed."
        ),
        "",
        "## What is in it",
        "",
        *_table(("split", "examples", "files"), _splits(manifest)),
        "",
        *_table(("field", "what it is"), list(kind.fields.items())),
        "",
        "## How it was made",
        "",
        f"Seed {asked.seed}. Filters: {_filters(manifest)}.",
        "",
        *_table(("rows", "that"), _steps(manifest, reasons)),
        "",
        (
            "No session, document or person is in two splits. The order is that of a keyed hash of the rows' ids: it "
            "says nothing of when or where they were made. `manifest.json` has the counts, hashes and versions; "
            "`redline export verify` checks them."
        ),
        "",
        "## Limits",
        "",
        (
            "- Personal data and secrets were replaced by a scrubber, which misses some: texts can still tell who "
            "wrote them, by what they say and how."
        ),
        "- Names, numbers and keys in the texts are surrogates: facts about them are made up.",
        "- It holds what people agreed to share who use the tools that report it. It does not speak for anybody else.",
        "- What a person kept is not always right, and what they changed not always wrong.",
        (
            "- Languages, models and surfaces that few people share stand as `other`, or as `withheld` until their day "
            "is decided."
        ),
        "",
        "## What staff were promised",
        "",
        "- It is for training models. It is not used to judge, rank or measure a person or a group of people.",
        "- Nobody tries to find out who wrote a text, or which rows are one person's.",
        (
            "- Who withdraws is erased: `redline erase --rewrite` drops their rows from these files where they lie. "
            "Copies must be dropped as well: keep a list of where they went."
        ),
        "",
    ]
    return "\n".join(lines)


def _size(rows: int) -> str:
    return next((name for most, name in (*_SIZES, *_LARGER) if rows < most), "100M<n<1B")


def _data_files(manifest: Manifest) -> Sequence[dict[str, object]]:
    return [
        {"split": split, "path": [file.name for file in manifest.files if file.split == split]}
        for split, count in manifest.counts.splits.items()
        if count
    ]


def _splits(manifest: Manifest) -> list[tuple[str, str, str]]:
    return [
        (split, f"{count:,}", f"{sum(file.split == split for file in manifest.files):,}")
        for split, count in manifest.counts.splits.items()
    ]


def _filters(manifest: Manifest) -> str:
    asked = manifest.asked
    said = [
        f"{name} {', '.join(values)}"
        for name in ("surface", "language", "model", "label", "licence")
        if (values := getattr(asked, name))
    ]
    said += [f"{name} {value}" for name in ("since", "until") if (value := getattr(asked, name))]
    said += [
        f"{name.replace('_', ' ')} {value}"
        for name in ("min_similarity", "max_similarity")
        if (value := getattr(asked, name)) is not None
    ]
    said += [f"`{asked.where}`"] if asked.where else []
    said += [f"benchmarks {', '.join(one.name for one in manifest.benchmarks)}"] if manifest.benchmarks else []
    said += [f"balanced by {asked.balance}"] if asked.balance else []
    said += [f"at most {asked.cap_per_session} rows of a session"] if asked.cap_per_session else []
    return "; ".join(said) or "none"


def _steps(manifest: Manifest, reasons: Mapping[str, str]) -> list[tuple[str, str]]:
    counts = manifest.counts
    rows = [(counts.read, "the table had"), (counts.withheld, "are not decided yet in a column that was asked for")]
    rows += [(counts.filtered_out, "the filters left out"), (counts.same_key, _MAKING["same_key"])]
    rows += [(sum(counts.cut.values()), _MAKING["cut"])]
    rows += [(one.rows, f"give no example: {reasons.get(one.reason, one.reason)}") for one in counts.no_example]
    rows += [(getattr(counts, name), _MAKING[name]) for name in list(_MAKING)[2:]]
    shown = [(f"{count:,}", what) for count, what in rows if count]
    examples = [
        (counts.examples, "examples of the others"),
        (counts.unbalanced, "examples too many of their kind"),
        (counts.over_max_rows, "examples more than were asked for"),
        (counts.erased_meanwhile, "examples of people who were erased meanwhile"),
        (counts.written, "examples are here"),
    ]
    return [*shown, *((f"{count:,}", what) for count, what in examples if count or what == "examples are here")]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *cells]]
