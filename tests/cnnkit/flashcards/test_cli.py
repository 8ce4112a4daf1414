"""The command line of the study tools."""

import builtins
import json
import re
import subprocess
import sys
import webbrowser
from datetime import date, timedelta
from pathlib import Path

import pytest

from cnnkit import cli, flashcards
from cnnkit.flashcards import scheduling, session, terminal
from cnnkit.flashcards.cards import read_deck, to_yaml
from cnnkit.flashcards.session import local_now
from cnnkit.flashcards.store import Store

from .helpers import card, deck_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("CNNKIT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(to_yaml(deck_of("stride", "padding")), encoding="utf-8")
    return tmp_path


def rate(card_id: str) -> None:
    now = local_now()
    with Store() as store:
        after = scheduling.review(scheduling.new(now), 4, now, scheduling.make_scheduler())
        store.record(card_id, None, after, 4)


def run(capsys, *arguments: str, status: int = 0) -> str:
    """What the command printed; its complaint when it should fail."""
    assert cli.main(list(arguments)) == status
    out, err = capsys.readouterr()
    if status < 2:
        assert err == ""
        return out
    assert out == ""
    assert err.startswith("cnnkit: ")
    return err


def test_the_decks(capsys):
    lines = run(capsys, "deck", "list").splitlines()
    assert len(lines) == 8
    assert re.match(r"01-convolution +\d+ cards  Convolution$", lines[0])


def test_check(capsys, folder):
    assert run(capsys, "deck", "check") == "0 defects in 7 decks\n"
    assert run(capsys, "deck", "check", "mine.yaml") == "0 defects in 1 deck\n"
    (folder / "bad.yaml").write_text((folder / "mine.yaml").read_text().replace("kind: basic", "kind: basics", 1))
    out = run(capsys, "deck", "check", "mine.yaml", "bad.yaml", status=1)
    assert re.search(r"bad\.yaml.*'stride'.*basics.*fix: ", out)
    assert out.endswith("1 defect in 2 decks\n")


def test_stats(capsys, folder):
    rate("stride")
    out = run(capsys, "deck", "stats", "mine.yaml", "--picture", "now.png", "--days", "9")
    assert "My deck: 1 of 2 cards seen" in out
    assert "reviews today 1, in the last 9 days 1" in out
    assert "retention no reviews of learned cards yet" in out
    assert re.search(r" 50%  topic \(1 of 2 seen\)", out)
    assert (folder / "now.png").read_bytes().startswith(b"\x89PNG")


def test_backup_and_restore(capsys, folder, monkeypatch):
    rate("stride")
    assert run(capsys, "deck", "backup", "all.json") == "Wrote 1 entry to all.json\n"
    assert json.loads((folder / "all.json").read_text())["format"] == "cnnkit-progress"
    monkeypatch.setenv("CNNKIT_HOME", str(folder / "new computer"))
    assert run(capsys, "deck", "restore", "all.json") == "Merged all.json: 1 entry not known here before\n"
    assert run(capsys, "deck", "restore", "all.json") == "Merged all.json: 0 entries not known here before\n"
    assert "1 of 2 cards seen" in run(capsys, "deck", "stats", "mine.yaml")


def test_the_page(capsys, folder):
    assert "Wrote page.html" in run(capsys, "deck", "page", "page.html", "mine.yaml", "01-convolution")
    page = (folder / "page.html").read_text(encoding="utf-8")
    assert "front of stride" in page
    assert "01-convolution" in page


@pytest.mark.parametrize("found", [True, False])
def test_the_page_in_the_browser_has_always_the_same_address(capsys, folder, monkeypatch, found):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or found)
    first = run(capsys, "drill", "--web")
    second = run(capsys, "drill", "mine.yaml", "--web")
    path = folder / "home" / "drill.html"
    assert opened == [path.as_uri()] * 2
    assert "front of stride" in path.read_text(encoding="utf-8")
    for out in (first, second):
        assert str(path) in out
        assert ("No browser found" in out) != found


@pytest.mark.parametrize("ending", ["txt", "yaml"])
def test_export_and_import(capsys, folder, ending):
    assert run(capsys, "deck", "export", "mine.yaml", f"out.{ending}") == f"Wrote 2 cards to out.{ending}\n"
    if ending == "txt":
        assert "Wrote 2 cards to out.yaml" in run(capsys, "deck", "import", "out.txt")
    assert [one.front for one in read_deck(folder / "out.yaml").cards] == ["front of stride", "front of padding"]


def test_export_for_anki(capsys, folder):
    run(capsys, "deck", "export", "mine.yaml", "out.apkg")
    assert (folder / "out.apkg").read_bytes().startswith(b"PK")


def test_import_overwrites_nothing(capsys, folder):
    run(capsys, "deck", "export", "mine.yaml", "mine.txt")
    before = (folder / "mine.yaml").read_text()
    assert "mine.yaml exists already; fix: " in run(capsys, "deck", "import", "mine.txt", status=2)
    assert (folder / "mine.yaml").read_text() == before
    run(capsys, "deck", "import", "mine.txt", "other.yaml")


def test_cards_of_jupytercards(capsys, folder):
    (folder / "maps.json").write_text(json.dumps([{"front": "What is a map?", "back": "Numbers.", "topic": "Maps"}]))
    assert "Wrote 1 card to maps.yaml; drill them: cnnkit drill maps.yaml" in run(capsys, "deck", "import", "maps.json")
    assert read_deck(folder / "maps.yaml").cards[0].back == "Numbers."


def test_drill_hands_the_options_to_the_session(monkeypatch, folder):
    started = []
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    monkeypatch.setattr(terminal, "run", started.append)
    exam = date.today() + timedelta(days=30)
    assert cli.main(["drill", "mine.yaml", "--exam", str(exam), "--new", "3", "--reviews", "7"]) == 0
    (begun,) = started
    assert isinstance(begun, session.Session)
    assert (begun.exam_date, begun.new_per_day, begun.reviews_per_day) == (exam, 3, 7)
    assert cli.main(["drill"]) == 0
    assert started[1].deck.name == "all"


def test_drill_says_so_where_there_is_no_terminal(folder):
    command = [sys.executable, "-W", "error", "-m", "cnnkit.cli", "drill", "mine.yaml"]
    done = subprocess.run(command, input="4\n", capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cnnkit: a drill needs a terminal on both ends")
    assert "cnnkit drill --web" in done.stderr
    assert not (folder / "home").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["drill", "convolutions"], "there is no deck 'convolutions'; fix: take one of"),
        (["drill", "none.yaml"], r"none\.yaml: cannot be read"),
        (["deck", "export", "all", "out.docx"], r"out\.docx: the ending says the format; fix: use one of"),
        (["deck", "import", "mine.yaml"], r"mine\.yaml: the ending says the format; fix: use one of \.txt, \.json"),
        (["deck", "restore", "none.json"], r"none\.json: cannot be read"),
        (["deck", "restore", "mine.yaml"], r"mine\.yaml: not JSON"),
        (["deck", "backup", "no/folder/all.json"], "no/folder/all.json: there is no folder no/folder; fix: "),
        (["deck", "page", "no/folder/page.html", "mine.yaml"], "no/folder/page.html: No such file or directory; fix: "),
    ],
)
def test_what_cannot_be_done_is_said(capsys, arguments, message):
    assert re.search(message, run(capsys, *arguments, status=2))


def test_an_exam_of_yesterday_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    assert "exam_date=2020-01-01 is not in the future" in run(capsys, "drill", "--exam", "2020-01-01", status=2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["drill", "--exam", "tomorrow"], "'tomorrow' is not a date such as 2026-07-01"),
        (["drill", "--new", "-1"], "'-1' is not a whole number|expected one argument"),
        (["deck", "stats", "--days", "0"], "0 is less than 1"),
        ([], "the following arguments are required"),
    ],
)
def test_bad_usage_is_said(capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments)
    assert stopped.value.code == 2
    assert re.search(message, capsys.readouterr().err)


def without(monkeypatch, *names: str) -> None:
    """As if these packages were not installed."""
    real = builtins.__import__

    def importer(name, *arguments, **more):
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *arguments, **more)

    for module in list(sys.modules):
        if module in ("cnnkit.flashcards.terminal", "cnnkit.flashcards.widget"):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(builtins, "__import__", importer)


def test_a_missing_package_is_named(capsys, monkeypatch):
    without(monkeypatch, "rich")
    monkeypatch.delattr(flashcards, "terminal", raising=False)
    monkeypatch.delattr(flashcards, "widget", raising=False)
    assert run(capsys, "drill", status=2) == "cnnkit: rich is not installed; fix: pip install 'cnnkit[cards]'\n"


def test_without_the_widgets_library_a_notebook_shows_the_cards_to_read(monkeypatch):
    without(monkeypatch, "anywidget")
    monkeypatch.delattr(flashcards, "widget", raising=False)
    text = repr(flashcards.drill("01-convolution"))
    assert text.startswith("The drill needs anywidget (%pip install 'cnnkit[cards]'). Until then, the 47 cards of")
    for one in flashcards.load_deck("01-convolution").cards:
        if one.kind != "generated":
            assert re.sub("{{.*}}", "…", one.front) in text
            assert one.back in text
    assert "{{" not in text


def test_the_widget_takes_a_deck_by_name_or_as_it_is():
    first = flashcards.drill("01-convolution", new_per_day=3)
    own = flashcards.drill(deck_of(card("own")))
    assert first.snapshot["counts"]["new"] == 3
    assert own.snapshot["card"]["id"] == "own"
    for widget in (first, own):
        widget.session.store.close()


def test_the_commands_of_the_page_of_documentation_exist():
    text = (ROOT / "docs" / "flashcards.md").read_text(encoding="utf-8")
    commands = re.findall(r"^cnnkit (.*?)(?:\s+#.*)?$", text, re.MULTILINE)
    assert len(commands) >= 8
    for command in commands:
        cli._parser().parse_args(command.split())


def test_the_notebook_lines_of_the_documentation_run():
    (code,) = re.findall(r"```py\n(.*?)```", (ROOT / "docs" / "flashcards.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "flashcards.md", "exec"), {})
