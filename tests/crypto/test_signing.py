"""Signatures hold with our own code and with the ssh-keygen that a recipient has."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cctv.core.durable import DurableFiles
from cctv.crypto.signing_key import KeyExposed, KeyLost, KeyUnreadable, SigningKey, read_public_key, signing_key
from cctv.crypto.sshsig import NAMESPACE, SIGNER, SignatureInvalid, allowed_signers, sign, verify

DATA = b'{"schema": 1}\n'

needs_ssh_keygen = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    return keys


@pytest.fixture
def key(directory: Path) -> SigningKey:
    return signing_key(directory, DurableFiles())


def _ssh_keygen(tmp_path: Path, key: SigningKey, signature: str, data: bytes, namespace: str = NAMESPACE) -> int:
    (tmp_path / "allowed_signers").write_text(allowed_signers(key.public))
    (tmp_path / "data.sig").write_text(signature)
    words = ["-Y", "verify", "-f", "allowed_signers", "-I", SIGNER, "-n", namespace, "-s", "data.sig"]
    return subprocess.run(["ssh-keygen", *words], cwd=tmp_path, input=data, capture_output=True, check=False).returncode


def test_a_signature_holds_for_its_bytes_and_for_no_others(key):
    signature = sign(DATA, key)

    verify(DATA, signature, key.public)
    with pytest.raises(SignatureInvalid, match="changed"):
        verify(DATA + b" ", signature, key.public)


@needs_ssh_keygen
def test_stock_ssh_keygen_accepts_our_signature_and_refuses_changed_bytes(tmp_path, key):
    signature = sign(DATA, key)

    assert _ssh_keygen(tmp_path, key, signature, DATA) == 0
    assert _ssh_keygen(tmp_path, key, signature, b"else") != 0
    assert _ssh_keygen(tmp_path, key, signature, DATA, namespace="git") != 0


@needs_ssh_keygen
def test_we_accept_what_stock_ssh_keygen_signs_with_the_same_key(tmp_path, directory, key):
    (tmp_path / "data").write_bytes(DATA)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-f", str(directory / "signing"), "-n", NAMESPACE, "data"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)

    verify(DATA, (tmp_path / "data.sig").read_text(), key.public)


@needs_ssh_keygen
def test_the_fingerprint_is_the_one_that_ssh_keygen_prints(directory, key):
    command = ["ssh-keygen", "-l", "-f", str(directory / "signing.pub")]
    assert key.public.fingerprint in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_signature_for_another_purpose_or_by_another_key_is_refused(tmp_path, key):
    other_directory = tmp_path / "other"
    other_directory.mkdir()
    other = signing_key(other_directory, DurableFiles())

    with pytest.raises(SignatureInvalid, match="another purpose"):
        verify(DATA, sign(DATA, key, "git"), key.public)
    with pytest.raises(SignatureInvalid, match="was made with the key"):
        verify(DATA, sign(DATA, other), key.public)


@pytest.mark.parametrize("cut", [0, 20, 60, 150, 250])
def test_a_torn_signature_is_refused_and_never_crashes(key, cut):
    whole = sign(DATA, key)
    lines = whole[:cut] + "\n-----END SSH SIGNATURE-----\n"

    with pytest.raises(SignatureInvalid):
        verify(DATA, lines, key.public)
    with pytest.raises(SignatureInvalid):
        verify(DATA, whole[:cut] + "?" + whole[cut + 1 :], key.public)


def test_the_key_is_made_once_and_is_private(directory, key):
    before = (directory / "signing").read_bytes()

    assert signing_key(directory, DurableFiles()).public == key.public
    assert (directory / "signing").read_bytes() == before
    assert (directory / "signing").stat().st_mode & 0o777 == 0o600
    assert read_public_key(directory / "signing.pub") == key.public


def test_a_key_that_others_can_read_signs_nothing(directory, key):
    (directory / "signing").chmod(0o640)

    with pytest.raises(KeyExposed, match="640"):
        signing_key(directory, DurableFiles())


def test_a_lost_private_half_is_never_replaced_in_silence(directory, key):
    (directory / "signing").unlink()

    with pytest.raises(KeyLost):
        signing_key(directory, DurableFiles())
    assert not (directory / "signing").exists()


def test_a_public_half_that_a_crash_took_comes_back(directory, key):
    (directory / "signing.pub").unlink()

    signing_key(directory, DurableFiles())

    assert read_public_key(directory / "signing.pub") == key.public


@pytest.mark.parametrize("text", [b"", b"ssh-rsa AAAA", b"ssh-ed25519", b"ssh-ed25519 AAAA", b"ssh-ed25519 ?", b"\xff"])
def test_what_is_not_a_key_is_refused(tmp_path, text):
    path = tmp_path / "x.pub"
    path.write_bytes(text)

    with pytest.raises(KeyUnreadable):
        read_public_key(path)


def test_a_torn_private_key_signs_nothing(directory, key):
    path = directory / "signing"
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(KeyUnreadable):
        signing_key(directory, DurableFiles())
