"""cnnkit.check: what a student sees."""

import re
import signal
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from cnnkit import check, checking, ops
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find
from cnnkit.exercises.convolution import kernel_flipped, stride_ignored


@pytest.fixture(autouse=True)
def as_small_as_it_gets(monkeypatch):
    """Which example is shown does not depend on the machine either."""
    monkeypatch.setattr("cnnkit.checking.SHRINKING", 300.0)


def message(name, function):
    with pytest.raises(CheckFailed) as caught:
        check(name, function)
    return str(caught.value)


def test_a_right_function_passes_in_one_line(capsys):
    check("conv2d", ops.conv2d)
    assert capsys.readouterr().out == "conv2d: all 4 checks passed (values, strides, photos, inputs kept)\n"


def test_a_wrong_function_is_shown_its_smallest_example():
    assert message("conv2d", kernel_flipped) == textwrap.dedent("""\
        conv2d is not right yet. A right one multiplies each window of the image with the kernel, cell by cell, \
and adds up the products.

        Try:
            conv2d(np.array([[0, 1]]), np.array([[0, 1]]))

        1 of 1 values is wrong: at [0, 0] it is 0, but should be 1.

        expected    got
        [[1]]       [[0]]

        A likely reason: kernel flipped.
        Write out by hand the four products for a 2 × 2 image and the kernel [[1, 2], [3, 4]]: which image cell \
meets the 1?""")


def test_the_examples_that_tell_mistakes_apart_are_drawn_once(monkeypatch):
    drawn, draw = [], checking._draw
    monkeypatch.setattr(checking, "_told", {})
    monkeypatch.setattr(checking, "_draw", lambda *args, **named: drawn.append(args[3]) or draw(*args, **named))
    first = message("conv2d", kernel_flipped)
    assert drawn.count(checking._SEED + 1) == len(find("conv2d").public)
    assert message("conv2d", kernel_flipped) == first
    assert drawn.count(checking._SEED + 1) == len(find("conv2d").public)


def test_a_stride_is_part_of_the_call():
    text = message("conv2d", stride_ignored)
    assert "moves the kernel by the stride" in text
    assert "conv2d(np.array([[0, 0]]), np.array([[0]]), 2)" in text
    assert "Your function returned an array of shape (1, 2), but the shape should be (1, 1)." in text


def test_several_results_are_shown_one_by_one():
    text = message("split_channels", lambda image: (image[:, :, 2], image[:, :, 1], image[:, :, 0]))
    assert "expected    got\n[[0]]       [[1]]\n[[0]]       [[0]]\n[[1]]       [[0]]" in text


def test_an_exception_is_named_with_its_line():
    def crashes(image, kernel, stride=1):
        return np.zeros(3)[7]

    text = message("conv2d", crashes)
    assert "Your function stopped with an error: IndexError: index 7 is out of bounds for axis 0 with size 3" in text
    assert "\nIt happened in the line: return np.zeros(3)[7]" in text
    assert "expected\n    [[0]]" in text
    assert "A likely reason" not in text


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda image, kernel, stride=1: None, "\n\nYour function returned nothing: is there a `return`?\n\n"),
        (lambda image, kernel, stride=1: "map", "Your function returned text (str), but should return numbers."),
        (
            lambda image, kernel, stride=1: 7,
            "Your function returned an array of shape (), but the shape should be (1, 1).",
        ),
        (lambda image, kernel, stride=1: {}, "Your function returned a dict, which NumPy cannot read as an array"),
        (
            lambda image, kernel, stride=1: (np.zeros(2), np.zeros(3)),
            "Returned 2 arrays of different shapes ((2,), (3,))",
        ),
        (
            lambda image, kernel: ops.conv2d(image, kernel),
            "\nYour function cannot be called like this; it should begin with: def conv2d(image, kernel, stride=1):\n",
        ),
        (lambda image, kernel, stride=1: exit(), "Your function stopped with an error: SystemExit"),
    ],
)
def test_other_failures(function, says):
    assert says in message("conv2d", function)


def test_an_unwritten_function_is_told_so():
    def conv2d(image, kernel, stride=1):
        raise NotImplementedError

    assert message("conv2d", conv2d).startswith("conv2d is not written yet. Slide a kernel")


def test_changing_the_input_is_wrong():
    def changes(image, kernel, stride=1):
        result = ops.conv2d(image, kernel, stride)
        image += 1
        return result

    assert "Your function changed the array that it was given: work on a copy." in message("conv2d", changes)


def test_a_function_that_is_wrong_now_and_then():
    calls = []

    def moody(image, kernel, stride=1):
        calls.append(1)
        return ops.conv2d(image, kernel, stride) + (len(calls) % 3 == 0)

    assert "but should be" in message("conv2d", moody)


def test_a_slow_wrong_function_is_not_made_smaller_for_minutes(monkeypatch):
    monkeypatch.setattr("cnnkit.checking.SHRINKING", 0.0)
    shown = []

    def flipped(image, kernel, stride=1):
        shown.append(image.size)
        return kernel_flipped(image, kernel, stride)

    text = message("conv2d", flipped)
    assert "A likely reason: kernel flipped" in text
    # What is tried after the first failure only tells the mistakes apart.
    assert len(shown) < 100


def forever(*args, **named):
    while True:
        pass


def stubborn(*args, **named):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            forever()
        except BaseException:
            continue


def gives_up(*args, **named):
    try:
        forever()
    except BaseException:
        return np.zeros((1, 1))


@pytest.fixture
def quick(monkeypatch):
    """A call is interrupted soon."""
    monkeypatch.setattr("cnnkit.checking.CALL_SECONDS", 0.2)


@pytest.mark.parametrize("function", [forever, stubborn, gives_up, lambda *args, **named: time.sleep(100)])
def test_an_endless_call_is_interrupted_and_named(function, quick):
    text = message("conv2d", function)
    assert text.startswith("conv2d is not right yet. A right one multiplies")
    assert "\n\nTry:\n    conv2d(np.array([[0]]), np.array([[0]]))\n\n" in text
    assert (
        "Your function did not finish within 0.2 seconds and was interrupted: is there a loop that never ends" in text
    )
    assert "expected\n    [[0]]" in text
    assert "A likely reason" not in text


def test_a_loop_that_is_endless_for_some_inputs_only(quick):
    def conv2d(image, kernel, stride=1):
        return forever() if stride > 1 else ops.conv2d(image, kernel, stride)

    text = message("conv2d", conv2d)
    assert "moves the kernel by the stride" in text
    assert "did not finish within 0.2 seconds" in text


def test_a_check_in_another_thread_is_interrupted_too(quick):
    said = []

    def check_there():
        with pytest.raises(CheckFailed) as caught:
            check("conv2d", forever)
        said.append(str(caught.value))

    thread = threading.Thread(target=check_there)
    thread.start()
    thread.join()
    assert "did not finish within 0.2 seconds" in said[0]


def test_a_slow_function_is_right_as_far_as_time_goes(monkeypatch, capsys):
    monkeypatch.setattr("cnnkit.checking.BUDGET", 2.0)

    def slow(image, kernel, stride=1):
        time.sleep(0.05)
        return ops.conv2d(image, kernel, stride)

    check("conv2d", slow)
    first, second = capsys.readouterr().out.splitlines()
    assert first == "conv2d: all 4 checks passed (values, strides, photos, inputs kept)"
    assert re.fullmatch(r"Your function is slow: only \d+ examples were tried before the time was up\.", second)


def test_a_function_that_is_too_slow_is_not_called_right(monkeypatch):
    monkeypatch.setattr("cnnkit.checking.BUDGET", 0.8)

    def slow(image, kernel, stride=1):
        time.sleep(0.3)
        return ops.conv2d(image, kernel, stride)

    text = message("conv2d", slow)
    assert text.startswith(
        "conv2d could not be checked to the end: it is too slow.\nA check takes 0.8 seconds at most."
    )
    assert "\nconv2d(np.array(" in text


def test_the_last_call_does_not_pass_because_the_time_is_up(monkeypatch):
    monkeypatch.setattr("cnnkit.checking.BUDGET", 1.5)
    calls = []

    def hangs(image, kernel, stride=1):
        calls.append(1)
        return forever() if len(calls) > 3 else ops.conv2d(image, kernel, stride)

    assert message("conv2d", hangs).startswith("conv2d could not be checked to the end")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="only where there are timers")
def test_somebody_elses_alarm_is_set_again():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 1000, 7)
        check("split_channels", ops.split_channels)
        left, interval = signal.setitimer(signal.ITIMER_REAL, 0)
        assert 0 < left < 1000
        assert interval == 7
        signal.raise_signal(signal.SIGALRM)
        assert rang == [1]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_prints_and_warnings_stay_out_of_the_way(capsys):
    def loud(image, kernel, stride=1):
        print("window", kernel)
        np.float64(1) / np.float64(0)
        return ops.conv2d(image, kernel, stride)

    check("conv2d", loud)
    captured = capsys.readouterr()
    assert captured.out.count("\n") == 1
    assert not captured.err


def test_an_interruption_goes_through():
    def interrupted(image, kernel, stride=1):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("conv2d", interrupted)


@pytest.mark.parametrize(
    ("name", "function", "error", "says"),
    [
        ("conv3d", ops.conv2d, ValueError, "there is no exercise 'conv3d'; there are: split_channels, to_gray"),
        ("conv2d", np.zeros((2, 2)), TypeError, r'without parentheses, such as check\("conv2d", conv2d\)'),
        (ops.conv2d, "conv2d", TypeError, "takes the name of the exercise and the function itself"),
    ],
)
def test_wrong_use(name, function, error, says):
    with pytest.raises(error, match=says):
        check(name, function)


def test_it_leaves_no_file_and_says_the_same_in_a_fresh_process(tmp_path, monkeypatch):
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)  # as it is for a student
    script = tmp_path / "student.py"
    script.write_text(
        "from cnnkit import check, checking\n"
        "checking.BUDGET = checking.SHRINKING = 300\n"
        "def conv2d(image, kernel, stride=1):\n"
        "    return (image * kernel.sum())[::stride, ::stride]\n"
        "try:\n"
        "    check('conv2d', conv2d)\n"
        "except AssertionError as error:\n"
        "    print(error)\n"
    )
    runs = [
        subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert "conv2d is not right yet" in runs[0].stdout
    assert runs[0].stdout == runs[1].stdout
    assert not runs[0].stderr
    assert [path.name for path in tmp_path.iterdir()] == ["student.py"]


def test_a_notebook_shows_the_message_and_no_traceback(capsys):
    shell = InteractiveShell()
    shell.run_cell(
        "from cnnkit import check\ndef conv2d(image, kernel, stride=1):\n    return image\ncheck('conv2d', conv2d)\n"
    )
    shown = capsys.readouterr().out
    assert shown.startswith("conv2d is not right yet")
    assert "Traceback" not in shown
    assert "checking.py" not in shown
