"""Grade one class with stock nbgrader and with ``autograder grade``, and compare.

    .venv/bin/python bench/grading.py [--students 20] [--examples 100] [--workers 2] [--kind functions]

Both sides get the same submissions of lesson 01: of three students, two are right in every exercise, each in
another style, and one has a named mistake in every exercise. A test asserts on none of these numbers.

The two sides
-------------
stock
    nbgrader as it comes, with none of our hooks. The graded cells hold hidden tests as a teacher would write them:
    Hypothesis draws inputs, asserts compare shapes and values with a reference in the cell, and all of it runs in
    the student's kernel. ``nbgrader autograde`` grades one submission after another.
ours
    ``autograder grade`` with this course's configuration; as many hidden examples for each exercise.

Two kinds of class. *lesson*: the lesson as it is, with its text and pictures; both sides run and pay for those.
*functions*: only the import, the four functions and the graded cells. The cells with ``check`` are in neither:
they belong to cnnkit, and inside our sandbox they do nothing, so stock nbgrader alone would pay for them. Nor are the
questions with numbers of one's own, which stock nbgrader cannot grade.

What is counted
---------------
time
    Of the whole command, from its start as a process to its end. `First graded` is when the first graded notebook
    is on the disk: for us ``verdict.json``, for nbgrader a notebook whose cells were run; looked for every 10 ms.
    The release, and our corpora, are made before; once for a course, and their time is printed.
memory
    Every 50 ms, the proportional set sizes of the command's processes, added up; the peak of the sum. For ours:
    the grader, bubblewrap, and the sandbox host; not what the host forks for each submission, the students'
    processes. For nbgrader: everything, kernels too. A process counts with the largest
    size that it had so far: when forks share the host's pages, the host itself looks smaller than it is. Measured
    in a run of its own.
engine
    CPU time per submission that is neither start-up nor the student's own code::

        (CPU(class) - CPU(class of 1) - (own(class) - own(class of 1))) / (students - 1)

    `CPU` is user + system time of the command and all its descendants: grader, bubblewrap, host,
    students' processes (the benchmark adopts what bubblewrap leaves behind). What does not grow with the class
    is in both and drops out.
    `own` is the CPU time of the same cells and of the same calls of the students' functions in one warm Python
    process with a plain IPython shell, matplotlib's inline pictures and the sandbox's memory limit, but without the
    sandbox. That is safe only because these submissions are our own. It is given for *functions* only: a lesson's
    pictures cost ten times as much as the engine, and differ by more than the engine from process to process.

Medians of ``--repeat`` rounds of ours; nbgrader is run once, after the first round.

A processor of a shared machine may be half as fast as a moment ago, and CPU time counts every moment in full. So each
round also prints how long one and the same loop of Python took, before and after it: a round is as good as its loop.
"""

import argparse
import contextlib
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.classroom import filled, mistaken_solutions, right_solutions
from cnnkit import exercises

LESSON = "01-convolution"
REPOSITORY = Path(__file__).parent.parent
KINDS = {"lesson": "the lesson as it is, with its pictures", "functions": "only the four functions"}
_PR_SET_CHILD_SUBREAPER = 36
EXERCISES = ("split_channels", "to_gray", "conv2d", "conv2d_channels")
#: What the project set itself.
GOALS = {"ratio": (">=", 25), "first": ("<", 4.0), "memory": ("<=", 400), "engine": ("<=", 60)}


# --- the class --------------------------------------------------------------------------------------------------


def solutions_of_class(students: int) -> dict[str, dict[str, str]]:
    """Solutions by student: right, right, mistaken, and so on, always in another way."""
    made = {}
    for n in range(students):
        right = n % 3 < 2
        made[f"student-{n + 1:03}"] = (
            right_solutions(LESSON, n - n // 3) if right else mistaken_solutions(LESSON, n // 3 % 6)
        )
    return made


def source_notebook(kind: str, graded: Callable[[str], str]) -> NotebookNode:
    """The teacher's notebook; `graded` writes the graded cell of an exercise."""
    notebook = nbformat.read(REPOSITORY / "source" / LESSON / f"{LESSON}.ipynb", as_version=4)
    cells = []
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader") or {}
        if _is_about_a_question(cell):
            continue
        if cell.cell_type == "code" and mark.get("grade") and not mark.get("solution"):
            cell.source = graded(mark["grade_id"])
        elif cell.source.startswith("check(") or (kind == "functions" and not mark.get("solution")):
            continue
        cells.append(cell)
    if kind == "functions":
        cells.insert(0, new_code_cell("import numpy as np", id="imports"))
    notebook.cells = cells
    return notebook


def _is_about_a_question(cell: NotebookNode) -> bool:
    names = [question.name for question in exercises.questions()[LESSON]]
    return cell.cell_type == "code" and any(text in cell.source for text in ("STUDENT =", *names))


def make_course(folder: Path, kind: str, config: str, graded: Callable[[str], str], students: int) -> None:
    """A course with a release and a class of submissions."""
    (folder / "source" / LESSON).mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(config)
    nbformat.write(source_notebook(kind, graded), folder / "source" / LESSON / f"{LESSON}.ipynb")
    run("nbgrader generate_assignment", folder, lambda: False)
    released = nbformat.read(folder / "release" / LESSON / f"{LESSON}.ipynb", as_version=4)
    for student, solutions in solutions_of_class(students).items():
        path = folder / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(filled(released, solutions), path)


_STOCK_CONFIG = """
import os, sys
from pathlib import Path

c = get_config()
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
c.CourseDirectory.course_id = "cnn"
"""
_HIDDEN_TESTS = """# Graded. Hidden inputs are tried here.
### BEGIN HIDDEN TESTS
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

sides = st.integers(1, 8)
whole = st.integers(-9, 9)
{body}

test()
### END HIDDEN TESTS
"""
_BODIES = {
    "split_channels": """
@settings(max_examples={examples}, deadline=None)
@given(st.tuples(sides, sides, st.just(3)).flatmap(lambda shape: arrays(np.int64, shape, elements=whole)))
def test(image):
    channels = split_channels(image)
    assert len(channels) == 3
    for number, channel in enumerate(channels):
        assert np.shape(channel) == image.shape[:2]
        np.testing.assert_allclose(channel, image[:, :, number])
""",
    "to_gray": """
def reference(image):
    gray = image @ np.array([0.2125, 0.7154, 0.0721])
    return gray / 255 if image.dtype == np.uint8 else gray


shapes = st.tuples(sides, sides, st.just(3))
photos = shapes.flatmap(lambda shape: arrays(np.uint8, shape))
pictures = shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=st.floats(0, 1)))


@settings(max_examples={examples}, deadline=None)
@given(photos | pictures)
def test(image):
    gray = to_gray(image)
    assert np.shape(gray) == image.shape[:2]
    np.testing.assert_allclose(gray, reference(image), rtol=1e-4, atol=1e-6)
""",
    "conv2d": """
def reference(image, kernel, stride):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return (windows * kernel).sum(axis=(2, 3))


@st.composite
def calls(draw):
    image = draw(arrays(np.int64, (draw(sides), draw(sides)), elements=whole))
    shape = tuple(draw(st.integers(1, min(side, 4))) for side in image.shape)
    return image, draw(arrays(np.int64, shape, elements=whole)), draw(st.integers(1, 3))


@settings(max_examples={examples}, deadline=None)
@given(calls())
def test(call):
    expected = reference(*call)
    got = conv2d(*call)
    assert np.shape(got) == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
""",
    "conv2d_channels": """
def reference(image, kernel, stride):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride, 0]
    return (windows * kernel).sum(axis=(2, 3, 4))


@st.composite
def calls(draw):
    depth = draw(st.integers(1, 4))
    image = draw(arrays(np.int64, (draw(sides), draw(sides), depth), elements=whole))
    shape = tuple(draw(st.integers(1, min(side, 4))) for side in image.shape[:2])
    return image, draw(arrays(np.int64, (*shape, depth), elements=whole)), draw(st.integers(1, 3))


@settings(max_examples={examples}, deadline=None)
@given(calls())
def test(call):
    expected = reference(*call)
    got = conv2d_channels(*call)
    assert np.shape(got) == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)
""",
}


def stock_graded(examples: int) -> Callable[[str], str]:
    """The graded cell with hidden tests in it, as the teacher of a stock course writes it."""
    return lambda name: _HIDDEN_TESTS.format(body=_BODIES[name].format(examples=examples).rstrip())


# --- measuring a command ----------------------------------------------------------------------------------------


@dataclass
class Run:
    """One command: wall seconds, seconds until the first graded submission, CPU seconds, peak bytes."""

    wall: float
    first: float
    cpu: float
    memory: int


def run(command: str, course: Path, is_graded: Callable[[], bool], sample: bool = False) -> Run:
    """Run a command of the virtual environment on the lesson, in a course, and measure it."""
    program, *arguments = command.split()
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a teacher's second run does not compile our modules again
    log = course / "benchmark.log"
    first, memory, looked, sizes = 0.0, 0, 0.0, {}
    with open(log, "wb") as output:
        start = time.monotonic()
        process = subprocess.Popen(
            [Path(sys.executable).parent / program, *arguments, LESSON],
            cwd=course,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            now = time.monotonic()
            if not first and is_graded():
                first = now - start
            if pid:
                break
            if sample and now - looked > 0.05:
                memory, looked = max(memory, _memory(process.pid, sizes)), now
            time.sleep(0.01)
    used = usage.ru_utime + usage.ru_stime + _orphans()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} failed:\n{log.read_text()[-3000:]}")
    return Run(now - start, first, used, memory)


def _orphans() -> float:
    """CPU seconds of what a command left behind; this waits until it has ended."""
    used = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            _, _, usage = os.wait4(-1, 0)
            used += usage.ru_utime + usage.ru_stime
    return used


def ours_is_graded(course: Path) -> Callable[[], bool]:
    """Whether `autograder grade` has put down a first verdict."""
    return lambda: any((course / "autograded").glob(f"*/{LESSON}/verdict.json"))


def stock_is_graded(course: Path) -> Callable[[], bool]:
    """Whether nbgrader has written a notebook that was run: it writes each one twice, first as it was submitted."""
    seen: dict[Path, int] = {}

    def look() -> bool:
        for path in (course / "autograded").glob(f"*/{LESSON}/{LESSON}.ipynb"):
            changed = path.stat().st_mtime_ns
            if seen.get(path) == changed:
                continue
            try:
                cells = json.loads(path.read_text())["cells"]
            except ValueError:
                continue  # half written
            seen[path] = changed
            if any(cell.get("execution_count") for cell in cells):
                return True
        return False

    return look


def _memory(root: int, sizes: dict[int, int]) -> int:
    """Bytes of a command's living processes, each with its largest size so far; not what a sandbox host forks."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                text = Path(f"/proc/{entry}/stat").read_text()
            except OSError:
                continue
            children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(entry))
    total, queue = 0, [root]
    while queue:
        pid = queue.pop()
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        size = next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), 0)
        sizes[pid] = max(sizes.get(pid, 0), size)
        total += sizes[pid]
        is_host = not command[0].endswith(b"bwrap") and any(part.endswith(b"autograder/worker.py") for part in command)
        queue += [] if is_host else children.get(pid, [])
    return total


# --- the students' own code -------------------------------------------------------------------------------------


def own_seconds(course: Path) -> dict[str, float]:
    """CPU seconds of each submission's own code: its cells, and the calls that the grader makes.

    To be run in a fresh process of its own. There is no sandbox here.
    """
    import gc
    import io
    from contextlib import redirect_stderr, redirect_stdout

    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    import cnnkit
    from autograder.course import Course
    from cnnkit.exercises.layouts import copy_of

    settings = Config()
    settings.HistoryManager.enabled = False
    shell = InteractiveShell.instance(config=settings)
    shell.enable_gui = lambda gui=None: None
    shell.enable_matplotlib("inline")
    cnnkit.check = lambda name, function: None
    limits, corpora = Course(course).limits, Course(course).corpora
    calls = {name: [call for example in corpora.get(name).examples for call in example.calls] for name in EXERCISES}
    paths = sorted((course / "submitted").glob(f"*/{LESSON}/*.ipynb"))
    seconds = {}
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    # The sandbox's own limit: a solution that builds gigabytes stops here where it stops there.
    resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory_mib * 2**20,) * 2)
    for number, path in enumerate([paths[0], *paths]):  # the first one twice: it warms the process up
        cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        shell.reset()
        if number == 1:
            gc.collect()
            gc.freeze()  # what garbage collection costs should not depend on the examples that lie in memory here
        spent = 0.0
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            for cell in cells:
                mark = cell.metadata.get("nbgrader") or {}
                if not mark.get("grade") or mark.get("solution"):
                    start = time.process_time()
                    shell.run_cell(cell.source, store_history=True)
                    spent += time.process_time() - start
                    continue
                function = shell.user_ns[mark["grade_id"]]
                for call in [copy_of(call) for call in calls[mark["grade_id"]]]:
                    start = time.process_time()
                    with contextlib.suppress(Exception):  # a mistake may raise
                        function(*call.args, **call.kwargs)
                    spent += time.process_time() - start
        seconds[path.parent.parent.name] = spent
    return seconds


def own_in_a_fresh_process(course: Path) -> dict[str, float]:
    """`own_seconds`, called in a new Python process, with as many threads as the sandbox gives."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    command = [sys.executable, __file__, "--own", str(course)]
    return json.loads(subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def _loop() -> float:
    """CPU milliseconds of two million additions."""
    start, total = time.process_time(), 0
    for number in range(2_000_000):
        total += number
    return 1000 * (time.process_time() - start)


# --- the comparison ---------------------------------------------------------------------------------------------


def compare(kind: str, options: argparse.Namespace, scratch: Path) -> None:
    """Make both courses, grade them, print the table."""
    ours, stock, one = scratch / "ours", scratch / "stock", scratch / "one"
    config = (REPOSITORY / "nbgrader_config.py").read_text()
    config += f"\nc.Grading.course_seed = 'benchmark'\nc.Grading.examples = {options.examples}\n"
    make_course(ours, kind, config, lambda name: f"# Graded.\n# {name}", options.students)
    make_course(stock, kind, _STOCK_CONFIG, stock_graded(options.examples), options.students)
    build = run("autograder build", ours, lambda: False)
    shutil.copytree(ours, one)
    for folder in sorted((one / "submitted").iterdir())[1:]:
        shutil.rmtree(folder)
    first_student = next((one / "submitted").iterdir()).name

    def grade(template: Path, sample: bool = False) -> Run:
        course = Path(tempfile.mkdtemp(dir=scratch))
        shutil.copytree(template, course, dirs_exist_ok=True)
        if template == stock:
            result = run("nbgrader autograde", course, stock_is_graded(course), sample)
        else:
            result = run(f"autograder grade --workers {options.workers}", course, ours_is_graded(course), sample)
        graded = len(list((course / "autograded").glob(f"*/{LESSON}/{LESSON}.ipynb")))
        expected = len(list((template / "submitted").iterdir()))
        if graded != expected:
            raise SystemExit(f"{template.name}: {graded} of {expected} submissions were graded")
        shutil.rmtree(course)
        return result

    rounds, engine, own, loops = [], [], [], []
    theirs = None
    for _ in range(options.repeat):
        before = _loop()
        rounds.append(grade(ours))
        alone = grade(one)
        seconds = own_in_a_fresh_process(ours)
        loops.append((before + _loop()) / 2)
        own.append(statistics.mean(seconds.values()))
        own_more = sum(seconds.values()) - seconds[first_student]
        engine.append((rounds[-1].cpu - alone.cpu - own_more) / (options.students - 1))
        theirs = theirs or grade(stock, sample=True)
    memory = grade(ours, sample=True).memory
    wall, first = (statistics.median(getattr(r, name) for r in rounds) for name in ("wall", "first"))
    values = {
        "ratio": theirs.wall / wall,
        "first": first,
        "memory": memory / 1e6,
        "engine": 1000 * statistics.median(engine),
    }
    print(f"\n{KINDS[kind]}: {options.students} students, {options.examples} examples, {options.workers} workers")
    print(f"{'':40}{'stock nbgrader':>16}{'autograder':>12}   goal")

    def line(label: str, stock_value: float | None, our_value: float, form: str, goal: str = "") -> None:
        left = "" if stock_value is None else format(stock_value, form)
        note = ""
        if goal:
            sign, limit = GOALS[goal]
            met = values[goal] >= limit if sign == ">=" else values[goal] <= limit
            note = f"   {sign} {limit:g}: {'met' if met else 'NOT met'}"
        print(f"{label:40}{left:>16}{format(our_value, form):>12}{note}", flush=True)

    def rate(seconds: float) -> float:
        return 60 * options.students / seconds

    line("wall time, s", theirs.wall, wall, ".1f")
    line("submissions per minute", rate(theirs.wall), rate(wall), ".1f")
    line("ratio", None, values["ratio"], ".1f", "ratio")
    line(
        "one more submission, s of wall time", *(each := (_each(theirs, options), _each_median(rounds, options))), ".2f"
    )
    line("ratio of these", None, each[0] / each[1], ".1f")
    line("start to first graded, s", theirs.first, first, ".2f", "first")
    line("peak memory, MB", theirs.memory / 1e6, values["memory"], ".0f", "memory")
    line("CPU per submission in all, ms", 1000 * theirs.cpu / options.students, _cpu(rounds) / options.students, ".0f")
    line("the student's own code, ms", None, 1000 * statistics.median(own), ".0f")
    walls = ", ".join(f"{r.wall:.1f}" for r in rounds) + " s"
    if kind == "functions":
        line("engine per submission, ms of CPU", None, values["engine"], ".0f", "engine")
        walls += f"; engine {', '.join(f'{1000 * value:.0f}' for value in engine)} ms"
    walls += f"; the loop {', '.join(f'{value:.0f}' for value in loops)} ms"
    print(f"rounds: {walls}; corpora made in {build.wall:.1f} s, once for a course")


def _each(result: Run, options: argparse.Namespace) -> float:
    """Wall seconds for each submission after the first."""
    return (result.wall - result.first) / (options.students - 1)


def _each_median(rounds: list[Run], options: argparse.Namespace) -> float:
    return statistics.median(_each(result, options) for result in rounds)


def _cpu(rounds: list[Run]) -> float:
    return 1000 * statistics.median(r.cpu for r in rounds)


def main() -> int:
    """Parse the options and run one kind of class, or both."""
    parser = argparse.ArgumentParser(description="Compare stock nbgrader and the autograder on one class.")
    parser.add_argument("--students", type=int, default=20, help="at least 2")
    parser.add_argument("--examples", type=int, default=100, help="for each exercise")
    parser.add_argument("--workers", type=int, default=2, help="of `autograder grade`")
    parser.add_argument("--repeat", type=int, default=3, help="rounds of `autograder grade`")
    parser.add_argument("--kind", choices=tuple(KINDS), help="one kind of class (default: both)")
    parser.add_argument("--own", type=Path, help=argparse.SUPPRESS)  # the benchmark calls itself with it
    options = parser.parse_args()
    if options.own:
        print(json.dumps(own_seconds(options.own)))
        return 0
    # bubblewrap ends without waiting for what it started; so it falls to us, and its CPU time is not lost.
    if ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("the benchmark needs a Linux kernel")
    for kind in [options.kind] if options.kind else KINDS:
        with tempfile.TemporaryDirectory(prefix="cnn-benchmark-") as scratch:
            compare(kind, options, Path(scratch))
    return 0


if __name__ == "__main__":
    sys.exit(main())
