"""Until when certificates hold: those of our files, and those that brokers show."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from redline.admin import addresses
from schemas.errors import BrokerError, RedlineError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from redline.kafka_section import Kafka
    from streams.connection import Connection

Part = Literal["ca_file", "cert_file", "broker"]
_ANSWER_S = 5.0
_OVER = 10  # X509_V_ERR_CERT_HAS_EXPIRED, of OpenSSL's x509_vfy.h


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate: what it is called, and when it ends (UTC). `ends` None: not known, and `trouble` says why.

    `fix`: what mends the trouble; empty if there may be none.
    """

    name: str
    part: Part
    ends: dt.datetime | None
    trouble: str = ""
    fix: str = ""


def certificates(kafka: Kafka) -> Iterator[Certificate]:
    """Looks at files, and at brokers: those of `kafka.bootstrap`, and those that they name if one of them answers.

    A broker that does not answer takes up to 5 s.
    """
    trusted: Sequence[x509.Certificate] = ()
    files: tuple[tuple[Part, str], ...] = (("ca_file", kafka.ca_file), ("cert_file", kafka.cert_file))
    for part, path in files:
        if path:
            name = f"kafka.{part}"
            try:
                held = x509.load_pem_x509_certificates(Path(path).read_bytes())
            except (OSError, ValueError) as error:
                trouble = f"cannot be read: {type(error).__name__}"
                yield Certificate(name, part, None, trouble, f"put a PEM file at {path}")
                continue
            # The first of our own certificate's file is ours; of authorities the last to end keeps the door open.
            ends = [one.not_valid_after_utc for one in held]
            yield Certificate(name, part, ends[0] if part == "cert_file" else max(ends))
            trusted = held if part == "ca_file" else trusted
    if kafka.connection.tls:
        yield from _of_brokers(kafka, trusted)


def _of_brokers(kafka: Kafka, trusted: Sequence[x509.Certificate]) -> Iterator[Certificate]:
    said = [address.strip() for address in kafka.bootstrap.split(",")]
    answer = False
    for address in said:
        found = _of_broker(kafka.connection, address, trusted)
        answer |= found.ends is not None
        yield found
    if answer:  # else asking for the others would only take its time
        with suppress(BrokerError):
            for address in addresses(kafka.bootstrap, timeout_s=_ANSWER_S, config=kafka.client):
                if address not in said:
                    yield _of_broker(kafka.connection, address, trusted)


def _of_broker(connection: Connection, address: str, trusted: Sequence[x509.Certificate]) -> Certificate:
    try:
        try:
            shown = _shown(connection, address)
        except ssl.SSLCertVerificationError as error:
            if error.verify_code != _OVER:
                trouble, fix = f"is not trusted: {error.verify_message}", "correct kafka.ca_file, or the broker's"
                return Certificate(address, "broker", None, trouble, fix)
            shown = _shown(connection, address, verified=False)
    except RedlineError as error:
        return Certificate(address, "broker", None, str(error), "put that file in its place")
    except (OSError, ValueError) as error:
        return Certificate(address, "broker", None, f"not known: {type(error).__name__}")
    # With the authority that signed it the certificate is over, too, though a newer one may be trusted already.
    signers = [one.not_valid_after_utc for one in trusted if _signed(shown, one)]
    return Certificate(address, "broker", min([shown.not_valid_after_utc, *([max(signers)] if signers else [])]))


def _signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _shown(connection: Connection, address: str, *, verified: bool = True) -> x509.Certificate:
    """The certificate that a broker shows. Not verified: nothing is sent to it but the handshake."""
    host, _, port = address.rpartition(":")
    name = host.strip("[]")
    context = connection.ssl_context()
    if context is None:
        raise ValueError(connection.security)  # only asked with TLS
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((name, int(port)), timeout=_ANSWER_S) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
