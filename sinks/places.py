"""Where something lies: a path on this machine, or an object of an S3-compatible store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import SettingsError

SCHEME = "s3://"
# Names of buckets: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# What every tool and every reader of URLs takes as it stands: same page of the guide, "Object key naming guidelines".
_KEY = re.compile(r"[A-Za-z0-9!_.*'()=-]+(?:/[A-Za-z0-9!_.*'()=-]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Remote:
    """An object, or all objects below a prefix, as `pathlib` has a file or a folder. `key` has no `/` at its ends."""

    bucket: str
    key: str

    def __truediv__(self, below: str) -> Remote:
        return Remote(self.bucket, f"{self.key}/{below}" if self.key else below)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}".rstrip("/")

    @property
    def name(self) -> str:
        """The last part."""
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> Remote:
        """What it lies in."""
        return Remote(self.bucket, self.key.rpartition("/")[0])


Place = Path | Remote


def is_remote(text: str) -> bool:
    """True if a data folder's name says that its tables are in an object store."""
    return text.startswith(SCHEME)


def remote(url: str) -> Remote:
    """The place that `s3://bucket/prefix` names.

    Raises:
        SettingsError: it names none.
    """
    bucket, _, key = url.removeprefix(SCHEME).rstrip("/").partition("/")
    parts = key.split("/")
    whole = _BUCKET.fullmatch(bucket) and (not key or (_KEY.fullmatch(key) and not {".", ".."} & set(parts)))
    if not is_remote(url) or not whole:
        raise SettingsError(
            "data: needed s3://BUCKET or s3://BUCKET/PREFIX with letters, digits and !_.*'()=- between the slashes, "
            "came another URL"
        )
    return Remote(bucket, key)
