"""cnnkit.notices: the busy line of a terminal; tests/cnnkit/test_check_in_a_notebook.py has the notebook's."""

import io
import sys

import pytest

from cnnkit import check, ops
from cnnkit.notices import Notice


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_person_at_a_terminal_sees_that_something_is_going_on(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    notice = Notice("checking relu …")
    assert sys.stderr.getvalue() == "checking relu …"
    assert notice.replace("relu: all 2 checks passed", "<p>") is False
    assert sys.stderr.getvalue().endswith("\r" + " " * len("checking relu …") + "\r")


def test_a_file_gets_the_result_only(capsys):
    check("relu", ops.relu)
    captured = capsys.readouterr()
    assert captured.out.startswith("relu: all ")
    assert captured.err == ""


def test_the_busy_line_goes_away_when_a_check_is_interrupted(monkeypatch):
    def interrupted(x):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(KeyboardInterrupt):
        check("relu", interrupted)
    assert sys.stderr.getvalue().endswith("\r")


def test_a_process_without_stderr(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    check("relu", ops.relu)
    assert "checks passed" in capsys.readouterr().out
