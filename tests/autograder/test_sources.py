"""Hidden examples are built again when something changes that decides them, and only then."""

import sys

import pytest

from autograder.sources import sources
from cnnkit import exercises

LESSON_MODULES = {exercises.module_of(lesson[0].name) for lesson in exercises.lessons().values()}


@pytest.mark.parametrize("module", sorted(LESSON_MODULES))
def test_all_that_a_lesson_imports_is_there(module):
    """Compared with what Python itself says where a module's names come from."""
    roots = [f"{package}.{module}" for package in ("cnnkit.exercises", "autograder.hidden", "autograder.variants")]
    found = sources(["autograder.corpus", *roots])
    checked = 0
    for name in found:
        imported = sys.modules.get(name)
        if imported is None or hasattr(imported, "__path__"):  # a package's names are also what others imported from it
            continue
        for value in vars(imported).values():
            origin = getattr(value, "__module__", None) or getattr(value, "__name__", None)
            if isinstance(origin, str) and origin.startswith(("cnnkit.", "autograder.")):
                assert origin in found, f"{name} imports {origin}"
                checked += 1
    assert checked > 50


def test_the_reference_counts_and_other_lessons_do_not():
    found = sources(["cnnkit.exercises.convolution", "autograder.hidden.convolution"])
    assert {"cnnkit.ops.convolution", "cnnkit.ops.arrays", "cnnkit.exercises.model"} <= set(found)
    assert not {"cnnkit.exercises.layers", "autograder.hidden.layers", "cnnkit.shapes", "cnnkit.plot"} & set(found)
    assert b"def conv2d(" in found["cnnkit.ops.convolution"]


def test_what_is_not_there_is_left_out():
    assert sources(["cnnkit.exercises.nothing", "numpy", "autograder.nothing.at_all"]) == {}
