"""When a number over time is worth a word to people: every rule and threshold in one place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quality import measures
from schemas.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a monitor can tell of: kind of a breach, and what it means.
KINDS: dict[str, str] = {
    "silence": "no row has come for longer than this weekday and hour explain",
    "volume": "many more or many fewer rows than at this weekday and hour",
    "burst": "much more than usual of everything at once, as in an AI week",
    "rejects": "more events are rejected for one reason",
    "late_events": "more events have a time far from their arrival",
    "match_rate": "suggestions find an outcome more or less often",
    "label_mix": "another mix of accepted, edited, rejected and ignored",
    "similarity": "finals are more or less like their suggestions",
    "decision_time": "people take more or less time to decide",
    "language_mix": "another mix of declared languages",
    "text_language": "texts look to be in other languages",
    "text_length": "texts are longer or shorter",
    "findings": "more or less personal data is found in as much text, or of other entities",
    "schema_drift": "readers of foreign formats meet names that they do not know",
    "quarantine_growth": "more rows go to quarantine",
    "lag": "a stage falls behind and does not catch up",
    "dead_letter_age": "dead letters will soon be gone from the raw topic, and cannot be replayed then",
}


@dataclass(frozen=True, slots=True)
class MonitorPolicy:
    """Thresholds of the monitors. A breach must be improbable and large: neither alone is worth a word.

    `error_rate`: share of the breaches of one look that chance may make (Benjamini-Hochberg). `minimum`: rows of a
    window below which nothing is said of shares and mixes. `settle_s`: rows may come so long after their hour before
    they are missed. `clear_p`: what fires goes on as long as it is less probable than that.
    """

    reference_weeks: int = 4
    error_rate: float = 1e-3
    clear_p: float = 0.01
    minimum: int = 30
    volume_factor: float = 1.7
    burst_factor: float = 4.0
    psi: float = 0.25
    settle_s: float = 600.0
    lag_looks: int = 10
    lag_minimum: int = 1_000
    retention_warning_h: float = 48.0


@dataclass(frozen=True, slots=True)
class ShareRule:
    """A share that may rise (or, `both`, also fall) by `least` and to `factor` times what it was."""

    kind: str
    least: float
    factor: float = 1.0
    both: bool = False
    severity: Severity = Severity.WARNING


SHARES: Mapping[str, ShareRule] = {
    measures.REJECT_RATE.name: ShareRule("rejects", 0.005, factor=2.0, severity=Severity.ERROR),
    measures.LATE_RATE.name: ShareRule("late_events", 0.01, factor=2.0),
    measures.MATCH_RATE.name: ShareRule("match_rate", 0.1, both=True),
    measures.UNKNOWN_FIELDS.name: ShareRule("schema_drift", 0.05),
    measures.QUARANTINE_GROWTH.name: ShareRule("quarantine_growth", 0.01, factor=3.0),
}
# Mixes and distributions; ordered bins get the Kolmogorov-Smirnov test, others the chi-squared one.
MIXES: Mapping[str, str] = {
    measures.LABEL_MIX.name: "label_mix",
    measures.SIMILARITY.name: "similarity",
    measures.DECISION_TIME.name: "decision_time",
    measures.LANGUAGE_MIX.name: "language_mix",
    measures.TEXT_LANGUAGE.name: "text_language",
    measures.TEXT_LENGTH.name: "text_length",
    measures.FINDINGS.name: "findings",
}
# Rows of these come of rows of those: what stops there is told once.
UPSTREAM: Mapping[str, str] = dict.fromkeys(("pairs", "trajectories", "revisions", "subjects"), "interactions")
# Few rejects are no fault, and many are one by their share.
NO_VOLUME = frozenset({"rejects", "collaboration"})

# What was expected, in an alert's words.
EXPECTED: Mapping[str, str] = {
    "silence": "rows, as at this weekday and hour in the weeks before",
    "volume": "as many rows as at this weekday and hour in the weeks before",
    "burst": "about as many rows as at this weekday and hour in the weeks before",
    "rejects": "no more rejects for one reason than in the weeks before",
    "late_events": "no more events with a time far from their arrival than in the weeks before",
    "match_rate": "the share of suggestions with an outcome of the weeks before",
    "label_mix": "the mix of labels of the weeks before",
    "similarity": "similarities as in the weeks before",
    "decision_time": "decision times as in the weeks before",
    "language_mix": "the mix of declared languages of the weeks before",
    "text_language": "texts in the languages of the weeks before",
    "text_length": "texts as long as in the weeks before",
    "findings": "as many findings in as much text as in the weeks before, of the same entities",
    "schema_drift": "fields that the source's reader knows",
    "quarantine_growth": "no larger share of rows in quarantine than in the weeks before",
    "lag": "a lag that does not grow look after look",
    "dead_letter_age": "dead letters decided on before the raw topic forgets them",
}
