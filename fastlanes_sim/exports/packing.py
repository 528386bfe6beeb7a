"""Files as they come: packed or not, recognised by their first bytes rather than by their names."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path
from typing import Any

from fastlanes_sim.exports.problems import ExportError

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "excel",
}
BROKEN = (EOFError, gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile)
"""What readers of packed files raise."""


def kind_of(path: Path) -> str:
    """gzip, bzip2, xz, zstd, lz4, zip, parquet, arrow, arrow stream, excel, or text."""
    with path.open("rb") as file:
        head = file.read(8)
    kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "text")
    if kind == "zip" and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if "[Content_Types].xml" in archive.namelist() or "mimetype" in archive.namelist():
                return "excel"
    return kind


def unpacked(path: Path, raw: Any, kind: str) -> Any:
    """The file's bytes, to be read from the beginning.

    Args:
        raw: the file, opened for reading bytes.
        kind: of `kind_of`.

    Raises:
        ExportError: it is an archive of several files.
    """
    if kind == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if kind == "bzip2":
        return bz2.BZ2File(raw)
    if kind == "xz":
        return lzma.LZMAFile(raw)
    if kind in ("zstd", "lz4"):
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(raw, "r"), kind)
    if kind == "zip":
        archive = zipfile.ZipFile(raw)
        members = [name for name in archive.namelist() if not name.endswith("/")]
        if len(members) != 1:
            raise ExportError(f"{path}: the archive has {len(members)} files", "pack one file of runs")
        return archive.open(members[0])
    return raw
