"""The hidden properties: what a submission is graded on. One module a lesson, called as the one in
:mod:`cnnkit.exercises`, with the properties of each exercise in its ``PROPERTIES``.

These modules and what they draw stay outside the sandbox; the worker never imports them.
"""

import importlib
import importlib.util
from functools import cache

from cnnkit import exercises
from cnnkit.exercises import Property


@cache
def _of_module(name: str) -> dict[str, tuple[Property, ...]]:
    """What a lesson's module holds, if there is one; the other lessons' are left alone, as they take time to import."""
    path = f"{__name__}.{name}"
    return getattr(importlib.import_module(path), "PROPERTIES", {}) if importlib.util.find_spec(path) else {}


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
    exercise = exercises.find(exercise_name)
    return _of_module(exercises.module_of(exercise_name)).get(exercise_name) or exercise.public
