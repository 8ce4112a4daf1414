"""Questions whose numbers are drawn for each student: the same in the notebook, at grading and at every regrade."""

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.session import Session
from autograder.verdict import FAILED, PASSED, Counterexample, PropertyVerdict, Verdict, not_graded
from cnnkit import exercises
from cnnkit.answers import Text
from cnnkit.exercises import Question, texts
from cnnkit.exercises.questions import AnswerError
from cnnkit.exercises.texts import joined

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
        return not_graded(question.name, Text.made(texts.NOT_DEFINED, name=question.name), missing=True)
    if replies.ended != "done":
        return not_graded(question.name, Text.made(texts.COULD_NOT_BE_READ, name=question.name, why=replies.text))
    typed, numbers = replies.text, drawing.numbers(question)
    claim = Text.made(texts.RIGHT_FOR, student=drawing.student, question=question.text(numbers))
    if question.is_right(typed, numbers):
        held = PropertyVerdict("answer", claim, 1.0, PASSED)
        return Verdict(question.name, PASSED, 1.0, Text.made(texts.ANSWER_RIGHT), properties=(held,))
    mistake, reason = None, Text.made(texts.ANSWER_WRONG, name=question.name)
    try:
        question.read(typed, numbers)
        mistake = question.mistake(typed, numbers)
        if not mistake and (theirs := _answers_other_numbers(question, typed, drawing)):
            reason = joined([reason, theirs], "; ")
    except AnswerError as error:
        reason = joined([question.name, error.args[0]], ": ")
    right = question.answer(**numbers)
    shown = " x ".join(map(str, right)) if isinstance(right, tuple) else str(right)
    example = Counterexample(question.text(numbers), shown, typed)
    failed = PropertyVerdict(
        "answer", claim, 1.0, FAILED, Text.made(texts.THIS_ANSWER_WRONG, answer=repr(typed)), example
    )
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
        return Text.made(texts.OF_NOBODY, student=repr(_PLACEHOLDER))
    for other in drawing.others:
        if other != drawing.student and question.is_right(typed, question.numbers(drawing.course, other)):
            return Text.made(texts.OF_SOMEBODY_ELSE)
    return ""
