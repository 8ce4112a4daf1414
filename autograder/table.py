"""What a teacher sees in the terminal while a class is graded, and when it is done."""

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from autograder.classrun import Row, Summary
from autograder.course import Course


class Progress:
    """A progress bar with the estimated time left, on stderr."""

    def __init__(self, lesson: str):
        self._bar = Bar(
            TextColumn("grading {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left:"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task(lesson, total=None)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, *_) -> None:
        self._bar.stop()

    def start(self, total: int) -> None:
        """The number of submissions is known."""
        self._bar.update(self._task, total=total)

    def advance(self, row: Row) -> None:
        """One submission is done."""
        self._bar.advance(self._task)
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
