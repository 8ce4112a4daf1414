"""The one-file page, without a browser; tests/browser/test_drill_page.py drives it."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from cnnkit.flashcards import page
from cnnkit.flashcards.cards import Card, CardError, Deck, deck_names

STATIC = Path(page.__file__).parent / "static"
CARD = Card("stride", "basic", "What is a stride? </script>", "{{script}} {{no}}", "mine", ("a",), "lesson 01")


def deck(name: str, *ids: str) -> Deck:
    return Deck(name, name.title(), tuple(replace(CARD, id=card_id) for card_id in ids))


def test_a_page_needs_nothing_but_itself():
    text = page.build([deck("mine", "a")])
    assert not re.findall(r"""<(?:script|link|img)[^>]*\b(?:src|href)=["'](?!data:)""", text)
    assert "default-src 'none'" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg|github\.com|opensource)", text)


def test_the_same_decks_make_the_same_page():
    assert page.build([deck("mine", "a", "b")]) == page.build([deck("mine", "a", "b")])


def test_a_card_cannot_end_its_script_or_name_a_part_of_the_page():
    text = page.build([deck("mine", "a")])
    assert text.count("</script>") == 3
    assert "{{script}} {{no}}" in text


def test_all_means_every_deck_once():
    names = page._decks(["all"])
    assert [found.name for found in names] == list(deck_names())
    assert page._decks([]) == names
    assert page._decks(["01-convolution", "all"]) == names


@pytest.mark.parametrize(
    ("decks", "message"),
    [
        ([deck("mine", "a"), deck("mine", "b")], "two decks are called 'mine'"),
        ([deck("mine", "a"), deck("other", "a")], "two cards are called 'a'"),
    ],
)
def test_names_must_be_told_apart(decks, message):
    with pytest.raises(ValueError, match=message):
        page.build(decks)


def test_a_missing_deck_is_named():
    with pytest.raises(CardError, match="no deck 'convolutions'"):
        page.build(["convolutions"])


@pytest.mark.parametrize("line", ['import x from "./x.js";', "export { x };", "export * from './x.js';", '"</script>"'])
def test_a_module_that_cannot_be_put_in_is_named(tmp_path, monkeypatch, line):
    (tmp_path / "drill.js").write_text(f"const a = 1;\n{line}\n")
    monkeypatch.setattr(page, "_STATIC", tmp_path)
    with pytest.raises(ValueError, match=r"static/drill\.js: cannot put this into a page"):
        page.bundle()


def test_the_vendored_file_is_the_published_one():
    table = (STATIC / "vendor" / "README.md").read_text()
    assert hashlib.sha256((STATIC / "vendor" / "ts-fsrs.js").read_bytes()).hexdigest() in table
    licence = (STATIC / "vendor" / "ts-fsrs.LICENSE.txt").read_text()
    assert licence.startswith("MIT License")
    assert "Permission is hereby granted" in page.build([deck("mine", "a")])
