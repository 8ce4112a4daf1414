"""Make a class of submissions out of a released notebook: right in many styles, every named mistake, and trouble.

The demo, the benchmark and the tests grade such classes. Each submission is a released notebook with solutions
written into it, as a student would.
"""

import copy
import inspect
import json
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode, read, writes
from nbformat.v4 import new_code_cell

from autograder import variants
from cnnkit import exercises


def as_solution(function: Callable, name: str) -> str:
    """The source of one of our own functions, as a student would paste it in for the exercise `name`.

    Examples
    --------
    >>> from autograder.variants import right
    >>> as_solution(right("conv2d")[0], "conv2d").splitlines()[0]
    'import numpy as np'
    """
    source = inspect.getsource(function)
    alias = "" if function.__name__ == name else f"\n\n{name} = {function.__name__}\n"
    return f"import numpy as np\n\n\n{source}{alias}"


def filled(released: NotebookNode, solutions: dict[str, str]) -> NotebookNode:
    """A copy of the released notebook with the given solution cells written.

    Parameters
    ----------
    released : NotebookNode
    solutions : dict of str to str
        Source by exercise name; the other solution cells keep their stub.
    """
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        name = (cell.metadata.get("nbgrader") or {}).get("grade_id", "").removesuffix("-solution")
        if name in solutions and cell.metadata.nbgrader.solution:
            cell.source = solutions[name]
    return notebook


def with_cell(notebook: NotebookNode, source: str, after: str) -> NotebookNode:
    """Add a student's own cell after the cell with an nbgrader id (or at the start, for an empty one)."""
    ids = [(cell.metadata.get("nbgrader") or {}).get("grade_id") for cell in notebook.cells]
    notebook.cells.insert(ids.index(after) + 1 if after else 0, new_code_cell(source))
    return notebook


def right_solutions(lesson: str, style: int = 0) -> dict[str, str]:
    """A right solution of every exercise of a lesson, in one of several styles, and the teacher's other answers.

    The teacher calculates the answer to a question from the student's own numbers, whoever that is.
    """
    source = read(Path(__file__).parent.parent / "source" / lesson / f"{lesson}.ipynb", as_version=4)
    marked = {(cell.metadata.get("nbgrader") or {}).get("grade_id"): cell for cell in source.cells}
    written = {name: cell.source for name, cell in marked.items() if name and cell.metadata.nbgrader.solution}
    solutions = {name.removesuffix("-solution"): text for name, text in written.items()}
    return solutions | {e.name: _pick(variants.right(e.name), style, e.name) for e in exercises.lessons()[lesson]}


def mistaken_solutions(lesson: str, which: int) -> dict[str, str]:
    """A named mistake in every exercise of a lesson that has so many; right solutions of the others."""
    solutions = right_solutions(lesson, which)
    for exercise in exercises.lessons()[lesson]:
        if which < len(exercise.misconceptions):
            solutions[exercise.name] = as_solution(exercise.misconceptions[which].function, exercise.name)
    return solutions


def _pick(functions: tuple, style: int, name: str) -> str:
    # A teacher's own exercise may have no variants yet.
    return as_solution(functions[style % len(functions)] if functions else exercises.find(name).reference, name)


def make_class(released: NotebookNode, lesson: str, folder: Path) -> list[str]:
    """Write a class of at least 24 submissions of lesson 01 into ``folder/STUDENT/LESSON/``.

    Returns
    -------
    list of str
        The students: named by what they did.
    """
    right = right_solutions(lesson)
    most = max(len(exercise.misconceptions) for exercise in exercises.lessons()[lesson])
    notebooks = {f"right-{style + 1}": filled(released, right_solutions(lesson, style)) for style in range(6)}
    notebooks |= {f"mistaken-{n + 1:02}": filled(released, mistaken_solutions(lesson, n)) for n in range(most)}
    half = dict(list(right.items())[:2])
    notebooks["blank"] = copy.deepcopy(released)
    notebooks["half-done"] = filled(released, half)
    for name, source in _TROUBLE.items():
        notebooks[name] = filled(released, right | {"conv2d": source})
    notebooks["crash-in-a-cell"] = with_cell(filled(released, right), "import os; os._exit(7)", "to_gray")
    notebooks["loop-in-a-cell"] = with_cell(filled(released, right), "while True:\n    pass", "to_gray")
    notebooks["prints-a-flood"] = with_cell(filled(released, right), "for i in range(10**6):\n    print(i)", "to_gray")
    notebooks["uses-scipy"] = filled(released, right | {"conv2d": _SCIPY})
    texts = {name: writes(notebook) for name, notebook in notebooks.items()}
    texts["broken-json"] = texts["right-1"][:-500]
    texts["not-a-notebook"] = json.dumps(["a", "list"])
    for student, text in texts.items():
        path = folder / student / lesson / f"{lesson}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text)
    (folder / "nothing-submitted" / lesson).mkdir(parents=True)
    misnamed = folder / "wrong-file-name" / lesson / "Untitled.ipynb"
    misnamed.parent.mkdir(parents=True)
    misnamed.write_text(texts["right-1"])
    return sorted([*texts, "nothing-submitted", "wrong-file-name"])


_TROUBLE = {
    "loops-forever": "def conv2d(image, kernel, stride=1):\n    while True:\n        pass\n",
    "memory-hog": "hoard = []\n\n\ndef conv2d(image, kernel, stride=1):\n"
    "    while True:\n        hoard.append(bytearray(2**26))\n",
    "crashes": "import ctypes\n\n\ndef conv2d(image, kernel, stride=1):\n    return ctypes.string_at(0)\n",
    "raises": "def conv2d(image, kernel, stride=1):\n    return image[image.shape]\n",
    "syntax-error": "def conv2d(image, kernel, stride=1)\n    return image\n",
}
_SCIPY = """
from scipy.signal import correlate2d


def conv2d(image, kernel, stride=1):
    return correlate2d(image, kernel, "valid")[::stride, ::stride]
"""
