"""What each grading run found out, kept so that a report can say what changed since the run before.

One file of lines per lesson, ``.autograder/history/LESSON.jsonl``, only ever added to: a run that is killed leaves at
worst half a line, which the next one closes and every reader passes over. It may be deleted at any time.
"""

import datetime
import json
import os
from pathlib import Path


def now() -> str:
    """The name of a grading run: the time at which it started.

    Examples
    --------
    >>> len(now())
    32
    """
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")


def add(root: Path, lesson: str, run: str, student: str, verdict: dict) -> None:
    """Add one graded submission.

    Parameters
    ----------
    root : Path
        The course folder.
    lesson : str
    run : str
        Which grading run it belongs to, from :func:`now`.
    student : str
    verdict : dict
        The content of ``verdict.json``.
    """
    entry = {
        "run": run,
        "student": student,
        "digest": verdict["digest"],
        "points": verdict["points"],
        "exercises": {e["exercise"]: [e["state"], e["points"], e["misconception"]] for e in verdict["exercises"]},
    }
    path = root / ".autograder" / "history" / f"{lesson}.jsonl"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps(entry).encode() + b"\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            line = b"\n" + line
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def read(root: Path, lesson: str) -> list[dict]:
    """All entries of a lesson, oldest first; lines that a killed run left unfinished are passed over."""
    try:
        lines = (root / ".autograder" / "history" / f"{lesson}.jsonl").read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    return [entry for line in lines if (entry := _entry(line))]


def _entry(line: bytes) -> dict | None:
    try:
        entry = json.loads(line)
        states = {
            name: (str(state), float(points), mistake) for name, (state, points, mistake) in entry["exercises"].items()
        }
        texts = {name: str(entry[name]) for name in ("run", "student", "digest")}
        return texts | {"points": float(entry["points"]), "exercises": states}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
