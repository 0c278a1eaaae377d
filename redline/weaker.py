"""Settings that weaken a promise to staff: which do, whether somebody said that it is meant, the entry that says so.

The promises are those of the defaults: whatever is weaker than a default is refused until its name stands in
`privacy.accept_weaker` (`--accept-weaker`), or `--consent opt-out` is typed. Every run with it is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from redline.settings import Settings
from schemas.errors import SettingsError
from streams.consent import ConsentMode

if TYPE_CHECKING:
    from collections.abc import Callable

_DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class Weaker:
    """One setting in force: its value, and what it means for people."""

    name: str
    value: str
    meaning: str


# Setting -> is it weaker than the default, and what that means.
_RULES: dict[str, tuple[Callable[[Settings], bool], str]] = {
    "consent.mode": (
        lambda s: s.consent.mode is not ConsentMode.OPT_IN,
        "people who never said yes are read",
    ),
    "privacy.k": (
        lambda s: s.privacy.k < _DEFAULT.privacy.k,
        f"cells of fewer than {_DEFAULT.privacy.k} people are published as they are",
    ),
    "privacy.columns": (
        lambda s: s.privacy.columns == "full",
        "how long a person took to decide is published, by which rows of one can be told",
    ),
    "scrub.threshold": (
        lambda s: s.scrub.threshold > _DEFAULT.scrub.threshold,
        "personal data that is found with less certainty stays in the text",
    ),
    "keys.overlap_hours": (
        lambda s: s.keys.overlap_hours > _DEFAULT.keys.overlap_hours,
        "a person's restricted rows can be linked across a rotation for longer",
    ),
}


def found(settings: Settings) -> list[Weaker]:
    """The settings in force that weaken a promise, accepted or not."""
    values = {name: getattr(getattr(settings, section), key) for name in _RULES for section, key in [name.split(".")]}
    return [Weaker(name, str(values[name]), why) for name, (weaker, why) in _RULES.items() if weaker(settings)]


def require_accepted(settings: Settings) -> list[Weaker]:
    """The same, each of them accepted by name.

    Raises:
        SettingsError: one is not, or `privacy.accept_weaker` names a setting that cannot weaken anything.
    """
    if set(settings.privacy.accepted) - _RULES.keys():
        raise SettingsError(
            f"settings at privacy.accept_weaker: needed names of {', '.join(_RULES)}, came another; several by commas"
        )
    weaker = found(settings)
    refused = [one for one in weaker if one.name not in settings.privacy.accepted]
    if refused:
        told = "; ".join(f"{one.name} = {one.value}: {one.meaning}" for one in refused)
        names = ",".join(one.name for one in weaker)
        raise SettingsError(
            f"a promise to staff would be weakened ({told}). If that is meant, say --accept-weaker {names}, "
            "or set privacy.accept_weaker; it is recorded"
        )
    return weaker


def said(settings: Settings, mode: str | None) -> Settings:
    """Settings that accept what `--consent MODE` says: typed on the command line, it names what it weakens."""
    if mode is None or settings.consent.mode is ConsentMode.OPT_IN:
        return settings
    names = ",".join(dict.fromkeys((*settings.privacy.accepted, "consent.mode")))
    return msgspec.structs.replace(settings, privacy=msgspec.structs.replace(settings.privacy, accept_weaker=names))


def accepting_all(settings: Settings) -> Settings:
    """Settings that accept whatever is in force: for invented people."""
    names = ",".join(one.name for one in found(settings))
    return msgspec.structs.replace(settings, privacy=msgspec.structs.replace(settings.privacy, accept_weaker=names))


def begin(settings: Settings) -> None:
    """Call at the start of a run: refuse what nobody accepted, and record what somebody did.

    Raises:
        SettingsError: see `require_accepted`; or the key file is missing.
        SinkError: the audit table cannot be written.
        OSError: likewise.
    """
    weaker = require_accepted(settings)
    if weaker:
        from redline import audit  # noqa: PLC0415 - a second of imports that a run by the promises does not need

        audit.record(settings, "settings.weaker", {one.name: one.value for one in weaker})
