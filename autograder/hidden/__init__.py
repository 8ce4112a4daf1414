"""The hidden properties: what a submission is graded on. One module a lesson, found by its ``PROPERTIES``.

These modules and what they draw stay outside the sandbox; the worker never imports them.
"""

import importlib
import pkgutil
from functools import cache

from cnnkit import exercises
from cnnkit.exercises import Property


@cache
def _by_exercise() -> dict[str, tuple[Property, ...]]:
    found: dict[str, tuple[Property, ...]] = {}
    for info in pkgutil.iter_modules(__path__):
        found |= getattr(importlib.import_module(f"{__name__}.{info.name}"), "PROPERTIES", {})
    return found


def exercise_names() -> tuple[str, ...]:
    """The exercises that can be graded: all of them."""
    return tuple(exercise.name for each in exercises.lessons().values() for exercise in each)


def properties(exercise_name: str) -> tuple[Property, ...]:
    """The hidden properties of an exercise; the one with the largest weight comes first.

    An exercise without any is graded by its public ones: on other examples than the student sees, since the course
    seed decides those.

    Parameters
    ----------
    exercise_name : str

    Returns
    -------
    tuple of Property

    Raises
    ------
    KeyError
        When there is no such exercise; the message lists those that there are.

    Examples
    --------
    >>> [prop.name for prop in properties("split_channels")]
    ['values', 'memory layouts', 'inputs kept', 'same answer again']
    """
    return _by_exercise().get(exercise_name) or exercises.find(exercise_name).public
