"""A package proves itself with our own command and with the tools that a recipient has; a changed one never does."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cctv.core.durable import DurableFiles, sha256_file
from cctv.core.errors import CctvError, Exit
from cctv.core.i18n import Language
from cctv.crypto.signing_key import signing_key
from cctv.model.footage import GapCause
from cctv.packages.documents import readme
from cctv.packages.folder import complete_build
from cctv.packages.manifest import (
    By,
    Manifest,
    ManifestSource,
    Output,
    Period,
    SiteName,
    UnrecordedSpan,
    VerifiedPackage,
)
from cctv.packages.verify import verify_package

pytestmark = pytest.mark.slow

AT = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)
SPAN = Period(AT, AT + timedelta(minutes=2))
BRUSSELS = ZoneInfo("Europe/Brussels")
VIDEO = "foyer-1_2026-11-21_22-00-00_CET.mp4"
NAMES = ["README.txt", "SHA256SUMS", "allowed_signers", VIDEO, "manifest.json", "manifest.json.sig", "signing.pub"]


def _manifest(folder: Path, language: str = "nl") -> Manifest:
    video = folder / VIDEO
    video.write_bytes(b"not really a video" * 100)
    output = Output(
        file=video.name,
        sha256=sha256_file(video),
        size_bytes=video.stat().st_size,
        frames=3000,
        camera="foyer-1",
        part=1,
        span=SPAN,
        sources=(ManifestSource("foyer-1_20261121T210000.000Z.mp4", "a" * 64, SPAN),),
        plan_sha256="b" * 64,
        backdrop_sha256=("c" * 64,),
        prepared=By(AT, "dpo"),
        approved=By(AT, "dpo"),
        verified=VerifiedPackage(3000, 0, True, 0, 0),
    )
    return Manifest(
        schema=1,
        package="EXP-2026-001",
        request="REQ-2026-007",
        site=SiteName("Cultuurcentrum De Grote Post", "0" * 32),
        software="cctv 0.1.0",
        mode="backdrop",
        language=language,
        requested=SPAN,
        cameras=("foyer-1",),
        built=By(AT, "dpo", "An"),
        expires=AT + timedelta(days=30),
        key="",
        outputs=(output,),
        gaps=tuple(UnrecordedSpan("foyer-1", SPAN, cause.value) for cause in GapCause),
        files=(),
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    keys, folder = tmp_path / "keys", tmp_path / "EXP-2026-001"
    keys.mkdir()
    folder.mkdir()
    key = signing_key(keys, DurableFiles())
    draft = replace(_manifest(folder), key=key.public.fingerprint)
    complete_build(folder, DurableFiles(), draft, readme(draft, BRUSSELS), key)
    return folder


def _refused(path: Path, key: Path | None = None) -> CctvError:
    with pytest.raises(CctvError) as refused:
        verify_package(path, key=key)
    return refused.value


def test_a_whole_package_verifies_by_folder_and_by_manifest(package):
    assert sorted(path.name for path in package.iterdir()) == NAMES
    assert verify_package(package).manifest.package == "EXP-2026-001"
    assert verify_package(package / "manifest.json").files == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("harm", ["changed", "appended", "emptied", "removed", "linked"])
def test_a_file_that_was_touched_is_found(package, tmp_path, name, harm):
    path = package / name
    data = path.read_bytes()
    if harm == "changed":
        middle = len(data) // 2
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    elif harm == "appended":
        path.write_bytes(data + b"\n")
    elif harm == "emptied":
        path.write_bytes(b"")
    elif harm == "removed":
        path.unlink()
    else:
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")

    if harm == "appended" and name in ("manifest.json.sig", "signing.pub"):
        assert name in str(_refused(package))  # still a good signature or key, but not the file that was listed
    assert _refused(package).exit_code is Exit.UNREADABLE


def test_a_file_or_folder_that_was_added_is_found(package):
    (package / "more.mp4").write_bytes(b"x")
    assert "more.mp4" in str(_refused(package))
    (package / "more.mp4").unlink()
    (package / "folder").mkdir()
    assert _refused(package).exit_code is Exit.UNREADABLE


def test_a_package_signed_anew_by_somebody_else_fails_against_the_right_key(package, tmp_path):
    right = shutil.copy(package / "signing.pub", tmp_path / "site.pub")
    forger = tmp_path / "forger"
    forger.mkdir()
    key = signing_key(forger, DurableFiles())
    (package / "README.txt").write_text("forged")
    complete_build(package, DurableFiles(), replace(_manifest(package), key=key.public.fingerprint), "forged", key)

    assert not verify_package(package).trusted
    refused = _refused(package, Path(right))
    assert refused.exit_code is Exit.UNREADABLE
    assert key.public.fingerprint in str(refused)


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/b", ".hidden", "", "a\nb", "manifest.json"])
def test_a_signed_manifest_that_names_files_elsewhere_is_refused(package, tmp_path, name):
    key = signing_key(tmp_path / "keys", DurableFiles())
    draft = _manifest(package)
    draft = replace(draft, outputs=(replace(draft.outputs[0], file=name),))
    for path in package.iterdir():
        path.unlink()
    _manifest(package)
    complete_build(package, DurableFiles(), draft, "x", key)

    assert _refused(package).exit_code is Exit.UNREADABLE


def test_what_is_no_package_is_a_usage_error_and_an_empty_folder_is_not_whole(package, tmp_path):
    assert _refused(tmp_path / "nowhere").exit_code is Exit.USAGE
    assert _refused(package / "README.txt").exit_code is Exit.USAGE
    (tmp_path / "empty").mkdir()
    assert _refused(tmp_path / "empty").exit_code is Exit.UNREADABLE


def test_the_commands_that_the_readme_gives_work(package):
    text = (package / "README.txt").read_text()
    line = next(line.strip() for line in text.splitlines() if "ssh-keygen -Y verify" in line)
    for command in (line, "sha256sum -c SHA256SUMS"):
        assert command in text
        done = subprocess.run(command, shell=True, cwd=package, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (package / "README.txt").write_text("changed")
    done = subprocess.run("sha256sum -c SHA256SUMS", shell=True, cwd=package, capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.parametrize("language", [one.value for one in Language])
def test_the_readme_speaks_the_language_of_the_requester_and_explains_every_gap(tmp_path, language):
    manifest = _manifest(tmp_path, language)

    text = readme(manifest, BRUSSELS)

    day = {"nl": "zaterdag", "fr": "samedi", "en": "Saturday"}[language]
    assert f"{day} 21/11/2026 22:00:00 CET" in text
    assert VIDEO in text
    gap_lines = [line for line in text.splitlines() if "22:02:00 CET" in line and ".mp4" not in line][-len(GapCause) :]
    assert len({line.rpartition("CET")[2] for line in gap_lines}) == len(GapCause)
    if language != "en":
        assert not any(line.endswith(cause.value) for line in gap_lines for cause in GapCause)


def test_the_manifest_survives_the_way_through_json(tmp_path):
    manifest = _manifest(tmp_path)
    assert Manifest.from_json(manifest.to_json()) == manifest
