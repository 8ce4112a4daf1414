"""cnnkit as a notebook sees it while it is graded: pictures, and a check that leaves the checking to the grader.

This file stands in the sandbox where ``cnnkit/__init__.py`` would be. The reference, the exercises and the
real check are not there.
"""


def check(name, function):
    """Do nothing: the grader calls the function itself, from outside."""


def __getattr__(name):
    if name in ("images", "plot", "answers"):
        import importlib

        return importlib.import_module(f"cnnkit.{name}")
    raise ImportError(f"cnnkit.{name} is not available while grading: the exercises ask for NumPy only")
