"""The course's exercises, one module a lesson; each names its ``LESSON`` and lists its ``EXERCISES``, and its
``QUESTIONS`` where it has some."""

import importlib
import pkgutil
from functools import cache

from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

__all__ = ["Call", "Exercise", "Misconception", "Property", "Question", "find", "find_question", "lessons"]
__all__ += ["module_of", "questions"]


@cache
def _modules() -> dict:
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    return dict(sorted((module.LESSON, module) for module in modules if hasattr(module, "EXERCISES")))


def lessons() -> dict[str, tuple[Exercise, ...]]:
    """Every lesson's exercises, in the order of the course.

    Examples
    --------
    >>> [exercise.name for exercise in lessons()["01-convolution"]]
    ['split_channels', 'to_gray', 'conv2d', 'conv2d_channels']
    """
    return {lesson: tuple(module.EXERCISES) for lesson, module in _modules().items()}


def questions() -> dict[str, tuple[Question, ...]]:
    """Every lesson's questions with drawn numbers.

    Examples
    --------
    >>> [question.name for question in questions()["01-convolution"]]
    ['one_cell']
    """
    return {lesson: tuple(getattr(module, "QUESTIONS", ())) for lesson, module in _modules().items()}


def find(name: str) -> Exercise:
    """The exercise called `name`.

    Raises
    ------
    KeyError
        When there is none; the message lists the names that exist.

    Examples
    --------
    >>> find("conv2d").signature
    'conv2d(image, kernel, stride=1)'
    """
    return _named(name, lessons(), "exercise")


def module_of(name: str) -> str:
    """The module here in which an exercise or a question is written, without the package's name.

    Raises
    ------
    KeyError
        When there is neither; the message lists the names that exist.

    Examples
    --------
    >>> module_of("conv2d"), module_of("one_cell")
    ('convolution', 'convolution')
    """
    by_lesson = {
        module.__name__.rpartition(".")[2]: (*module.EXERCISES, *getattr(module, "QUESTIONS", ()))
        for module in _modules().values()
    }
    found = _named(name, by_lesson, "exercise or question")
    return next(module for module, items in by_lesson.items() if found in items)


def find_question(name: str) -> Question:
    """The question called `name`.

    Raises
    ------
    KeyError
        When there is none; the message lists the names that exist.
    """
    return _named(name, questions(), "question")


def _named(name: str, by_lesson: dict, kind: str):
    by_name = {item.name: item for items in by_lesson.values() for item in items}
    if name not in by_name:
        raise KeyError(f"there is no {kind} {name!r}; there are: {', '.join(by_name)}")
    return by_name[name]
