"""How long a student waits for ``check``.

    .venv/bin/python bench/check.py [--lesson 01-convolution] [--repeat 3]

Wall time of ``check`` in a warm process, for the right solution of every exercise, for each of its named mistakes, and
for a function that never ends; each is checked ``--repeat`` times and counts with its fastest time. A student's first
check in a kernel also imports Hypothesis, which happens in the cell with ``from cnnkit import check``; that time is
measured in processes of its own. The goals: 1 s at the median, 3 s at worst. No test asserts on these numbers.
"""

import argparse
import contextlib
import io
import os
import statistics
import subprocess
import sys
import time

from cnnkit import check
from cnnkit.checking import CheckFailed
from cnnkit.exercises import lessons

GOAL_MEDIAN, GOAL_WORST = 1.0, 3.0


def forever(*args, **named):
    """Never end."""
    while True:
        pass


def seconds(name, function, repeat=1) -> float:
    """The wall time of one check, the fastest of `repeat`."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(CheckFailed):
            check(name, function)
        times.append(time.perf_counter() - start)
    return min(times)


def import_seconds(repeat: int) -> float:
    """The time of ``from cnnkit import check`` in a fresh process."""
    code = "import time; start = time.perf_counter(); from cnnkit import check; print(time.perf_counter() - start)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(repeat)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def row(label: str, times: list[float], worst: str = "") -> str:
    """One line of the table."""
    return f"{label:<26}{len(times):>7}{statistics.median(times):>10.2f}{max(times):>9.2f}   {worst}".rstrip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lesson", action="append", help="only this lesson; may be given several times")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    right, wrong = {}, {}
    print(f"{'wall time of check, s':<26}{'checks':>7}{'median':>10}{'worst':>9}   worst case")
    for lesson, exercises in lessons().items():
        if arguments.lesson and lesson not in arguments.lesson:
            continue
        for exercise in exercises:
            seconds(exercise.name, exercise.reference)  # strategies are built once
            right[exercise.name] = seconds(exercise.name, exercise.reference, arguments.repeat)
            times = {
                f"{exercise.name}: {mistake.name}": seconds(exercise.name, mistake.function, arguments.repeat)
                for mistake in exercise.misconceptions
            }
            wrong |= times
            print(row(exercise.name, [right[exercise.name], *times.values()], max(times, key=times.get)), flush=True)
    endless = [seconds(name, forever) for name in right]
    print(row("all right solutions", list(right.values()), max(right, key=right.get)))
    print(row("all named mistakes", list(wrong.values()), max(wrong, key=wrong.get)))
    print(row("an endless loop", endless))
    every = [*right.values(), *wrong.values()]
    median, worst = statistics.median(every), max(*every, *endless)
    print(f"median {median:.2f} s, goal <= {GOAL_MEDIAN:g}: {'met' if median <= GOAL_MEDIAN else 'NOT met'}; ", end="")
    print(f"worst {worst:.2f} s, goal <= {GOAL_WORST:g}: {'met' if worst <= GOAL_WORST else 'NOT met'}")
    print(f"import in a fresh process {import_seconds(arguments.repeat):.2f} s")
    print(f"load of the machine {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
