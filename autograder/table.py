"""What a teacher sees in the terminal while a class is graded or its feedback rendered, and when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autograder.course import Course

if TYPE_CHECKING:  # each command imports what it needs
    from autograder.classrun import Row
    from autograder.feedback import Row as FeedbackRow
    from autograder.summary import Summary


class Progress:
    """A progress bar with the estimated time left, on stderr.

    Parameters
    ----------
    lesson : str
    doing : str, optional
        What is done to it.
    threaded : bool, optional
        Whether the times go on between two rows, in a thread; not in a process that forks.
    """

    def __init__(self, lesson: str, doing: str = "grading", threaded: bool = True):
        self._bar = Bar(
            TextColumn(f"{doing} {{task.description}}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=threaded,
        )
        self._task = self._bar.add_task(lesson, total=None)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def start(self, total: int) -> None:
        """The number of submissions is known."""
        self._bar.update(self._task, total=total)

    def advance(self, row: Row | FeedbackRow) -> None:
        """One submission is done."""
        self._bar.advance(self._task)
        if not self._bar.live.auto_refresh:
            self._bar.refresh()
        if row.state == "failed":
            self._bar.console.print(f"{escape(row.student)}: {escape(row.reason)}")


def show(summary: Summary, course: Course, lesson: str) -> None:
    """Print students, scores and reasons, then where everything lies."""
    console = Console()
    table = Table("student", "points", "reason", title=lesson)
    for row in summary.rows:
        points = {"graded": f"{row.points:g} / {row.max_points:g}", "failed": "?", "skipped": "-"}[row.state]
        table.add_row(escape(row.student), points, escape(row.reason))
    console.print(table)
    counts = summary.as_json()
    console.print(
        f"{counts['graded']} graded, {counts['skipped']} graded before, {counts['failed']} failed, "
        f"in {summary.seconds:.1f} s"
    )
    console.print(f"gradebook         {course.directory.db_url}", soft_wrap=True)
    console.print(f"graded notebooks  {course.root / course.directory.autograded_directory}", soft_wrap=True)


def show_feedback(summary: Summary, course: Course) -> None:
    """Print the pages that could not be rendered with the reasons, the counts, and where the pages lie."""
    console = Console()
    failed = [row for row in summary.rows if row.state == "failed"]
    if failed:
        table = Table("student", "why there is no page")
        for row in failed:
            table.add_row(escape(row.student), escape(row.reason))
        console.print(table)
    counts = summary.as_json()
    console.print(
        f"{counts['rendered']} rendered, {counts['skipped']} up to date, {counts['failed']} failed, "
        f"in {summary.seconds:.1f} s"
    )
    console.print(f"feedback pages    {course.root / course.directory.feedback_directory}", soft_wrap=True)
