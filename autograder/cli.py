"""The command line: ``autograder build | grade | feedback | judge | audit | report | crosscheck | source | doctor``.

Each command imports what it needs when it runs: imports are most of what a small class has to wait for.
"""

import argparse
import gc
import json
import sys
from pathlib import Path
from types import ModuleType

#: Libraries that jsonschema, under nbformat, uses for formats that no notebook has; it does without those missing.
_OPTIONAL = ("rfc3987_syntax", "rfc3986_validator", "isoduration", "webcolors", "uri_template", "fqdn")
#: What nbgrader imports although only its notebook server, JupyterHub and its reader of archives need it.
_UNUSED = (
    *(f"nbgrader.server_extensions.{name}" for name in ("assignment_list", "course_list", "formgrader")),
    *("nbgrader.server_extensions.validate_assignment", "nbgrader.auth.jupyterhub"),
    *("setuptools", "setuptools.archive_util"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 something is wrong with the work, 2 with the usage."""
    options = _parser().parse_args(arguments)
    for name in _OPTIONAL:
        sys.modules.setdefault(name, None)
    # Nearly all objects of a command live until it ends: looking through them for garbage every 700 took a fifth of
    # the CPU time.
    gc.set_threshold(100_000, 50, 100)
    from autograder.course import CourseError
    from autograder.sandbox import SandboxError

    try:
        return options.run(options)
    except KeyboardInterrupt:
        print("\nStopped. What is done is kept; run the same command again to go on.", file=sys.stderr)
        return 130
    except (CourseError, FileNotFoundError) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    except SandboxError as error:
        print(f"autograder: {error}\n`autograder doctor` says more.", file=sys.stderr)
        return 1
    except RuntimeError as error:
        from autograder.corpus import CorpusError

        if not isinstance(error, CorpusError):
            raise
        print(f"autograder: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Grade strangers' notebooks in a sandbox.")
    parser.add_argument("--course", type=Path, default=None, metavar="DIR", help="the course folder (default: here)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="compile the hidden properties into corpora")
    build.add_argument("lesson", nargs="?", help="one lesson (default: all)")
    build.set_defaults(run=_build)

    grade = commands.add_parser("grade", help="grade every submission of a lesson")
    grade.add_argument("lesson")
    grade.add_argument("--student", action="append", default=[], metavar="ID", help="only this one; may be repeated")
    grade.add_argument("--force", action="store_true", help="grade again what is graded already")
    grade.add_argument("--workers", type=_positive, metavar="N", help="submissions at a time (default: the config's)")
    grade.add_argument("--json", action="store_true", help="no table; the last line is one JSON object of counts")
    _isolation(grade)
    grade.set_defaults(run=_grade)

    feedback = commands.add_parser("feedback", help="render the feedback page of every graded submission of a lesson")
    feedback.add_argument("lesson")
    feedback.add_argument("--student", action="append", default=[], metavar="ID", help="only this one; may be repeated")
    feedback.add_argument("--force", action="store_true", help="render again what is up to date")
    feedback.add_argument("--workers", type=_positive, metavar="N", help="processes (default: one per processor)")
    feedback.add_argument("--json", action="store_true", help="no table; the last line is one JSON object of counts")
    feedback.set_defaults(run=_feedback)

    judge = commands.add_parser("judge", help="grade one function in a plain Python file")
    judge.add_argument("exercise")
    judge.add_argument("file", type=Path)
    judge.add_argument("--json", action="store_true", help="print one JSON object")
    _isolation(judge)
    judge.set_defaults(run=_judge)

    audit = commands.add_parser("audit", help="test the hidden tests: wrong functions rejected, right ones accepted")
    audit.add_argument("lesson", nargs="?", help="one lesson (default: all)")
    audit.add_argument("--quick", action="store_true", help="mutate only the reference and one right variant of each")
    audit.add_argument("--verbose", action="store_true", help="what each property rejects; the equivalent mutants")
    audit.set_defaults(run=_audit)

    report = commands.add_parser("report", help="the class at a glance: one HTML file, with CSV and JSON beside it")
    report.add_argument("lesson")
    report.add_argument("--output", type=_page, metavar="FILE", help="default: reports/LESSON/report.html")
    report.add_argument("--json", action="store_true", help="print the report as one JSON object as well")
    report.set_defaults(run=_report)

    crosscheck = commands.add_parser("crosscheck", help="compare cnnkit and the corpora with PyTorch")
    crosscheck.add_argument("--device", choices=("cuda", "cpu"), help="default: the GPU when there is one")
    crosscheck.add_argument("--cases", type=_positive, default=100, metavar="N", help="per function and dtype (100)")
    crosscheck.add_argument("--output", type=Path, metavar="FILE", help="write the table into a Markdown file as well")
    crosscheck.add_argument(
        "--reference", default="cnnkit.ops", metavar="MODULE", help="where the functions are (default: cnnkit.ops)"
    )
    crosscheck.set_defaults(run=_crosscheck)

    source = commands.add_parser("source", help="build source/ from lessons/, or carry a notebook's edits back")
    source.add_argument("lesson", nargs="?", help="one lesson (default: all)")
    source.add_argument("--back", action="store_true", help="from source/LESSON.ipynb to lessons/LESSON.py")
    source.add_argument("--force", action="store_true", help="also when both sides were edited")
    source.set_defaults(run=_source)

    doctor = commands.add_parser("doctor", help="check this host, and print the limits")
    doctor.set_defaults(run=_doctor)
    return parser


def _isolation(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--isolation", choices=("bubblewrap", "none"), help="none: run student code WITHOUT a sandbox, as you"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, but is {number}")
    return number


def _page(text: str) -> Path:
    if Path(text).suffix.lower() not in (".html", ".htm"):
        raise argparse.ArgumentTypeError(f"must end in .html, but is {text!r}")
    return Path(text)


def _course(options: argparse.Namespace):
    from autograder.course import Course

    isolation = getattr(options, "isolation", None)
    course = Course(options.course, {"Limits": {"isolation": isolation}} if isolation else {})
    if course.limits.isolation == "none":
        print(
            "WARNING: --isolation none: student code runs as you, with your files and your network. "
            "The results say so.",
            file=sys.stderr,
        )
    return course


def _build(options: argparse.Namespace) -> int:
    from cnnkit import exercises

    course = _course(options)
    lessons, chosen = exercises.lessons(), _chosen_lessons(options)
    if chosen is None:
        return 2
    for lesson in chosen:
        kept = {exercise.name for exercise in lessons[lesson] if course.corpora.path(exercise.name).exists()}
        course.corpora.prepare(exercise.name for exercise in lessons[lesson])
        for exercise in lessons[lesson]:
            corpus = course.corpora.get(exercise.name)
            confirmed = (
                f"confirmed by {corpus.confirmed}" if corpus.confirmed else "not confirmed: PyTorch is not installed"
            )
            print(
                f"{exercise.name:<20} {len(corpus.examples):>4} examples, {corpus.calls:>4} calls, "
                f"{corpus.digest}, {'kept' if exercise.name in kept else 'built'}; {confirmed}"
            )
    return 0


def _grade(options: argparse.Namespace) -> int:
    from autograder.sandbox import Host, draws

    course = _course(options)
    with Host(course.limits) as host:  # starts in its own process while we import
        # Where the release lies elsewhere, the first submission that draws says so.
        released = course.root / "release" / options.lesson / f"{options.lesson}.ipynb"
        if released.is_file() and draws(released.read_text(errors="replace")):
            host.import_pictures()
        _import_nbgrader()
        from autograder import table
        from autograder.classrun import grade_class

        with table.Progress(options.lesson) as progress:
            summary = grade_class(
                course,
                options.lesson,
                options.student,
                options.force,
                options.workers or course.grading.workers,
                progress.start,
                progress.advance,
                host,
            )
    if options.json:
        print(json.dumps(summary.as_json()))
    else:
        table.show(summary, course, options.lesson)
    return 1 if summary.count("failed") else 0


def _feedback(options: argparse.Namespace) -> int:
    _import_nbgrader()
    from autograder import table
    from autograder.feedback import render_class

    course = _course(options)
    with table.Progress(options.lesson, "feedback for", threaded=False) as progress:
        summary = render_class(
            course,
            options.lesson,
            options.student,
            options.force,
            options.workers,
            progress.start,
            progress.advance,
        )
    if options.json:
        print(json.dumps(summary.as_json()))
    else:
        table.show_feedback(summary, course)
    return 1 if summary.count("failed") else 0


def _import_nbgrader() -> None:
    """Import nbgrader's gradebook without the servers and converters that it brings along; they take twice as long."""
    absent = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update({name: _Nothing(name) for name in absent})
    import nbgrader.api  # noqa: F401

    for name in absent:  # whoever imports them later gets the real ones
        del sys.modules[name]


class _Nothing(ModuleType):
    """A module in which every name is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _judge(options: argparse.Namespace) -> int:
    from autograder.judging import judge_file
    from cnnkit import exercises

    try:
        exercises.find(options.exercise)
    except KeyError as error:
        print(f"autograder: {error.args[0]}", file=sys.stderr)
        return 2
    if not options.file.is_file():
        print(f"autograder: {options.file} is not a file", file=sys.stderr)
        return 2
    verdict = judge_file(_course(options), options.exercise, options.file)
    if options.json:
        print(json.dumps(verdict.as_json(), ensure_ascii=False))
    else:
        from autograder.render import as_text

        print(as_text(verdict, verdict.score, 1.0))
    return 0


def _audit(options: argparse.Namespace) -> int:
    from rich.progress import track

    from autograder.audit import audit, show
    from cnnkit import exercises

    course = _course(options)
    chosen = _chosen_lessons(options)
    if chosen is None:
        return 2
    wanted = [exercise for lesson in chosen for exercise in exercises.lessons()[lesson]]
    course.corpora.prepare(exercise.name for exercise in wanted)
    audits = [audit(each, course.corpora.get(each.name), options.quick) for each in track(wanted, "auditing")]
    show(audits, options.verbose)
    return 0 if all(each.passed for each in audits) else 1


def _report(options: argparse.Namespace) -> int:
    _import_nbgrader()
    from autograder import report, report_page

    course = _course(options)
    found = report.load(course, options.lesson)
    files = report_page.write(found, options.output or course.root / "reports" / options.lesson / "report.html")
    if options.json:
        print(json.dumps(report.as_json(found), ensure_ascii=False))
    else:
        print(*files[:3], f"and {len(files) - 3} more tables as CSV beside them", sep="\n")
    return 0


def _chosen_lessons(options: argparse.Namespace) -> list[str] | None:
    """The lesson that was named, or all; None, with a message, for a name that is none."""
    from cnnkit import exercises

    lessons = exercises.lessons()
    if options.lesson and options.lesson not in lessons:
        print(f"autograder: there is no lesson {options.lesson!r}; there are: {', '.join(lessons)}", file=sys.stderr)
        return None
    return [options.lesson] if options.lesson else list(lessons)


def _crosscheck(options: argparse.Namespace) -> int:
    import importlib

    from autograder import crosscheck

    try:
        reference = importlib.import_module(options.reference)
        table = crosscheck.compare(reference, None, options.device, options.cases, _say)
        crosscheck.add_corpora(table, _course(options).corpora, options.device, _say)
    except (ImportError, crosscheck.NotAvailable) as error:
        print(f"autograder: {error}", file=sys.stderr)
        return 2
    _say("")
    print(f"{table}\n\n{table.remark}")
    if options.output:
        table.write(options.output)
    for text in table.disagreements:
        print(f"\n{text}", file=sys.stderr)
    return 0 if table.agrees else 1


def _say(doing: str) -> None:
    """Show on a terminal what is being done, in one line that the next one takes the place of."""
    if sys.stderr.isatty():
        print(f"\r\033[K{doing}", end="", file=sys.stderr, flush=True)


def _source(options: argparse.Namespace) -> int:
    from autograder import lessons

    root = (options.course or Path.cwd()).resolve()
    for lesson in [options.lesson] if options.lesson else lessons.lesson_names(root):
        try:
            move = lessons.carry_back if options.back else lessons.build_source
            print(move(lesson, root, force=options.force))
        except lessons.LessonError as error:
            print(f"autograder: {error}", file=sys.stderr)
            return 2
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from autograder.sandbox import examine_host
    from autograder.settings import Limits

    lines = examine_host()
    for name, ok, remark in lines:
        print(f"{'ok     ' if ok else 'MISSING'}  {name}{'' if ok else f': {remark}'}")
    limits = _course(options).limits
    print("\nLimits (set them in nbgrader_config.py, for example c.Limits.call_seconds = 5):")
    for name, trait in sorted(Limits.class_traits(config=True).items()):
        print(f"  {name} = {getattr(limits, name)}\n      {trait.help}")
    return 0 if all(ok for _, ok, _ in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
