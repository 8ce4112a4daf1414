"""The parts of an exercise: what is asked, how a right answer behaves, which mistakes have a name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from hypothesis.strategies import SearchStrategy

from cnnkit.answers import VALUE, Answer, Text, arrays_in, difference, wrong_cells


@dataclass(frozen=True)
class Call:
    """The arguments of one call of a student's function.

    Parameters
    ----------
    args : tuple
        Arrays, numbers, text, lists and tuples of them, dicts of arrays by name, and generators made by
        ``np.random.default_rng(seed)``.
    kwargs : dict, optional
    magnitude : float, optional
        What rounding errors are measured by, where it is not the arguments: 1.0 for probabilities, however large
        the logits are.
    """

    args: tuple
    kwargs: dict[str, Any] = field(default_factory=dict)
    magnitude: float | None = None

    def on(self, function: Callable) -> Any:
        """Call `function` with these arguments."""
        return function(*self.args, **self.kwargs)

    def arrays(self) -> list[np.ndarray]:
        """The array arguments, in order; of a dict, the arrays in it."""
        return arrays_in((*self.args, *self.kwargs.values()))

    def scale(self) -> float | None:
        """The largest magnitude among the arguments, for tolerances; computed once, since every student asks it.

        Integers alone count a thousandth, as they do not round; beside floats they count in full. None without any
        array: then a count is asked for, which is exact.
        """
        return self._scale if self.magnitude is None else self.magnitude

    @cached_property
    def _scale(self) -> float | None:
        arrays = self.arrays()
        if not arrays:
            return None
        unit = 1.0 if any(array.dtype.kind == "f" for array in arrays) else 1e-3
        return unit * max((np.abs(array.astype(float)).max(initial=0.0) for array in arrays), default=0.0)


@dataclass(frozen=True)
class Property:
    """Something that a right answer always does.

    Parameters
    ----------
    name : str
        Short and unique within its exercise, for example ``"strides"``.
    claim : str
        What a right function does, in words that a beginner understands; follows the function's name:
        ``"moves the kernel by the stride in both directions"``.
    examples : SearchStrategy
        Draws one example: a list of :class:`Call`, made one after another.
    weight : float, optional
        Share of the exercise's points, relative to the other properties.
    relation : callable, optional
        For a metamorphic property: ``relation(calls, values)`` gets the answers to all calls but the last and
        returns what the last must be: for several results, a tuple of them. Without it every answer is compared with
        the reference.
    keeps_inputs : bool, optional
        The arguments must also come back unchanged.
    keeps_dtype : bool, optional
        The answer must also have the reference's dtype.
    rule : callable, optional
        For a random function, which has many right answers: ``rule(calls, values)`` gets all answers, which have
        the reference's shapes and are finite, and returns what is wrong with them, or an empty text. It states no
        numbers: two functions that make the same mistake with other draws get the same text.
    """

    name: str
    claim: str
    examples: SearchStrategy[list[Call]]
    weight: float = 1.0
    relation: Callable[[list[Call], list[np.ndarray]], np.ndarray] | None = None
    keeps_inputs: bool = False
    keeps_dtype: bool = False
    rule: Callable[[list[Call], list[np.ndarray]], str] | None = None

    def failure(
        self,
        calls: list[Call],
        answers: list[Answer],
        expected: list,
        after: list[list[np.ndarray]] | None = None,
    ) -> tuple[int, object, str] | None:
        """Judge one example.

        Parameters
        ----------
        calls : list of Call
        answers : list of Answer
            What the student's function gave, one for each call that was made (fewer when it was stopped).
        expected : list
            The reference's results.
        after : list of list of ndarray, optional
            The array arguments as they were after each call; needed by `keeps_inputs`.

        Returns
        -------
        tuple of (int, object, str), or None
            Which call failed, what it should have given, and a sentence; None when the property holds.
        """
        for index, answer in enumerate(answers):
            if (self.relation is None and self.rule is None) or answer.kind != VALUE:
                text = difference(answer, expected[index], calls[index].scale())
                if not text and self.keeps_dtype and answer.value.dtype != expected[index].dtype:
                    text = Text.of("dtype", got=answer.value.dtype, expected=expected[index].dtype)
                if text:
                    return index, expected[index], text
            if self.keeps_inputs and after is not None and changed(calls[index].arrays(), after[index]):
                return index, expected[index], "changed the array that it was given: work on a copy"
        if len(answers) < len(calls):
            return len(answers), expected[len(answers)], "was not reached"
        if self.relation is None and self.rule is None:
            return None
        for index, (answer, right) in enumerate(zip(answers, expected, strict=True)):
            if _shapes(answer.value, right) != _shapes(right, right):
                return index, right, difference(answer, right, calls[index].scale())
            # An infinity would give the relation an infinite tolerance.
            if not all(np.isfinite(part).all() for part in _parts(answer.value)):
                return index, right, "gives numbers that are not finite (nan or inf)"
        if self.rule is None:
            triples = zip(answers, expected, calls, strict=True)
            # Of right answers, each rounded a little, a sum may be off by more than one may be: they are right.
            if not any(difference(answer, right, call.scale()) for answer, right, call in triples):
                return None
            return self._relation_failure(calls, answers, expected)
        text = self.rule(calls, [answer.value for answer in answers])
        return (len(calls) - 1, expected[-1], text) if text else None

    def _relation_failure(self, calls, answers, expected):
        # A function that always gives the same constant satisfies many relations; it must not earn them.
        for index, (answer, right) in enumerate(zip(answers, expected, strict=True)):
            for got, wanted in zip(_parts(answer.value, right), _parts(right), strict=True):
                if _constant(got) and not _constant(wanted, calls[index].scale()):
                    return index, right, "gives the same number everywhere"
        last = len(calls) - 1
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                should = self.relation(calls, [answer.value for answer in answers[:-1]])
                # As floats: whole numbers without end would be neither finite nor infinite to NumPy.
                parts = tuple(np.asarray(part, np.float64) for part in _parts(should))
        except OverflowError:
            parts = (np.asarray(np.inf),)
        if not all(np.isfinite(part).all() for part in parts):  # huge answers that overflow together: the same
            return last, expected[last], "gives numbers too large to calculate with"
        should = parts if isinstance(should, tuple) else parts[0]
        scales = [call.scale() for call in calls]
        text = difference(answers[last], should, None if None in scales else max(scales))
        return (last, should, text) if text else None


def _parts(value, like=()) -> tuple:
    """Several results one by one; where `like` is several, also those that are stacked because their shapes agree."""
    several = isinstance(value, tuple) or (isinstance(like, tuple) and like and np.ndim(value) > 0)
    return tuple(value) if several else (value,)


def _shapes(value, like) -> list[tuple[int, ...]]:
    return [np.shape(part) for part in _parts(value, like)]


def _constant(values, scale: float | None = None) -> bool:
    """Whether all numbers are equal: exactly, or, with the inputs' `scale`, as far as answers are told apart."""
    values = np.asarray(values).ravel()
    if scale is None:
        return bool((values == values[:1]).all())
    return not wrong_cells(values, np.broadcast_to(values[:1], values.shape), scale).any()


def changed(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    """Whether the array arguments of a call are not what they were."""
    return len(before) != len(after) or any(
        a.shape != b.shape or a.dtype != b.dtype or not np.array_equal(a, b) for a, b in zip(before, after, strict=True)
    )


@dataclass(frozen=True)
class Misconception:
    """A mistake that has a name.

    Parameters
    ----------
    name : str
        For example ``"kernel flipped"``.
    function : callable
        A small wrong implementation that stands alone: no names from outside but ``np``, so its source can be
        pasted into a notebook.
    hint : str
        What to think about, without giving the solution away.
    """

    name: str
    function: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One function that a student writes.

    Parameters
    ----------
    name : str
        The function's name, which is also the nbgrader id of its graded cell.
    signature : str
        For example ``"conv2d(image, kernel, stride=1)"``.
    asks : str
        The task in a sentence.
    reference : callable
    public : tuple of Property
        What ``check`` tries in the student's notebook. The hidden properties live with the autograder.
    misconceptions : tuple of Misconception
    share : float, optional
        The part of the usual number of examples on which it is tried: less than 1 where a call takes long.
    """

    name: str
    signature: str
    asks: str
    reference: Callable
    public: tuple[Property, ...]
    misconceptions: tuple[Misconception, ...]
    share: float = 1.0
