"""Judge one function in a plain Python file, in the same sandbox as a notebook."""

from pathlib import Path

from autograder import smaller
from autograder.course import Course
from autograder.sandbox import Host, draws
from autograder.session import Session
from autograder.verdict import NOT_GRADED, Verdict, judge, not_graded


def judge_file(course: Course, exercise: str, path: Path) -> Verdict:
    """Run the file as if it were one cell, then judge its function.

    Parameters
    ----------
    course : Course
    exercise : str
    path : Path

    Returns
    -------
    Verdict
    """
    course.speak()
    with Host(course.limits) as host:
        corpus = course.corpora.get(exercise)
        try:
            source = _read(path, course.limits.notebook_mib * 2**20)
        except ValueError as error:
            return not_graded(exercise, str(error))
        if draws(source):
            host.import_pictures()
        with Session(host, course.limits) as session:
            run = session.run_cell(source)
            verdict = judge(session, corpus)
            if smaller.is_wanted(verdict):
                verdict = smaller.with_smaller_example(session, verdict, course.limits)
    if verdict.state == NOT_GRADED and not verdict.properties and run.ended != "ok":
        return not_graded(exercise, f"{verdict.reason}; the file {run.why}")
    return verdict


def _read(path: Path, limit: int) -> str:
    data = path.read_bytes()
    if len(data) > limit:
        raise ValueError(f"{path.name} has {len(data)} bytes, more than the {limit} that are read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not text in UTF-8") from None
