"""One learner's progress in one SQLite file.

Theory of operation. The log is the truth: every review, and every undo, is an entry with a name of its own (a UUID),
and nothing is ever changed or deleted; the file itself refuses it. A card's state is that of its newest review that was
not undone; the table of states only saves the search. So two logs are merged by their union, in any order, any number
of times, and the states follow. An entry and the state it makes are written in one transaction: a process killed in
between leaves both or neither. Cards are known by their id only: an edited card keeps its history.

Times are whole microseconds since 1970, in UTC: exact, and as fast to sort as they are to read.
"""

import contextlib
import json
import math
import os
import sqlite3
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cnnkit.flashcards.scheduling import RATINGS, CardState

#: Seconds that a session waits for another one to finish writing.
BUSY_SECONDS = 10.0
#: What the one file of `Store.export` says it is.
FORMAT = "cnnkit-progress"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATE = ("due", "stability", "difficulty", "state", "step", "last_review", "lapses", "reviews")
_ENTRY = ("uid", "card_id", "at", "rating", "seconds", "answer", "was", "undoes", *_STATE)

#: Each takes the file from the version of its place in the list to the next; a new file takes all of them.
_MIGRATIONS = (
    """
    CREATE TABLE card_state (
        card_id TEXT PRIMARY KEY, due INTEGER NOT NULL, stability REAL, difficulty REAL, state TEXT NOT NULL,
        step INTEGER, last_review INTEGER, lapses INTEGER NOT NULL, reviews INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE review_log (
        id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL UNIQUE, card_id TEXT NOT NULL, at INTEGER NOT NULL,
        rating INTEGER, seconds REAL, was TEXT, undoes TEXT,
        due INTEGER, stability REAL, difficulty REAL, state TEXT, step INTEGER, last_review INTEGER, lapses INTEGER,
        reviews INTEGER
    );
    CREATE INDEX log_by_card ON review_log (card_id, at);
    CREATE INDEX log_undone ON review_log (undoes) WHERE undoes IS NOT NULL;
    """,
    """
    ALTER TABLE review_log ADD COLUMN answer TEXT;
    CREATE INDEX log_by_time ON review_log (at);
    CREATE TRIGGER log_keeps_entries BEFORE DELETE ON review_log
        BEGIN SELECT RAISE(ABORT, 'the review log keeps its entries'); END;
    CREATE TRIGGER log_keeps_words BEFORE UPDATE ON review_log
        BEGIN SELECT RAISE(ABORT, 'the review log keeps its entries as they are'); END;
    """,
)
#: The version of the file's layout that this release writes.
SCHEMA = len(_MIGRATIONS)

_LIVE = "undoes IS NULL AND NOT EXISTS (SELECT 1 FROM review_log AS undo WHERE undo.undoes = review_log.uid)"


class StoreError(ValueError):
    """The file of progress cannot be used; the message names it, what is wrong with it, and the fix."""


class Stale(Exception):
    """Another session has rated the card since its state was read: read it again."""


@dataclass(frozen=True)
class Review:
    """One entry of the log.

    Attributes
    ----------
    uid : str
    card_id : str
    at : datetime
        In UTC.
    rating : int
        1 to 4.
    seconds : float or None
        From the card's appearance to its rating.
    answer : str or None
        What was typed or chosen.
    was : str
        ``"new"``, or the state the card was in: ``"learning"``, ``"review"``, ``"relearning"``.
    """

    uid: str
    card_id: str
    at: datetime
    rating: int
    seconds: float | None
    answer: str | None
    was: str


def home() -> Path:
    """The folder of the learner's data: ``CNNKIT_HOME``, or the user data folder of the platform."""
    chosen = os.environ.get("CNNKIT_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("cnnkit", appauthor=False))


class Store:
    """Progress on disk; it may be open in several sessions at once.

    Parameters
    ----------
    path : Path or str, optional
        The SQLite file, made when missing; by default ``progress.sqlite`` in :func:`home`. ``":memory:"`` keeps
        nothing.
    clock : callable, optional
        Gives the current time, aware, for undo; a review carries its own.

    Raises
    ------
    StoreError
        When the file cannot be opened, is not one of ours, or was written by a later release.

    Examples
    --------
    >>> from cnnkit.flashcards import scheduling
    >>> store, now = Store(":memory:"), datetime(2026, 3, 2, 9, tzinfo=UTC)
    >>> after = scheduling.review(scheduling.new(now), 3, now, scheduling.make_scheduler())
    >>> review = store.record("conv-stride-meaning", None, after, 3, seconds=4.2, answer="the step")
    >>> store.state("conv-stride-meaning") == after
    True
    >>> store.undo().rating, store.state("conv-stride-meaning")
    (3, None)
    """

    def __init__(self, path: Path | str | None = None, clock: Callable[[], datetime] | None = None):
        self.path = path if path == ":memory:" else Path(home() / "progress.sqlite" if path is None else path)
        self._clock = clock or (lambda: datetime.now(UTC))
        self._lock = threading.RLock()  # a notebook may answer the widget from another thread
        try:
            if self.path != ":memory:":
                self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
            )
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"{self.path}: {error}; fix: make the folder writable, or name another in CNNKIT_HOME"
            ) from error
        try:
            self._use_wal()
            self._db.execute("PRAGMA synchronous = FULL")  # a review that was shown as recorded survives a power cut
            self._migrate()
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise StoreError(
                f"{self.path}: {error}; fix: move the file away (a new one is made) and restore your last backup"
            ) from error
        except StoreError:
            self._db.close()
            raise

    def close(self) -> None:
        """Close the file; nothing needs saving."""
        self._db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    # -- reading

    def state(self, card_id: str) -> CardState | None:
        """A card's state, or None when it was never rated."""
        return self.states([card_id]).get(card_id)

    def states(self, card_ids: Iterable[str] | None = None) -> dict[str, CardState]:
        """The states of these cards, or of all; a card that was never rated is not in the answer."""
        columns = f"SELECT card_id, {', '.join(_STATE)} FROM card_state"
        with self._lock:
            if card_ids is None:
                rows = self._db.execute(columns).fetchall()
            else:
                wanted = json.dumps(list(card_ids))  # one parameter, however many cards
                rows = self._db.execute(
                    f"{columns} WHERE card_id IN (SELECT value FROM json_each(?))", (wanted,)
                ).fetchall()
        return {row[0]: _state(row[1:]) for row in rows}

    def reviews(self, since: datetime | None = None) -> list[Review]:
        """The reviews that were not undone, oldest first.

        Parameters
        ----------
        since : datetime, optional
            Only those at or after this time.
        """
        with self._lock:
            rows = self._db.execute(
                f"SELECT uid, card_id, at, rating, seconds, answer, was FROM review_log WHERE at >= ? AND {_LIVE} "
                "ORDER BY at, uid",
                (-(2**62) if since is None else _micros(since),),
            ).fetchall()
        return [_review(row) for row in rows]

    def version(self) -> int:
        """A number that changes when another session, in this process or another, has written."""
        with self._lock:
            return self._db.execute("PRAGMA data_version").fetchone()[0]

    # -- writing

    def record(
        self,
        card_id: str,
        before: CardState | None,
        after: CardState,
        rating: int,
        seconds: float | None = None,
        answer: str | None = None,
    ) -> Review:
        """Write one review down.

        Parameters
        ----------
        card_id : str
        before : CardState or None
            The state that the rating was given in; None when the card was never rated.
        after : CardState
            Its ``last_review`` is the time of this review.
        rating : int
        seconds : float, optional
        answer : str, optional

        Returns
        -------
        Review

        Raises
        ------
        Stale
            When the card's state is no longer ``before``; nothing is written.
        """
        was = "new" if before is None else before.state
        with self._writing():
            if self.state(card_id) != before:
                raise Stale(card_id)
            uid, at = uuid.uuid4().hex, self._after_the_last(card_id, after.last_review)
            values = (uid, card_id, at, rating, seconds, answer, was, None, *_numbers(after))
            self._add([values])
            self._set(card_id, _numbers(after))
        return _review((uid, card_id, at, rating, seconds, answer, was))

    def undo(self, uid: str | None = None) -> Review | None:
        """Take a review back: an entry of its own, after which the card is as it was before.

        When another session has rated the card since, that rating stands, and the card's state with it.

        Parameters
        ----------
        uid : str, optional
            Which one; by default the last that was written.

        Returns
        -------
        Review or None
            The review that was taken back; None when there is none, or it is undone already.
        """
        which = "uid = ?" if uid else "?1 IS NULL"
        with self._writing():
            row = self._db.execute(
                f"SELECT uid, card_id, at, rating, seconds, answer, was FROM review_log WHERE {which} AND {_LIVE} "
                "ORDER BY id DESC LIMIT 1",
                (uid,),
            ).fetchone()
            if row is None:
                return None
            card_id = row[1]
            entry = dict.fromkeys(_ENTRY) | {
                "uid": uuid.uuid4().hex,
                "card_id": card_id,
                "at": self._after_the_last(card_id, self._clock()),
                "undoes": row[0],
            }
            self._add([tuple(entry.values())])
            self._settle([card_id])
        return _review(row)

    # -- as one file

    def export(self, path: Path | str) -> int:
        """Write everything into one JSON file; one that is there is replaced at the very end.

        Returns
        -------
        int
            How many entries of the log it holds.

        Raises
        ------
        StoreError
            When there is no such folder.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise StoreError(f"{path}: there is no folder {path.parent}; fix: make it, or name another file")
        with self._lock:
            rows = self._db.execute(f"SELECT {', '.join(_ENTRY)} FROM review_log ORDER BY id").fetchall()
        log = [_plain(dict(zip(_ENTRY, row, strict=True))) for row in rows]
        states = {card_id: _plain(_as_dict(state)) for card_id, state in sorted(self.states().items())}
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": FORMAT, "version": SCHEMA, "states": states, "log": log}, file, ensure_ascii=False)
                file.write("\n")
            os.replace(scratch, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(scratch)
            raise
        return len(log)

    def import_(self, path: Path | str) -> int:
        """Merge a file of :meth:`export`: the union of both logs, after which each card has its newest state.

        Returns
        -------
        int
            How many entries were new here.

        Raises
        ------
        StoreError
            When the file is not such a file; the message names the entry. Nothing is written then.
        """
        entries = _entries(Path(path))
        with self._writing():
            known = {uid for (uid,) in self._db.execute("SELECT uid FROM review_log")}
            fresh = {entry[0]: entry for entry in entries if entry[0] not in known}
            self._add(fresh.values())
            self._settle({entry[1] for entry in fresh.values()})
        return len(fresh)

    # -- inside

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock:
            try:
                # IMMEDIATE: what is read inside is still true when it is written.
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException as error:
                if self._db.in_transaction:  # SQLite has rolled back already when, say, the disk is full
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreError(
                        f"{self.path}: {error}, so nothing was written; "
                        "fix: close other sessions, see that the disk is not full, and try again"
                    ) from error
                raise

    def _use_wal(self) -> None:
        # Readers and a writer side by side. SQLite does not wait for its turn to change the mode, so we do.
        end = time.monotonic() + BUSY_SECONDS
        while self._db.execute("PRAGMA journal_mode").fetchone()[0] not in ("wal", "memory"):
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return  # also when the file system cannot do it: the old journal is as safe, only slower
            except sqlite3.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)

    def _migrate(self) -> None:
        if self._schema() == SCHEMA:
            return
        with self._writing():
            version = self._schema()  # again: another session may have been first
            if version > SCHEMA:
                raise StoreError(
                    f"{self.path}: written by a later release (schema {version}, this one knows {SCHEMA}); "
                    "fix: pip install --upgrade cnnkit"
                )
            for step in _MIGRATIONS[version:]:
                for statement in _statements(step):
                    self._db.execute(statement)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (str(SCHEMA),))

    def _schema(self) -> int:
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "meta" in tables:
            row = self._db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
            if row is not None:
                return int(row[0])
        if tables:
            raise StoreError(f"{self.path}: an SQLite file of something else; fix: name another folder in CNNKIT_HOME")
        if not self._db.in_transaction:
            return 0
        self._db.execute("CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        return 0

    def _after_the_last(self, card_id: str, moment: datetime) -> int:
        """The moment, or just after the card's last entry when the clock was set back: a log keeps its order."""
        (last,) = self._db.execute("SELECT max(at) FROM review_log WHERE card_id = ?", (card_id,)).fetchone()
        return _micros(moment) if last is None else max(_micros(moment), last + 1)

    def _add(self, entries: Iterable[tuple]) -> None:
        marks = ", ".join("?" * len(_ENTRY))
        self._db.executemany(f"INSERT INTO review_log ({', '.join(_ENTRY)}) VALUES ({marks})", entries)

    def _set(self, card_id: str, numbers: tuple) -> None:
        marks = ", ".join("?" * (1 + len(_STATE)))
        self._db.execute(
            f"INSERT OR REPLACE INTO card_state (card_id, {', '.join(_STATE)}) VALUES ({marks})", (card_id, *numbers)
        )

    def _settle(self, card_ids: Iterable[str]) -> None:
        """Each card's state from its log."""
        for card_id in card_ids:
            row = self._db.execute(
                f"SELECT {', '.join(_STATE)} FROM review_log WHERE card_id = ? AND {_LIVE} "
                "ORDER BY at DESC, uid LIMIT 1",
                (card_id,),
            ).fetchone()
            if row is None:
                self._db.execute("DELETE FROM card_state WHERE card_id = ?", (card_id,))
            else:
                self._set(card_id, row)


def _statements(script: str) -> Iterator[str]:
    # Not executescript: it would commit the transaction that makes a migration whole.
    statement = ""
    for line in script.strip().splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _review(row: tuple) -> Review:
    uid, card_id, at, rating, seconds, answer, was = row
    return Review(uid, card_id, _moment(at), rating, seconds, answer, was)


def _state(row: tuple) -> CardState:
    due, stability, difficulty, state, step, last_review, lapses, reviews = row
    last = None if last_review is None else _moment(last_review)
    return CardState(_moment(due), stability, difficulty, state, step, last, lapses, reviews)


def _as_dict(state: CardState) -> dict:
    return dict(zip(_STATE, _numbers(state), strict=True))


def _numbers(state: CardState) -> tuple:
    values = (getattr(state, name) for name in _STATE)
    return tuple(_micros(value) if isinstance(value, datetime) else value for value in values)


_TIMES = ("at", "due", "last_review")


def _plain(values: dict) -> dict:
    """Without what is missing, and with times that a human and any other program can read."""
    return {
        name: _moment(value).isoformat(timespec="microseconds") if name in _TIMES else value
        for name, value in values.items()
        if value is not None
    }


def _entries(path: Path) -> list[tuple]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"{path}: cannot be read: {error}; fix: name a file of `cnnkit deck backup`") from error
    except json.JSONDecodeError as error:
        raise StoreError(f"{path}: not JSON: {error}; fix: name a file of `cnnkit deck backup`") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or not isinstance(content.get("log"), list):
        raise StoreError(f"{path}: not a file of progress; fix: name a file of `cnnkit deck backup`")
    if not isinstance(content.get("version"), int) or content["version"] > SCHEMA:
        raise StoreError(
            f"{path}: version {content.get('version')!r}, but this release reads up to {SCHEMA}; "
            "fix: pip install --upgrade cnnkit"
        )
    entries = []
    for index, entry in enumerate(content["log"]):
        try:
            entries.append(_entry(entry))
        except (KeyError, TypeError, ValueError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else error
            raise StoreError(f"{path}, log entry {index}: {what}; fix: make the backup again") from error
    return entries


def _entry(given: dict) -> tuple:
    if not isinstance(given, dict):
        raise TypeError(f"{given!r} is not an object")
    entry = {name: given.get(name) for name in _ENTRY}
    needed = ("uid", "card_id", "at") if entry["undoes"] else ("uid", "card_id", "at", "rating", "was", *_needed(given))
    for name in needed:
        if entry[name] is None:
            raise KeyError(name)
    for name in ("uid", "card_id", "undoes", "answer"):
        if entry[name] is not None and not isinstance(entry[name], str):
            raise TypeError(f"{name}={entry[name]!r} is not a text")
    for name in ("seconds", "stability", "difficulty", "step", "lapses", "reviews"):
        value = entry[name]
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0
        ):
            raise TypeError(f"{name}={value!r} is not a number of 0 or more")
    for name in ("step", "lapses", "reviews"):
        if entry[name] is not None and int(entry[name]) != entry[name]:
            raise TypeError(f"{name}={entry[name]!r} is not a whole number")
    for name in _TIMES:
        if entry[name] is not None:
            entry[name] = _micros(_parsed(name, entry[name]))
    if entry["undoes"]:
        return tuple(entry[name] if name in ("uid", "card_id", "at", "undoes") else None for name in _ENTRY)
    if entry["rating"] not in RATINGS:
        raise ValueError(f"rating={entry['rating']!r} is not 1, 2, 3 or 4")
    if entry["state"] not in ("learning", "review", "relearning"):
        raise ValueError(f"state={entry['state']!r} is not learning, review or relearning")
    if entry["was"] not in ("new", "learning", "review", "relearning"):
        raise ValueError(f"was={entry['was']!r} is not new, learning, review or relearning")
    return tuple(entry.values())


def _needed(given: dict) -> Iterator[str]:
    yield from ("due", "stability", "difficulty", "state", "last_review", "lapses", "reviews")
    if given.get("state") != "review":
        yield "step"  # FSRS cannot go on from its first minutes without it


def _parsed(name: str, text: object) -> datetime:
    if not isinstance(text, str):
        raise TypeError(f"{name}={text!r} is not a time as text")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{name}={text!r} has no time zone")
    return moment
