"""The kinds of inputs: what each begins with, and who reads it. A reader returns, or raises a `FastlanesError` with a hint."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import pickle
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent


@dataclass(frozen=True, slots=True)
class Kind:
    suffix: str
    """Of the file's name."""
    seeds: Callable[[], list[bytes]]
    read: Callable[[Path], object]

    def all_seeds(self, name: str) -> list[bytes]:
        """Its own, then those in `seeds/` that went wrong once."""
        kept = sorted(HERE.glob(f"seeds/{name}-*"))
        return [*self.seeds(), *(file.read_bytes() for file in kept)]


_HEADER = (
    "id",
    "work_order",
    "project",
    "workflow",
    "queue",
    "priority",
    "state",
    "inserted_at",
    "claimed_at",
    "started_at",
    "finished_at",
)


def _rows() -> list[tuple[str, ...]]:
    times = [tuple(f"2026-01-05 06:{i:02d}:0{k}.12345{k}" for k in range(4)) for i in range(60)]
    return [(f"r{i}", f"o{i // 2}", "clinic", f"w{i % 3}", "default", "normal", "success", *times[i]) for i in range(60)]


def _csv() -> bytes:
    return "\n".join(",".join(row) for row in (_HEADER, *_rows())).encode() + b"\n"


def _objects() -> list[dict[str, str]]:
    return [dict(zip(_HEADER, row, strict=True)) for row in _rows()]


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("runs.csv", _csv())
    return out.getvalue()


def _packed() -> list[bytes]:
    import pyarrow as pa

    made = [gzip.compress(_csv(), mtime=0), bz2.compress(_csv()), lzma.compress(_csv()), _zip()]
    for codec in ("zstd", "lz4"):
        out = pa.BufferOutputStream()
        with pa.CompressedOutputStream(out, codec) as stream:
            stream.write(_csv())
        made.append(out.getvalue().to_pybytes())
    return made


def _table() -> Any:
    import pyarrow as pa

    return pa.table({name: [row[place] for row in _rows()] for place, name in enumerate(_HEADER)})


def _parquet() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = []
    for how in ({}, {"use_dictionary": False, "compression": "none"}, {"compression": "zstd", "row_group_size": 20}):
        out = pa.BufferOutputStream()
        pq.write_table(_table(), out, **how)
        made.append(out.getvalue().to_pybytes())
    return made


def _arrow() -> list[bytes]:
    import pyarrow as pa

    made = []
    for new in (pa.ipc.new_file, pa.ipc.new_stream):
        out = pa.BufferOutputStream()
        with new(out, _table().schema) as writer:
            writer.write_table(_table())
        made.append(out.getvalue().to_pybytes())
    return made


def _read_export(path: Path) -> object:
    from fastlanes_sim.exports.read import read_export
    from fastlanes_sim.exports.reading_report import reading_text, rejects_csv

    export = read_export(path)
    return reading_text(export.reading), rejects_csv(export.reading)


def _scenarios() -> list[bytes]:
    return [file.read_bytes() for file in sorted((ROOT / "scenarios").glob("*.yaml"))]


def _read_scenario(path: Path) -> object:
    from fastlanes_sim.scenario.load import load_scenario

    return load_scenario(path)


VALUES = [{"low": [1234567.5, number], "replication": number} for number in range(10)]


def _stores() -> list[bytes]:
    from fastlanes_sim.experiments.store import Store

    with tempfile.TemporaryDirectory() as folder:
        with Store(Path(folder, "store.sqlite")) as store:
            for number, value in enumerate(VALUES):
                store.put(f"{number}", value)
        return [Path(folder, "store.sqlite").read_bytes()]


def _read_store(path: Path) -> object:
    """What is there is what was put there, and the store can be used."""
    from fastlanes_sim.experiments.store import Store

    with Store(path) as store:
        for number, value in enumerate(VALUES):
            found = store.get(f"{number}")
            assert found in (None, value), "a damaged value was believed"
            store.put(f"{number}", value)
            assert store.get(f"{number}") == value
    return None


_CODE = {"what": "would be machine code", "numbers": list(range(100))}


def _files(folder: Path) -> Any:
    from fastlanes_sim.engines.code_cache import SealedFiles

    return SealedFiles(str(folder), "event_loop.simulate-1.py311", "")


def _cached() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        _files(Path(folder)).save("key", _CODE)
        return [file.read_bytes() for file in sorted(Path(folder).iterdir())]


def _read_cached(path: Path) -> object:
    """As the index and as the machine code: what is read is what was written."""
    for damaged in ("event_loop.simulate-1.py311.nbi", "event_loop.simulate-1.py311.1.nbc"):
        folder = path.parent / "cache"
        folder.mkdir(exist_ok=True)
        _files(folder).save("key", _CODE)
        (folder / damaged).write_bytes(path.read_bytes())
        assert _files(folder).load("key") in (None, _CODE), "damaged code was believed"
    return pickle.HIGHEST_PROTOCOL


def _recordings(file: str, lines: int) -> Callable[[], list[bytes]]:
    @cache
    def some() -> list[bytes]:
        with gzip.open(ROOT / "tests" / "conformance" / file, "rb") as recorded:
            cases = sorted(islice(recorded, 400), key=len)[:lines]
        return [*cases, b"".join(cases)]

    return some


def _answers() -> list[bytes]:
    with gzip.open(ROOT / "tests" / "conformance" / "workloops.json.gz", "rb") as recorded:
        sections = json.load(recorded)
    return [json.dumps({name: section[:3]}).encode() for name, section in sections.items() if isinstance(section, list)]


def _replay(kind: Any) -> Callable[[Path], object]:
    def read(path: Path) -> object:
        from fastlanes_sim.api.suite_verbs import conform

        return list(conform(kind, path))

    return read


def _baselines() -> list[bytes]:
    from fastlanes_sim.suite.baseline import Baseline, Inputs

    inputs = Inputs({"python": "3.11"}, "hash", {"workers.0.workloops": "*:5"})
    values = {"p99(fast_lane.wait)": ([1.0, 2.0, 3.0], [1.0, 2.0, float("inf")]), "lost": ([0.0] * 3, [0.0] * 3)}
    found = Baseline("a", "a.yaml", {"seed": 1}, "hash", 1, inputs, values)
    return [json.dumps(found.to_json(), indent=2).encode(), json.dumps(found.to_json()).encode()]


def _read_baseline(path: Path) -> object:
    from fastlanes_sim.suite.baseline import read_baseline

    return read_baseline(path)


def _json() -> list[bytes]:
    return [json.dumps(_objects()).encode(), "\n".join(map(json.dumps, _objects())).encode()]


KINDS: dict[str, Kind] = {
    "scenario": Kind(".yaml", _scenarios, _read_scenario),
    "csv": Kind(".csv", lambda: [_csv(), _csv().replace(b",", b";"), _csv().decode().encode("utf-16")], _read_export),
    "packed": Kind(".data", _packed, _read_export),
    "json": Kind(".json", _json, _read_export),
    "parquet": Kind(".parquet", _parquet, _read_export),
    "arrow": Kind(".arrow", _arrow, _read_export),
    "store": Kind(".sqlite", _stores, _read_store),
    "cache": Kind(".nbc", _cached, _read_cached),
    "claims": Kind(".jsonl", _recordings("claims.jsonl.gz", 6), _replay("claims")),
    "timelines": Kind(".jsonl", _recordings("worker.jsonl.gz", 6), _replay("worker")),
    "lives": Kind(".jsonl", _recordings("lives.jsonl.gz", 4), _replay("lives")),
    "answers": Kind(".json", _answers, _replay("workloops")),
    "baseline": Kind(".json", _baselines, _read_baseline),
}
