"""Files as they come: packed or not, recognised by their first bytes rather than by their names."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from fastlanes_sim.core.errors import of_the_system
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
_BROKEN = (EOFError, lzma.LZMAError, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, UnicodeDecodeError)
_HINT = "write it again, or unpack it; a packed file must have no password"


@contextmanager
def broken_told(path: Path) -> Iterator[None]:
    """Whatever readers of packed files and of Arrow raise of a damaged file, as one error.

    Raises:
        ExportError: the file is cut short, damaged or encrypted, or the system does not let us read it.
    """
    try:
        yield
    except ExportError:
        raise
    except _BROKEN:
        raise ExportError(f"{path}: the file is cut short or damaged", _HINT) from None
    except OSError as error:
        if error.errno is None or error.errno == errno.EINVAL:  # of bzip2, Arrow and zip, which have no other errors
            raise ExportError(f"{path}: the file is cut short or damaged", _HINT) from None
        raise of_the_system(error, path) from None
    except (RuntimeError, SystemError, ValueError, KeyError, IndexError, TypeError) as error:
        if not _is_of_a_reader(error):
            raise
        raise ExportError(f"{path}: the file is cut short or damaged", _HINT) from None


def _is_of_a_reader(error: BaseException) -> bool:
    """Whether a library raised it, not our own code: of ours it would be a bug, which nobody must take for a damaged file."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    file = "" if place is None else place.tb_frame.f_code.co_filename
    return type(error).__module__.startswith("pyarrow") or "pyarrow" in file or file == zipfile.__file__


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


def _is_of_macos(name: str) -> bool:
    """Whether macOS put a file into an archive, beside the one that somebody packed: `__MACOSX/._runs.csv`, `.DS_Store`."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name.startswith(("._", ".DS_Store"))


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
        members = [name for name in archive.namelist() if not name.endswith("/") and not _is_of_macos(name)]
        if len(members) != 1:
            raise ExportError(f"{path}: the archive has {len(members)} files", "pack one file of runs")
        return archive.open(members[0])
    return raw
