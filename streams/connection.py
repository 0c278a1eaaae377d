"""How a client reaches the broker and proves who it is: one value for librdkafka and for aiokafka.

Files are read when a client is made and at every new token, so what was rotated counts for the next one; a process with
clients that are already there ends for it (`redline.rotation`). Names of librdkafka's settings: its CONFIGURATION.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from schemas.errors import SettingsError

if TYPE_CHECKING:
    import ssl

    from streams.tokens import Tokens

Security = Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]
OAUTH: Mechanism = "OAUTHBEARER"
_PROTOCOLS = {"plaintext": "plaintext", "tls": "ssl", "sasl_plaintext": "sasl_plaintext", "sasl_tls": "sasl_ssl"}


@dataclass(frozen=True, slots=True)
class Connection:
    """A broker's address and a client's credentials. Empty texts: not used. `repr` shows no secret.

    `password_file`, `key_password_file`: files that hold one secret each; a newline at their end does not count.
    """

    bootstrap: str
    security: Security = "plaintext"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    plain_password: str = field(default="", repr=False)
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password_file: str = ""
    tokens: Tokens | None = field(default=None, repr=False, compare=False)

    @property
    def tls(self) -> bool:
        """The connection is encrypted."""
        return self.security in ("tls", "sasl_tls")

    @property
    def sasl(self) -> Mechanism | None:
        """The mechanism, if there is one."""
        return self.mechanism if self.security.startswith("sasl") else None

    @property
    def password(self) -> str:
        """The password of this moment.

        Raises:
            SettingsError: its file cannot be read.
        """
        return secret(self.password_file, "kafka.password_file") if self.password_file else self.plain_password

    def librdkafka(self) -> dict[str, Any]:
        """Settings of a librdkafka client, of this moment; none without security.

        Raises:
            SettingsError: a file that holds a secret cannot be read.
        """
        if self.security == "plaintext":
            return {}
        found: dict[str, Any] = {"security.protocol": _PROTOCOLS[self.security]}
        if self.tls:
            files = {"ca": self.ca_file, "certificate": self.cert_file, "key": self.key_file}
            found |= {f"ssl.{name}.location": path for name, path in files.items() if path}
            if self.key_password_file:
                found["ssl.key.password"] = secret(self.key_password_file, "kafka.key_password_file")
        if self.sasl is not None:
            found["sasl.mechanism"] = self.sasl
            if self.sasl == OAUTH:
                found["oauth_cb"] = self._token
            else:
                found |= {"sasl.username": self.user, "sasl.password": self.password}
        return found

    def ssl_context(self) -> ssl.SSLContext | None:
        """TLS as aiokafka takes it; None without. The broker's name is checked against its certificate.

        Raises:
            SettingsError: a certificate or key cannot be read.
        """
        if not self.tls:
            return None
        import ssl  # noqa: PLC0415 - hooks read settings too, and open no connection

        try:
            context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=self.ca_file or None)
        except (OSError, ValueError) as error:
            raise SettingsError(f"kafka.ca_file: needed certificates in PEM, came {type(error).__name__}") from None
        self._load_certificate(context)
        return context

    def _load_certificate(self, context: ssl.SSLContext) -> None:
        if not self.cert_file:
            return
        # Without a password given, OpenSSL would ask for one on the terminal.
        held = secret(self.key_password_file, "kafka.key_password_file") if self.key_password_file else ""
        try:
            context.load_cert_chain(self.cert_file, self.key_file or None, password=lambda: held)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"kafka.cert_file, kafka.key_file: needed a certificate and its key in PEM, came {type(error).__name__}"
            ) from None

    def certificates(self) -> str:
        """A digest of everything a running librdkafka client cannot take anew: certificates, key and its password.

        Empty if there is no file.

        Raises:
            SettingsError: one of them cannot be read.
        """
        files = [path for path in (self.ca_file, self.cert_file, self.key_file, self.key_password_file) if path]
        if not self.tls or not files:
            return ""
        digest = hashlib.sha256()
        for path in files:
            try:
                held = Path(path).read_bytes()
            except OSError as error:
                raise SettingsError(f"{path}: needed a readable file, came {type(error).__name__}") from None
            digest.update(hashlib.sha256(held).digest())
        return digest.hexdigest()

    def _token(self, _config: str) -> tuple[str, float, str, dict[str, str]]:
        """Answer librdkafka's callback: token, its end in seconds since 1970, and whose it is."""
        if self.tokens is None:
            raise SettingsError("kafka.mechanism OAUTHBEARER: needed kafka.token_url or kafka.token_file")
        token = self.tokens.fetch()
        return token.text, token.expires_s, token.principal, {}


def secret(path: str, name: str) -> str:
    """What a file of one secret holds, without the newline at its end.

    Raises:
        SettingsError: it cannot be read, or is empty.
    """
    try:
        held = Path(path).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}: needed a readable file of one secret, came {type(error).__name__}") from None
    if not held:
        raise SettingsError(f"{name}: needed a file of one secret, it is empty")
    return held
