"""The attack on published rows: are these two of one person, and which rows are this person's?

People are split in halves; who is judged was not learnt from. Pairs are balanced: a coin is right half the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.privacy import features as look
from bench.privacy import fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.privacy.features import Pairs
    from bench.privacy.fit import Figure, Floats, Ints
    from bench.privacy.publish import Row

    View = Callable[[Pairs], Floats]

_PER_PERSON = 60
NUMBERS = ("similarity", "retention_4gram", "no_revert", "revision")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How well a view tells pairs of one person from pairs of two."""

    auc: Figure
    accuracy: Figure
    pairs: int

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return {"auc": self.auc.as_json(), "accuracy": self.accuracy.as_json(), "pairs": self.pairs}


def views(rows: Sequence[Row]) -> dict[str, list[View]]:
    """Everything that can be looked at, in groups."""
    values = [row.values for row in rows]
    texts = [look.human(row) for row in rows]
    whole = [f"{text}\n{row['suggestion']}\n{row['final']}" for text, row in zip(texts, values, strict=True)]
    columns = [look.same([row[name] for row in values]) for name in ("surface", "task")]
    stated = [look.same([row[name] for row in values]) for name in ("model", "language", "tool")]
    outcome = [look.same([row[name] for row in values]) for name in ("label", "key_epoch", "scrub_version")]
    outcome += [look.near([row[name] for row in values]) for name in NUMBERS]
    outcome += [look.near([len(row[name]) for row in values]) for name in ("kept_spans", "edited_spans", "sources")]
    place = [
        look.same([row.file for row in rows]),
        look.near([row.place for row in rows]),
        look.near([row.place / row.of for row in rows]),
        look.near([row.version for row in rows]),
        look.near([row.committed_ms for row in rows]),
        look.near([int(row["record_id"][:8], 16) / 2**32 for row in values]),
    ]
    raw = [row.raw for row in rows]
    coordinates = [
        look.same([one["partition"] for one in raw]),
        look.near(_by_partition(rows)),
        look.near(_in_day(rows)),
    ]
    style = [look.style_of(text) for text in texts]
    content = [look.content_of(text) for text in whole]
    return {
        "kind of work": columns,
        "model, language, tool": stated,
        "outcome": outcome,
        "time": [look.same([row["decision_ms_bucket"] for row in values])],
        "place": place,
        "coordinates": coordinates,
        "raw model, language, tool": [look.same([one[name] for one in raw]) for name in ("model", "language", "tool")],
        "style": [look.alike(look.grams(style)), look.apart(look.manner(texts))],
        "content": [look.alike(look.grams(content))],
        "text": [look.alike(look.grams(whole)), look.alike(look.grams(texts))],
    }


def by_column(rows: Sequence[Row], names: Sequence[str]) -> dict[str, list[View]]:
    """Columns of closed vocabularies, each by itself."""
    return {name: [look.same([row.values[name] for row in rows])] for name in names}


def session_views(rows: Sequence[Row]) -> dict[str, list[View]]:
    """What can be looked at of `trajectories`: columns, how the session went, and its writing."""
    steps = [row.values["steps"] for row in rows]
    said = ["\n".join(one["content"] for one in part if one["role"] == "user") for part in steps]
    whole = ["\n".join(one["content"] for one in part) for part in steps]
    style = [look.style_of(text) for text in said]
    return {
        "columns": [look.same([row.values[name] for row in rows]) for name in ("surface", "tool", "closed_by")],
        "course": [
            look.near([len(part) for part in steps]),
            look.near([sum(one["role"] == "user" for one in part) for part in steps]),
            look.near([len(row.values["sources"]) for row in rows]),
            look.same([tuple(one["kind"] for one in part) for part in steps]),
        ],
        "style": [look.alike(look.grams(style)), look.apart(look.manner(said))],
        "text": [look.alike(look.grams(whole)), look.alike(look.grams([look.content_of(text) for text in whole]))],
    }


def judge(rows: Sequence[Row], chosen: Sequence[View], pairs: Callable[[Ints, int], tuple[Pairs, Floats]]) -> Verdict:
    """Fit on pairs of one half of the people, score those of the other, and the other way round."""
    workers = np.array([row.worker for row in rows])
    people = np.random.default_rng(5).permutation(np.unique(workers))
    halves = people[: len(people) // 2], people[len(people) // 2 :]
    scored: list[tuple[Floats, Floats, Ints, Ints]] = []
    for learnt, judged in (halves, halves[::-1]):
        seen, truth = pairs(learnt, 1)
        model = fit.logistic(_table(chosen, seen), truth)
        unseen, told = pairs(judged, 2)
        scored.append((model(_table(chosen, unseen)), told, workers[unseen[0]], workers[unseen[1]]))
    scores, told, first, second = (np.concatenate(parts) for parts in zip(*scored, strict=True))
    return Verdict(
        fit.auc_by_people(scores, told, first, second), fit.accuracy_by_people(scores, told, first, second), len(told)
    )


def across(rows: Sequence[Row], *, cell: Sequence[str] = ()) -> Callable[[Ints, int], tuple[Pairs, Floats]]:
    """Pairs of a row of the first period and one of the second; with `cell`, only rows that agree in these columns."""
    return _pairs(rows, lambda row: row.period == 0, lambda row: row.period == 1, cell)


def within(rows: Sequence[Row]) -> Callable[[Ints, int], tuple[Pairs, Floats]]:
    """Pairs of two rows of the same day and surface."""
    return _pairs(rows, lambda _: True, lambda _: True, ("event_date", "surface"))


def find(samples: Floats, owners: Ints, table: Floats, rows: Sequence[Row]) -> dict[str, Any]:
    """Known people's rows, by samples of each: how often the best row, or one of the best ten, is theirs."""
    count = int(owners.max()) + 1
    scores = fit.whose(samples, owners, count)(table)
    workers = np.array([row.worker for row in rows])
    scores = scores - scores.mean(axis=1, keepdims=True)
    known = np.arange(count)
    best = np.argsort(-scores, axis=0, kind="stable")
    one = np.array([workers[best[0, person]] == person for person in known], np.float64)
    ten = np.array([(workers[best[:10, person]] == person).any() for person in known], np.float64)
    right = (scores.argmax(axis=1) == workers).astype(np.float64)
    share = np.array([(workers == person).mean() for person in known])
    return {
        "people": count,
        "rows": len(rows),
        "top_1": fit.share_by_people(one, known).as_json(),
        "top_1_by_chance": round(float(share.mean()), 4),
        "top_10": fit.share_by_people(ten, known).as_json(),
        "top_10_by_chance": round(float((1 - (1 - share) ** 10).mean()), 4),
        "rows_given_to_the_right_person": fit.share_by_people(right, workers).as_json(),
        "rows_by_chance": round(1 / count, 4),
    }


def in_sessions(rows: Sequence[Row], sessions: Sequence[Row]) -> int:
    """How many pairs stand word for word in a published session, and so can be laid beside its other pairs."""
    told = {step["content"] for row in sessions for step in row.values["steps"] if step["content"]}
    return sum(row.values["suggestion"] in told for row in rows)


def _table(chosen: Sequence[View], pairs: Pairs) -> Floats:
    return np.hstack([view(pairs) for view in chosen])


def _pairs(
    rows: Sequence[Row], left: Callable[[Row], bool], right: Callable[[Row], bool], cell: Sequence[str]
) -> Callable[[Ints, int], tuple[Pairs, Floats]]:
    """Balanced pairs: for each row of the left a row of the same person and one of another, of the same cell."""
    keys = [tuple(row.values[name] for name in cell) for row in rows]

    def drawn(people: Ints, seed: int) -> tuple[Pairs, Floats]:
        rng = np.random.default_rng(seed)
        among = set(people.tolist())
        mine: dict[tuple[Any, ...], list[int]] = {}
        cells: dict[tuple[Any, ...], list[int]] = {}
        for number, row in enumerate(rows):
            if row.worker in among and right(row):
                mine.setdefault((row.worker, *keys[number]), []).append(number)
                cells.setdefault(keys[number], []).append(number)
        first: list[int] = []
        second: list[int] = []
        truth: list[float] = []
        taken = dict.fromkeys(among, 0)
        for number in rng.permutation(len(rows)).tolist():
            row = rows[number]
            if row.worker not in among or not left(row) or taken[row.worker] >= _PER_PERSON:
                continue
            own = [one for one in mine.get((row.worker, *keys[number]), ()) if one != number]
            others = cells.get(keys[number], [])
            stranger = (
                next((o for o in rng.choice(others, 20).tolist() if rows[o].worker != row.worker), None)
                if others
                else None
            )
            if not own or stranger is None:
                continue
            taken[row.worker] += 1
            first += [number, number]
            second += [int(rng.choice(own)), stranger]
            truth += [1.0, 0.0]
        return (np.array(first), np.array(second)), np.array(truth)

    return drawn


def _by_partition(rows: Sequence[Row]) -> list[float]:
    """Offsets, partitions set far apart."""
    return [row.raw["partition"] * 1e6 + row.raw["offset"] for row in rows]


def _in_day(rows: Sequence[Row]) -> list[float]:
    """Where in its day and partition a row's first event stands, from 0 to 1: the hour, to whoever knows offsets."""
    places: dict[tuple[Any, ...], list[int]] = {}
    for row in rows:
        places.setdefault((row.values["event_date"], row.raw["partition"]), []).append(row.raw["offset"])
    bounds = {key: (min(offsets), max(offsets)) for key, offsets in places.items()}
    found = []
    for row in rows:
        low, high = bounds[row.values["event_date"], row.raw["partition"]]
        found.append((row.raw["offset"] - low) / max(high - low, 1))
    return found
