"""cnnkit.check: what a student sees."""

import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from cnnkit import check, ops
from cnnkit.checking import CheckFailed
from cnnkit.exercises.convolution import kernel_flipped, stride_ignored


def message(name, function):
    with pytest.raises(CheckFailed) as caught:
        check(name, function)
    return str(caught.value)


def test_a_right_function_passes_in_one_line(capsys):
    check("conv2d", ops.conv2d)
    assert capsys.readouterr().out == "conv2d: all 4 checks passed (values, strides, photos, inputs kept)\n"


def test_a_right_function_passes_within_a_second(capsys):
    check("conv2d_channels", ops.conv2d_channels)
    start = time.perf_counter()
    check("conv2d_channels", ops.conv2d_channels)
    # Half a second on an idle machine; a second and a half says that something is wrong, not that CI is busy.
    assert time.perf_counter() - start < 1.5


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


def test_a_stride_is_part_of_the_call():
    text = message("conv2d", stride_ignored)
    assert "moves the kernel by the stride" in text
    assert "conv2d(np.array([[0, 0]]), np.array([[0]]), 2)" in text
    assert "Shape is (1, 2), but should be (1, 1)." in text


def test_several_results_are_shown_one_by_one():
    text = message("split_channels", lambda image: (image[:, :, 2], image[:, :, 1], image[:, :, 0]))
    assert "expected    got\n[[0]]       [[1]]\n[[0]]       [[0]]\n[[1]]       [[0]]" in text


def test_an_exception_is_named_with_its_line():
    def crashes(image, kernel, stride=1):
        return np.zeros(3)[7]

    text = message("conv2d", crashes)
    assert "It raised IndexError: index 7 is out of bounds for axis 0 with size 3" in text
    assert "in the line: return np.zeros(3)[7]" in text
    assert "expected\n    [[0]]" in text
    assert "A likely reason" not in text


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda image, kernel, stride=1: None, "Returned nothing (None): is there a `return`?\n"),
        (lambda image, kernel, stride=1: "map", "Returned text (str), but should return numbers."),
        (lambda image, kernel, stride=1: 7, "Shape is (), but should be (1, 1)."),
        (lambda image, kernel: ops.conv2d(image, kernel), "It raised TypeError: "),
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

    assert "Changed the array that it was given: work on a copy." in message("conv2d", changes)


def test_a_function_that_is_wrong_now_and_then():
    calls = []

    def moody(image, kernel, stride=1):
        calls.append(1)
        return ops.conv2d(image, kernel, stride) + (len(calls) % 3 == 0)

    assert "but should be" in message("conv2d", moody)


def test_a_slow_wrong_function_is_not_made_smaller_for_minutes(monkeypatch):
    monkeypatch.setattr("cnnkit.checking.PATIENCE", 0.3)

    def slow(image, kernel, stride=1):
        time.sleep(0.02)
        return kernel_flipped(image, kernel, stride)

    start = time.perf_counter()
    assert "kernel flipped" in message("conv2d", slow)
    assert time.perf_counter() - start < 3


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
        "from cnnkit import check\n"
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
