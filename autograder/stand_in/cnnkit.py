"""cnnkit as a notebook sees it while it is graded: pictures, and a check that leaves the checking to the grader.

This file stands in the sandbox where ``cnnkit/__init__.py`` would be. The reference, the exercises and the
real check are not there.
"""


def check(name, function):
    """Do nothing: the grader calls the function itself, from outside."""


#: By name, the text and the numbers of the questions that the notebook may ask; the grader fills it.
questions = {}


def question(name, student, course):
    """Give the numbers of the student whose notebook is graded, whatever name stands in it."""
    import numpy

    if name not in questions:
        raise ValueError(f"there is no question {name!r}; there are: {', '.join(questions)}")
    text, numbers = questions[name]
    print(text)
    return {key: numpy.array(value) if isinstance(value, list) else value for key, value in numbers.items()}


def __getattr__(name):
    if name in ("images", "plot", "answers", "explore", "flashcards"):
        import importlib

        return importlib.import_module(f"cnnkit.{name}")
    raise ImportError(f"cnnkit.{name} is not available while grading: the exercises ask for NumPy only")
