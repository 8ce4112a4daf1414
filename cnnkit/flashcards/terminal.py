"""The drill in a terminal: one key for each thing to do, matrices as tables, photos in half blocks."""

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cnnkit.flashcards.answering import hidden_text
from cnnkit.flashcards.cards import Card
from cnnkit.flashcards.scheduling import RATINGS
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import StoreError

#: What the drill says where nobody can press a key.
NOT_A_TERMINAL = (
    "a drill needs a terminal on both ends, but here input or output is a file or a pipe; "
    "fix: run it in a terminal, open the browser page with `cnnkit drill --web`, or in a notebook: "
    "`from cnnkit import flashcards; flashcards.drill()`"
)
_HELP = Text.from_markup(
    "[b]Space[/b] or [b]Enter[/b] turns the card over; where an answer is asked for, type it and press Enter "
    "(nothing typed: turn over). [b]1[/b] again, [b]2[/b] hard, [b]3[/b] good, [b]4[/b] easy; Enter takes the rating "
    "with the arrow. [b]u[/b] undo, [b]s[/b] skip until the next drill, [b]q[/b] quit, [b]?[/b] this help.",
    style="yellow",
)
_MARKUP = re.compile(r"\*\*(?P<bold>.+?)\*\*|`(?P<code>[^`]+)`|\$(?P<maths>[^$]+)\$")
_CLOZE = re.compile(r"\{\{(?P<hidden>.+?)(?:::(?P<hint>.+?))?\}\}", re.DOTALL)
_PICTURE_COLUMNS = 64
_INTERRUPT, _END = "\x03", "\x04"


def run(
    session: Session,
    console: Console | None = None,
    read_key: Callable[[], str] | None = None,
    read_line: Callable[[str], str] | None = None,
) -> int:
    """Drill until nothing is left or the learner quits.

    Parameters
    ----------
    session : Session
    console : rich.console.Console, optional
    read_key : callable, optional
        Waits for one key and returns it.
    read_line : callable, optional
        Shows a prompt and returns the line that was typed.

    Returns
    -------
    int
        How many ratings were given in this drill.
    """
    return _Drill(session, console or Console(), read_key or key, read_line or input).run()


def is_terminal() -> bool:
    """Whether somebody can see the cards and press keys."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


class _Quit(Exception):
    """The learner wants to stop."""


class _Drill:
    def __init__(self, session: Session, console: Console, read_key, read_line):
        self.session, self.console, self._key, self._line = session, console, read_key, read_line
        self.rated = 0

    def run(self) -> int:
        message: str | Text = ""
        try:
            while self.session.phase != "done":
                self._draw(message)
                message = self._front() if self.session.phase == "front" else self._back()
        except (_Quit, KeyboardInterrupt, EOFError):
            self.console.print()
        self._goodbye()
        return self.rated

    # -- what the learner does

    def _front(self) -> str | Text:
        view = self.session.snapshot()["card"]
        if view["kind"] in ("cloze", "text", "numeric"):
            return self._typed()
        choices = view["choices"]
        self.console.print(_hint("choose by number" if choices else "Space turns the card over", self.session))
        pressed = self._key()
        if choices and pressed in "123456789" and pressed and int(pressed) <= len(choices):
            self.session.answer(choices[int(pressed) - 1])
            return ""
        if pressed in (" ", "\r", "\n"):
            self.session.flip()
            return ""
        return self._command(pressed)

    def _typed(self) -> str | Text:
        unit = self.session.current.unit
        self.console.print(_hint("type the answer, then Enter", self.session))
        line = self._line(f"{unit}: " if unit else "> ").strip()
        # A letter that is an answer is an answer.
        if line in ("q", "u", "s", "?") and line not in self.session.current.answers:
            return self._command(line)
        if line:
            self.session.answer(line)
        else:
            self.session.flip()
        return ""

    def _back(self) -> str | Text:
        said = self.session.judgement
        pressed = self._key()
        if pressed in ("\r", "\n") and said:
            pressed = str(said.proposed)
        elif pressed in (" ", "\r", "\n"):
            return "press 1, 2, 3 or 4: how well did you know it?"
        if pressed in map(str, RATINGS):
            try:
                self.session.rate(int(pressed))
            except StoreError as error:
                return str(error)
            self.rated += 1
            return ""
        return self._command(pressed)

    def _command(self, pressed: str) -> str | Text:
        if pressed in ("q", "Q", _INTERRUPT, _END):
            raise _Quit
        if pressed in ("u", "U"):
            if not self.session.undo():
                return "nothing to undo in this drill"
            return "taken back; here is the card again"
        if pressed in ("s", "S"):
            self.session.skip()
            return ""
        return _HELP

    # -- what the learner sees

    def _draw(self, message: str) -> None:
        view = self.session.snapshot()
        counts, card, back = view["counts"], view["card"], view["phase"] == "back"
        self.console.clear()
        self.console.rule(
            f"[b]{escape(view['title'])}[/b] · new {counts['new']} · learning {counts['learning']} "
            f"· due {counts['due']} · done today {view['done_today']}"
        )
        if message:
            self.console.print(message if isinstance(message, Text) else Text(message, style="yellow"))
        self.console.print()
        self.console.print(rendered(card["front"], reveal=back))
        for matrix in card["matrices"]:
            self.console.print(matrix_table(matrix))
        if self.session.card.picture:
            self.console.print(_photo(self.session.card, self.console))
        for number, choice in enumerate(card["choices"], 1):
            self.console.print(Text(f"  {number}  ", style="bold") + rendered(choice))
        if back:
            self._draw_back(view)

    def _draw_back(self, view: dict) -> None:
        self.console.rule(style="dim")
        said, card = view["judgement"], view["card"]
        if said:
            word = "right" if said["right"] else "close" if said["close"] else "no"
            style = {"right": "bold green", "close": "bold yellow", "no": "bold red"}[word]
            self.console.print(Text(f"{word}: {view['typed']}", style=style))
            if said["message"].rstrip(".").lower() not in ("", word):
                self.console.print(rendered(said["message"]))
        answer = card["back"] or ("" if card["kind"] == "cloze" else ", ".join(self.session.current.answers[:1]))
        if answer:
            self.console.print(rendered(answer))
        self.console.print(Text(f"lesson {card['lesson']}", style="dim"))
        if view["leech"]:
            self.console.print(
                Text(f"Forgotten again and again: read lesson {card['lesson']} once more.", style="yellow")
            )
        buttons = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
        row = []
        for rating, word in RATINGS.items():
            proposed = said and said["proposed"] == rating
            row.append(f"{'→ ' if proposed else ''}[b]{rating}[/b] {word}, {view['intervals'][str(rating)]}")
        buttons.add_row(*row)
        self.console.print(buttons)
        self.console.print(_hint("rate it" if not said else "Enter takes the arrow's rating", self.session))

    def _goodbye(self) -> None:
        view = self.session.snapshot()
        if view["phase"] == "done":
            self.console.print("Done for now.", style="bold green")
            if view["next_in"]:
                self.console.print(f"The next card comes in {view['next_in']}.")
        self.console.print(f"{self.rated} in this drill, {view['done_today']} today. All of it is saved.")


def rendered(text: str, reveal: bool = False) -> Text:
    """A card's text for the terminal.

    Parameters
    ----------
    text : str
        With the cards' small Markdown.
    reveal : bool
        Whether the hidden words of a cloze are shown.

    Examples
    --------
    >>> str(rendered("A **kernel** is moved by the {{stride::two letters}}, $s$ cells."))
    'A kernel is moved by the [two letters], s cells.'
    >>> str(rendered("moved by the {{stride}}", reveal=True))
    'moved by the stride'
    """
    out = Text()
    if cloze := _CLOZE.search(text):
        out.append_text(_inline(text[: cloze.start()]))
        shown = hidden_text(text) if reveal else f"[{cloze['hint'] or '...'}]"
        out.append_text(Text(str(_inline(shown)), style="bold cyan"))
        text = text[cloze.end() :]
    return out.append_text(_inline(text))


def _inline(text: str) -> Text:
    text = re.sub(r"^[-*] ", "• ", text, flags=re.MULTILINE)
    out, at = Text(), 0
    for match in _MARKUP.finditer(text):
        out.append(text[at : match.start()])
        style = {"bold": "bold", "code": "cyan", "maths": "italic"}[match.lastgroup]
        out.append(match[match.lastgroup], style=style)
        at = match.end()
    out.append(text[at:])
    return out


def matrix_table(matrix: dict) -> Table:
    """A matrix of a snapshot as a table, marked cells reversed."""
    title = Text(matrix["name"])
    table = Table(box=box.SQUARE, show_header=False, show_lines=True, title=title, title_justify="left")
    marked = {tuple(cell) for cell in matrix["mark"]}
    for _ in matrix["rows"][0]:
        table.add_column(justify="right")
    for r, row in enumerate(matrix["rows"]):
        table.add_row(*(Text(str(value), style="reverse" if (r, c) in marked else "") for c, value in enumerate(row)))
    return table


def _photo(card: Card, console: Console) -> Text | Group:
    """A picture, two pixels a character."""
    if console.color_system is None:
        return Text("(a picture: drill this card in a notebook or in the browser)", style="dim")
    from PIL import Image

    from cnnkit.flashcards.pictures import picture_of

    with Image.open(io.BytesIO(picture_of(card))) as image:
        width = min(_PICTURE_COLUMNS, console.width)
        height = max(2, round(image.height * width / image.width / 2) * 2)
        pixels = image.convert("RGB").resize((width, height)).load()
    out = Text(no_wrap=True)
    for y in range(0, height, 2):
        for x in range(width):
            above, below = pixels[x, y], pixels[x, y + 1]
            out.append("▀", style=f"rgb({above[0]},{above[1]},{above[2]}) on rgb({below[0]},{below[1]},{below[2]})")
        out.append("\n")
    return out


def _hint(first: str, session: Session) -> Text:
    undo = " · u undo" if session.can_undo else ""
    return Text(f"{first}{undo} · q quit · ? help", style="dim")


def key() -> str:
    """Wait for one key of the terminal; a key that sends several bytes, such as an arrow, is an empty text."""
    if os.name == "nt":
        import msvcrt

        pressed = msvcrt.getwch()
        if pressed in ("\x00", "\xe0"):
            msvcrt.getwch()
            return ""
        return pressed
    sys.stdout.flush()
    with _one_key_at_a_time(sys.stdin.fileno()) as descriptor:
        pressed = os.read(descriptor, 1)
        if not pressed:
            raise EOFError
        if pressed == b"\x1b" or pressed[0] >= 0x80:
            import select

            while select.select([descriptor], [], [], 0.02)[0] and os.read(descriptor, 1):
                pass
            return ""
        return pressed.decode()


@contextlib.contextmanager
def _one_key_at_a_time(descriptor: int) -> Iterator[int]:
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)  # what was typed ahead is kept
        yield descriptor
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
