"""A medium that is read-only, full, without inodes, limited or pulled out: plain words, and nothing half written."""

import contextlib
import errno
import subprocess
from dataclasses import replace

import pytest

from cctv.core.durable import DurableFiles
from cctv.packages import encrypted_zip

pytestmark = pytest.mark.slow

PACKAGE = "EXP-2026-001"
FULL, READ_ONLY, UNREADABLE = 16, 12, 15
DOORS = {
    "export deliver hand": f"export deliver {PACKAGE} --method hand --to {{to}}",
    "export deliver zip": f"export deliver {PACKAGE} --method zip --to {{to}}",
    "letter preview": "letter preview receipt --to {to}/letter.pdf",
    "register show": "register show processing --format page --output {to}/processing.html",
    "register notice": "register notice --address https://example.org/{{zone}} --to {to}/notices",
    "register workstation-form": "register workstation-form --to {to}/form.pdf",
    "retention certificate": "retention certificate --from 1/10 --to 1/11 --out {to}/certificate",
    "audit checkpoint": "audit checkpoint --out {to}/checkpoint",
    "backup": "backup {to}",
    "backup --held": "backup --held {to}",
    "backup key": "backup key {to}/recovery.key",
    "redaction file": "redaction file {clip} {to}/hidden.mp4",
    "letter policy-changed": "letter policy-changed --to {to} --change nl 'Wij bewaren beelden korter.' --where "
    "https://example.org --since 1/10/2026",
}
KINDS = {
    "read-only": ("size=64m", READ_ONLY),
    "full": ("size=64m", FULL),
    "without inodes": ("size=64m,nr_inodes=1", FULL),
}


def files_of(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def medium(tmp_path):
    """Mounts a file system of its own, in the state that a test asks for; needs root."""
    folder = tmp_path / "medium"
    folder.mkdir()

    def mounted(kind):
        options, _ = KINDS[kind]
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            pytest.skip(f"this account may not mount: {done.stderr.decode()}")
        if kind == "full":
            with (folder / "other").open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(b"\0" * (1 << 20)):
                    pass
        if kind == "read-only":
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        return folder

    yield mounted
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@pytest.fixture
def reached(built, tmp_path):
    """A site with a package, somebody to write to, a recovery key and footage held."""
    public = built.cctv(f"backup key {tmp_path / 'recovery.key'} --json").json["public"]
    built.config.write_text(built.config.read_text() + f'\n[backup]\nrecipients = ["{public}"]\n')
    return built


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["read-only", "full"])
def test_a_medium_that_takes_nothing_is_said_in_plain_words(reached, medium, clip, door, kind):
    folder = medium(kind)
    before = files_of(folder)

    done = reached.cctv(DOORS[door].format(to=folder, clip=clip), exit=KINDS[kind][1])

    assert str(folder) in done.err
    assert ".part" not in done.err
    assert files_of(folder) == before


@pytest.mark.parametrize("door", ["export deliver hand", "backup", "letter preview"])
def test_a_medium_without_inodes_is_not_called_full(reached, medium, clip, door):
    folder = medium("without inodes")

    done = reached.cctv(DOORS[door].format(to=folder, clip=clip), exit=FULL)

    assert "takes no further file, though it has space" in done.err
    assert files_of(folder) == set()


class Pulled(DurableFiles):
    """A medium that is pulled out while the second file of a package is flushed; the storage stays."""

    def sync_file(self, path):
        if "outgoing" in str(path) and path.name == "allowed_signers":
            raise OSError(errno.EIO, "Input/output error", str(path))
        super().sync_file(path)


def test_a_medium_that_is_pulled_out_records_nothing(built, tmp_path):
    outgoing = tmp_path / "outgoing"
    outgoing.mkdir()
    box = built.box()
    built.box = lambda: replace(box, make_disk=Pulled)

    done = built.cctv(f"export deliver {PACKAGE} --method hand --to {outgoing}", exit=UNREADABLE)

    assert "its medium stopped answering" in done.err
    assert files_of(outgoing) == set()
    built.box = lambda: box
    assert built.cctv("disclosure list --all --json").json["disclosures"] == []


def test_a_full_medium_leaves_no_disclosure_without_its_receipt(built, medium, tmp_path):
    """Room for the package, and for no file beside it."""
    package = list((built.root / "exports" / PACKAGE).iterdir())
    KINDS["just enough"] = (f"size=64m,nr_inodes={len(package) + 2}", FULL)
    folder = medium("just enough")

    built.cctv(f"export deliver {PACKAGE} --method hand --to {folder}", exit=FULL)

    assert files_of(folder) == set()
    assert built.cctv("disclosure list --all --json").json["disclosures"] == []


class Small(DurableFiles):
    """A medium that takes no file of more than 20,000 bytes."""

    def append(self, descriptor, size, pieces):
        if size + sum(map(len, pieces)) > 20_000:
            raise OSError(errno.EFBIG, "File too large")
        super().append(descriptor, size, pieces)


def test_a_file_that_the_medium_does_not_take_is_said_with_the_way_out(built, tmp_path):
    outgoing = tmp_path / "outgoing"
    outgoing.mkdir()
    box = built.box()
    built.box = lambda: replace(box, make_disk=Small)

    done = built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing}", exit=FULL)

    assert "takes no file of that size (FAT32: 4 GiB)" in done.err
    assert files_of(outgoing) == set()


def test_a_large_zip_comes_in_parts_that_7z_joins_and_the_package_verifies(built, tmp_path, monkeypatch):
    limit = 10_000
    monkeypatch.setattr(encrypted_zip, "VOLUME_BYTES", limit)
    outgoing = tmp_path / "outgoing"
    outgoing.mkdir()

    done = built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing} --json").json

    parts = sorted(path for path in outgoing.iterdir() if path.suffix != ".txt")
    assert [path.name for path in parts] == [f"{PACKAGE}.zip.{number:03d}" for number in range(1, len(parts) + 1)]
    assert len(parts) > 1
    assert {path.stat().st_size for path in parts[:-1]} == {limit}
    note = (outgoing / f"{PACKAGE}.txt").read_text()
    assert f"{parts[0].name} to {parts[-1].name}" in " ".join(note.split()) or "tot en met" in note
    opened = subprocess.run(
        ["7z", "x", "-y", f"-p{done['passphrase']}", f"-o{tmp_path / 'right'}", str(parts[0])],
        capture_output=True, check=False,
    )  # fmt: skip
    assert opened.returncode == 0
    built.cctv(f"export verify {tmp_path / 'right' / PACKAGE}")
    built.cctv(f"export deliver {PACKAGE} --method zip --to {outgoing}", exit=2)
    parts[1].unlink()
    torn = ["7z", "t", f"-p{done['passphrase']}", str(parts[0])]
    assert subprocess.run(torn, capture_output=True, check=False).returncode != 0
