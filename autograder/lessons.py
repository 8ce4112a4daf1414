"""Lessons as text: builds a lesson's source notebook from its percent script, and carries edits back.

``lessons/NAME.py`` is the one hand-edited source of a lesson; ``source/NAME/NAME.ipynb`` is built from it,
and nbgrader makes ``release/`` out of that. The script is jupytext's percent format: a cell starts at a line
that begins with ``# %%``, and whatever stands before the first one is the file's own comment, which is in no
notebook. The grammar of a cell's first line:

=============================================  ====================================================
``# %% [markdown]``                            prose
``# %%``                                       given code
``# %% solution="conv2d"``                     the student writes here; the answer stands between
                                               ``### BEGIN SOLUTION`` and ``### END SOLUTION``
``# %% grade="conv2d" points=5``               the graded cell of that exercise, after its solution cell
``# %% [markdown] manual="why" points=2``      an answer in words (or, without ``[markdown]``, in code)
                                               that a person grades; the cell holds the model answer
=============================================  ====================================================

Any of them may also have ``tags=["..."]``. In the notebook, the graded cell's nbgrader id is the exercise's
name, and its solution cell's is the name with ``-solution``: the grader relies on both.

The notebook remembers, in its metadata, a hash of the text that it was built from and one of the cells that
were built. So an edit is never lost silently: building refuses to overwrite a notebook that was edited, and
carrying back refuses when the text has changed too.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

_MARKS = {"solution", "grade", "points", "manual", "tags"}
_NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


class LessonError(ValueError):
    """A lesson that cannot be built or carried back; the message names the cell and says what to do."""


@dataclass(frozen=True)
class Cell:
    """A cell without anything that comes and goes: its kind, its text and what its first line says."""

    kind: str
    source: str
    marks: dict = field(default_factory=dict)

    @property
    def grade_id(self) -> str:
        """The nbgrader id; empty for prose and given code."""
        if "solution" in self.marks:
            return f"{self.marks['solution']}-solution"
        return self.marks.get("grade") or self.marks.get("manual") or ""

    def key(self) -> str:
        """The same for equal cells."""
        return json.dumps([self.kind, self.source, self.marks], sort_keys=True)


def lesson_names(root: Path) -> list[str]:
    """The lessons that have a text, in the order of the course.

    Parameters
    ----------
    root : Path
        The course's folder, which has ``lessons/`` and ``source/``.

    Returns
    -------
    list of str
        For example ``["01-convolution"]``.
    """
    return sorted(path.stem for path in (Path(root) / "lessons").glob("*.py"))


def build_source(lesson: str, root: Path, *, force: bool = False) -> Path:
    """Build ``source/LESSON/LESSON.ipynb`` from ``lessons/LESSON.py``; equal texts give equal bytes.

    Parameters
    ----------
    lesson : str
        For example ``"01-convolution"``.
    root : Path
        The course's folder.
    force : bool, optional
        Overwrite the notebook even when it was edited; the edit is lost.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    LessonError
        When the text breaks the grammar, or when the notebook was edited since it was built.
    """
    script, notebook = _paths(lesson, root)
    text = _read_script(script)
    cells = [_read_chunk(chunk, script.name) for chunk in _split(text)[1]]
    _check(cells, lesson, script.name)
    if notebook.exists() and not force:
        old = _read_notebook(notebook)
        if _was_edited(old, notebook.name) and not _same(_cells_of(old, notebook.name), cells):
            raise LessonError(
                f"{notebook.name} was edited since it was built: carry the edit back to {script.name} first, "
                "or build with force to throw it away"
            )
    built = nbformat.writes(_notebook(cells, text), version=4) + "\n"
    if not notebook.exists() or notebook.read_text(encoding="utf-8") != built:
        notebook.parent.mkdir(parents=True, exist_ok=True)
        notebook.write_text(built, encoding="utf-8")
    return notebook


def carry_back(lesson: str, root: Path, *, force: bool = False) -> Path:
    """Write an edit of ``source/LESSON/LESSON.ipynb`` into ``lessons/LESSON.py``, and build it anew.

    Outputs, execution counts, empty cells and JupyterLab's own metadata are dropped. Cells that were not
    edited keep their text to the letter. What changed is printed, a line for each cell.

    Parameters
    ----------
    lesson : str
        For example ``"01-convolution"``.
    root : Path
        The course's folder.
    force : bool, optional
        Carry the edit back even when the text has changed since the notebook was built; where they differ,
        the notebook wins.

    Returns
    -------
    Path
        The text.

    Raises
    ------
    LessonError
        When both sides changed, or when the edited lesson breaks the grammar. Nothing has been written then.
    """
    script, notebook = _paths(lesson, root)
    text = _read_script(script)
    if not notebook.exists():
        raise LessonError(f"{notebook} does not exist: build it first")
    node = _read_notebook(notebook)
    header, chunks = _split(text)
    before = [_read_chunk(chunk, script.name) for chunk in chunks]
    after = _cells_of(node, notebook.name)
    if not _was_edited(node, notebook.name) or _same(before, after):
        print(f"{script.name}: nothing to carry back")
        return script
    if node.metadata.get("lesson", {}).get("text") != _hash(text) and not force:
        raise LessonError(
            f"{script.name} and {notebook.name} have both changed since the notebook was built. "
            f"Keep the notebook's version: carry back with force, then look at `git diff {script.name}`. "
            "Keep the text's version: build with force"
        )
    _check(after, lesson, notebook.name)
    new = _join(header, after, before, chunks)
    if not _holds(new, after):
        raise LessonError(f"{notebook.name} has a cell that the text cannot hold: does a line of it start with `# %%`?")
    for line in _changes(before, after):
        print(f"{script.name}: {line}")
    script.write_text(new, encoding="utf-8")
    build_source(lesson, root, force=True)
    return script


# --- text ---------------------------------------------------------------------------------------------------


def _paths(lesson: str, root: Path) -> tuple[Path, Path]:
    return Path(root) / "lessons" / f"{lesson}.py", Path(root) / "source" / lesson / f"{lesson}.ipynb"


def _read_script(script: Path) -> str:
    if not script.exists():
        raise LessonError(f"{script} does not exist")
    return script.read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _split(text: str) -> tuple[str, list[str]]:
    """The header, and each cell's own lines."""
    header, *chunks = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    return header, chunks


def _join(header: str, cells: list[Cell], old: list[Cell], old_chunks: list[str]) -> str:
    """The text of `cells`; those that are in `old` keep its letters."""
    kept: dict[str, list[str]] = {}
    for cell, chunk in zip(old, old_chunks, strict=True):
        kept.setdefault(cell.key(), []).append(chunk)
    chunks = [kept[cell.key()].pop(0) if kept.get(cell.key()) else _write_chunk(cell) for cell in cells]
    chunks = [chunk if chunk.endswith("\n\n") else chunk.rstrip("\n") + "\n\n" for chunk in chunks]
    return (header + "".join(chunks)).rstrip("\n") + "\n"


def _holds(text: str, cells: list[Cell]) -> bool:
    try:
        return _same([_read_chunk(chunk, "") for chunk in _split(text)[1]], cells)
    except LessonError:
        return False


def _read_chunk(chunk: str, name: str) -> Cell:
    first = chunk.splitlines()[0]
    nodes = jupytext.reads(chunk, fmt="py:percent").cells
    if len(nodes) != 1:
        raise LessonError(f"{name}: cannot read the cell that starts with `{first}`")
    node = nodes[0]
    marks = {key: value for key, value in node.metadata.items() if not key.startswith("lines_to_")}
    unknown = set(marks) - _MARKS
    if unknown:
        raise LessonError(f"{name}: `{first}` has {sorted(unknown)}, but a cell may have {sorted(_MARKS)}")
    return Cell(node.cell_type, node.source.rstrip("\n"), marks)


def _write_chunk(cell: Cell) -> str:
    node = _NEW_CELL[cell.kind](cell.source, metadata=cell.marks)
    plain = {"notebook_metadata_filter": "-all", "cell_metadata_filter": "all"}
    text = jupytext.writes(new_notebook(cells=[node], metadata={"jupytext": plain}), fmt="py:percent")
    return text.rstrip("\n") + "\n\n"


# --- notebook -----------------------------------------------------------------------------------------------


def _notebook(cells: list[Cell], text: str):
    nodes = []
    for cell, name in zip(cells, _ids(cells), strict=True):
        node = _NEW_CELL[cell.kind](cell.source, id=name)
        if cell.grade_id:
            node.metadata["nbgrader"] = _nbgrader_marks(cell)
        if "tags" in cell.marks:
            node.metadata["tags"] = cell.marks["tags"]
        nodes.append(node)
    metadata = {
        "kernelspec": _KERNEL,
        "language_info": {"name": "python"},
        "lesson": {"cells": _cells_hash(cells), "text": _hash(text)},
    }
    return new_notebook(cells=nodes, metadata=metadata)


def _nbgrader_marks(cell: Cell) -> dict:
    graded = "grade" in cell.marks or "manual" in cell.marks
    solution = "solution" in cell.marks or "manual" in cell.marks
    marks = {
        "grade": graded,
        "grade_id": cell.grade_id,
        "locked": graded and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return marks | ({"points": cell.marks["points"]} if graded else {})


def _ids(cells: list[Cell]) -> list[str]:
    """An id for each cell: an edit of one cell changes no other's, so that diffs stay small."""
    seen, ids = Counter(), []
    for cell in cells:
        name = cell.grade_id or hashlib.sha256(f"{cell.kind}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] += 1
        ids.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return ids


def _cells_hash(cells: list[Cell]) -> str:
    return _hash("\n".join(cell.key() for cell in cells))


def _read_notebook(path: Path):
    try:
        return nbformat.read(path, as_version=4)
    except nbformat.reader.NotJSONError as error:
        raise LessonError(f"{path.name} is not a notebook: {error}") from error


def _cells_of(node, name: str) -> list[Cell]:
    cells = [_cell_of(cell, f"{name}, cell {number}") for number, cell in enumerate(node.cells, start=1)]
    return [cell for cell in cells if cell.source.strip()]


def _cell_of(node, place: str) -> Cell:
    marks, nbgrader = {}, node.metadata.get("nbgrader", {})
    graded, solution = nbgrader.get("grade", False), nbgrader.get("solution", False)
    grade_id = nbgrader.get("grade_id", "")
    if nbgrader.get("task") or (nbgrader.get("locked") and not graded and not solution):
        raise LessonError(
            f"{place} ({grade_id!r}) is a task or a read-only cell of nbgrader, which the text has no words "
            "for: make it an ordinary cell"
        )
    if graded and solution:
        marks["manual"] = grade_id
    elif graded:
        marks["grade"] = grade_id
    elif solution:
        if not grade_id.endswith("-solution"):
            raise LessonError(
                f"{place}: a solution cell's id must be its exercise's name with -solution, "
                f"for example 'conv2d-solution', but is {grade_id!r}"
            )
        marks["solution"] = grade_id.removesuffix("-solution")
    if graded:
        marks["points"] = nbgrader.get("points", 0)
    if node.metadata.get("tags"):
        marks["tags"] = list(node.metadata["tags"])
    return Cell(node.cell_type, node.source.rstrip("\n"), marks)


def _was_edited(node, name: str) -> bool:
    return node.metadata.get("lesson", {}).get("cells") != _cells_hash(_cells_of(node, name))


def _same(some: list[Cell], others: list[Cell]) -> bool:
    return [cell.key() for cell in some] == [cell.key() for cell in others]


def _changes(before: list[Cell], after: list[Cell]) -> list[str]:
    old, new = (dict(zip(_ids(cells), cells, strict=True)) for cells in (before, after))
    changed = [f"changed {name}" for name in new if name in old and new[name].key() != old[name].key()]
    added = [f"added {_title(cell)}" for name, cell in new.items() if name not in old]
    removed = [f"removed {_title(cell)}" for name, cell in old.items() if name not in new]
    return changed + removed + added or ["changed the order of its cells"]


def _title(cell: Cell) -> str:
    line = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return cell.grade_id or f"{cell.kind}: {line if len(line) <= 60 else line[:57] + '...'}"


# --- grammar ------------------------------------------------------------------------------------------------


def _check(cells: list[Cell], lesson: str, name: str) -> None:
    known = _exercises(lesson)
    ids: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        place = f"{name}, cell {number} ({_title(cell)})"
        _check_marks(cell, place)
        _check_region(cell, place)
        if not cell.grade_id:
            continue
        if cell.grade_id in ids:
            raise LessonError(f"{place}: there is a cell with the id {cell.grade_id!r} already")
        ids.add(cell.grade_id)
        exercise = cell.marks.get("grade")
        if exercise and f"{exercise}-solution" not in ids:
            raise LessonError(f'{place}: no cell `# %% solution="{exercise}"` stands before it')
        if exercise and known is not None and exercise not in known:
            raise LessonError(
                f"{place}: cnnkit.exercises has no exercise {exercise!r} in {lesson}; it has {list(known)}"
            )
    for exercise in (cell.marks["solution"] for cell in cells if "solution" in cell.marks):
        if exercise not in ids:
            raise LessonError(f'{name}: {exercise!r} has no graded cell `# %% grade="{exercise}" points=...`')


def _check_marks(cell: Cell, place: str) -> None:
    roles = [role for role in ("solution", "grade", "manual") if role in cell.marks]
    if len(roles) > 1:
        raise LessonError(f"{place}: a cell has one of solution, grade and manual, but this has {roles}")
    if roles and not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell.grade_id):
        raise LessonError(f"{place}: an id has letters, digits, - and _ only, at most 64")
    points = cell.marks.get("points")
    if ("grade" in cell.marks or "manual" in cell.marks) != (points is not None):
        raise LessonError(f"{place}: grade and manual cells have points, and no other cell does")
    if points is not None and not (type(points) in (int, float) and points > 0):
        raise LessonError(f"{place}: points must be a positive number, but are {points!r}")
    if cell.kind != "code" and ("solution" in cell.marks or "grade" in cell.marks):
        raise LessonError(f"{place}: solution and grade cells are code, but this is {cell.kind}")


def _check_region(cell: Cell, place: str) -> None:
    begins, ends = cell.source.count("BEGIN SOLUTION"), cell.source.count("END SOLUTION")
    if "solution" in cell.marks:
        if (begins, ends) != (1, 1) or not -1 < cell.source.find(BEGIN) < cell.source.find(END):
            raise LessonError(f"{place}: needs one region from `{BEGIN}` to `{END}` around the answer")
    elif (begins or ends) and "manual" not in cell.marks:
        raise LessonError(f"{place}: a solution stands in a cell that is not marked as one")
    if "HIDDEN TESTS" in cell.source:
        raise LessonError(f"{place}: hidden tests belong into autograder/hidden, never into a notebook")


def _exercises(lesson: str) -> tuple[str, ...] | None:
    """The names of the lesson's exercises; None where cnnkit cannot be imported."""
    try:
        from cnnkit.exercises import lessons, questions
    except ImportError:
        return None
    return tuple(item.name for item in (*lessons().get(lesson, ()), *questions().get(lesson, ())))
