"""A certificate authority for tests, and what it signs: PEM files as Kafka, OpenSSL and librdkafka read them."""

from __future__ import annotations

import datetime as dt
import ipaddress
import threading
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_DAY = dt.timedelta(days=1)


class Pair(NamedTuple):
    """Two files: a certificate and its key (PKCS 8)."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates into a folder. `ca` is its own, and the file to trust."""

    def __init__(self, folder: Path, *, name: str = "Redline's tests", lasts: dt.timedelta = 30 * _DAY) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self._lock = threading.Lock()
        now = dt.datetime.now(dt.UTC)
        own = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    key_cert_sign=True,
                    crl_sign=True,
                    digital_signature=False,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
            .sign(self._key, hashes.SHA256())
        )
        self.ca = folder / "ca.pem"
        self.ca.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def sign(
        self,
        name: str,
        *,
        lasts: dt.timedelta = 25 * _DAY,
        addresses: Sequence[str] = ("127.0.0.1",),
        password: bytes | None = None,
    ) -> Pair:
        """A certificate of `name` for servers at `addresses` and for clients; replaces one of the same name."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        names = [x509.DNSName("localhost"), *(x509.IPAddress(ipaddress.ip_address(each)) for each in addresses)]
        signed = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(now, now + lasts) - _DAY)
            .not_valid_after(now + lasts)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pair = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        locked = serialization.NoEncryption() if password is None else serialization.BestAvailableEncryption(password)
        with self._lock:
            _replace(pair.certificate, signed.public_bytes(serialization.Encoding.PEM))
            _replace(
                pair.key,
                key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked),
            )
        return pair

    def broker_properties(self, name: str, *, addresses: Sequence[str] = ("127.0.0.1",)) -> dict[str, str]:
        """Server properties of a TLS listener with a certificate of its own (without the listener's prefix)."""
        pair = self.sign(name, addresses=addresses)
        both = self._folder / f"{name}-both.pem"
        _replace(both, pair.key.read_bytes() + pair.certificate.read_bytes())
        return {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca),
        }


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _replace(path: Path, held: bytes) -> None:
    """In one step, as whoever rotates a certificate should."""
    beside = path.with_name(f".{path.name}")
    beside.write_bytes(held)
    beside.chmod(0o600)
    beside.replace(path)
