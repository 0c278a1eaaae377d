"""The work of a made-up company by the hour, as points would have it, without a row of it: fast enough for thousands.

Three time zones, office hours with a lunch, quiet weekends, tools of very different size, days and hours that are
busier than others for all and for each tool, slow growth, labels and languages that drift from hour to hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from quality.hours import WEEK, Hours, Key, Track

HISTORY = 5 * WEEK  # the policy's four weeks, and one for the first of them to be compared with
TOOLS = ("ide/1", "agent/1", "chat/1", "mail/1", "doc/1", "review/1", "notes/1", "lab/1")
PER_DAY = np.array([30_000.0, 9_000.0, 4_000.0, 2_000.0, 900.0, 350.0, 120.0, 40.0])
_ZONES = ((-5, 0.5), (1, 0.35), (8, 0.15))
_WEEKEND = 0.06
_LABELS = ("accepted", "edited", "rejected", "ignored")
_MIX = np.array([0.3, 0.4, 0.2, 0.1])
_LANGUAGES = ("python", "typescript", "sql", "english", "german", "")
_SPOKEN = np.array([0.35, 0.2, 0.1, 0.2, 0.05, 0.1])
_TENTHS = tuple(f"{n / 10:g}" for n in range(11))
_ALIKE = np.array([0.01, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.12, 0.1, 0.07, 0.42])
_LENGTHS = tuple(f"{float(2**n):g}" for n in range(4, 13))
_LONG = np.array([0.02, 0.05, 0.1, 0.2, 0.25, 0.2, 0.1, 0.06, 0.02])
_BUCKETS = ("<1s", "1-5s", "5-30s", "30s-5m", "none")
_TIMES = np.array([0.1, 0.3, 0.3, 0.2, 0.1])
_REASONS = {"not_json": 0.001, "wrong_type": 0.0005, "missing_field": 0.001, "no_consent": 0.06, "duplicate": 0.015}
_ENTITIES = ("PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER")
_FOUND = np.array([0.8, 0.3, 0.1])  # per 1,000 characters
_PAIRS = 0.3  # pairs of one event
_SETTLES = 24  # hours until a pair closes that no event closes
_UNTOUCHED = 0.5  # of what is accepted


@dataclass(slots=True)
class Fault:
    """What goes wrong from an hour on. `tool`: the place in `TOOLS` it happens to; None: all."""

    name: str
    at: int
    tool: int | None = None
    times: float = 1.0
    """Rows come this much more often."""
    mixes: dict[str, np.ndarray] = field(default_factory=dict)
    """Another mix of a series."""
    reasons: dict[str, float] = field(default_factory=dict)
    """Another share of rejects, by reason."""
    late: float | None = None
    found: float = 1.0
    """So many times as many findings."""
    hours: int = 10_000
    """How long it lasts."""


@dataclass(frozen=True, slots=True)
class Life:
    """What is no fault. `noise`: how much days and hours differ. `growth`: of a week, as a share.

    In the last week: `early` hours earlier by UTC than before, as where clocks change; `holiday`: the largest office
    but one is closed on Wednesday.
    """

    noise: float = 1.0
    growth: float = 0.01
    early: int = 0
    holiday: bool = False


ORDINARY = Life()


def week(rng: np.random.Generator, fault: Fault | None = None, *, life: Life = ORDINARY) -> Hours:
    """Five weeks of history and one week more, with the fault in it."""
    hours, noise = HISTORY + WEEK, life.noise
    shape = _shape(hours)
    shape[HISTORY:] = np.roll(shape[HISTORY:], -life.early)
    if life.holiday:
        shape[HISTORY + 48 : HISTORY + 72] -= 0.95 * _ZONES[1][1] * _office(_ZONES[1][0])
    days = np.repeat(np.exp(rng.normal(0, 0.08 * noise, hours // 24)), 24)
    growth = np.exp(rng.normal(life.growth, 0.01) * np.arange(hours) / WEEK)
    own_days = np.repeat(np.exp(rng.normal(0, 0.1 * noise, (len(TOOLS), hours // 24))), 24, axis=1)
    own = np.exp(rng.normal(0, 0.12 * noise, (len(TOOLS), hours)))
    mean = PER_DAY[:, None] * (shape * days * growth)[None] * own_days * own
    on = np.zeros((len(TOOLS), hours), bool)
    if fault is not None:
        places = slice(None) if fault.tool is None else fault.tool
        on[places, HISTORY + fault.at : HISTORY + fault.at + fault.hours] = True
        mean = np.where(on, mean * fault.times, mean)
    return _measured(rng, rng.poisson(mean).astype(float), on, fault)


def _office(offset: int) -> np.ndarray:
    """Shares of a working day by hour, UTC, of people in one time zone."""
    local = np.array([0.3, 0.3, 0.3, 0.2, 0.2, 0.3, 0.5, 2, 7, 11, 12, 10, 6, 9, 11, 11, 9, 5, 2, 1, 1, 1, 0.6, 0.4])
    return np.roll(local / local.sum(), -offset)


def _shape(hours: int) -> np.ndarray:
    """The share of a working day's events in each hour, UTC; the first one is Monday's first."""
    day = sum((part * _office(offset) for offset, part in _ZONES), np.zeros(24))
    return np.concatenate([day * (1.0 if number % 7 < 5 else _WEEKEND) for number in range(hours // 24)])


def _measured(rng: np.random.Generator, rows: np.ndarray, on: np.ndarray, fault: Fault | None) -> Hours:
    fault = fault or Fault("", 0)
    found: dict[str, dict[Key, Track]] = {}
    every = [*((Key("interactions", "", tool.partition("/")[0]), place) for place, tool in enumerate(TOOLS))]
    _put(found, "volume", every, rows, rows, None, ())
    late = _binomial(rng, rows, np.where(on & (fault.late is not None), fault.late or 0.0, 0.004))
    _put(found, "late_rate", every, late, rows, late[:, None, :], ("behind",))
    length = _parts(rng, rows, _LONG, on, fault.mixes.get("text_length"))
    _put(found, "text_length", every, rows, rows, length, _LENGTHS)
    characters = rows * 1.2
    findings = np.stack(
        [
            rng.poisson(characters * each * np.exp(rng.normal(0, 0.15, rows.shape)) * np.where(on, fault.found, 1.0))
            for each in _FOUND
        ],
        axis=1,
    ).astype(float)
    _put(found, "findings", every, findings.sum(axis=1), characters, findings, _ENTITIES)
    # Pairs come an hour later on average; that changes nothing here. Their tools are the same.
    pairs = [(Key("pairs", "", key.tool), place) for key, place in every]
    many = _binomial(rng, rows, _PAIRS)
    labels = _parts(rng, many, _MIX, on, fault.mixes.get("label_mix"))
    labels = _settled(rng, labels)
    many = labels.sum(axis=1)
    _put(found, "volume", pairs, many, many, None, ())
    _put(found, "label_mix", pairs, many, many, labels, _LABELS)
    decided = many - labels[:, _LABELS.index("ignored")]
    _put(found, "match_rate", pairs, decided, many, None, ())
    kept = labels[:, 0] + labels[:, 1]
    alike = _parts(rng, kept, _ALIKE, on, fault.mixes.get("similarity"))
    _put(found, "similarity", pairs, kept, kept, alike, _TENTHS)
    _put(found, "decision_time", pairs, many, many, _parts(rng, many, _TIMES, on, None), _BUCKETS)
    spoken = _parts(rng, many, _SPOKEN, on, fault.mixes.get("language_mix"))
    _put(found, "language_mix", pairs, many, many, spoken, _LANGUAGES)
    _rejects(rng, found, rows, on, fault)
    return Hours(0, rows.shape[1] - 1, 0.0, found)


def _rejects(
    rng: np.random.Generator, found: dict[str, dict[Key, Track]], rows: np.ndarray, on: np.ndarray, fault: Fault
) -> None:
    came = rows.sum(axis=0)
    bins = {}
    for reason, share in _REASONS.items():
        # People who say no work as unevenly as others.
        odds = share * np.exp(rng.normal(0, 0.25, rows.shape))
        odds = np.where(on & (reason in fault.reasons), fault.reasons.get(reason, 0.0), odds)
        bins[reason] = _binomial(rng, rows, odds).sum(axis=0)
    total = np.sum(list(bins.values()), axis=0)
    found["reject_rate"] = {Key("rejects", "", ""): Track(total, came + total, bins, 0)}
    found["volume"][Key("rejects", "", "")] = Track(total, total, {}, 0)


def _settled(rng: np.random.Generator, labels: np.ndarray) -> np.ndarray:
    """What nobody decides is a pair a day later, and so is what was accepted and not touched again."""
    late = np.zeros_like(labels)
    late[:, _LABELS.index("ignored")] = labels[:, _LABELS.index("ignored")]
    accepted = _LABELS.index("accepted")
    late[:, accepted] = _binomial(rng, labels[:, accepted], _UNTOUCHED)
    found = labels - late
    found[..., _SETTLES:] += late[..., :-_SETTLES]
    return found


def _parts(
    rng: np.random.Generator, rows: np.ndarray, mix: np.ndarray, on: np.ndarray, other: np.ndarray | None
) -> np.ndarray:
    """Rows by bin; the mix wanders by tool, and from hour to hour."""
    own = mix * np.exp(rng.normal(0, 0.2, (rows.shape[0], 1, mix.size)))
    odds = own * np.exp(rng.normal(0, 0.1, (*rows.shape, mix.size)))
    if other is not None:
        odds = np.where(on[..., None], other, odds)
    odds /= odds.sum(axis=-1, keepdims=True)
    return np.moveaxis(rng.multinomial(rows.astype(int), odds), -1, 1).astype(float)


def _binomial(rng: np.random.Generator, rows: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    return rng.binomial(rows.astype(int), np.clip(share, 0, 1)).astype(float)


def _put(  # noqa: PLR0917 - a row of a table
    found: dict[str, dict[Key, Track]],
    series: str,
    keys: list[tuple[Key, int]],
    value: np.ndarray,
    weight: np.ndarray,
    bins: np.ndarray | None,
    labels: tuple[str, ...],
) -> None:
    """Each tool's track, and that of all."""
    tracks = found.setdefault(series, {})
    for key, place in keys:
        held = {} if bins is None else {label: bins[place, number] for number, label in enumerate(labels)}
        tracks[key] = Track(value[place], weight[place], held, 0)
    whole = {} if bins is None else {label: bins[:, number].sum(axis=0) for number, label in enumerate(labels)}
    tracks[Key(keys[0][0].table, "", "")] = Track(value.sum(axis=0), weight.sum(axis=0), whole, 0)
