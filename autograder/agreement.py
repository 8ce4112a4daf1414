"""Which examples are answered right beyond doubt: all numbers of an exercise are compared at once.

Comparing answer by answer, to say how one differs, takes most of the grader's time, and most answers are right. What is
not beyond doubt here is judged one by one, by :meth:`cnnkit.exercises.Property.failure`, which has the last word.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from cnnkit.answers import VALUE, Answer, tolerance

if TYPE_CHECKING:
    from autograder.corpus import Example

#: The kinds of dtype that convert to float64 without a loss that anybody would notice.
_REAL = "biuf"


class Sheet:
    """All right results of a corpus in one row, with the tolerance of each number.

    Parameters
    ----------
    examples : iterable of Example

    Examples
    --------
    >>> from autograder.corpus import Example
    >>> from cnnkit.answers import answer_of
    >>> from cnnkit.exercises import Call
    >>> one = Example("values", [Call((np.ones(2),))], [np.array([1.0, 2.0])], {})
    >>> sheet = Sheet([one])
    >>> sheet.right([(one, [answer_of([1, 2.00001])])]) == {id(one)}, sheet.right([(one, [answer_of([1, 3])])])
    (True, set())
    """

    def __init__(self, examples: "Iterable[Example]"):
        #: By an example's id, where its first number is, and the shapes of its results.
        self._places: dict[int, tuple[int, list]] = {}
        numbers, tolerances, size = [], [], 0
        for example in examples:
            results = list(zip(example.expected, example.calls, strict=True))
            if not all(part.size and part.dtype.kind in _REAL for value, _ in results for part in _parts(value)):
                continue
            self._places[id(example)] = size, [_shape(value) for value, _ in results]
            for value, call in results:
                for part in _parts(value):
                    numbers.append(part.ravel().astype(np.float64))
                    tolerances.append(np.full(part.size, tolerance(part, call.scale())))
                    size += part.size
        self._numbers = np.concatenate(numbers or [np.zeros(0)])
        self._tolerances = np.concatenate(tolerances or [np.zeros(0)])
        self._starts = np.array([start for start, _ in self._places.values()], int)

    def right(self, outcomes: "Iterable[tuple[Example, list[Answer]]]") -> set[int]:
        """The ids of the examples all of whose answers are right, in shape and in every number."""
        got = np.full(self._numbers.shape, np.nan)
        for example, answers in outcomes:
            start, shapes = self._places.get(id(example), (0, []))
            if [answer.kind == VALUE and _shape(answer.value) for answer in answers] != shapes:
                continue  # fewer answers than calls as well
            for answer in answers:
                for part in _parts(answer.value):
                    if part.dtype.kind in _REAL:
                        got[start : start + part.size] = part.reshape(-1)
                    start += part.size
        if not self._places:
            return set()
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(got - self._numbers) <= self._tolerances
        every = np.logical_and.reduceat(close, self._starts)
        return {place for place, fine in zip(self._places, every, strict=True) if fine}


def _shape(value) -> tuple | list[tuple]:
    return [part.shape for part in value] if isinstance(value, tuple) else value.shape


def _parts(value) -> tuple[np.ndarray, ...]:
    return value if isinstance(value, tuple) else (np.asarray(value),)
