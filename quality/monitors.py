"""What has changed over time and is worth telling: points in, breaches out. Pure; `now_us` is an argument.

Each number that is measured asks its questions (`volumes`, `shares`); all answers of one look are judged together
(Benjamini-Hochberg), so that many series do not mean many false alarms. Then what tells the same is folded into one.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality import measures, statistics
from quality.breach import Breach, folded
from quality.hours import Key, lay
from quality.levels import levels
from quality.measures import hidden
from quality.policy import EXPECTED, MIXES, NO_VOLUME, SHARES, MonitorPolicy
from quality.reject_rate import EXPECTED_REASONS
from quality.seasons import ENOUGH, bursts
from quality.shares import mixes, rates, shares
from quality.trials import Looks
from quality.volumes import silences, usual, volumes
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from quality.hours import Hours, Track
    from quality.measures import Point
    from quality.policy import ShareRule
    from quality.seasons import Season
    from quality.statistics import Floats, Truths
    from quality.trials import Counted, Places, Trials

_HOUR_US = measures.HOUR_S * measures.US


class _Asked(NamedTuple):
    """A trial that stands for one track and one look, and what it is about."""

    kind: str
    key: Key
    label: str
    severity: Severity
    trials: Trials
    row: int

    @property
    def subject(self) -> str:
        words = [self.trials.way, self.label, hidden("source", self.key.source), hidden("tool", self.key.tool)]
        return " ".join(word for word in words if word)


def evaluate(
    points: Iterable[Point],
    now_us: int,
    policy: MonitorPolicy | None = None,
    firing: Collection[tuple[str, str, str]] = (),
) -> list[Breach]:
    """What is wrong at `now_us` (microseconds since 1970, UTC), by the points known then; the worst first.

    `firing`: keys of breaches that were found at the look before. They go on until they are clearly over.
    """
    policy = policy or MonitorPolicy()
    points = list(points)
    hours = lay(points, now_us, policy.reference_weeks)
    looks = Looks(np.array([hours.count]), np.array([hours.fraction]), policy.settle_s / measures.HOUR_S)
    found = [*judge(hours, looks, policy, firing)[0], *levels(points, now_us, policy)]
    order = [Severity.CRITICAL, Severity.ERROR, Severity.WARNING]
    return sorted(found, key=lambda one: (order.index(one.severity), one.key))


def judge(
    hours: Hours, looks: Looks, policy: MonitorPolicy, firing: Collection[tuple[str, str, str]] = ()
) -> list[list[Breach]]:
    """The breaches of each look; all looks are of one day, and each knows what fired at the look before."""
    if hours.count == 0:
        return [[] for _ in looks.places]
    asked = [*_volumes(hours, looks, policy), *_shares(hours, looks, policy), *_mixes(hours, looks, policy)]
    p = np.stack([one.trials.p[one.row] for one in asked]) if asked else np.zeros((0, looks.places.size))
    large = [one.trials.large[one.row] for one in asked]
    starts = statistics.discoveries(p, policy.error_rate, _subjects(asked)) & np.reshape(large, p.shape).astype(bool)
    burst = _burst(hours, looks, policy)
    told: list[list[Breach]] = []
    keys = frozenset(firing)
    for look in range(looks.places.size):
        found = _standing(asked, (p[:, look], starts[:, look]), keys, (hours, looks, look), policy)
        told.append(folded(_calmer(found, burst[look])))
        keys = frozenset(one.key for one in found)
    return told


def _subjects(asked: Sequence[_Asked]) -> Places:
    """A number for each subject: all trials of it have the same."""
    numbers: dict[tuple[str, str, str], int] = {}
    return np.array([numbers.setdefault((a.kind, a.key.table, a.subject), len(numbers)) for a in asked], int)


def _volumes(hours: Hours, looks: Looks, policy: MonitorPolicy) -> list[_Asked]:
    tracks = {
        key: track
        for key, track in hours.of(measures.VOLUME.name).items()
        if "/" not in key.tool and key.table not in NO_VOLUME
    }
    if not tracks:
        return []
    keys = list(tracks)
    counts = looks.counted([track.value for track in tracks.values()])
    first = np.array([float(track.first) for track in tracks.values()])
    of = usual(counts, first, _bursts(hours, looks, policy)[0], looks, policy)
    asked = [
        _Asked("volume", key, "", Severity.WARNING, trials, row)
        for trials in volumes(counts, first, of, looks, policy)
        for row, key in enumerate(keys)
    ]
    last = np.stack([_last(hours, looks, key, track) for key, track in tracks.items()])
    quiet = silences(last, of, looks)
    return asked + [
        _Asked("silence", key, "", Severity.WARNING if key.tool else Severity.ERROR, quiet, row)
        for row, key in enumerate(keys)
    ]


def _last(hours: Hours, looks: Looks, key: Key, volume: Track) -> Floats:
    """When the last row came, in hours of the layout: exactly, if that was measured."""
    now = looks.places + looks.fraction
    track = hours.of(measures.FRESHNESS.name).get(key)
    if track is not None and not looks.replay and (latest := float(track.value.max())) > 0:
        return np.minimum(np.maximum((latest - hours.start_us) / _HOUR_US, 0.0), now)
    ends = np.maximum.accumulate(np.where(volume.value > 0, np.arange(volume.value.size) + 1.0, 0.0))
    before = np.where(looks.places > 0, ends[np.maximum(looks.places - 1, 0)], 0.0)
    current = looks.counted([volume.value]).current[0]
    return np.minimum(np.where(current > 0, now, before), now)


def _bursts(hours: Hours, looks: Looks, policy: MonitorPolicy) -> tuple[Truths, Season | None]:
    """Hours of a burst of everything: they are no reference."""
    none = np.zeros(hours.count + 1, bool)
    track = hours.of(measures.VOLUME.name).get(Key("interactions", "", ""))
    if track is None:
        return none, None
    counts, first = looks.counted([track.value]), np.array([float(track.first)])
    for _ in range(2):  # the second time without the bursts that the first has found
        season = usual(counts, first, none, looks, policy).season
        none = bursts(track.value, season, policy.burst_factor)
    return none, season


def _burst(hours: Hours, looks: Looks, policy: MonitorPolicy) -> list[Breach | None]:
    """The burst at each look: one that goes on, or begins in the hour that is not over."""
    found, season = _bursts(hours, looks, policy)
    if season is None:
        return [None for _ in looks.places]
    counts = looks.counted([hours.of(measures.VOLUME.name)[Key("interactions", "", "")].value])
    told: list[Breach | None] = []
    highest = season.most()[0]
    for place, seen in zip(looks.places, counts.current[0], strict=True):
        most = highest[place]
        begins = (
            season.weeks[0, place] > 0 and most >= ENOUGH and seen >= max(policy.burst_factor * most, policy.minimum)
        )
        if not (begins or found[max(place - 1, 0)]):
            told.append(None)
            continue
        quiet = np.flatnonzero(~found[:place])
        begun = int(quiet[-1]) + 1 if quiet.size else 0
        rows = float(counts.hours[0, begun:place].sum() + seen)
        got = {"rows": rows, "usual": round(float(season.usual[0, begun : place + 1].sum()), 1)}
        told.append(Breach("burst", "interactions", "", Severity.WARNING, hours.time_us(begun), EXPECTED["burst"], got))
    return told


def _calmer(found: list[Breach], burst: Breach | None) -> list[Breach]:
    """While everything rises, that one series does is not told apart."""
    if burst is None:
        return found
    risen = [one for one in found if one.kind == "volume" and one.subject.startswith("rise")]
    got = dict(burst.got) | {"risen": float(len(risen))}
    return [*(one for one in found if one not in risen), replace(burst, got=got)]


def _shares(hours: Hours, looks: Looks, policy: MonitorPolicy) -> list[_Asked]:
    asked: list[_Asked] = []
    for series, rule in SHARES.items():
        tracks = hours.of(series)
        lines: list[tuple[Key, str, Floats, Floats, Floats, Floats]] = []
        for key, track, known in _versions(tracks):
            for label in sorted(track.bins) or [""]:
                seen = track.bins[label] if label else track.value
                before = known.bins.get(label, np.zeros_like(seen)) if label else known.value
                lines.append((key, label, seen, track.weight, before, known.weight))
        if not lines:
            continue
        hits, of = looks.counted([line[2] for line in lines]), looks.counted([line[3] for line in lines])
        known_ones = looks.counted([line[4] for line in lines]), looks.counted([line[5] for line in lines])
        for trials in shares(hits, of, known_ones, looks=looks, rule=rule, policy=policy):
            asked += [
                _Asked(rule.kind, key, _label(series, label), _severity(rule, label), trials, row)
                for row, (key, label, *_) in enumerate(lines)
            ]
    return asked


def _severity(rule: ShareRule, label: str) -> Severity:
    return Severity.WARNING if label in EXPECTED_REASONS else rule.severity


def _label(series: str, label: str) -> str:
    """Reasons are words of ours; names that a reader does not know are not."""
    return hidden("name", label) if series == measures.UNKNOWN_FIELDS.name else label


def _mixes(hours: Hours, looks: Looks, policy: MonitorPolicy) -> list[_Asked]:
    asked: list[_Asked] = []
    for series, kind in MIXES.items():
        found = measures.SERIES[series]
        for key, track, known in _versions(hours.of(series)):
            questions: list[Trials] = []
            labels = [one for one in found.labels if one in known.bins or one in track.bins] or sorted(
                {*known.bins, *track.bins}
            )
            if labels:
                bins, against = (_binned(one, labels, looks) for one in (track, known))
                ordered = bool(found.edges)
                questions += mixes(bins, against, looks=looks, policy=policy, ordered=ordered)
            if found.kind == "rate" and track is known:
                questions += rates(
                    looks.counted([track.value]), looks.counted([track.weight]), looks=looks, policy=policy
                )
            asked += [_Asked(kind, key, "", Severity.WARNING, trials, 0) for trials in questions]
    return asked


def _binned(track: Track, labels: Sequence[str], looks: Looks) -> Counted:
    return looks.counted([track.bins.get(label, np.zeros_like(track.value)) for label in labels])


def _versions(tracks: Mapping[Key, Track]) -> Iterable[tuple[Key, Track, Track]]:
    """Each key with what it is compared to: versions, if a tool has several, with the tool; all else with itself."""
    many: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for key in tracks:
        many[key.table, key.source, key.name] += "/" in key.tool
    for key, track in tracks.items():
        name = Key(key.table, key.source, key.name)
        if "/" not in key.tool:
            yield key, track, track
        elif many[name] > 1:
            yield key, track, tracks[name]


def _standing(
    asked: Sequence[_Asked],
    answers: tuple[Floats, Truths],
    firing: Collection[tuple[str, str, str]],
    at: tuple[Hours, Looks, int],
    policy: MonitorPolicy,
) -> list[Breach]:
    """The trials that stand at a look, the clearest of each key."""
    (p, starts), (hours, looks, look) = answers, at
    best: dict[tuple[str, str, str], tuple[float, _Asked]] = {}
    for place in np.flatnonzero(starts | (p <= policy.clear_p) if firing else starts).tolist():
        one, chance = asked[place], float(p[place])
        key = one.kind, one.key.table, one.subject
        stands = starts[place] or (key in firing and one.trials.lasting[one.row, look])
        if stands and (key not in best or chance < best[key][0]):
            best[key] = chance, one
    return [_breach(one, hours, int(looks.places[look]), look) for _, one in best.values()]


def _breach(one: _Asked, hours: Hours, place: int, look: int) -> Breach:
    trials = one.trials
    return Breach(
        kind=one.kind,
        table=one.key.table,
        subject=one.subject,
        severity=one.severity,
        since_us=hours.time_us(place - float(trials.since[one.row, look])),
        expected=EXPECTED[one.kind],
        got={name: round(float(values[one.row, look]), 4) for name, values in trials.got.items()},
        window=f"{trials.span} h" if trials.span else "",
        source=one.key.source,
        tool=one.key.tool,
    )
