"""Grade one notebook: run its cells in the sandbox, judge its functions, write outputs that nbgrader can read.

Both ways to grade end here: ``nbgrader autograde`` through :mod:`autograder.preprocessors`, and
``autograder grade`` through :mod:`autograder.classrun`; so they give the same scores.
"""

import ast
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from nbformat import NotebookNode

from autograder import render, smaller
from autograder.corpus import CorpusStore
from autograder.course import CourseError
from autograder.quiz import Drawing, judge_question, questions_of
from autograder.sandbox import Host, draws
from autograder.session import Session
from autograder.settings import Limits
from autograder.submission import Submission, new_cell
from autograder.verdict import PASSED, Verdict, judge, not_graded
from cnnkit import exercises
from cnnkit.answers import Text
from cnnkit.exercises import texts
from cnnkit.exercises.texts import say


@dataclass
class Graded:
    """A graded notebook.

    Parameters
    ----------
    notebook : NotebookNode
        With outputs; each graded cell's outputs are the grader's, never the student's.
    verdicts : list of Verdict
        In the order of the released notebook.
    points, max_points : dict of str to float
        By exercise.
    seconds, cpu_seconds : float
        Wall time of the submission, and CPU time of its processes.
    """

    notebook: NotebookNode
    verdicts: list[Verdict]
    points: dict[str, float]
    max_points: dict[str, float]
    isolation: str
    digest: str = ""
    problem: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def reason(self) -> str:
        """One line that says why the score is what it is."""
        if self.problem:
            return self.problem
        wrong = [verdict for verdict in self.verdicts if verdict.state != PASSED]
        texts = [
            f"{v.exercise}: {v.misconception or v.error.removeprefix(v.exercise + ' ') or v.reason}" for v in wrong
        ]
        return "; ".join(texts) or "everything right"

    def as_json(self) -> dict:
        """The content of ``verdict.json`` beside the graded notebook."""
        return {
            "digest": self.digest,
            "isolation": self.isolation,
            "points": sum(self.points.values()),
            "max_points": sum(self.max_points.values()),
            "reason": self.reason,
            "problem": self.problem,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "exercises": [verdict.as_json() | {"points": self.points[verdict.exercise]} for verdict in self.verdicts],
        }


def graded_exercises(released: NotebookNode) -> dict[str, float]:
    """The exercises and questions of a released notebook and their points, in order.

    Raises
    ------
    CourseError
        When a graded test cell names no exercise.
    """
    found = {}
    for cell in released.cells:
        mark = cell.metadata.get("nbgrader") or {}
        if cell.cell_type == "code" and mark.get("grade") and not mark.get("solution"):
            try:
                questions_of([mark["grade_id"]]) or exercises.find(mark["grade_id"])
            except KeyError as error:
                raise CourseError(f"graded cell {mark['grade_id']!r}: {error.args[0]}") from None
            found[mark["grade_id"]] = float(mark["points"])
    return found


def grade_notebook(
    host: Host,
    submission: Submission,
    released: NotebookNode,
    store: CorpusStore,
    limits: Limits,
    drawing: Drawing | None = None,
) -> Graded:
    """Grade one submission; always returns, whatever the student's code does."""
    drawing = drawing or Drawing()
    start = time.monotonic()
    max_points = graded_exercises(released)
    notebook = submission.notebook
    verdicts: dict[str, Verdict] = {}
    cpu = 0.0
    if submission.problem:
        verdicts = {name: not_graded(name, submission.problem) for name in max_points}
    else:
        given = {cell.source for cell in released.cells if cell.cell_type == "code"}
        if any(draws(cell.source) for cell in notebook.cells if cell.cell_type == "code"):
            host.import_pictures()
        asked = {q.name: drawing.numbers(q) for q in questions_of(max_points)}
        shown = {q.name: (q.text(asked[q.name]), asked[q.name]) for q in questions_of(max_points)}
        with Session(host, limits, shown) as session:
            verdicts = _run(session, notebook, set(max_points), given, partial(_judge, session, store, drawing))
            # Last, when no verdict depends on it any more.
            verdicts |= {
                name: smaller.with_smaller_example(session, verdict, limits)
                for name, verdict in verdicts.items()
                if smaller.is_wanted(verdict)
            }
        cpu = session.cpu_seconds
    points = {name: _points(verdicts[name].score, worth) for name, worth in max_points.items()}
    for cell in notebook.cells:
        name = _exercise_of(cell, max_points)
        if name:
            cell.outputs = _graded_outputs(verdicts[name], points[name], max_points[name])
    _add_notes(notebook, submission)
    return Graded(
        notebook,
        [verdicts[name] for name in max_points],
        points,
        max_points,
        host.isolation,
        submission.digest,
        submission.problem,
        submission.notes,
        time.monotonic() - start,
        cpu,
    )


def _judge(session: Session, store: CorpusStore, drawing: Drawing, name: str) -> Verdict:
    for question in questions_of([name]):
        return judge_question(session, question, drawing)
    return judge(session, store.get(name))


def _run(
    session: Session, notebook: NotebookNode, names: set[str], given: set[str], judge_one: Callable[[str], Verdict]
) -> dict:
    """Run the cells in order and judge each exercise at its graded cell."""
    verdicts, early, fatal, failed_cells, count = {}, [], [], {}, 0
    absent: set[str] = set()  # what our own cells would have defined, had the library they need been there
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        name = _exercise_of(cell, names)
        if name:
            verdict = judge_one(name)
            if verdict.missing:
                early.append(name)
                if why := failed_cells.get(f"{name}-solution"):
                    verdict = not_graded(name, Text.made(texts.NOT_DEFINED_BECAUSE, name=name, why=why))
            verdicts[name] = verdict
            if verdict.error:
                fatal.append(name)
            continue
        culprit = next((name for name in fatal if f"{name}(" in cell.source), "") if cell.source in given else ""
        if culprit:  # our own examples would hang or die once more, and take the time that other exercises need
            text = say(texts.CELL_NOT_RUN, why=verdicts[culprit].error) + "\n"
            cell.outputs = [_output({"output_type": "stream", "name": "stdout", "text": text})]
            continue
        count += 1
        run = session.run_cell(cell.source)
        cell.execution_count = count
        cell.outputs = [_output(output, count) for output in run.outputs]
        if run.ended != "ok":
            failed_cells[(cell.metadata.get("nbgrader") or {}).get("grade_id")] = run.why
        if cell.source in given and (run.ended == "forbidden" or _missed(run) in absent):
            absent |= _defined(cell.source)
            text = say(texts.REST_NOT_RUN) + "\n"
            cell.outputs = [output for output in cell.outputs if output.output_type != "error"]
            cell.outputs.append(_output({"output_type": "stream", "name": "stdout", "text": text}))
    for name in early:  # its cell may stand before the student's definition, in a reordered notebook
        verdict = judge_one(name)
        if not verdict.missing:
            note = Text.made(texts.LATE_DEFINITION)
            verdicts[name] = replace(verdict, notes=(*verdict.notes, note))
    return verdicts


def _missed(run) -> str:
    """The name for want of which a cell ended."""
    found = re.search(r"NameError: name '(\w+)' is not defined", run.why) if run.ended == "error" else None
    return found[1] if found else ""


def _defined(source: str) -> set[str]:
    """The names that a cell of ours gives something to."""
    found = set()
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic
        return found
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Store()) | ast.FunctionDef(name) | ast.alias(name, None) | ast.alias(_, str(name)):
                found.add(name)
    return found


def _exercise_of(cell: NotebookNode, names) -> str:
    mark = cell.metadata.get("nbgrader") or {}
    graded = mark.get("grade") and not mark.get("solution") and mark.get("grade_id") in names
    return mark["grade_id"] if graded else ""


def _points(score: float, worth: float) -> float:
    """Points to two decimals; only a full score gives full points."""
    return worth if score == 1.0 else min(round(worth * score, 2), round(worth - 0.01, 2))


def _graded_outputs(verdict: Verdict, points: float, worth: float) -> list[NotebookNode]:
    """What nbgrader reads: it takes the number in the execute_result as the score."""
    shown = {
        "text/html": render.as_html(verdict, points, worth),
        "text/plain": render.as_text(verdict, points, worth),
    }
    return [
        _output({"output_type": "display_data", "data": shown}),
        _output({"output_type": "execute_result", "data": {"text/plain": repr(float(points))}}),
    ]


def _output(output: dict, count: int | None = None) -> NotebookNode:
    """As nbformat's new_output, which would validate each output against the whole schema."""
    node = NotebookNode(output)
    if node.output_type == "execute_result":
        node.execution_count = count
    if "data" in node:
        node.data, node.metadata = NotebookNode(node.data), NotebookNode()
    return node


def _add_notes(notebook: NotebookNode, submission: Submission) -> None:
    lines = [submission.problem] if submission.problem else submission.notes
    if lines:
        # An indented block: whatever a file or a cell is called, Markdown shows it as it is.
        text = "\n".join(f"    {json.dumps(say(line), ensure_ascii=False)[1:-1]}" for line in lines)
        source = f"**{say(texts.FROM_THE_GRADER)}**\n\n{text}"
        notebook.cells.insert(0, new_cell("markdown", source, "from-the-grader"))
