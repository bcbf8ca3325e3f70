"""Bytes by their digest: stored once, checked each time they are read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import zstandard
from sqlalchemy import Connection, select

from app.errors import EvidenceError
from app.model.canonical import digest
from app.store.bulk import among, insert_rows
from app.store.tables import blob

_CHUNK_BYTES = 16 * 2**20
_CHUNK_ROWS = 5_000


def store_blobs(connection: Connection, bodies: Mapping[str, bytes]) -> None:
    """Store plain bytes by digest; what is there already is left alone.

    In the order of digests, once for each transaction: two transactions that store the same bytes wait for one another,
    and would wait for ever if each took them in its own order.
    """
    for chunk in _chunks(sorted(_missing(connection, bodies)), bodies):
        compressor = zstandard.ZstdCompressor(level=3)
        columns: dict[str, list[Any]] = {
            "sha256": [bytes.fromhex(key) for key in chunk],
            "size": [len(bodies[key]) for key in chunk],
            "body": [compressor.compress(bodies[key]) for key in chunk],
        }
        insert_rows(connection, blob, columns, skip_existing=True)


def blob_ids(connection: Connection, digests: Iterable[str]) -> dict[str, int]:
    """Digest → internal number, for bytes that are stored."""
    wanted = sorted(set(digests))
    if not wanted:
        return {}
    rows = connection.execute(
        select(blob.c.sha256, blob.c.id).where(among(blob.c.sha256, [bytes.fromhex(key) for key in wanted]))
    )
    return {row.sha256.hex(): row.id for row in rows}


def blob_digests(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Internal number → digest."""
    rows = connection.execute(select(blob.c.id, blob.c.sha256).where(among(blob.c.id, sorted(set(ids)))))
    return {row.id: row.sha256.hex() for row in rows}


def load_blobs(connection: Connection, ids: Iterable[int]) -> dict[int, bytes]:
    """Internal number → plain bytes.

    Raises:
        EvidenceError: bytes do not match their digest.
    """
    wanted = sorted(set(ids))
    found: dict[int, bytes] = {}
    decompressor = zstandard.ZstdDecompressor()
    for start in range(0, len(wanted), _CHUNK_ROWS):
        part = wanted[start : start + _CHUNK_ROWS]
        rows = connection.execute(select(blob.c.id, blob.c.sha256, blob.c.body).where(among(blob.c.id, part)))
        found.update((row.id, plain_body(decompressor, row.sha256, row.body)) for row in rows)
    return found


def stored_bytes(connection: Connection, sha256: str) -> bytes:
    """Plain bytes by their digest.

    Raises:
        EvidenceError: they are not stored, or do not match it.
    """
    body: bytes | None = connection.scalar(select(blob.c.body).where(blob.c.sha256 == bytes.fromhex(sha256)))
    if body is None:
        raise EvidenceError(f"bytes {sha256} are not stored", advice="restore the database from a backup")
    return plain_body(zstandard.ZstdDecompressor(), bytes.fromhex(sha256), body)


def broken_blobs(connection: Connection) -> Iterator[tuple[str, bool]]:
    """Every digest stored, with False where the bytes or their number do not match it; read as a stream."""
    decompressor = zstandard.ZstdDecompressor()
    query = select(blob.c.sha256, blob.c.size, blob.c.body).order_by(blob.c.id)
    for row in connection.execute(query, execution_options={"yield_per": 500}):
        try:
            sound = len(plain_body(decompressor, row.sha256, row.body)) == row.size
        except EvidenceError:
            sound = False
        yield row.sha256.hex(), sound


def plain_body(decompressor: zstandard.ZstdDecompressor, sha256: bytes, body: bytes) -> bytes:
    """Decompress stored bytes.

    Raises:
        EvidenceError: they cannot be decompressed, or do not match their digest.
    """
    try:
        plain = decompressor.decompress(body)
    except zstandard.ZstdError as error:
        raise EvidenceError(f"stored bytes {sha256.hex()} cannot be decompressed: {error}") from error
    if digest(plain) != sha256.hex():
        raise EvidenceError(
            f"stored bytes {sha256.hex()} do not match that digest",
            advice="restore the database from a backup; `netattest db check` names every scan affected",
        )
    return plain


def _missing(connection: Connection, bodies: Mapping[str, bytes]) -> list[str]:
    known = blob_ids(connection, bodies)
    return [key for key in bodies if key not in known]


def _chunks(keys: Sequence[str], bodies: Mapping[str, bytes]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for key in keys:
        chunk.append(key)
        size += len(bodies[key])
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_ROWS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
