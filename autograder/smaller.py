"""A smaller example for a failure without a name: Hypothesis asks the student's function in the sandbox.

The hidden examples are chosen for what they reject, and a beginner cannot read a 7 × 9 image. So, when a failed
exercise matches no named mistake, Hypothesis searches outside for the smallest input on which the function is wrong,
asking it through the session, an example at a time. That happens when everything in the notebook has been judged,
within a budget (``c.Limits.shrink_seconds``, ``c.Limits.shrink_calls``): a function that hangs, dies or remembers its
calls can spoil its own picture, but no verdict.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from autograder import hidden, shrinking
from autograder.session import Session
from autograder.settings import Limits
from autograder.verdict import FAILED, Counterexample, Verdict, failure_of
from cnnkit import exercises
from cnnkit.answers import CUT_SHORT, RAISED, VALUE, Answer, answer_of
from cnnkit.exercises import Call, Exercise, Property
from cnnkit.exercises.layouts import copy_of


@dataclass
class _Found:
    """An example that fails."""

    size: int
    shown: Counterexample


@dataclass
class _Search:
    """One exercise's search, and what is left of its budget."""

    session: Session
    exercise: Exercise
    end: float
    calls_left: int

    def failing(self, prop: Property) -> _Found | None:
        """The smallest example of a property that fails, as far as the budget goes."""
        found, whole = shrinking.failures(prop, lambda calls: self._judge(prop, calls))
        if not found:
            return None
        return found[-1] if whole else min(reversed(found), key=lambda each: each.size)

    def _judge(self, prop: Property, calls: list[Call]) -> _Found | None:
        left = self.end - time.monotonic()
        self.calls_left -= len(calls)
        if left <= 0 or self.calls_left < 0:
            raise shrinking.Enough
        replies = self.session.probe(self.exercise.name, calls, [prop.keeps_inputs] * len(calls), left)
        if replies.ended != "done":
            raise shrinking.Enough
        answers = replies.answers
        if any(answer.kind in CUT_SHORT for answer in answers):
            return None
        expected = [answer_of(copy_of(call).on(self.exercise.reference)).value for call in calls]
        echoed = [replies.after(number) for number in range(len(calls))]
        after = [call.arrays() if arrays is None else arrays for arrays, call in zip(echoed, calls, strict=True)]
        found = prop.failure(calls, answers, expected, after)
        if not found:
            return None
        kept = [copy_of(call) for call in calls]
        failure = failure_of(self.exercise, prop, kept, answers, found)
        return _Found(_size(kept), Counterexample.of(failure))


def is_wanted(verdict: Verdict) -> bool:
    """Whether a smaller example would help: the function gave a wrong answer, and the mistake has no name.

    Not for a function that is not written yet, nor for one that hung or died, which would do so again.
    """
    example = verdict.counterexample
    if verdict.state != FAILED or verdict.misconception or verdict.error or example is None or example.failure is None:
        return False
    answer = example.failure.answer
    return answer is not None and not (answer.kind == RAISED and answer.text.startswith("raised NotImplementedError"))


def with_smaller_example(session: Session, verdict: Verdict, limits: Limits) -> Verdict:
    """The same verdict, with the smallest example that can be found in the time.

    Parameters
    ----------
    session : Session
        In which the whole notebook was run and judged.
    verdict : Verdict
        For which :func:`is_wanted` holds.
    limits : Limits

    Returns
    -------
    Verdict
        With the same state, score and properties; as it was, when nothing smaller was found in time.
    """
    shown = verdict.counterexample
    if not limits.shrink_seconds or not limits.shrink_calls or not _still_gives(session, shown, limits):
        return verdict
    exercise = exercises.find(verdict.exercise)
    failed = {prop.name for prop in verdict.properties if prop.state == FAILED}
    search = _Search(session, exercise, time.monotonic() + limits.shrink_seconds, limits.shrink_calls)
    # As for the named mistakes: what `check` tries is what a student knows already.
    for prop in (*exercise.public, *(p for p in hidden.properties(exercise.name) if p.name in failed)):
        found = search.failing(prop)
        if found:
            smaller = found.size <= _size(shown.failure.calls)
            return replace(verdict, smallest=found.shown) if smaller else verdict
    return verdict


def _still_gives(session: Session, shown: Counterexample, limits: Limits) -> bool:
    """Whether the function gives the answer that it was judged by: a later cell may have defined another one."""
    failure = shown.failure
    calls = list(failure.calls[: failure.index + 1])
    replies = session.probe(failure.exercise.name, calls, [False] * len(calls), limits.call_seconds)
    return replies.ended == "done" and _same(replies.answer(-1), failure.answer)


def _same(one: Answer, other: Answer) -> bool:
    if one.kind != VALUE or other.kind != VALUE:
        return (one.kind, one.text) == (other.kind, other.text)
    left, right = (value if isinstance(value, tuple) else (value,) for value in (one.value, other.value))
    return len(left) == len(right) and all(
        a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in zip(left, right, strict=True)
    )


def _size(calls: list[Call]) -> int:
    return sum(array.size for call in calls for array in call.arrays())
