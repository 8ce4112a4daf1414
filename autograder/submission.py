"""Reading a stranger's notebook, and putting it in order against the one that was released.

Nothing of a submitted notebook is trusted but the text of its cells: it is rebuilt from scratch, its graded and
read-only cells are the released ones, and what was changed, missing or unreadable is said in words.
"""

import datetime
import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from autograder import wire
from cnnkit.answers import Text
from cnnkit.exercises import texts

#: A set: looking for a kind that is no text, such as a list, is an error, and such a notebook is not read.
_KINDS = frozenset(("code", "markdown", "raw"))


@dataclass
class Submission:
    """A student's notebook, in order.

    Parameters
    ----------
    notebook : NotebookNode
        The released notebook with the student's cells in it; the released one alone when theirs cannot be read.
    digest : str
        SHA-256 of the submitted file, empty when there is none.
    problem : str
        Why nothing can be graded, or empty.
    notes : list of str
        What was repaired.
    """

    notebook: NotebookNode
    digest: str = ""
    problem: str = ""
    notes: list[str] = field(default_factory=list)


def read_released(path: Path) -> NotebookNode:
    """The released notebook, which is ours and trusted.

    Raises
    ------
    FileNotFoundError
        With the command that makes it.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} does not exist; make it with: nbgrader generate_assignment {path.parent.name} --force"
        )
    return nbformat.convert(nbformat.reader.reads(path.read_text(encoding="utf-8")), 4)


def read_submission(path: Path, released: NotebookNode, max_bytes: int) -> Submission:
    """Read a submitted notebook and put it in order. Never raises for anything that a student can do.

    Parameters
    ----------
    path : Path
        Where the notebook should be.
    released : NotebookNode
    max_bytes : int
        A larger file is not read.
    """
    data, problem = _read_bytes(path, max_bytes)
    digest = hashlib.sha256(data).hexdigest() if data else ""
    cells = []
    if not problem:
        cells, problem = _parse(data)
    if problem:
        return Submission(_rebuild([], released)[0], digest, problem)
    notebook, notes = _rebuild(cells, released)
    return Submission(notebook, digest, notes=notes)


def read_timestamp(folder: Path) -> datetime.datetime | None:
    """When a submission was handed in, by its ``timestamp.txt``; None when that is missing or no time.

    nbgrader's own reader ends the whole run for a file that it cannot parse, and waits for a pipe for ever.
    """
    try:
        descriptor = os.open(folder / "timestamp.txt", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return parse_utc(os.read(descriptor, 100).decode().strip())
    except (OSError, ValueError, OverflowError):
        return None
    finally:
        os.close(descriptor)


def new_cell(kind: str, source: str, name: str) -> NotebookNode:
    """As nbformat's new_code_cell and its kin, which would validate each cell against the whole schema."""
    cell = NotebookNode({"id": name, "cell_type": kind, "metadata": NotebookNode(), "source": source})
    if kind == "code":
        cell.execution_count, cell.outputs = None, []
    return cell


def irregular_files(folder: Path) -> list[str]:
    """The names of the links, pipes and devices in a submission: nothing should copy what they stand for."""
    found = []
    for where, folders, files in os.walk(folder):
        for name in (*folders, *files):
            mode = os.lstat(os.path.join(where, name)).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                found.append(name)
    return found


def _read_bytes(path: Path, max_bytes: int) -> tuple[bytes, str]:
    try:
        # A link out of the submission is not followed, nor is one to another student's.
        for folder in (path.parent.parent, path.parent):
            if folder.is_symlink():
                return b"", Text.made(texts.FOLDER_IS_LINK, name=folder.name)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return b"", _missing(path)
    except OSError as error:
        if path.is_symlink():
            return b"", Text.made(texts.FILE_IS_LINK, name=path.name)
        return b"", Text.made(texts.UNREADABLE, name=path.name, error=error.strerror)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        return b"", Text.made(texts.NO_FILE, name=path.name)
    with os.fdopen(descriptor, "rb") as file:
        if status.st_size > max_bytes:
            size = f"{status.st_size / 2**20:.0f}"
            return b"", Text.made(texts.FILE_TOO_LARGE, name=path.name, size=size, most=max_bytes // 2**20)
        data = file.read(max_bytes + 1)
    return data, "" if data else Text.made(texts.FILE_EMPTY, name=path.name)


def _missing(path: Path) -> str:
    try:
        others = sorted(wire.clean(other.name) for other in path.parent.iterdir() if other.suffix == ".ipynb")
    except OSError:
        others = []
    if others:
        return Text.made(texts.OTHER_NAME, name=path.name, others=", ".join(others[:3]))
    return Text.made(texts.NOT_SUBMITTED, name=path.name)


def _parse(data: bytes) -> tuple[list[tuple[str, str, str]], str]:
    """The cells as (type, source, grade id), or why there are none."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], Text.made(texts.NOT_UTF8)
    try:
        raw = nbformat.reader.parse_json(text)
        if not isinstance(raw, dict):
            return [], Text.made(texts.NO_NOTEBOOK)
        major = raw.get("nbformat")
        if major not in (3, 4):
            return [], Text.made(texts.OTHER_VERSION, version=f"{major!r:.20}")
        notebook = nbformat.convert(nbformat.reader.reads(text), 4)
        cells = notebook.get("cells")
        if not isinstance(cells, list):
            return [], Text.made(texts.NO_CELLS)
        return [_plain_cell(cell) for cell in cells], ""
    except nbformat.reader.NotJSONError:
        return [], Text.made(texts.NOT_JSON)
    except Exception as error:  # nbformat raises many kinds for what is not a notebook
        return [], Text.made(texts.BROKEN, error=type(error).__name__)


def _plain_cell(cell) -> tuple[str, str, str]:
    kind = cell.get("cell_type")
    source = cell.get("source", "")
    source = wire.clean("".join(map(str, source)) if isinstance(source, list) else str(source))
    metadata = cell.get("metadata")
    mark = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = mark.get("grade_id") if isinstance(mark, dict) else None
    return kind if kind in _KINDS else "raw", source, grade_id if isinstance(grade_id, str) else ""


# --- putting it in order --------------------------------------------------------------------------------------


def _rebuild(cells: list[tuple[str, str, str]], released: NotebookNode) -> tuple[NotebookNode, list[str]]:
    notes: list[str] = []
    master = {_mark(cell)["grade_id"]: cell for cell in released.cells if _mark(cell)}
    last_place = {grade_id: place for place, (_, _, grade_id) in enumerate(cells) if grade_id in master}
    built: list[NotebookNode] = []
    where: dict[str, NotebookNode] = {}
    for place, (kind, source, grade_id) in enumerate(cells):
        if grade_id not in master:
            built.append(_free_cell(kind, source, place))
            continue
        if last_place[grade_id] != place:
            notes.append(Text.made(texts.TWICE, cell=repr(grade_id)))
            if _is_students(master[grade_id]):
                built.append(_free_cell(kind, source, place))
            continue
        cell = NotebookNode(master[grade_id].copy())
        cell.metadata = NotebookNode(master[grade_id].metadata.copy())
        if kind != cell.cell_type:
            notes.append(Text.made(texts.OTHER_KIND, cell=repr(grade_id), kind=kind, was=cell.cell_type))
        if _is_students(cell):
            cell.source = source if cell.cell_type == "code" else _without_tags(source)
        elif source != cell.source:
            notes.append(Text.made(texts.CHANGED_CELL, cell=repr(grade_id)))
        built.append(cell)
        where[grade_id] = cell
    _add_missing(built, where, master, notes, empty=not cells)
    notebook = NotebookNode({"cells": built, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    notebook.metadata = _notebook_metadata(released)
    _make_ids_unique(notebook)
    return notebook, notes


def _mark(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader") or {}


def _is_students(cell: NotebookNode) -> bool:
    """Whether the cell's text is the student's to write."""
    return bool(_mark(cell).get("solution"))


def _free_cell(kind: str, source: str, place: int) -> NotebookNode:
    return new_cell(kind, source if kind == "code" else _without_tags(source), f"own-{place}")


def _without_tags(text: str) -> str:
    """Prose whose HTML shows as text: formgrader and the feedback page would run a student's script otherwise."""
    return re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)


def _add_missing(built: list, where: dict, master: dict, notes: list[str], empty: bool) -> None:
    """Put back the released cells that are gone, each after the one that it followed."""
    previous = None
    for grade_id, cell in master.items():
        if grade_id not in where:
            # A stub put back for a deleted solution cell could overwrite what the student wrote elsewhere.
            if not empty and _mark(cell).get("solution") and not _mark(cell).get("grade"):
                notes.append(Text.made(texts.DELETED, cell=repr(grade_id)))
                continue
            if not empty:
                notes.append(Text.made(texts.PUT_BACK, cell=repr(grade_id)))
            copy = NotebookNode(cell.copy())
            place = next((i for i, c in enumerate(built) if c is previous), -1) + 1 if previous is not None else 0
            built.insert(place, copy)
            where[grade_id] = copy
        previous = where[grade_id]


def _notebook_metadata(released: NotebookNode) -> dict:
    kernel = released.metadata.get("kernelspec")
    return {"kernelspec": kernel, "language_info": {"name": "python"}} if kernel else {}


def _make_ids_unique(notebook: NotebookNode) -> None:
    seen: set[str] = set()
    for cell in notebook.cells:
        if cell.get("id") in seen or "id" not in cell:
            cell["id"] = f"cell-{len(seen)}"
        seen.add(cell["id"])
