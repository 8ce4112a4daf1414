"""Progress on disk: kept, merged, migrated, and safe from other sessions and from being killed."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit.flashcards import scheduling
from cnnkit.flashcards.store import SCHEMA, Stale, Store, StoreError, home

from .helpers import MONDAY, Clock

FSRS = scheduling.make_scheduler()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "progress.sqlite"


@pytest.fixture
def store(path):
    with Store(path, clock=Clock()) as store:
        yield store


def rate(store: Store, card_id: str, rating: int = 3, now=MONDAY, **values):
    before = store.state(card_id)
    after = scheduling.review(before or scheduling.new(now), rating, now, FSRS)
    return store.record(card_id, before, after, rating, **values)


def log_size(path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT count(*) FROM review_log").fetchone()[0]


def test_what_is_recorded_is_there_after_opening_again(path):
    with Store(path) as store:
        review = rate(store, "stride", 2, seconds=3.5, answer="der Schritt – ‘x’")
        state = store.state("stride")
    with Store(path) as store:
        assert store.reviews() == [review]
        assert store.states() == {"stride": state}
        assert (review.at, review.rating, review.seconds, review.was) == (MONDAY, 2, 3.5, "new")
        assert review.answer == "der Schritt – ‘x’"
        assert state.last_review == MONDAY


def test_only_known_cards_have_states(store):
    rate(store, "stride")
    assert list(store.states(["stride", "padding"])) == ["stride"]
    assert store.states([]) == {}
    assert store.state("padding") is None


def test_reviews_since(store):
    rate(store, "stride", now=MONDAY)
    later = rate(store, "padding", now=MONDAY + timedelta(days=1))
    assert store.reviews(later.at) == [later]
    assert store.reviews(later.at + timedelta(microseconds=1)) == []


def test_undo_is_an_entry_and_deletes_nothing(store, path):
    rate(store, "stride", 4)
    known = store.state("stride")
    second = rate(store, "stride", 1, now=MONDAY + timedelta(days=8))
    assert store.state("stride").lapses == 1
    assert store.undo() == second
    assert store.state("stride") == known
    assert len(store.reviews()) == 1
    assert log_size(path) == 3
    assert store.undo(second.uid) is None, "it is undone already"
    assert store.undo().rating == 4
    assert store.undo() is None
    assert store.states() == {}
    assert log_size(path) == 4


def test_a_card_goes_on_after_an_undo(store):
    rate(store, "stride", 1)
    store.undo()
    rate(store, "stride", 4)
    assert store.state("stride").reviews == 1
    assert [review.rating for review in store.reviews()] == [4]


def test_undo_takes_back_the_named_review(store):
    first = rate(store, "stride")
    rate(store, "padding")
    assert store.undo(first.uid) == first
    assert set(store.states()) == {"padding"}


def test_undo_leaves_what_came_on_top(store):
    first = rate(store, "stride", 4)
    rate(store, "stride", 1, now=MONDAY + timedelta(days=8))
    newest = store.state("stride")
    assert store.undo(first.uid) == first
    assert store.state("stride") == newest


@pytest.mark.parametrize("statement", ["DELETE FROM review_log", "UPDATE review_log SET rating = 4"])
def test_the_file_itself_refuses_to_forget(store, path, statement):
    rate(store, "stride")
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.IntegrityError, match="the review log keeps"):
        db.execute(statement)


def test_a_clock_that_was_set_back_does_not_mix_up_a_cards_log(store):
    rate(store, "stride", 4, now=MONDAY)
    rate(store, "stride", 1, now=MONDAY - timedelta(days=30))
    newest = store.state("stride")
    assert newest.reviews == 2
    assert [review.rating for review in store.reviews()] == [4, 1]


def test_a_rating_of_an_outdated_state_is_refused(store, path):
    with Store(path) as other:
        after = scheduling.review(scheduling.new(MONDAY), 3, MONDAY, FSRS)
        rate(other, "stride", 4)
        with pytest.raises(Stale):
            store.record("stride", None, after, 3)
        assert log_size(path) == 1


def test_a_session_sees_that_another_has_written(store, path):
    before = store.version()
    rate(store, "stride")
    assert store.version() == before, "its own writing it knows of"
    with Store(path) as other:
        rate(other, "padding")
    assert store.version() != before


# -- as one file


def test_a_backup_restores_everything(store, tmp_path):
    rate(store, "stride", 4, seconds=2.25, answer="the step")
    rate(store, "padding", 1)
    rate(store, "pooling", 2)
    store.undo()
    assert store.export(tmp_path / "backup.json") == 4
    with Store(tmp_path / "new.sqlite") as fresh:
        assert fresh.import_(tmp_path / "backup.json") == 4
        assert fresh.states() == store.states()
        assert fresh.reviews() == store.reviews()
        assert fresh.import_(tmp_path / "backup.json") == 0, "a second time adds nothing"
        fresh.export(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads((tmp_path / "backup.json").read_text())


def test_two_devices_come_together(tmp_path):
    with Store(tmp_path / "a.sqlite") as a, Store(tmp_path / "b.sqlite") as b:
        rate(a, "stride", 4)
        a.export(tmp_path / "a.json")
        b.import_(tmp_path / "a.json")
        rate(a, "stride", 1, now=MONDAY + timedelta(days=8))
        rate(b, "stride", 3, now=MONDAY + timedelta(days=9))
        rate(b, "padding", 3)
        newest = b.state("stride")
        a.export(tmp_path / "a.json")
        b.export(tmp_path / "b.json")
        assert a.import_(tmp_path / "b.json") == 2
        assert b.import_(tmp_path / "a.json") == 1
        assert a.states() == b.states()
        assert a.reviews() == b.reviews()
        assert a.state("stride") == newest


def test_an_undo_travels_too(tmp_path):
    with Store(tmp_path / "a.sqlite") as a, Store(tmp_path / "b.sqlite") as b:
        rate(a, "stride")
        a.export(tmp_path / "a.json")
        b.import_(tmp_path / "a.json")
        a.undo()
        a.export(tmp_path / "a.json")
        b.import_(tmp_path / "a.json")
        assert b.states() == {}


STEPS = st.tuples(st.sampled_from("AB"), st.sampled_from(("x", "y")), st.integers(0, 4))


@given(st.lists(STEPS, max_size=14), st.booleans())
def test_merging_in_either_order_gives_the_same(tmp_path_factory, steps, a_first):
    folder = tmp_path_factory.mktemp("merge")
    stores = {name: Store(":memory:") for name in "AB"}
    for minutes, (name, card_id, rating) in enumerate(steps):
        if rating == 0:
            stores[name].undo()
        else:
            rate(stores[name], card_id, rating, now=MONDAY + timedelta(minutes=minutes))
    for name, store in stores.items():
        store.export(folder / name)
    merged = Store(":memory:")
    for name in "AB" if a_first else "BA":
        merged.import_(folder / name)
    stores["A"].import_(folder / "B")
    assert merged.states() == stores["A"].states()
    assert merged.reviews() == stores["A"].reviews()
    for store in (merged, *stores.values()):
        store.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log[0].pop("card_id"), "log entry 0: 'card_id' is missing"),
        (lambda log: log[1].update(rating=7), "log entry 1: rating=7 is not 1, 2, 3 or 4"),
        (lambda log: log[0].update(due="soon"), "log entry 0: Invalid isoformat string: 'soon'"),
        (lambda log: log[0].update(at="2026-03-02T09:00:00"), "at='2026-03-02T09:00:00' has no time zone"),
        (lambda log: log[0].update(state="asleep"), "state='asleep' is not learning"),
        (lambda log: log[0].update(was=3), "was=3 is not new"),
        (lambda log: log[0].update(stability="strong"), "stability='strong' is not a number"),
        (lambda log: log[0].update(stability=float("nan")), "stability=nan is not a number"),
        (lambda log: log[0].update(lapses=0.5), "lapses=0.5 is not a whole number"),
        (lambda log: log[0].update(answer=[1]), r"answer=\[1\] is not a text"),
        (lambda log: log[0].pop("step"), "'step' is missing"),
        (lambda log: log.append("entry"), "log entry 2: 'entry' is not an object"),
    ],
)
def test_a_damaged_backup_is_refused_whole(store, path, tmp_path, change, message):
    rate(store, "stride")
    rate(store, "padding")
    store.export(tmp_path / "backup.json")
    content = json.loads((tmp_path / "backup.json").read_text())
    change(content["log"])
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with Store(tmp_path / "new.sqlite") as fresh:
        with pytest.raises(StoreError, match=rf"bad\.json.*{message}.*fix: "):
            fresh.import_(tmp_path / "bad.json")
        assert fresh.reviews() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a file of progress"),
        ('{"format": "cnnkit-progress", "log": {}}', "not a file of progress"),
        ('{"format": "cnnkit-progress", "version": 99, "log": []}', "version 99, but this release reads up to"),
    ],
)
def test_a_file_of_something_else_is_refused(store, tmp_path, text, message):
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(StoreError, match=rf"other\.json: {message}.*fix: "):
        store.import_(tmp_path / "other.json")


def test_a_missing_backup_is_named(store, tmp_path):
    with pytest.raises(StoreError, match=r"none\.json: cannot be read: .*fix: "):
        store.import_(tmp_path / "none.json")


def test_a_backup_that_fails_leaves_the_old_one(store, tmp_path, monkeypatch):
    (tmp_path / "backup.json").write_text("the old one")

    def full(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("cnnkit.flashcards.store.json.dump", full)
    with pytest.raises(OSError, match="No space"):
        store.export(tmp_path / "backup.json")
    assert (tmp_path / "backup.json").read_text() == "the old one"
    assert {file.name for file in tmp_path.iterdir() if not file.name.startswith("progress.sqlite")} == {"backup.json"}


# -- the file's layout through the years

#: The layout of version 1, as that release wrote it; never to be edited.
VERSION_1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
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
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO card_state VALUES ('stride', 1773133200000000, 8.2956, 1.0, 'review', NULL, 1772442000000000, 0, 1);
INSERT INTO review_log VALUES (1, 'aaaa', 'stride', 1772442000000000, 4, 2.5, 'new', NULL,
    1773133200000000, 8.2956, 1.0, 'review', NULL, 1772442000000000, 0, 1);
INSERT INTO review_log VALUES (2, 'bbbb', 'padding', 1772442001000000, 1, NULL, 'new', NULL,
    1772442061000000, 0.212, 6.4133, 'learning', 0, 1772442001000000, 0, 1);
INSERT INTO review_log VALUES (3, 'cccc', 'padding', 1772442002000000, NULL, NULL, NULL, 'bbbb',
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
"""


def old_file(path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(VERSION_1)


def test_a_file_of_version_1_is_migrated_with_all_it_holds(path):
    old_file(path)
    with Store(path) as store:
        (review,) = store.reviews()
        assert (review.uid, review.card_id, review.at, review.rating) == ("aaaa", "stride", MONDAY, 4)
        assert review.answer is None
        assert store.state("stride").due == MONDAY + timedelta(days=8)
        assert set(store.states()) == {"stride"}
        rate(store, "stride", 3, now=MONDAY + timedelta(days=8), answer="the step")
        assert [review.answer for review in store.reviews()] == [None, "the step"]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == (str(SCHEMA),)
        assert db.execute("SELECT count(*) FROM review_log").fetchone() == (4,)


def test_a_migrated_file_has_the_layout_of_a_new_one(path, tmp_path):
    old_file(path)
    layouts = []
    for file in (path, tmp_path / "new.sqlite"):
        Store(file).close()
        with closing(sqlite3.connect(file)) as db:
            names = db.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
            columns = [db.execute(f"PRAGMA table_info({t})").fetchall() for t in ("meta", "card_state", "review_log")]
            layouts.append((names.fetchall(), columns))
    assert layouts[0] == layouts[1]


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    old_file(path)
    steps = ("", "ALTER TABLE review_log ADD COLUMN answer TEXT;\nCREATE INDEX broken ON missing (at);\n")
    with monkeypatch.context() as patch:
        patch.setattr("cnnkit.flashcards.store._MIGRATIONS", steps)
        with pytest.raises(StoreError, match=r"no such table: main\.missing"):
            Store(path)
    with Store(path) as store:
        assert len(store.reviews()) == 1


def test_a_file_of_a_later_release_is_left_alone(path):
    with Store(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE meta SET value = '99'")
        db.commit()
    with pytest.raises(StoreError, match=rf"later release \(schema 99, this one knows {SCHEMA}\); fix: pip install"):
        Store(path)


def test_a_file_of_something_else_is_left_alone(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE photos (id)")
    with pytest.raises(StoreError, match="an SQLite file of something else; fix: "):
        Store(path)
    path.unlink()
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreError, match="file is not a database; fix: move the file away"):
        Store(path)
    assert path.read_bytes().startswith(b"not a database")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/progress\.sqlite: .*fix: make the folder writable"):
        Store(tmp_path / "file" / "progress.sqlite")


def test_the_home_is_where_the_variable_says(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNKIT_HOME", str(tmp_path / "new" / "folder"))
    with Store() as store:
        assert store.path == tmp_path / "new" / "folder" / "progress.sqlite"
        assert store.path.exists()
    monkeypatch.delenv("CNNKIT_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    assert home().name == "cnnkit"


# -- other processes

WRITER = """
import sys
from datetime import datetime, timedelta, UTC
from cnnkit.flashcards import scheduling
from cnnkit.flashcards.store import Stale, Store

path, cards, count = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
fsrs, now = scheduling.make_scheduler(), datetime(2026, 3, 2, 9, tzinfo=UTC)
store = Store(path)
for index in range(count):
    card_id, now = cards[index % len(cards)], now + timedelta(seconds=1)
    while True:
        before = store.state(card_id)
        after = scheduling.review(before or scheduling.new(now), 1 + index % 4, now, fsrs)
        try:
            review = store.record(card_id, before, after, 1 + index % 4, answer="x" * 2000)
        except Stale:
            continue
        break
    if index % 5 == 4:
        store.undo(review.uid)
    print(review.uid, flush=True)
"""


def writer(path, cards: str, count: int) -> subprocess.Popen:
    command = [sys.executable, "-W", "error", "-c", WRITER, str(path), cards, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def consistent(path) -> set[str]:
    """The names of all reviews, after a look whether the states follow from the log."""
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        uids = {uid for (uid,) in db.execute("SELECT uid FROM review_log WHERE undoes IS NULL")}
    with Store(path) as store:
        store.export(path.with_suffix(".json"))
        with Store(":memory:") as fresh:
            fresh.import_(path.with_suffix(".json"))
            assert fresh.states() == store.states()
    return uids


def test_two_processes_write_side_by_side(path):
    # Both make the file, and both rate one of the cards.
    processes = [writer(path, cards, 60) for cards in ("shared,a", "shared,b")]
    printed = []
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        printed += out.split()
    assert len(set(printed)) == 120
    assert consistent(path) == set(printed)


def test_many_processes_make_the_file_at_once(path):
    processes = [writer(path, f"card-{number}", 1) for number in range(6)]
    for process in processes:
        assert process.communicate(timeout=120)[1] == ""
    assert len(consistent(path)) == 6


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is POSIX's")
def test_a_kill_in_mid_write_loses_nothing_that_was_recorded(path):
    draw, recorded = random.Random(6), set()
    for _ in range(5):
        process = writer(path, "a,b,c", 100_000)
        # It is writing now. Not readline(), which may take more lines from the pipe and keep them from communicate().
        first = os.read(process.stdout.fileno(), 2**16).decode()
        time.sleep(draw.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (-signal.SIGKILL, "")
        recorded |= set((first + out).split("\n")[:-1])
        found = consistent(path)
        assert recorded <= found
        # At most the one that was written but could not be reported any more.
        assert len(found - recorded) <= 1
        recorded = found


def test_a_write_that_cannot_be_done_says_so_and_leaves_no_half(store, path, monkeypatch):
    rate(store, "stride")
    store._db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked, so nothing was written; fix: close other sessions"):
            rate(store, "padding")
        other.execute("ROLLBACK")
    assert rate(store, "padding").was == "new"
