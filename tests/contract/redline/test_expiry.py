"""Certificates of a few days, in files and shown in a handshake: doctor finds them, and people are told."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from support.certificates import Authority

from redline import certificates
from redline.alert_desk import listing
from redline.expiry import Expiry
from redline.kafka_section import Kafka
from redline.meter import Counts
from redline.sections import Alerts
from redline.security_findings import certificate_findings
from redline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.certificates import Pair

    from redline.finding import Finding

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC)  # near enough: certificates here differ by hours


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


@pytest.fixture(autouse=True)
def others(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses that a broker names besides its own: what is at these here speaks no Kafka."""
    named: list[str] = []
    monkeypatch.setattr(certificates, "addresses", lambda *_, **__: named)
    return named


@contextmanager
def shown(pair: Pair) -> Iterator[str]:
    """The address of something that shows a certificate, and says nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.settimeout(60)
                try:
                    context.wrap_socket(connection, server_side=True).close()
                except OSError:
                    connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)  # who waits in accept is let go
            thread.join()


def settings(data: Path, kafka: Kafka) -> Settings:
    return Settings(data=str(data), kafka=kafka, alerts=Alerts(kafka=False, group_s=0.0))


def found(kafka: Kafka) -> dict[str, Finding]:
    return {one.what: one for one in certificate_findings(Settings(kafka=kafka), NOW)}


@pytest.mark.parametrize(
    ("lasts", "fixed", "said"),
    [
        (22 * DAY, True, "holds until"),
        (20.5 * DAY, False, "20.5 days left"),
        (DAY / -24, False, "over"),
    ],
)
def test_doctor_finds_what_ends_soon_in_files_and_at_a_broker(
    authority: Authority, *, lasts: dt.timedelta, fixed: bool, said: str
) -> None:
    own = authority.sign("worker", lasts=lasts)
    with shown(authority.sign("broker", lasts=lasts)) as address:
        ca, cert, broker = found(
            Kafka(
                bootstrap=address,
                security="tls",
                ca_file=str(authority.ca),
                cert_file=str(own.certificate),
                key_file=str(own.key),
            )
        ).values()
    assert ca.fix == ""
    for one in (cert, broker):
        assert one.fix == ("" if fixed else "renew it (docs/security.md#rotation)")
        assert said in one.came


def test_doctor_finds_an_authority_that_ends_before_what_it_signed(tmp_path: Path) -> None:
    """Though a newer one is trusted already: what the broker shows is still signed by the old one."""
    old = Authority(tmp_path / "old", name="old", lasts=5.5 * DAY)
    both = tmp_path / "both.pem"
    both.write_bytes(old.ca.read_bytes() + Authority(tmp_path / "new", name="new").ca.read_bytes())
    with shown(old.sign("broker", lasts=25 * DAY)) as address:
        ca, broker = found(Kafka(bootstrap=address, security="tls", ca_file=str(both))).values()
    assert ca.fix == ""
    assert "5.5 days left" in broker.came


def test_doctor_finds_a_broker_that_only_the_others_name(authority: Authority, others: list[str]) -> None:
    with shown(authority.sign("first")) as address, shown(authority.sign("second", lasts=DAY)) as other:
        others += [address, other]
        seen = found(Kafka(bootstrap=address, security="tls", ca_file=str(authority.ca)))
    assert {what: bool(one.fix) for what, one in seen.items()} == {
        "certificate kafka.ca_file": False,
        f"certificate of {address}": False,
        f"certificate of {other}": True,
    }


def test_doctor_tells_trouble_from_an_end(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nothing")
    ca, broker = found(Kafka(bootstrap="127.0.0.1:1", security="tls", ca_file=str(tmp_path / "ca"))).values()
    assert ca.came == "cannot be read: ValueError"
    assert broker.came.startswith("kafka.ca_file: needed certificates in PEM")
    with shown(Authority(tmp_path / "stranger").sign("broker")) as address:
        _, broker = found(Kafka(bootstrap=address, security="tls", ca_file=str(authority.ca))).values()
    assert broker.came.startswith("is not trusted")
    assert broker.fix.startswith("correct kafka.ca_file")


def test_people_are_told_of_each_and_how_urgent_it_is(authority: Authority, tmp_path: Path) -> None:
    signed = dt.datetime.now(dt.UTC)
    own = authority.sign("worker", lasts=20 * DAY)
    counts = Counts("worker-1")
    with shown(authority.sign("broker", lasts=2 * DAY)) as address:
        kafka = Kafka(
            bootstrap=address,
            security="tls",
            ca_file=str(authority.ca),
            cert_file=str(own.certificate),
            key_file=str(own.key),
        )
        expiry = Expiry(settings(tmp_path, kafka), process="worker-1", meter=counts)
        told = {alert.subject: alert for alert in expiry.look(NOW)}
    assert {subject: alert.severity for subject, alert in told.items()} == {
        "kafka.cert_file": "warning",
        address: "critical",
    }
    assert told[address].got == {"days left": pytest.approx(2.0, abs=0.1)}
    listed = sorted(line.split()[1:4] for line in listing(settings(tmp_path, kafka)).splitlines()[2:])
    assert listed == [["firing", severity, "certificate_ends"] for severity in ("critical", "warning")]
    text = counts.text().decode()
    for part, lasts in (("cert_file", 20 * DAY), ("broker", 2 * DAY), ("ca_file", 30 * DAY)):
        line = next(line for line in text.splitlines() if f'certificate="{part}"' in line)
        assert float(line.split()[-1]) == pytest.approx((signed + lasts).timestamp(), abs=3600)


def test_nobody_is_told_while_all_is_well(authority: Authority, tmp_path: Path) -> None:
    with shown(authority.sign("broker", lasts=25 * DAY)) as address:
        kafka = Kafka(bootstrap=address, security="tls", ca_file=str(authority.ca))
        assert Expiry(settings(tmp_path, kafka), process="sink-1", meter=Counts("sink-1")).look(NOW) == []
    assert not (tmp_path / "state").exists()
