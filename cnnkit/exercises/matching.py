"""Which named mistake explains a student's answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cnnkit.answers import RAISED, UNUSABLE, VALUE, Answer, answer_of, difference
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.model import Call, Exercise, Misconception, Property


@dataclass(frozen=True)
class Tried:
    """One example that a student's function was tried on.

    Parameters
    ----------
    property : Property
    calls : sequence of Call
    answers : sequence of Answer
        The student's, one for each call.
    expected : sequence
        The reference's results.
    mistaken : mapping of str to sequence of Answer, optional
        By the name of a misconception, its outcomes on the calls; computed, when they are needed, unless given.
    """

    property: Property
    calls: Sequence[Call]
    answers: Sequence[Answer]
    expected: Sequence
    mistaken: Mapping[str, Sequence[Answer]] | None = None

    def wrong(self) -> bool:
        """Whether the student's answers show a mistake, apart from changed arguments."""
        if self.property.rule:
            return bool(self._complaint(self.answers))
        triples = zip(self.answers, self.expected, self.calls, strict=True)
        return any(
            difference(answer, right, call.scale()) or self._other_dtype(answer, right)
            for answer, right, call in triples
        )

    def explained_by(self, misconception: Misconception) -> bool:
        """Whether a misconception gives the student's answers."""
        if self.mistaken is None:
            # Lazily: most misconceptions are ruled out by the first call or two.
            outcomes = (outcome(misconception.function, call) for call in self.calls)
        elif len(outcomes := self.mistaken.get(misconception.name, ())) != len(self.calls):
            return False
        if self.property.rule:  # other draws, but the same thing wrong with them
            return self._complaint(self.answers) == self._complaint(list(outcomes))
        return all(
            self._same(*each)
            for each in zip(self.answers, outcomes, (call.scale() for call in self.calls), strict=True)
        )

    def _complaint(self, answers: Sequence[Answer]) -> str:
        if any(answer.kind != VALUE for answer in answers):
            return " ".join(answer.kind for answer in answers)
        failure = self.property.failure(self.calls, answers, self.expected)
        return failure[2] if failure else ""

    def _other_dtype(self, answer: Answer, right) -> bool:
        return self.property.keeps_dtype and answer.value.dtype != right.dtype

    def _same(self, answer: Answer, mistake: Answer, scale: float | None) -> bool:
        if answer.kind == mistake.kind == VALUE:
            if self.property.keeps_dtype and getattr(answer.value, "dtype", 0) != getattr(mistake.value, "dtype", 0):
                return False
            return _identical(answer.value, mistake.value) or not difference(
                *_without_shared_gaps(answer, mistake), scale
            )
        return answer.kind == mistake.kind and answer.kind in (RAISED, UNUSABLE)


def _identical(one, other) -> bool:
    """Whether two arrays are the same to the last bit, gaps included; most that are equal are, and it is quicker."""
    return (
        isinstance(one, np.ndarray)
        and isinstance(other, np.ndarray)
        and (one.dtype, one.shape) == (other.dtype, other.shape)
        and one.tobytes() == other.tobytes()
    )


def _without_shared_gaps(answer: Answer, mistake: Answer) -> tuple[Answer, object]:
    """An answer and a mistake's values with 0 where both have the same nan or infinity, which equals nothing."""
    got, wrong = answer.value, mistake.value
    if isinstance(got, tuple) or isinstance(wrong, tuple) or got.shape != wrong.shape:
        return answer, wrong
    shared = ~np.isfinite(got) & ((got == wrong) | (np.isnan(got) & np.isnan(wrong)))
    if not shared.any():
        return answer, wrong
    return answer._replace(value=np.where(shared, 0, got)), np.where(shared, 0, wrong)


def matching_misconception(exercise: Exercise, tried: Sequence[Tried]) -> Misconception | None:
    """Find the misconception that gives the student's answer on every call.

    Parameters
    ----------
    exercise : Exercise
    tried : sequence of Tried

    Returns
    -------
    Misconception or None
        The first whose outcomes equal the student's on every call while at least one is wrong. Two exceptions
        count as equal, but exceptions alone name no mistake. None when the student is right everywhere.

    Raises
    ------
    ValueError
        When an example has not one answer for each call.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnkit.exercises import find
    >>> conv2d = find("conv2d")
    >>> call = Call((np.array([[1, 2, 3]]), np.array([[1, 10]])))
    >>> tried = Tried(conv2d.public[0], [call], [answer_of([[12, 23]])], [call.on(conv2d.reference)])
    >>> matching_misconception(conv2d, [tried]).name
    'kernel flipped'
    """
    if all(answer.kind != VALUE for example in tried for answer in example.answers):
        return None
    if not any(example.wrong() for example in tried):
        return None
    for misconception in exercise.misconceptions:
        if all(example.explained_by(misconception) for example in tried):
            return misconception
    return None


def outcome(function, call: Call) -> Answer:
    """What one of the course's own functions gives for a call, an exception included."""
    try:
        return answer_of(copy_of(call).on(function))
    except Exception as error:
        return Answer(RAISED, text=f"raised {type(error).__name__}: {error}")
