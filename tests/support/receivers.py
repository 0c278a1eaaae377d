"""Real servers on loopback that take alerts: HTTP, and SMTP with TLS. They can be down, slow, and refuse."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage
    from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


class Receiver(ThreadingHTTPServer):
    """Answers with the next status of a list, then with `status`; keeps what it was sent and what it took."""

    daemon_threads = True

    def __init__(self, port: int, statuses: list[int], delay_s: float, status: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.statuses = statuses
        self.status = status
        self.delay_s = delay_s
        self.headers: dict[str, str] = {}
        self.tried: list[str] = []
        self.taken: list[tuple[str, Any]] = []
        self.paths: set[str] = set()
        self.released = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = self.headers["idempotency-key"] or ""
        self.server.tried.append(name)
        self.server.paths.add(self.path)
        status = self.server.statuses.pop(0) if self.server.statuses else self.server.status
        if self.server.delay_s:
            self.server.released.wait(self.server.delay_s)
        if 200 <= status < 300:
            self.server.taken.append((name, body))
        self.send_response(status)
        for header, text in self.server.headers.items():
            self.send_header(header, text)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def http(
    port: int = 0, statuses: list[int] | None = None, delay_s: float = 0.0, status: int = 200
) -> Iterator[Receiver]:
    server = Receiver(port, statuses or [], delay_s, status)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


class Mailbox:
    """What a mail server took, and how it behaves."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: list[tuple[tuple[str, ...], EmailMessage]] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.replies: list[str] = []
        """Answers to the next mails instead of taking them."""
        self.refused: dict[str, str] = {}
        """Answers to recipients."""
        self.delay_s = 0.0

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        await asyncio.sleep(self.delay_s)
        if self.replies:
            return self.replies.pop(0)
        message = message_from_bytes(envelope.content, policy=default)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.taken.append((tuple(envelope.rcpt_tos), message))
        return "250 taken"

    def login(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"hunter2", handled=False)

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for _, message in self.taken]


@contextmanager
def mail(certificates: Path, port: int = 0, *, tls: str = "starttls", login: bool = False) -> Iterator[Mailbox]:
    """A mail server; `certificates` is a folder with `server.pem` and `key.pem`, see `make_certificates`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "key.pem")
    mailbox = Mailbox(port)
    loop = asyncio.new_event_loop()

    def session() -> SMTP:
        starttls = tls == "starttls"  # that TLS is there from the first byte, it does not see
        return SMTP(
            mailbox,
            hostname="mail.test",
            loop=loop,
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=mailbox.login if login else None,
            auth_required=login and starttls,
            auth_require_tls=starttls,
        )

    server = loop.run_until_complete(
        loop.create_server(session, "127.0.0.1", port, ssl=context if tls == "tls" else None)
    )
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop() -> None:
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def make_certificates(folder: Path) -> Path:
    """A certificate that signs itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder
