"""The course's exercises, one module a lesson; each names its ``LESSON`` and lists its ``EXERCISES``."""

import importlib
import pkgutil
from functools import cache

from cnnkit.exercises.model import Call, Exercise, Misconception, Property

__all__ = ["Call", "Exercise", "Misconception", "Property", "find", "lessons"]


@cache
def lessons() -> dict[str, tuple[Exercise, ...]]:
    """Every lesson's exercises, in the order of the course.

    Examples
    --------
    >>> [exercise.name for exercise in lessons()["01-convolution"]]
    ['split_channels', 'to_gray', 'conv2d', 'conv2d_channels']
    """
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    found = {module.LESSON: tuple(module.EXERCISES) for module in modules if hasattr(module, "LESSON")}
    return dict(sorted(found.items()))


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
    by_name = {exercise.name: exercise for exercises in lessons().values() for exercise in exercises}
    if name not in by_name:
        raise KeyError(f"there is no exercise {name!r}; there are: {', '.join(by_name)}")
    return by_name[name]
