"""The examples of docs/networks.md run, one after the other, as a reader would."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "networks.md"


def test_the_examples_of_the_page_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```py\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names = {}
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), names)
    printed = capsys.readouterr().out
    assert printed.startswith("3 epochs: loss ")
    assert "['conv1', 'norm1', 'relu1', 'pool1', 'flatten1', 'dense1']" in printed
    assert float(re.findall(r"^0\.\d+$", printed, re.MULTILINE)[0]) == pytest.approx(0.95, abs=0.05)
    assert (tmp_path / "lenet.npz").is_file()
