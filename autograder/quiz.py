"""Questions whose numbers are drawn for each student: the same in the notebook, at grading and at every regrade."""

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.session import Session
from autograder.verdict import FAILED, PASSED, Counterexample, PropertyVerdict, Verdict, not_graded
from cnnkit import exercises
from cnnkit.exercises import Question
from cnnkit.exercises.questions import AnswerError

#: What the name of the student is before a student writes it into the notebook.
_PLACEHOLDER = "your id"


@dataclass(frozen=True)
class Drawing:
    """Whose numbers are drawn.

    Parameters
    ----------
    course : str
        The course's key, as it stands in the released notebooks.
    student : str
        The id of the student, from where the submission lies, whatever its notebook says.
    others : iterable of str, optional
        Everybody else who submitted, to tell an answer that was copied from one that is wrong.
    """

    course: str = ""
    student: str = ""
    others: Iterable[str] = ()

    def numbers(self, question: Question) -> dict:
        """The student's own numbers."""
        return question.numbers(self.course, self.student)


def questions_of(names: Iterable[str]) -> list[Question]:
    """Those of the graded names that are questions; the others are exercises.

    Examples
    --------
    >>> [question.name for question in questions_of(["conv2d", "one_cell"])]
    ['one_cell']
    """
    known = {question.name: question for each in exercises.questions().values() for question in each}
    return [known[name] for name in names if name in known]


def judge_question(session: Session, question: Question, drawing: Drawing) -> Verdict:
    """Read the variable that holds a student's answer, and compare it with the right one for the student's numbers.

    Parameters
    ----------
    session : Session
        In which the cells up to here have run.
    question : Question
    drawing : Drawing
    """
    replies = session.read(question.name)
    if replies.ended == "undefined":
        return not_graded(question.name, f"{question.name} is not defined in the notebook", missing=True)
    if replies.ended != "done":
        return not_graded(question.name, f"{question.name} could not be read: it {replies.text}")
    typed, numbers = replies.text, drawing.numbers(question)
    claim = f"is right for the numbers drawn for {drawing.student}: {question.text(numbers)}"
    if question.is_right(typed, numbers):
        held = PropertyVerdict("answer", claim, 1.0, PASSED)
        return Verdict(question.name, PASSED, 1.0, "the answer is right", properties=(held,))
    mistake, reason = None, f"{question.name} is not right"
    try:
        question.read(typed, numbers)
        mistake = question.mistake(typed, numbers)
        if not mistake and (theirs := _answers_other_numbers(question, typed, drawing)):
            reason += theirs
    except AnswerError as error:
        reason = f"{question.name}: {error}"
    right = question.answer(**numbers)
    shown = " x ".join(map(str, right)) if isinstance(right, tuple) else str(right)
    example = Counterexample(question.text(numbers), shown, typed)
    failed = PropertyVerdict("answer", claim, 1.0, FAILED, f"the answer {typed!r} is not right", example)
    return Verdict(
        question.name,
        FAILED,
        0.0,
        reason,
        properties=(failed,),
        misconception=mistake.name if mistake else "",
        hint=mistake.hint if mistake else "",
    )


def _answers_other_numbers(question: Question, typed: str, drawing: Drawing) -> str:
    """A friendly sentence when the answer is right for numbers that are not the student's."""
    if question.is_right(typed, question.numbers(drawing.course, _PLACEHOLDER)):
        return f"; it answers the numbers of {_PLACEHOLDER!r}: write your own id where the notebook asks for it"
    for other in drawing.others:
        if other != drawing.student and question.is_right(typed, question.numbers(drawing.course, other)):
            return "; it answers somebody else's numbers. Everybody has numbers of their own: please use yours"
    return ""
