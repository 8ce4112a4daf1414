"""The command line: ``cnnkit drill | explore | deck``, with the decks, their formats and the progress under the last.

Each command imports what it needs when it runs.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 a deck has defects, 2 it cannot be done so.

    Examples
    --------
    >>> main(["deck", "check"])
    0 defects in 7 decks
    0
    """
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cnnkit":
            raise
        print(f"cnnkit: {error.name} is not installed; fix: pip install 'cnnkit[cards]'", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cnnkit: {error.filename}: {error.strerror}; fix: check the name and the folder", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"cnnkit: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cnnkit", description="The study tools of the course.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    drill = commands.add_parser("drill", help="flashcards, in the terminal or in the browser")
    drill.add_argument("deck", nargs="?", default="all", help="a deck's name, or your own file (default: all)")
    drill.add_argument("--web", action="store_true", help="open the page, with all decks, in the browser instead")
    drill.add_argument("--exam", type=_day, metavar="DATE", help="all cards come once more before it, as 2026-07-01")
    drill.add_argument("--new", type=_count, default=20, metavar="N", help="new cards a day (default: 20)")
    drill.add_argument("--reviews", type=_count, default=200, metavar="N", help="due cards a day (default: 200)")
    drill.set_defaults(run=_drill)

    explore = _add(commands, "explore", "the kernel explorer, in the browser", _explore)
    explore.add_argument("--page", type=Path, metavar="OUT.html", help="write the page here: one file, nothing else")

    deck = commands.add_parser("deck", help="the decks, and your progress in them").add_subparsers(
        required=True, metavar="COMMAND"
    )
    _add(deck, "list", "the decks of the course", _list)
    check = _add(deck, "check", "all defects of deck files", _check)
    check.add_argument("files", nargs="*", type=Path, help="files or folders (default: the course's decks)")
    stats = _add(deck, "stats", "how the learning goes", _stats)
    stats.add_argument("deck", nargs="?", default="all")
    stats.add_argument("--picture", type=Path, metavar="FILE", help="draw it: .png, .svg or .pdf")
    stats.add_argument("--days", type=_positive, default=30, metavar="N", help="days ahead and back (default: 30)")
    page = _add(deck, "page", "write the browser page: one file that needs nothing else", _page)
    page.add_argument("file", type=Path)
    page.add_argument("decks", nargs="*", metavar="DECK", help="which decks (default: all of them)")
    export = _add(deck, "export", "a deck for Anki (.apkg, .txt) or as a deck file (.yaml)", _export)
    export.add_argument("deck")
    export.add_argument("file", type=Path)
    bring = _add(deck, "import", "turn cards of other programs into a deck file", _import)
    bring.add_argument("file", type=Path, help="Anki's text (.txt), or jupytercards or jupyterquiz (.json)")
    bring.add_argument("output", type=Path, nargs="?", help="the deck file to write (default: the name with .yaml)")
    backup = _add(deck, "backup", "write all progress into one file", _backup)
    backup.add_argument("file", type=Path)
    restore = _add(deck, "restore", "merge a backup into the progress here; nothing is lost", _restore)
    restore.add_argument("file", type=Path)
    return parser


def _add(commands, name: str, help_text: str, run: Callable) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text)
    command.set_defaults(run=run)
    return command


def _drill(options: argparse.Namespace) -> int:
    if options.web:
        return _web(options.deck)
    from cnnkit.flashcards import terminal
    from cnnkit.flashcards.session import Session
    from cnnkit.flashcards.store import Store

    deck = _deck(options.deck)
    if not terminal.is_terminal():
        raise ValueError(terminal.NOT_A_TERMINAL)
    with Store() as store:
        session = Session(
            deck, store, new_per_day=options.new, reviews_per_day=options.reviews, exam_date=options.exam
        )
        terminal.run(session)
    return 0


def _web(deck: str) -> int:
    return _open("drill.html", _built(["all", deck] if _is_file(deck) else []))


def _explore(options: argparse.Namespace) -> int:
    from cnnkit.explore.page import build

    if options.page is None:
        return _open("explorer.html", build())
    _write(options.page, build())
    print(f"Wrote {options.page}: put it on any web host, or open it in a browser")
    return 0


def _open(name: str, text: str) -> int:
    import webbrowser

    from cnnkit.flashcards.store import home

    # Always the same file: the browser keeps the progress by the page's address.
    path = home() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, text)
    opened = webbrowser.open(path.as_uri())
    print(f"Opened {path}" if opened else f"No browser found; open this file in one: {path}")
    return 0


def _list(options: argparse.Namespace) -> int:
    from cnnkit.flashcards import decks, load_deck

    for name in decks():
        deck = load_deck(name)
        print(f"{name:28} {len(deck.cards):4} cards  {deck.title}")
    return 0


def _check(options: argparse.Namespace) -> int:
    from cnnkit.flashcards.cards import DECKS, check

    paths = options.files or [DECKS]
    defects = [defect for path in paths for defect in check(path)]
    for defect in defects:
        print(defect)
    files = sum(len(list(path.glob("*.yaml"))) if path.is_dir() else 1 for path in paths)
    print(f"{_plural(len(defects), 'defect')} in {_plural(files, 'deck')}")
    return 1 if defects else 0


def _stats(options: argparse.Namespace) -> int:
    from cnnkit.flashcards import statistics
    from cnnkit.flashcards.session import local_now
    from cnnkit.flashcards.store import Store

    with Store() as store:
        numbers = statistics.gather(_deck(options.deck), store, local_now(), options.days)
    if options.picture:
        statistics.picture(numbers).savefig(options.picture)
    share = numbers.retention
    print(f"{numbers.title}: {numbers.seen} of {numbers.cards} cards seen")
    print(f"due today {numbers.forecast[0]}, in the next {options.days} days {sum(numbers.forecast)}")
    print(f"reviews today {numbers.done[-1]}, in the last {options.days} days {sum(numbers.done)}")
    kept = "no reviews of learned cards yet" if share is None else f"{share:.0%} ({numbers.kept} of {numbers.asked})"
    print(f"retention {kept}")
    if numbers.leeches:
        print(f"forgotten again and again: {', '.join(numbers.leeches)}")
    for tag, topic in numbers.topics.items():
        print(f"  {topic.strength:4.0%}  {tag} ({topic.seen} of {topic.cards} seen)")
    return 0


def _page(options: argparse.Namespace) -> int:
    _write(options.file, _built(options.decks))
    print(f"Wrote {options.file}: put it on any web host, or open it in a browser")
    return 0


def _export(options: argparse.Namespace) -> int:
    from cnnkit.flashcards import anki
    from cnnkit.flashcards.cards import to_yaml

    writers = {
        ".apkg": lambda deck, path: anki.write_apkg(deck, path),
        ".txt": lambda deck, path: anki.write_tsv(deck, path),
        ".yaml": lambda deck, path: _write(path, to_yaml(deck)),
    }
    deck = _deck(options.deck)
    _by_ending(options.file, writers)(deck, options.file)
    print(f"Wrote {_plural(len(deck.cards), 'card')} to {options.file}")
    return 0


def _import(options: argparse.Namespace) -> int:
    from cnnkit.flashcards import anki
    from cnnkit.flashcards.cards import to_yaml

    deck = _by_ending(options.file, {".txt": anki.read_tsv, ".json": anki.read_json})(options.file)
    output = options.output or options.file.with_suffix(".yaml")
    if output.exists():
        raise ValueError(f"{output} exists already; fix: name another file: cnnkit deck import {options.file} NEW.yaml")
    _write(output, to_yaml(deck))
    print(f"Wrote {_plural(len(deck.cards), 'card')} to {output}; drill them: cnnkit drill {output}")
    return 0


def _backup(options: argparse.Namespace) -> int:
    from cnnkit.flashcards.store import Store

    with Store() as store:
        count = store.export(options.file)
    print(f"Wrote {_plural(count, 'entry', 'entries')} to {options.file}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from cnnkit.flashcards.store import Store

    with Store() as store:
        count = store.import_(options.file)
    print(f"Merged {options.file}: {_plural(count, 'entry', 'entries')} not known here before")
    return 0


def _deck(name: str):
    from cnnkit.flashcards import load_deck, read_deck

    return read_deck(name) if _is_file(name) else load_deck(name)


def _is_file(deck: str) -> bool:
    return deck.endswith((".yaml", ".yml"))


def _built(decks: list[str]) -> str:
    from cnnkit.flashcards.page import build

    return build([_deck(name) if _is_file(name) else name for name in decks])


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _by_ending(path: Path, known: dict):
    try:
        return known[path.suffix.lower()]
    except KeyError:
        raise ValueError(f"{path}: the ending says the format; fix: use one of {', '.join(known)}") from None


def _plural(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-07-01") from None


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _positive(text: str) -> int:
    if (count := _count(text)) < 1:
        raise argparse.ArgumentTypeError("0 is less than 1")
    return count


if __name__ == "__main__":
    sys.exit(main())
