"""Generated cards in Chromium: every field of every test vector, as Python shows it."""

import json

import pytest

from cnnkit.flashcards.generated import TEMPLATES, VECTORS

#: Where the test's own page is; no such host exists, and nothing but the two files is served.
ORIGIN = "http://cards.invalid"


@pytest.fixture
def page(browser):
    """A page from which the module can be imported; anything it asks for beyond that fails the test."""
    page = browser.new_page()
    troubles = []

    def serve(route):
        if route.request.url == f"{ORIGIN}/":
            route.fulfill(content_type="text/html", body='<!DOCTYPE html><meta charset="utf-8"><title>cards</title>')
        elif route.request.url == f"{ORIGIN}/generated.js":
            route.fulfill(content_type="text/javascript", path=VECTORS.with_name("generated.js"))
        elif route.request.url == f"{ORIGIN}/favicon.ico":
            route.fulfill(status=204)
        else:
            troubles.append(route.request.url)
            route.abort()

    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    page.route("**/*", serve)
    page.goto(f"{ORIGIN}/")
    yield page
    page.close()
    assert not troubles


@pytest.mark.parametrize("template", TEMPLATES)
def test_chromium_shows_what_python_shows(page, template):
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))[template]
    cards = page.evaluate(
        """async ([template, count]) => {
          const { draw } = await import("/generated.js");
          return Array.from({ length: count }, (_, seed) => draw(template, seed));
        }""",
        [template, len(vectors)],
    )
    assert len(cards) == len(vectors)
    for seed, (card, expected) in enumerate(zip(cards, vectors, strict=True)):
        assert set(card) == set(expected)
        for name in expected:
            assert card[name] == expected[name], f"{template}, seed {seed}, {name}"


def test_other_cards_are_copied_and_generated_ones_drawn(page):
    cards = page.evaluate(
        """async () => {
          const { draw, shown } = await import("/generated.js");
          const basic = { id: "c", kind: "basic", front: "f", back: "b", tags: [], source: "s" };
          const choice = { ...basic, kind: "choice", answers: ["a"], choices: ["a", "b"], feedback: { b: "no" } };
          const made = { ...basic, kind: "generated", template: "pooling-cell" };
          const same = JSON.stringify(shown(made, 5)) === JSON.stringify(draw("pooling-cell", 5));
          return [shown(basic, 3), shown(choice, 3), same];
        }"""
    )
    empty = {"answers": [], "tolerance": 0, "unit": "", "choices": [], "feedback": {}, "matrices": []}
    assert cards[0] == {"kind": "basic", "front": "f", "back": "b", **empty}
    assert (cards[1]["answers"], cards[1]["choices"], cards[1]["feedback"]) == (["a"], ["a", "b"], {"b": "no"})
    assert cards[2] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ('"output", 0', "there is no template 'output'; take one of output-size, "),
        ('"output-size", -1', "a seed is a whole number from 0 on, not -1"),
        ('"output-size", 0.5', "a seed is a whole number from 0 on, not 0.5"),
    ],
)
def test_what_cannot_be_drawn_is_refused(page, arguments, message):
    error = page.evaluate(
        f"""async () => {{
          const {{ draw }} = await import("/generated.js");
          try {{ draw({arguments}); }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }}
        }}"""
    )
    assert error.startswith(f"RangeError: {message}")
