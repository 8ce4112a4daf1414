"""Which of our own files an exercise's hidden examples depend on: its modules, and what those import.

Imports are read, not run. The lessons' modules are found by name while the program runs, so none of another lesson's
is among them, unless one imports from it.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import autograder
import cnnkit

_PACKAGES = {package.__name__: Path(package.__path__[0]) for package in (autograder, cnnkit)}
_IMPORT = re.compile(r"^[ ]*(?:from ([\w.]+) import (\([^)]*\)|[^\n]*)|import ([\w.]+))", re.MULTILINE)


def sources(modules: Iterable[str]) -> dict[str, bytes]:
    """The text of the modules and of all that they import of these packages, by name, sorted.

    Parameters
    ----------
    modules : iterable of str
        Full names; those that there are not are left out.

    Examples
    --------
    >>> found = sources(["cnnkit.exercises.shapes"])
    >>> "cnnkit.shapes" in found, "cnnkit.exercises.model" in found, "cnnkit.exercises.filters" in found
    (True, True, False)
    """
    found, waiting = {}, list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and _file(name):
            found[name], imported = _read(name)
            waiting += imported
    return dict(sorted(found.items()))


@cache
def _file(name: str) -> Path | None:
    package, *rest = name.split(".")
    if package not in _PACKAGES:
        return None
    path = _PACKAGES[package].joinpath(*rest)
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


@cache
def _read(name: str) -> tuple[bytes, tuple[str, ...]]:
    """A module's text, and the names that may be modules it imports."""
    content = _file(name).read_bytes()
    imported = []
    for package, names, plain in _IMPORT.findall(content.decode()):
        imported += [package or plain, *(f"{package}.{each}" for each in re.findall(r"\w+", names) if package)]
    return content, tuple(imported)
