"""python -m tools.docs.notebooks (`make notebooks`): run every notebook and write what it shows, without what differs from run to run."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from tools.docs import ROOT

FOLDER = ROOT / "notebooks"
LONGEST_S = 300
"""A cell that takes longer is stuck; a notebook takes some ten seconds."""
LIVE = (
    "application/vnd.jupyter.widget-view+json",
    "application/vnd.holoviews_load.v0+json",
    "application/vnd.holoviews_exec.v0+json",
)
"""What nothing shows without a kernel: widgets, and pages of Panel's with what they load."""
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}


def notebooks() -> list[Path]:
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def executed(path: Path) -> Any:
    """The notebook with the outputs that its cells give now.

    Raises:
        CellExecutionError: a cell fails.
    """
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(notebook, timeout=LONGEST_S, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}})
    client.execute(env={key: value for key, value in os.environ.items() if key != "MPLBACKEND"})
    return plain(notebook)


def all_executed(paths: list[Path]) -> dict[Path, Any]:
    """Two at a time, each in a process of its own."""
    with ThreadPoolExecutor(2) as threads:
        return dict(zip(paths, threads.map(executed, paths), strict=True))


def plain(notebook: Any) -> Any:
    """Without times of execution, versions, what is live (nothing shows it without a kernel) and what a machine says of itself."""
    notebook.metadata = nbformat.from_dict(KERNEL)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number}", nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = _joined([one for one in map(_kept, cell.outputs) if one is not None])
    return notebook


def _joined(outputs: list[Any]) -> list[Any]:
    """What a cell prints comes in pieces, as it happens."""
    found: list[Any] = []
    for output in outputs:
        if found and output.output_type == found[-1].output_type == "stream":
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def _kept(output: Any) -> Any:
    if output.output_type == "stream":
        return output if output.name == "stdout" else None
    data = output.get("data", {})
    if any(kind in data for kind in LIVE) or list(data) == ["text/html"]:  # without a text: styles and scripts
        return None
    output.metadata = nbformat.from_dict({})
    return output


def comparable(notebook: Any) -> list[list[str]]:
    """What each code cell shows: texts as they are, of a picture that there is one."""
    return [[text for output in cell.outputs for text in _texts(output)] for cell in notebook.cells if cell.cell_type == "code"]


def _texts(output: Any) -> list[str]:
    if output.output_type == "stream":
        return [output.text]
    if "image/png" in output.data:
        return ["a picture"]
    return [f"{mime}: {text}" for mime, text in sorted(output.data.items())]


def main() -> None:
    """All of them, each written if its texts have changed; those that are named, written for their pictures' sake too."""
    named = [Path(name).resolve() for name in sys.argv[1:]]
    for path, notebook in all_executed(named or notebooks()).items():
        stale = bool(named) or comparable(notebook) != comparable(read(path)) or plain(read(path)) != read(path)
        if stale:
            nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: {'written' if stale else 'as it was'}")


if __name__ == "__main__":
    main()
