"""The hidden properties: what a submission is graded on. One module a lesson, found by its ``PROPERTIES``.

These modules and what they draw stay outside the sandbox; the worker never imports them.
"""

import importlib
import pkgutil
from functools import cache

from cnnkit.exercises.model import Property


@cache
def _by_exercise() -> dict[str, tuple[Property, ...]]:
    found: dict[str, tuple[Property, ...]] = {}
    for info in pkgutil.iter_modules(__path__):
        found |= getattr(importlib.import_module(f"{__name__}.{info.name}"), "PROPERTIES", {})
    return found


def exercise_names() -> tuple[str, ...]:
    """The exercises that have hidden properties."""
    return tuple(_by_exercise())


def properties(exercise_name: str) -> tuple[Property, ...]:
    """The hidden properties of an exercise; the one with the largest weight comes first.

    Parameters
    ----------
    exercise_name : str

    Returns
    -------
    tuple of Property

    Raises
    ------
    KeyError
        When the exercise has none; the message lists the exercises that have.

    Examples
    --------
    >>> [prop.name for prop in properties("split_channels")]
    ['values', 'memory layouts', 'inputs kept', 'same answer again']
    """
    found = _by_exercise()
    if exercise_name not in found:
        raise KeyError(f"no hidden properties for {exercise_name!r}; there are some for: {', '.join(found)}")
    return found[exercise_name]
