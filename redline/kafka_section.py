"""The section `kafka` of the settings: where the broker is, and how every client reaches it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import msgspec

from redline.section import Count, Natural, Section
from streams.connection import Connection, Mechanism, Security
from streams.tokens import EndpointTokens, FileTokens

if TYPE_CHECKING:
    from streams.tokens import Tokens

_HOUR_MS = 3_600_000


class Kafka(Section, frozen=True, kw_only=True):
    """Where the broker is. Empty `bootstrap`: the embedded one, from `home` if that is set.

    `registry`: address of a Confluent-compatible schema registry, for producers that frame their records for one.

    `retention_hours` of topics that are not compacted; 0: the broker's own rule (the embedded one keeps everything).

    `raw_retention_hours`: likewise of raw topics; 0: as of the others. `min_insync`: copies that must have a record
    before it is confirmed; 0: one fewer than `replication`, so that one broker may be away.

    `security` to `token_file`: how every client reaches the broker and proves who it is (docs/security.md). `config`:
    more settings of librdkafka, as they are; workers' consumers are of another library and do not read them.
    """

    bootstrap: str = ""
    home: str = ""
    partitions: Count = 4
    replication: Count = 1
    registry: str = ""
    security: Security = "plaintext"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    password: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password_file: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret_file: str = ""
    scope: str = ""
    token_file: str = ""
    config: dict[str, str] = msgspec.field(default_factory=dict)
    retention_hours: Natural = 24 * 30
    raw_retention_hours: Natural = 0
    min_insync: Natural = 0

    def __post_init__(self) -> None:
        """Raise ValueError where keys contradict each other: half a credential would fail at every single client."""
        if wrong := _contradiction(self):
            raise ValueError(wrong)

    @property
    def retention_ms(self) -> int | None:
        """Of topics that are not compacted; None: the broker's own rule."""
        return self.retention_hours * _HOUR_MS or None

    @property
    def raw_retention_ms(self) -> int | None:
        """Of raw topics; None: as of the others."""
        return self.raw_retention_hours * _HOUR_MS or None

    @property
    def least_in_sync(self) -> int:
        """Copies that must have a record before it is confirmed."""
        return self.min_insync or max(1, self.replication - 1)

    @property
    def connection(self) -> Connection:
        """How to reach the broker: the one value that every client is made of."""
        tokens: Tokens | None = None
        if self.token_file:
            tokens = FileTokens(self.token_file)
        elif self.token_url:
            tokens = _endpoint(self.token_url, self.client_id, self.client_secret_file, self.scope, self.ca_file)
        return Connection(
            self.bootstrap,
            security=self.security,
            mechanism=self.mechanism,
            user=self.user,
            plain_password=self.password,
            password_file=self.password_file,
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
            key_password_file=self.key_password_file,
            tokens=tokens,
        )

    @property
    def client(self) -> dict[str, Any]:
        """Settings of a librdkafka client besides `bootstrap.servers`, with the secrets of this moment.

        Raises:
            SettingsError: a file that holds a secret cannot be read.
        """
        return {**self.connection.librdkafka(), **self.config}

    @property
    def embedded(self) -> Kafka:
        """The same for the embedded broker: it listens on loopback, asks for no credentials, and keeps everything.

        No retention by age: a backfill with old record times would be gone before it is read.
        """
        bare = Kafka(retention_hours=0)
        return msgspec.structs.replace(self, **{name: getattr(bare, name) for name in _OF_A_CLUSTER})


_OF_A_CLUSTER = (
    "retention_hours",
    "raw_retention_hours",
    "min_insync",
    "security",
    "mechanism",
    "user",
    "password",
    "password_file",
    "ca_file",
    "cert_file",
    "key_file",
    "key_password_file",
    "token_url",
    "client_id",
    "client_secret_file",
    "scope",
    "token_file",
)


@functools.cache
def _endpoint(url: str, client_id: str, secret_file: str, scope: str, ca_file: str) -> EndpointTokens:
    """One per process: its clients share a token."""
    return EndpointTokens(url, client_id, secret_file, scope=scope, ca_file=ca_file)


def _contradiction(kafka: Kafka) -> str:
    """What does not fit together, by the names of the keys; empty if nothing."""
    sasl, tls = kafka.security.startswith("sasl"), kafka.security in ("tls", "sasl_tls")
    oauth = sasl and kafka.mechanism == "OAUTHBEARER"
    rules = (
        (kafka.min_insync > kafka.replication, "min_insync: needed at most replication, or nothing could be written"),
        (kafka.password and kafka.password_file, "password and password_file: needed one of them, came both"),
        (kafka.token_url and kafka.token_file, "token_url and token_file: needed one of them, came both"),
        (oauth and not (kafka.token_url or kafka.token_file), "mechanism OAUTHBEARER needs token_url or token_file"),
        (
            kafka.token_url and not (kafka.client_id and kafka.client_secret_file),
            "token_url needs client_id and client_secret_file",
        ),
        (
            kafka.token_url and not kafka.token_url.startswith(("https://", "http://")),
            "token_url: needed http or https",
        ),
        (
            sasl and not oauth and not (kafka.user and (kafka.password or kafka.password_file)),
            f"security {kafka.security} with {kafka.mechanism} needs user, and password or password_file",
        ),
        (bool(kafka.cert_file) != bool(kafka.key_file), "cert_file and key_file: needed both or none, came one"),
        (not tls and (kafka.ca_file or kafka.cert_file), "ca_file and cert_file need security tls or sasl_tls"),
        (
            not sasl and (kafka.user or kafka.password_file),
            "user and password need security sasl_plaintext or sasl_tls",
        ),
    )
    return next((text for wrong, text in rules if wrong), "")
