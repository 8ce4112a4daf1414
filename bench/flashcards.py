"""How fast a drill is with a learner's life in it.

    .venv/bin/python bench/flashcards.py [--cards 10000] [--reviews 200000] [--answers 300]

Made is a deck, and a log as a year of drills would leave it, by the real scheduler. Timed are: to open (the store, the
session and the first card; and the same with a fresh interpreter, imports included), to answer (turn over, rate, write
it to disk, choose and show the next card), and the rarer things.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cnnkit.flashcards import scheduling
from cnnkit.flashcards import statistics as learning
from cnnkit.flashcards.cards import Card, Deck
from cnnkit.flashcards.session import Session
from cnnkit.flashcards.store import FORMAT, SCHEMA, Store

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GOAL_OPEN_SECONDS, GOAL_ANSWER_SECONDS = 1.0, 0.05
_FRESH = """
import sys
sys.path.insert(0, sys.argv[1])
import flashcards
flashcards.opened(sys.argv[2], int(sys.argv[3]))
"""


def main() -> int:
    """Make the store, use it, print the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cards", type=int, default=10_000)
    parser.add_argument("--reviews", type=int, default=200_000)
    parser.add_argument("--answers", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-cards-") as folder:
        backup, path = Path(folder) / "backup.json", Path(folder) / "progress.sqlite"
        backup.write_text(json.dumps({"format": FORMAT, "version": SCHEMA, "log": a_year(options)}))
        with Store(path) as store:
            imported = timed(lambda: store.import_(backup))
        opening = [timed(lambda: opened(path, options.cards)) for _ in range(5)]
        command = [sys.executable, "-c", _FRESH, str(Path(__file__).parent), str(path), str(options.cards)]
        fresh = [timed(lambda: subprocess.run(command, check=True)) for _ in range(3)]
        answers = answer(path, options)
        with Store(path) as store:
            exported = timed(lambda: store.export(backup))
            counted = timed(lambda: learning.gather(a_deck(options.cards), store, NOW, days=365))
        size = path.stat().st_size / 2**20
    print(f"{options.cards} cards, {options.reviews} reviews, {size:.0f} MiB")
    print(f"open: {show(opening)}; with a fresh interpreter: {show(fresh)}")
    print(f"answer: {show(answers)}, the slowest of {len(answers)}: {1000 * max(answers):.1f} ms")
    print(f"backup {exported:.1f} s, restore {imported:.1f} s, a year's statistics {counted:.1f} s")
    good = statistics.median(opening) < GOAL_OPEN_SECONDS and statistics.median(answers) < GOAL_ANSWER_SECONDS
    print(f"goal: open in {GOAL_OPEN_SECONDS:g} s, answer in {1000 * GOAL_ANSWER_SECONDS:g} ms: ", end="")
    print("reached" if good else "missed")
    return 0 if good else 1


def a_deck(cards: int) -> Deck:
    """A deck of so many cards."""
    return Deck("bench", "Bench", tuple(_card(number) for number in range(cards)))


def _card(number: int) -> Card:
    return Card(
        f"card-{number:05}", "basic", f"Front {number}", f"Back {number}", "bench", (f"tag-{number % 50}",), "bench"
    )


def a_year(options: argparse.Namespace) -> list[dict]:
    """The log of a backup: the same number of reviews for each card, on days of the last year."""
    draw, scheduler = random.Random(0), scheduling.make_scheduler()
    log = []
    for number in range(options.cards):
        state, count = None, options.reviews // options.cards
        for now in sorted(NOW - timedelta(days=draw.uniform(1, 365)) for _ in range(count)):
            rating = draw.choices((1, 2, 3, 4), (12, 10, 68, 10))[0]
            before, state = state, scheduling.review(state or scheduling.new(now), rating, now, scheduler)
            log.append({
                "uid": f"{draw.getrandbits(128):032x}",
                "card_id": f"card-{number:05}",
                "at": now.isoformat(),
                "rating": rating,
                "seconds": 6.5,
                "answer": "the step",
                "was": before.state if before else "new",
                "due": state.due.isoformat(),
                "stability": state.stability,
                "difficulty": state.difficulty,
                "state": state.state,
                "step": state.step,
                "last_review": now.isoformat(),
                "lapses": state.lapses,
                "reviews": state.reviews,
            })  # fmt: skip
    log.sort(key=lambda entry: entry["at"])
    return log


def opened(path: Path | str, cards: int) -> None:
    """Open the store and see the first card."""
    with Store(path) as store:
        assert Session(a_deck(cards), store, lambda: NOW, random.Random(0)).snapshot()["phase"] == "front"


def answer(path: Path, options: argparse.Namespace) -> list[float]:
    """The seconds that each answer took."""
    with Store(path) as store:
        session = Session(
            a_deck(options.cards), store, lambda: NOW, random.Random(0), new_per_day=10**6, reviews_per_day=10**6
        )
        seconds = []
        for number in range(options.answers):
            if session.phase == "done":
                break
            seconds.append(timed(lambda number=number: one(session, 1 + number % 4)))
    return seconds


def one(session: Session, rating: int) -> None:
    """What a view does for one card."""
    session.flip()
    session.snapshot()
    session.rate(rating)
    session.snapshot()


def timed(run) -> float:
    """Seconds that a call took."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def show(seconds: list[float]) -> str:
    """Median and range in milliseconds."""
    low, mid, high = min(seconds), statistics.median(seconds), max(seconds)
    return f"{1000 * mid:.1f} ms ({1000 * low:.1f} to {1000 * high:.1f})"


if __name__ == "__main__":
    sys.exit(main())
