"""The log as a file for an authority: every entry as it was hashed, the checkpoint over the last, how to verify both.

A zip with `entries.jsonl` (a line is what was hashed), `checkpoint.txt`, `checkpoint.txt.sig` and `allowed_signers` for
ssh-keygen, `texts.jsonl` with the free texts that were asked for and their keys, and `README.txt`.  Every entry is in
it, for a chain with holes proves nothing; entries have no free text.  Signs nothing and logs nothing.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from cctv.audit.chain import verified
from cctv.audit.checkpoint_files import Checkpoint
from cctv.audit.checkpoints import NAMESPACE
from cctv.audit.log import stored_entries
from cctv.core.durable import DurableFiles
from cctv.crypto.signing_key import PublicKey
from cctv.db import schema

_SIGNER = "site"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip has: the same log gives the same file
README = """\
The log of acts of a CCTV storage, {entries} entries, exported for: {authority}

entries.jsonl       a line an entry, in order; exactly these bytes, without the end of the line, were hashed
checkpoint.txt      what the site signed: the number of the last entry and its hash
checkpoint.txt.sig  the signature, by the key in allowed_signers; compare that key with one that you were given before
texts.jsonl         free texts that were asked for ({texts}), each with the key of its digest

1. The signature holds:

    ssh-keygen -Y verify -f allowed_signers -I {signer} -n {namespace} -s checkpoint.txt.sig < checkpoint.txt

2. The last entry is the one that was signed: both commands print the same hash

    tail -n 1 entries.jsonl | tr -d '\\n' | sha256sum
    grep -o '"hash":"[0-9a-f]*"' checkpoint.txt

3. Each entry names the hash of the one before it: the command prints nothing

    previous={zeros}
    while IFS= read -r line; do
      case "$line" in *"\\"previous\\":\\"$previous\\""*) ;; *) echo "broken: $line";; esac
      previous=$(printf %s "$line" | sha256sum | cut -c1-64)
    done < entries.jsonl

4. A free text is the one that an entry had: the hash is the entry's "reason_digest" (key and text from texts.jsonl)

    printf %s "TEXT" | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY

"for" in an entry is the person on whose call the account "actor" acted; "at_us" is microseconds since 1970 UTC.
"""


@dataclass(frozen=True, slots=True)
class LogExport:
    """What an export has: entries and free texts, and the bytes of the file."""

    entries: int
    texts: int
    content: bytes


def export_log(
    connection: Connection, checkpoint: Checkpoint, key: PublicKey, *, authority: str, about: Collection[str]
) -> LogExport:
    """The file for a log up to a checkpoint, verified on the way; free texts of the cases and subjects in `about`.

    Raises AuditBroken.
    """
    lines: list[str] = []

    def rows() -> Iterator[tuple[int, str, str]]:
        for row in stored_entries(connection):
            if row[0] <= checkpoint.seq:
                lines.append(row[1])
                yield row

    for _ in verified(rows()):
        pass
    texts = list(_texts(connection, about, checkpoint.seq))
    zeros = "0" * 64
    readme = README.format(
        entries=len(lines), authority=authority, texts=len(texts), signer=_SIGNER, namespace=NAMESPACE, zeros=zeros
    )
    files = {
        "README.txt": readme,
        "entries.jsonl": "".join(f"{line}\n" for line in lines),
        "checkpoint.txt": checkpoint.text,
        "checkpoint.txt.sig": checkpoint.signature,
        "allowed_signers": f'{_SIGNER} namespaces="{NAMESPACE}" {key.line}\n',
        "texts.jsonl": "".join(f"{text}\n" for text in texts),
    }
    return LogExport(len(lines), len(texts), _zipped(files))


def write_export(disk: DurableFiles, path: Path, export: LogExport) -> None:
    """Write the file of an export, readable by its owner only."""
    disk.write(path, export.content)
    path.chmod(0o600)


def _texts(connection: Connection, about: Collection[str], last: int) -> Iterator[str]:
    notes, names = schema.notes.c, schema.audit_names.c
    wanted = select(names.seq).where(names.name.in_([name.casefold() for name in about]))
    query = select(notes.audit_seq, notes.key, notes.text).where(notes.audit_seq.in_(wanted), notes.audit_seq <= last)
    for row in connection.execute(query.order_by(notes.audit_seq)):
        yield json.dumps({"seq": row.audit_seq, "key": row.key, "text": row.text}, ensure_ascii=False)


def _zipped(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            information = zipfile.ZipInfo(name, _EPOCH)
            information.compress_type, information.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(information, text)
    return content.getvalue()
