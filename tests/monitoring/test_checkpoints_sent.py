"""Checkpoints of the audit log leave the machine: a mail once a week, a stamp of a real responder (RFC 3161)."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from mailhost import MailHost

pytestmark = pytest.mark.slow

INCIDENT = "incident open 'laptop, foyer' --kind theft --cameras foyer-1 --from '2026-11-01 11:00' --to '11:30'"
TSA = """
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
certs = {folder}/ca.pem
[stamping]
basicConstraints = critical,CA:FALSE
extendedKeyUsage = critical,timeStamping
"""


def openssl(*argv):
    subprocess.run(["openssl", *map(str, argv)], check=True, capture_output=True)


def authority(folder):
    """A certificate authority and a timestamp signer of it, made by openssl; returns the authority's certificate."""
    folder.mkdir()
    (folder / "tsa.cnf").write_text(TSA.format(folder=folder))
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req", "-x509", *key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=CA", "-days", 9
    )
    openssl("req", *key, "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=TSA")
    signed = ("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial", "-days", 9)
    extended = ("-extfile", folder / "tsa.cnf", "-extensions", "stamping")
    openssl("x509", "-req", "-in", folder / "tsa.csr", *signed, *extended, "-out", folder / "tsa.pem")
    return folder / "ca.pem"


class StampHost:
    """A timestamp server: each query is answered by `openssl ts -reply`, or with `answer` where that is set."""

    def __init__(self, folder):
        self.ca = authority(folder)
        self.asked, self.status, self.answer = 0, 200, None
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                host.asked += 1
                (folder / "query").write_bytes(query)
                if host.answer is None:
                    config = ("-config", folder / "tsa.cnf")
                    openssl("ts", "-reply", *config, "-queryfile", folder / "query", "-out", folder / "reply")
                reply = (folder / "reply").read_bytes() if host.answer is None else host.answer
                self.send_response(host.status)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}/tsr"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def host():
    with MailHost() as running:
        yield running


@pytest.fixture
def stamps(tmp_path):
    with StampHost(tmp_path / "tsa") as running:
        yield running


@pytest.fixture
def sends(site, clock, tmp_path):
    """Writes [alerts] and [audit], and lets the sweeper sign."""

    def write(**audit):
        text = site.config.read_text().split("[alerts]")[0]
        (tmp_path / "told").touch()
        smtp = audit.pop("smtp", "localhost:25")
        alerts = f'[alerts]\nstate = "state/alarms.json"\ncommand = ["/bin/cat"]\nsmtp = "{smtp}"\n'
        lines = "".join(f"{name} = {json.dumps(str(value))}\n" for name, value in audit.items())
        site.config.write_text(f"{text}{alerts}[audit]\n{lines}")
        site.record("foyer-1", "2026-11-01 11:00", minutes=2)
        site.cctv(INCIDENT)
        clock.advance(minutes=1)
        site.cctv("sweep --once")
        return site

    return write


def acts(site, act):
    return site.cctv(f"audit search --act {act} --json").json["entries"]


def kinds(result):
    return [(one["kind"], one["state"], one["subject"]) for one in result.json["alarms"]]


def cut(site):
    with sqlite3.connect(site.root / "cctv.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("DELETE FROM audit WHERE seq > (SELECT max(seq) - 3 FROM audit)")
        connection.execute("DELETE FROM audit_names WHERE seq > (SELECT max(seq) FROM audit)")
    connection.close()


def test_the_latest_checkpoint_is_mailed_once_a_week_and_what_the_mail_carries_finds_a_cut(
    sends, host, clock, tmp_path
):
    site = sends(mail="dpo@example.org", smtp=host.address)
    signed = site.cctv("audit verify --json").json

    site.cctv("notify run")
    clock.advance(minutes=2)
    site.cctv("notify run")

    (mail,) = host.mails
    assert (mail["To"], mail["From"]) == ("dpo@example.org", "dpo@example.org")
    assert f"{signed['signed_entries']} entries" in mail["Subject"]
    text = mail.get_body().get_content()
    assert f"cctv audit verify --checkpoint checkpoint-{signed['signed_entries']}.json --key signing.pub" in text
    assert "SHA256:" in text
    assert signed["head"] in text
    assert "BEGIN SSH SIGNATURE" in text
    (entry,) = acts(site, "checkpoint.mailed")
    assert (entry["facts"]["entries"], entry["facts"]["to"]) == (signed["signed_entries"], "dpo@example.org")
    for part in mail.iter_attachments():
        (tmp_path / part.get_filename()).write_bytes(part.get_content())
    own = (site.root / "audit/checkpoint.json").read_bytes()
    kept = f"--checkpoint {tmp_path}/checkpoint-{signed['signed_entries']}.json --key {tmp_path}/signing.pub"
    assert (tmp_path / f"checkpoint-{signed['signed_entries']}.json").read_bytes() == own
    assert site.cctv(f"audit verify {kept} --json").json["checkpoints"] == 3

    clock.advance(days=7)
    site.cctv("notify run")
    assert len(host.mails) == 2

    cut(site)
    shutil.rmtree(site.root / "audit")
    assert "signed checkpoint" in site.cctv(f"audit verify {kept}", exit=15).err


def test_a_mail_that_is_refused_is_an_alarm_after_six_hours_and_stops_nothing(sends, clock):
    with MailHost(refuses=True) as broken:
        site = sends(mail="dpo@example.org", smtp=broken.address)
        first = site.cctv("notify run --json")
        clock.advance(hours=7)
        late = site.cctv("notify run --json")
        assert acts(site, "checkpoint.mailed") == []

    assert "checkpoint" not in [kind for kind, _, _ in kinds(first)]
    assert ("checkpoint", "raised", "mail") in kinds(late)
    (alarm,) = [one for one in late.json["alarms"] if one["kind"] == "checkpoint"]
    assert "550 nobody of that name here" in alarm["text"]
    with MailHost() as whole:
        text = site.config.read_text().replace(broken.address, whole.address)
        site.config.write_text(text)
        clock.advance(minutes=31)
        over = site.cctv("notify run --json")
        assert len(whole.mails) == 1
    assert ("checkpoint", "over", "mail") in kinds(over)


def test_the_first_checkpoint_of_a_day_is_stamped_once_and_stock_openssl_verifies_it(sends, stamps, clock, tmp_path):
    site = sends(timestamp=stamps.address, timestamp_ca=stamps.ca)

    site.cctv("notify run")
    clock.advance(minutes=2)
    site.cctv("sweep --once")
    site.cctv("notify run")

    assert stamps.asked == 1
    (reply,) = (site.root / "audit/timestamps").iterdir()
    (entry,) = acts(site, "checkpoint.stamped")
    assert reply.name == f"{entry['facts']['entries']}.tsr"
    found = ["grep", f'seq\\\\":{reply.stem},', site.root / "audit/checkpoints.jsonl"]  # as docs/audit.md says
    (tmp_path / "checkpoint.json").write_bytes(subprocess.run(found, check=True, capture_output=True).stdout)
    openssl("ts", "-verify", "-in", reply, "-data", tmp_path / "checkpoint.json", "-CAfile", stamps.ca)
    assert "stamped by a timestamp server" in site.cctv("audit verify").out

    clock.advance(days=1)
    site.cctv("incident open 'fiets' --kind damage --cameras foyer-1 --from '2026-11-01 11:00' --to '11:30'")
    site.cctv("sweep --once")
    site.cctv("notify run")
    assert stamps.asked == 2
    assert len(list((site.root / "audit/timestamps").iterdir())) == 2


def test_a_reply_that_is_gone_changed_or_of_another_authority_differs_and_is_named(sends, stamps, tmp_path):
    site = sends(timestamp=stamps.address, timestamp_ca=stamps.ca)
    site.cctv("notify run")
    (reply,) = (site.root / "audit/timestamps").iterdir()
    whole = reply.read_bytes()

    def differences():
        return {one["name"]: one["why"] for one in site.cctv("audit verify --json", exit=15).json["differences"]}

    reply.write_bytes(whole[:-20] + bytes(20))
    assert "openssl refuses it" in " ".join(differences().values()) or "not the reply" in " ".join(
        differences().values()
    )
    assert set(differences()) == {f"audit/timestamps/{reply.name}"}
    reply.unlink()
    assert set(differences()) == {f"audit/timestamps/{reply.name}"}
    reply.write_bytes(whole)
    site.cctv("audit verify")

    other = authority(tmp_path / "other")
    own = stamps.ca.read_bytes()
    stamps.ca.write_bytes(other.read_bytes())
    assert "openssl refuses it" in differences()[f"audit/timestamps/{reply.name}"]
    stamps.ca.write_bytes(own)

    strange = reply.with_name("999999.tsr")
    strange.write_bytes(whole)
    assert "no file has the checkpoint" in differences()["audit/timestamps/999999.tsr"]
    strange.unlink()

    shutil.rmtree(reply.parent)
    (tmp_path / "elsewhere").mkdir()
    reply.parent.symlink_to(tmp_path / "elsewhere")
    assert "a link" in differences()["audit/timestamps"]


@pytest.mark.parametrize("fault", ["away", "error", "rubbish", "replayed", "another authority", "huge"])
def test_a_server_that_fails_is_an_alarm_and_nothing_is_kept(sends, stamps, clock, tmp_path, fault):
    site = sends(timestamp=stamps.address, timestamp_ca=stamps.ca)
    if fault == "away":
        stamps.__exit__()
    elif fault == "error":
        stamps.status = 503
    elif fault == "rubbish":
        stamps.answer = b"<html>no stamps today</html>"
    elif fault == "huge":
        stamps.answer = b"\0" * 2_000_000
    elif fault == "replayed":
        openssl("ts", "-query", "-digest", "00" * 32, "-sha256", "-cert", "-out", tmp_path / "q")
        config = ("-config", tmp_path / "tsa/tsa.cnf", "-queryfile", tmp_path / "q", "-out", tmp_path / "r")
        openssl("ts", "-reply", *config)
        stamps.answer = (tmp_path / "r").read_bytes()
    else:
        stamps.ca.write_bytes(authority(tmp_path / "other").read_bytes())

    site.cctv("notify run")
    site.cctv("notify run")
    assert stamps.asked == (0 if fault == "away" else 1)  # not again within half an hour
    clock.advance(hours=7)
    late = site.cctv("notify run --json")

    assert ("checkpoint", "raised", "timestamp") in kinds(late)
    assert not (site.root / "audit/timestamps").exists()
    assert acts(site, "checkpoint.stamped") == []
    site.cctv("audit verify")


@pytest.mark.parametrize(
    ("alerts", "audit", "said"),
    [
        ("", 'mail = "dpo@example.org"', "nobody would be told"),
        ('mail = "a@example.org"', 'timestamp = "https://tsa.example.org"', "it needs timestamp_ca beside it"),
        ('mail = "a@example.org"', 'timestamp_ca = "ca.pem"', "it needs timestamp beside it"),
        ('mail = "a@example.org"', 'timestamp = "ftp://tsa.example.org"', "does not start with https:// or http://"),
    ],
)
def test_settings_that_could_prove_nothing_are_refused(site, alerts, audit, said):
    text = site.config.read_text().split("[alerts]")[0]
    site.config.write_text(f"{text}[alerts]\n{alerts}\n[audit]\n{audit}\n")

    assert said in site.cctv("config check", exit=10).err


def test_where_checkpoints_go_is_policy(site):
    site.adopts = False
    text = site.config.read_text().split("[alerts]")[0]
    site.config.write_text(f'{text}[alerts]\ncommand = ["/bin/cat"]\n[audit]\nmail = "mallory@example.org"\n')

    assert "audit.mail" in site.cctv("config diff", exit=None).out
