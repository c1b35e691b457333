"""Queries on the rows of packages.  Decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from cctv.db import schema
from cctv.model.ids import DisclosureId, ExportId, RequestId
from cctv.packages.errors import ExportUnknown


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A package that was built, for a request or for a disclosure.

    `path` is relative to the storage, `expires` is when our copy must be deleted.
    """

    id: ExportId
    request: RequestId | None
    path: str
    manifest_sha256: str
    built: datetime
    built_by: str
    expires: datetime
    deleted: datetime | None = None
    disclosure: DisclosureId | None = None

    @property
    def case_id(self) -> str:
        """The request or the disclosure that it was made for."""
        return self.request or self.disclosure or ""


def insert_package(connection: Connection, package: PackageRow) -> None:
    """Insert the row of a new package."""
    connection.execute(
        insert(schema.exports).values(
            id=package.id,
            request_id=package.request,
            disclosure_id=package.disclosure,
            path=package.path,
            manifest_sha256=package.manifest_sha256,
            built_us=package.built,
            built_by=package.built_by,
            expires_us=package.expires,
        )
    )


def mark_deleted(connection: Connection, package_id: str, at: datetime) -> None:
    """Set when our copy was deleted."""
    table = schema.exports
    connection.execute(update(table).where(table.c.id == package_id).values(deleted_us=at))


def find_package(connection: Connection, package_id: str) -> PackageRow:
    """Return one package; raises ExportUnknown."""
    row = connection.execute(select(schema.exports).where(schema.exports.c.id == package_id)).one_or_none()
    if row is None:
        raise ExportUnknown(id=package_id)
    return _package(row)


def select_packages(connection: Connection, case_id: str | None = None) -> list[PackageRow]:
    """Every package, or those of one request or disclosure, the oldest first."""
    query = select(schema.exports).order_by(schema.exports.c.built_us, schema.exports.c.id)
    if case_id is not None:
        table = schema.exports
        query = query.where((table.c.request_id == case_id) | (table.c.disclosure_id == case_id))
    return [_package(row) for row in connection.execute(query)]


def package_of_manifest(connection: Connection, manifest_sha256: str) -> PackageRow | None:
    """Return the package whose manifest has this hash, or None."""
    table = schema.exports
    row = connection.execute(select(table).where(table.c.manifest_sha256 == manifest_sha256)).one_or_none()
    return _package(row) if row else None


def _package(row: Row[Any]) -> PackageRow:
    return PackageRow(
        id=row.id,
        request=row.request_id,
        path=row.path,
        manifest_sha256=row.manifest_sha256,
        built=row.built_us,
        built_by=row.built_by,
        expires=row.expires_us,
        deleted=row.deleted_us,
        disclosure=row.disclosure_id,
    )
