"""The drill in a terminal: key by key, and once in a real one."""

import io
import os
import random
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from rich.console import Console

from cnnkit.flashcards import terminal
from cnnkit.flashcards.cards import Deck, Matrix, to_yaml
from cnnkit.flashcards.scheduling import RATINGS
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import Store, StoreError

from .helpers import Clock, card, deck_of


@pytest.fixture
def store():
    with Store(":memory:") as store:
        yield store


def drill(deck, store, keys=(), lines=(), colours=False, **options) -> tuple[int, str]:
    """Press the keys and type the lines, then quit; returns the ratings given and what was seen."""
    console = Console(
        file=io.StringIO(), force_terminal=colours, width=100, height=50, color_system="truecolor" if colours else None
    )
    keys, lines = iter(keys), iter(lines)

    def read_line(prompt):
        console.print(prompt, end="")
        return next(lines, "q")

    session = Session(deck, store, Clock(), random.Random(1), **options)
    rated = terminal.run(session, console, lambda: next(keys, "q"), read_line)
    return rated, console.file.getvalue()


def test_a_whole_drill(store):
    rated, seen = drill(deck_of("a", "b"), store, " 4\r4")
    assert rated == 2
    assert [review.rating for review in store.reviews()] == [4, 4]
    for text in ("My deck", "new 2 · learning 0 · due 0", "front of a", "back of a", "front of b", "lesson mine"):
        assert text in seen
    assert re.search(r"1 again, 1 min +2 hard, 6 min +3 good, 10 min +4 easy, \d days", seen)
    assert "Done for now." in seen
    assert re.search(r"The next card comes in \d days\.", seen)
    assert "2 in this drill, 2 today. All of it is saved." in seen


def test_the_answer_is_not_seen_before_the_card_is_turned_over(store):
    assert "back of a" not in drill(deck_of("a"), store)[1]
    cloze = card("c", "cloze", front="The {{stride}} is the step.", back="")
    seen = drill(deck_of(cloze), store)[1]
    assert "The [...] is the step." in seen
    assert "stride" not in seen
    assert "The stride is the step." in drill(deck_of(cloze), store, "4", ["stride"])[1]


def test_a_typed_answer_proposes_the_rating_and_enter_takes_it(store):
    text = card("t", "text", answers=("stride",))
    _, seen = drill(deck_of(text), store, "\r", ["padding"])
    assert "no: padding" in seen
    assert "→ 1 again" in seen
    assert "Enter takes the arrow's rating" in seen
    assert store.reviews()[0].rating == 1
    assert store.reviews()[0].answer == "padding"


def test_the_learner_may_override(store):
    drill(deck_of(card("t", "text", answers=("stride",))), store, "3", ["padding"])
    assert store.reviews()[0].rating == 3


def test_without_a_proposal_enter_does_not_rate(store):
    rated, seen = drill(deck_of("a"), store, " \r 4")
    assert "press 1, 2, 3 or 4: how well did you know it?" in seen
    assert rated == 1


def test_nothing_typed_turns_the_card_over(store):
    number = card("n", "numeric", answers=("26",), back="", unit="cells")
    rated, seen = drill(deck_of(number), store, "4", [""])
    assert rated == 1
    assert "cells: " in seen
    assert "26" in seen, "without a back the answer itself is shown"


def test_a_choice_is_made_by_its_number(store):
    choice = card("c", "choice", answers=("two",), choices=("one", "two", "three"))
    _, seen = drill(deck_of(choice), store, "9xq")
    number = re.search(r"(\d)  two", seen)[1]
    _, seen = drill(deck_of(choice), store, [number, "\r"])
    assert "right: two" in seen
    assert store.reviews()[0].answer == "two"


@pytest.mark.parametrize(
    ("kind", "keys", "lines"),
    [
        ("basic", ["?", " ", "4", "u", " ", "4", "s", "u", " ", "4"], []),
        ("text", ["4", "4", "4"], ["?", "x", "u", "x", "s", "q"]),
        ("text", ["?", "4", "u", "4", "4"], ["x", "u", "x", "x"]),
    ],
)
def test_undo_skip_and_help_work_on_either_side(store, kind, keys, lines):
    deck = deck_of(*(card(name, kind, answers=("x",) if kind == "text" else ()) for name in "ab"))
    _, seen = drill(deck, store, keys, lines)
    assert "taken back; here is the card again" in seen
    assert "skip until the next drill, q quit" in seen.replace("\n", " ")
    assert "a" in {review.card_id for review in store.reviews()}
    assert "Done for now" in seen


def test_undo_with_nothing_to_undo_says_so(store):
    assert "nothing to undo in this drill" in drill(deck_of("a"), store, "u")[1]


@pytest.mark.parametrize("key", ["q", "\x03", "\x04"])
def test_quitting_leaves_the_card_for_later(store, key):
    rated, seen = drill(deck_of("a"), store, [" ", key])
    assert rated == 0
    assert "0 in this drill" in seen
    assert "Done for now" not in seen


@pytest.mark.parametrize("error", [KeyboardInterrupt, EOFError])
def test_an_interrupt_or_the_end_of_input_is_a_quit(store, error):
    def broken(*_):
        raise error

    session = Session(deck_of("a"), store, Clock(), random.Random(1))
    assert terminal.run(session, Console(file=io.StringIO()), broken, broken) == 0


def test_a_letter_that_is_an_answer_is_an_answer(store):
    drill(deck_of(card("t", "text", answers=("q",))), store, "\r", ["q"])
    assert store.reviews()[0].answer == "q"


def test_matrices_are_tables(store):
    drawn = card("m", "numeric", answers=("4",), matrices=(Matrix("image", ((10, 2), (3, "?")), mark=((1, 1),)),))
    _, seen = drill(deck_of(drawn), store)
    assert "image" in seen
    assert "│ 10 │ 2 │" in seen
    assert "│  3 │ ? │" in seen
    assert "\x1b[7m?" in drill(deck_of(drawn), store, colours=True)[1], "the marked cell is reversed"


def test_a_photo_is_drawn_in_half_blocks_where_there_are_colours(store):
    photo = card("p", picture="filter:top_sobel:camera")
    assert "▀" in drill(deck_of(photo), store, colours=True)[1]
    assert "(a picture: drill this card in a notebook or in the browser)" in drill(deck_of(photo), store)[1]


def test_the_small_markdown():
    text = terminal.rendered("A **bold** `x * y` and $x^2$:\n\n- one\n- [b]two[/b]")
    assert str(text) == "A bold x * y and x^2:\n\n• one\n• [b]two[/b]"
    assert len(text.spans) == 3


def test_brackets_in_a_deck_are_not_markup(store):
    deck = Deck("mine", "[bold]Mine[/]", (card("a", front="[red]front[/red]"),))
    _, seen = drill(deck, store, " ")
    assert "[bold]Mine[/]" in seen
    assert "[red]front[/red]" in seen


def test_a_leech_is_shown_with_its_lesson(store, monkeypatch):
    monkeypatch.setattr("cnnkit.flashcards.scheduling.LEECH_LAPSES", 0)
    assert "Forgotten again and again: read lesson mine once more." in drill(deck_of("a"), store, " ")[1]


def test_what_cannot_be_saved_is_said(store, monkeypatch):
    def full(*_):
        raise StoreError("progress.sqlite: disk full")

    monkeypatch.setattr(store, "record", full)
    rated, seen = drill(deck_of("a"), store, " 4")
    assert rated == 0
    assert "disk full" in seen


class Pty:
    """A real terminal, with a process in it."""

    def __init__(self, arguments: list[str], env: dict[str, str]):
        import fcntl
        import pty
        import termios

        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "cnnkit.cli", *arguments],
            stdin=slave, stdout=slave, stderr=slave, env=os.environ | env, start_new_session=True,
            # Its controlling terminal, or Ctrl-C would be a letter; and a shell may have told us to ignore it.
            preexec_fn=lambda: (fcntl.ioctl(0, termios.TIOCSCTTY, 0), signal.signal(signal.SIGINT, signal.SIG_DFL)),
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str, timeout: float = 60.0) -> str:
        """Read until the text appears; returns what was seen since the last wait, without its colours."""
        end = time.monotonic() + timeout
        while text not in self.seen:
            assert time.monotonic() < end, f"{text!r} did not appear in:\n{self.seen}"
            if not self._read():
                break
        assert text in self.seen, f"{text!r} did not appear before the end of:\n{self.seen}"
        seen, _, self.seen = self.seen.partition(text)
        return seen + text

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def close(self) -> int:
        while self._read():
            pass
        os.close(self.master)
        return self.process.wait(60)

    def _read(self) -> bool:
        if select.select([self.master], [], [], 1.0)[0]:
            try:
                data = os.read(self.master, 65536)
            except OSError:  # the other side is closed
                return False
            self.seen += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", data.decode(errors="replace"))
            return bool(data)
        return True


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal is POSIX's")
def test_a_session_in_a_real_terminal_from_start_to_end(tmp_path):
    deck = Deck("mine", "My deck", (
        card("basic-one"),
        card("typed-one", "text", answers=("stride",)),
        card("choice-one", "choice", answers=("zero",), choices=("zero", "reflect")),
    ))  # fmt: skip
    (tmp_path / "mine.yaml").write_text(to_yaml(deck), encoding="utf-8")
    env = {"CNNKIT_HOME": str(tmp_path / "home"), "COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"}
    tty = Pty(["drill", str(tmp_path / "mine.yaml")], env)
    tty.wait_for("front of basic-one")
    tty.wait_for("Space turns the card over")
    tty.press(" ")
    tty.wait_for("back of basic-one")
    tty.wait_for("rate it")
    tty.press("1")
    tty.wait_for("front of typed-one")
    tty.wait_for("> ")
    tty.press("strid\x7fde\r")  # a correction: Backspace works
    tty.wait_for("right: stride")
    tty.wait_for("Enter takes the arrow's rating")
    tty.press("u")
    tty.wait_for("taken back")
    tty.wait_for("front of basic-one")
    tty.wait_for("q quit")
    tty.press("\x1b[A")  # an arrow is no command: help
    tty.wait_for("this help")
    tty.wait_for("Space turns the card over")
    tty.press(" ")
    tty.wait_for("rate it")
    tty.press("4")
    tty.wait_for("front of typed-one")
    tty.wait_for("> ")
    tty.press("stride\r")
    tty.wait_for("Enter takes the arrow's rating")
    tty.press("4")
    seen = tty.wait_for("choose by number")
    tty.press(re.search(r"(\d)  zero", seen)[1])
    tty.wait_for("right: zero")
    tty.wait_for("Enter takes")
    tty.press("4")
    tty.wait_for("Done for now.")
    tty.wait_for("4 in this drill, 3 today. All of it is saved.")
    assert tty.close() == 0
    with Store(tmp_path / "home" / "progress.sqlite") as store:
        assert [(review.card_id, review.rating) for review in store.reviews()] == [
            *(("basic-one", 4), ("typed-one", 4), ("choice-one", 4)),
        ]
        assert RATINGS[store.reviews()[1].rating] == "easy"


@pytest.mark.skipif(os.name == "nt", reason="a pseudo-terminal is POSIX's")
@pytest.mark.parametrize("keys", ["q", "\x03"])
def test_quitting_a_real_terminal_leaves_it_as_it_was(tmp_path, keys):
    import termios

    (tmp_path / "mine.yaml").write_text(to_yaml(deck_of("basic-one")), encoding="utf-8")
    tty = Pty(["drill", str(tmp_path / "mine.yaml")], {"CNNKIT_HOME": str(tmp_path)})
    before = termios.tcgetattr(tty.master)
    tty.wait_for("Space turns the card over")
    tty.press(keys)
    tty.wait_for("0 in this drill")
    assert termios.tcgetattr(tty.master)[3] == before[3]
    assert tty.close() == 0
