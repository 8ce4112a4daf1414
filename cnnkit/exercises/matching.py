"""Which named mistake explains a student's answers."""

from collections.abc import Mapping, Sequence

from cnnkit.answers import RAISED, UNUSABLE, VALUE, Answer, answer_of, difference
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.model import Call, Exercise, Misconception


def matching_misconception(
    exercise: Exercise,
    calls: Sequence[Call],
    answers: Sequence[Answer],
    expected: Sequence | None = None,
    mistaken: Mapping[str, Sequence[Answer]] | None = None,
) -> Misconception | None:
    """Find the misconception that gives the student's answer on every call.

    Parameters
    ----------
    exercise : Exercise
    calls : sequence of Call
    answers : sequence of Answer
        The student's, one for each call.
    expected : sequence, optional
        The reference's results; computed when absent.
    mistaken : mapping of str to sequence of Answer, optional
        By the name of a misconception, its outcomes on the calls; computed, here and now, when absent.

    Returns
    -------
    Misconception or None
        The first whose outcomes equal the student's on every call while at least one is wrong. Two exceptions
        count as equal, but exceptions alone name no mistake. None when the student is right everywhere.

    Raises
    ------
    ValueError
        When the sequences differ in length.

    Examples
    --------
    >>> import numpy as np
    >>> from cnnkit.exercises import find
    >>> call = Call((np.array([[1, 2, 3]]), np.array([[1, 10]])))
    >>> matching_misconception(find("conv2d"), [call], [answer_of([[12, 23]])]).name
    'kernel flipped'
    """
    if expected is None:
        expected = [copy_of(call).on(exercise.reference) for call in calls]
    scales = [call.scale() for call in calls]
    triples = zip(answers, expected, scales, strict=True)
    wrong = [bool(difference(answer, right, scale)) for answer, right, scale in triples]
    if not any(wrong) or all(answer.kind != VALUE for answer in answers):
        return None
    for misconception in exercise.misconceptions:
        if mistaken is None:
            # Lazily: most misconceptions are ruled out by the first call or two.
            outcomes = (outcome(misconception.function, call) for call in calls)
        elif len(outcomes := mistaken.get(misconception.name, ())) != len(calls):
            continue
        pairs = zip(answers, outcomes, scales, strict=True)
        if all(_same(answer, mistake, scale) for answer, mistake, scale in pairs):
            return misconception
    return None


def outcome(function, call: Call) -> Answer:
    """What one of the course's own functions gives for a call, an exception included."""
    try:
        return answer_of(copy_of(call).on(function))
    except Exception as error:
        return Answer(RAISED, text=f"raised {type(error).__name__}: {error}")


def _same(answer: Answer, mistake: Answer, scale: float) -> bool:
    if answer.kind == mistake.kind == VALUE:
        return not difference(answer, mistake.value, scale)
    return answer.kind == mistake.kind and answer.kind in (RAISED, UNUSABLE)
