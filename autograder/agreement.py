"""Which examples are answered right beyond doubt: all numbers of an exercise are compared at once.

Comparing answer by answer, to say how one differs, takes most of the grader's time, and most answers are right. What is
not beyond doubt here is judged one by one, by :meth:`cnnkit.exercises.Property.failure`, which has the last word.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from autograder.wire import REAL, Answers
from cnnkit.answers import tolerance

if TYPE_CHECKING:
    from autograder.corpus import Example


class Sheet:
    """All right results of a corpus in one row, with the tolerance of each number.

    Parameters
    ----------
    examples : iterable of Example

    Examples
    --------
    >>> from autograder import wire
    >>> from autograder.corpus import Example
    >>> from cnnkit.answers import answer_of
    >>> from cnnkit.exercises import Call
    >>> one = Example("values", [Call((np.ones(2),))], [np.array([1.0, 2.0])], {})
    >>> def answers(numbers):
    ...     payload = bytearray()
    ...     packed = wire.pack_answer(answer_of(numbers), payload)
    ...     return wire.Answers(wire.answers_text([packed], [None]), payload)
    >>> sheet = Sheet([one])
    >>> sheet.right([(0, answers([1, 2.00001]))]) == {id(one)}, sheet.right([(0, answers([1, 3]))])
    (True, set())
    """

    def __init__(self, examples: "Iterable[Example]"):
        #: Call by call, the shapes of its results, and where in the row its first number is. None for those that are
        #: not compared here.
        self._shapes: list = []
        self._starts: list[int] = []
        #: Where each example that is compared begins, and its id.
        self._first: dict[int, int] = {}
        numbers, tolerances, size = [np.zeros(0)], [np.zeros(0)], 0
        for example in examples:
            results = list(zip(example.expected, example.calls, strict=True))
            comparable = all(part.size and part.dtype.kind in REAL for value, _ in results for part in _parts(value))
            if comparable:
                self._first[id(example)] = size
            for value, call in results:
                self._shapes.append(_shape(value) if comparable else None)
                self._starts.append(size)
                for part in _parts(value) if comparable else ():
                    numbers.append(part.ravel().astype(np.float64))
                    tolerances.append(np.full(part.size, tolerance(part, call.scale())))
                    size += part.size
        self._starts.append(size)
        self._numbers = np.concatenate(numbers)
        self._tolerances = np.concatenate(tolerances)

    def right(self, answered: Iterable[tuple[int, Answers]]) -> set[int]:
        """The ids of the examples all of whose answers are right, in shape and in every number.

        Parameters
        ----------
        answered : iterable of (int, Answers)
            Answers to successive calls of the corpus, and the number of the first of them.
        """
        if not self._first:
            return set()
        got = np.full(self._numbers.shape, np.nan)
        for first, answers in answered:
            shapes, end = answers.shapes, first + len(answers)
            if shapes == self._shapes[first:end]:
                answers.write_numbers(got[self._starts[first] : self._starts[end]])
                continue
            for place, shape in enumerate(shapes):
                start, end = self._starts[first + place : first + place + 2]
                if shape is not None and shape == self._shapes[first + place]:
                    value = answers.answer(place).value
                    got[start:end] = np.concatenate([part.reshape(-1) for part in _parts(value)])
        with np.errstate(invalid="ignore", over="ignore"):
            close = np.abs(got - self._numbers) <= self._tolerances
        every = np.logical_and.reduceat(close, list(self._first.values()))
        return {example for example, fine in zip(self._first, every, strict=True) if fine}


def _shape(value) -> tuple | list[tuple]:
    return [part.shape for part in value] if isinstance(value, tuple) else value.shape


def _parts(value) -> tuple[np.ndarray, ...]:
    return value if isinstance(value, tuple) else (np.asarray(value),)
