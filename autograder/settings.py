"""What a teacher may set in ``nbgrader_config.py``: limits on student code, and how a course is graded."""

from traitlets import Enum, Float, Int, Unicode
from traitlets.config import Configurable


class Limits(Configurable):
    """Limits on one submission; for example ``c.Limits.call_seconds = 5`` in ``nbgrader_config.py``.

    Examples
    --------
    >>> Limits().call_seconds
    2.0
    """

    call_seconds = Float(
        2.0,
        min=0.01,
        help="Seconds of wall time for one call of the student's function, not counting those in which no processor "
        "was free for it; the call counts as wrong.",
    ).tag(config=True)
    call_cpu_seconds = Float(
        2.0,
        min=0.01,
        help="Seconds of CPU time for one call, all threads together, looked at four times a second or more often.",
    ).tag(config=True)
    cell_seconds = Float(
        30.0,
        min=0.1,
        help="Seconds of wall time for one cell, not counting those in which no processor was free for it; it is "
        "interrupted, then ended, and the rest goes on.",
    ).tag(config=True)
    submission_seconds = Float(
        120.0, min=1.0, help="Seconds of wall time for one submission; what is not graded by then scores 0."
    ).tag(config=True)
    memory_mib = Int(
        1024, min=16, help="MiB of memory, all processes of the submission together; above it they are killed."
    ).tag(config=True)
    processes = Int(64, min=2, help="Processes and threads that may run at once; starting more fails.").tag(config=True)
    disk_mib = Int(64, min=1, help="MiB of files in the submission's own /tmp; writing more fails.").tag(config=True)
    output_kib = Int(
        64, min=1, help="KiB of printed text kept for each cell, half from its start and half from its end."
    ).tag(config=True)
    notebook_mib = Int(10, min=1, help="MiB; a larger notebook is not read and scores 0.").tag(config=True)
    shrink_seconds = Float(
        1.5,
        min=0.0,
        help="Seconds of wall time for making the example of an unnamed failure smaller, for each exercise; grading "
        "takes that much longer, no score changes; 0: the smallest hidden example is shown.",
    ).tag(config=True)
    shrink_calls = Int(
        2000, min=0, help="Calls of the student's function for the same purpose; a call takes about a millisecond."
    ).tag(config=True)
    isolation = Enum(
        ("bubblewrap", "none"),
        "bubblewrap",
        help="'none' runs student code with no sandbox, as you, on your files. It is recorded in the results.",
    ).tag(config=True)

    def for_worker(self) -> dict:
        """The limits that the sandbox enforces itself, in bytes and seconds."""
        return {
            "memory": self.memory_mib * 2**20,
            "processes": self.processes,
            "disk": self.disk_mib * 2**20,
            "submission_seconds": self.submission_seconds,
        }


class Grading(Configurable):
    """How a course is graded; for example ``c.Grading.course_seed = "autumn 2026"``.

    Examples
    --------
    >>> Grading().examples
    40
    """

    course_seed = Unicode(
        "", help="Decides the hidden examples, the same for all students; a course that keeps it secret has its own."
    ).tag(config=True)
    language = Unicode(
        "en", help="What graded notebooks, feedback pages and `judge` say to a student: en, or de for German."
    ).tag(config=True)
    examples = Int(40, min=8, help="About how many hidden examples an exercise gets.").tag(config=True)
    workers = Int(2, min=1, max=64, help="Submissions that are graded at the same time.").tag(config=True)
