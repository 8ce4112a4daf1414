"""What ``nbgrader_config.py`` puts into stock nbgrader, so that its own commands and buttons grade in the sandbox.

nbgrader's ``Autograde`` reads a submission with its *exporter*, then runs *preprocessors* over the notebook. Here
the exporter reads what strangers wrote without failing, and :class:`Grade` takes the place of ``Execute``.
"""

import atexit
import glob
import json
import re
from functools import cache
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor

from autograder import history
from autograder.course import Course
from autograder.gradebook import VERDICT_FILE
from autograder.grading import grade_notebook, graded_exercises
from autograder.quiz import questions_of
from autograder.sandbox import Host
from autograder.submission import Submission, irregular_files, read_released, read_submission, read_timestamp
from cnnkit.exercises.questions import course_key

#: Where the exporter leaves what it found for the preprocessor, in the notebook between nbgrader's two passes.
_KEY = "autograder"
#: The course directory of the nbgrader command that runs, and what it ignores in every submission.
_in_use: list[tuple] = []


@cache
def _course(root: str) -> Course:
    return Course(Path(root))


@cache
def _host(root: str) -> Host:
    """One sandbox for all notebooks of this nbgrader process."""
    host = Host(_course(root).limits)
    atexit.register(host.close)
    return host


def _submitted(coursedir, student: str, lesson: str) -> Path:
    return Path(coursedir.format_path(coursedir.submitted_directory, student, lesson)).absolute()


class SubmissionExporter(NotebookExporter):
    """Reads a submitted notebook in whatever state it is, and puts it in order against the released one."""

    def __init__(self, **options):
        super().__init__(**options)
        self.run = history.now()  # nbgrader makes one exporter for each of its runs
        coursedir = self.parent.coursedir
        coursedir.get_existing_timestamp = lambda folder: read_timestamp(Path(folder))
        _in_use[:] = [(coursedir, list(coursedir.ignore))]

    def from_filename(self, filename, resources=None, **kwargs):
        """Read, repair and preprocess; called by nbgrader for each notebook and pass."""
        converter = self.parent
        names = (resources or {}).get("nbgrader")
        path = Path(filename).absolute()
        course = _course(converter.coursedir.root)
        # Not compared with the course's resolved root: nbgrader may have been given a link to it.
        if not names or path.parent != _submitted(converter.coursedir, names["student"], names["assignment"]):
            return super().from_filename(filename, resources=resources, **kwargs)
        released = read_released(course.released(names["assignment"]))
        submission = read_submission(path, released, course.limits.notebook_mib * 2**20)
        found = {"digest": submission.digest, "problem": submission.problem, "notes": submission.notes}
        submission.notebook.metadata[_KEY] = found
        return self.from_notebook_node(submission.notebook, resources=resources, **kwargs)


class Questions(NbGraderPreprocessor):
    """Readies a lesson's questions for release, after the solutions were cleared.

    The course's key, on which a student's own numbers depend, comes into the line ``COURSE = "..."``. An answer is
    typed, not programmed: nbgrader's stub, which raises NotImplementedError, goes from its cell.
    """

    def preprocess_cell(self, cell, resources, index):
        """Called by nbgrader for each cell."""
        if cell.cell_type == "code":
            key = course_key(_course(self.parent.parent.coursedir.root).grading.course_seed)
            cell.source = re.sub(r'^COURSE = ".*"$', f'COURSE = "{key}"', cell.source, flags=re.MULTILINE)
            name = (cell.metadata.get("nbgrader") or {}).get("grade_id", "")
            if name.endswith("-solution") and questions_of([name.removesuffix("-solution")]):
                stub = ClearSolutions(parent=self).code_stub["python"]
                cell.source = cell.source.replace(stub, "").rstrip("\n")
        return cell, resources


class Grade(NbGraderPreprocessor):
    """Runs the notebook in the sandbox and writes the grader's verdicts where nbgrader looks for scores."""

    def preprocess(self, nb, resources):
        """Grade one notebook; called by nbgrader instead of executing it in a kernel."""
        coursedir = self.parent.parent.coursedir
        course = _course(coursedir.root)
        course.speak()
        released = read_released(course.released(resources["nbgrader"]["assignment"]))
        course.corpora.prepare(graded_exercises(released))
        submission = Submission(nb, **nb.metadata.pop(_KEY, {}))
        host = _host(coursedir.root)
        lesson, student = resources["nbgrader"]["assignment"], resources["nbgrader"]["student"]
        drawing = course.drawing(student, course.students(lesson))
        graded = grade_notebook(host, submission, released, course.corpora, course.limits, drawing)
        history.add(course.root, lesson, self.parent.run, student, graded.as_json())
        verdict = json.dumps(graded.as_json(), indent=1, ensure_ascii=False)
        resources.setdefault("outputs", {})[VERDICT_FILE] = verdict.encode()
        return graded.notebook, resources


def before_autograde(assignment, student, notebooks) -> None:
    """nbgrader's hook before a submission: clear its standing scores, and let a misnamed notebook be graded 0.

    When grading fails half way, nbgrader leaves the scores of the last time standing; cleared, they show as
    "needs grading". And nbgrader skips a notebook of another name without a word.
    """
    if not notebooks:
        return
    folder = Path(notebooks[0]).absolute().parent
    for coursedir, always in _in_use:  # nbgrader copies what lies beside the notebook, also what a link points to
        coursedir.ignore = [*always, *map(glob.escape, irregular_files(folder))]
    course = _course(str(folder.parents[2]))
    lesson, name = folder.name, folder.parent.name
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as book:
        try:
            submission = book.find_submission(lesson, name)
        except MissingEntry:
            submission = None
        for notebook in submission.notebooks if submission else ():
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = None, True
        book.db.commit()
    expected = str(Path(notebooks[0]).parent / f"{lesson}.ipynb")
    if expected not in notebooks:
        notebooks[:] = [expected]
