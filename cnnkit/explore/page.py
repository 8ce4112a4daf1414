"""The explorer as one HTML file: no server, no install, no network; for a web host, a phone or a USB stick.

The file holds the bundled pictures and the view of the notebook. Its Content-Security-Policy lets only its own script
run, by its hash, and lets nothing be loaded or sent; a photo that is dropped in stays on the computer.
"""

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

import numpy as np

from cnnkit.explore import pictures
from cnnkit.explore.state import initial, offers

_STATIC = Path(__file__).parent / "static"


def build() -> str:
    """Make the page.

    Returns
    -------
    str
        The HTML of one self-contained file.

    Raises
    ------
    FileNotFoundError
        When the photos are missing.

    Examples
    --------
    >>> page = build()
    >>> page.startswith("<!doctype html>"), "http-equiv" in page
    (True, True)
    """
    style = "".join(_read(name) for name in ("explore.css", "page.css"))
    # One script, as one module: what the view exports, nobody imports here.
    script = _read("explore.js") + _read("page.js")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hash(script)}",
            f"style-src {_hash(style)}",
            # The page sets sizes and places of boxes, and no more, through the style attribute.
            "style-src-attr 'unsafe-inline'",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    parts = {"policy": policy, "style": style, "data": _data(), "script": script}
    # In one pass: a part may contain what looks like a placeholder.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _read("page.html"))


def _data() -> str:
    picture, state = initial()
    data = {
        "state": state,
        "picture": picture.name,
        "offers": offers(),
        "pictures": {name: _packed(pictures.take(name)) for name in pictures.names()},
    }
    # Inside a script element only "<" could end it, or begin a comment.
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _packed(picture: pictures.Picture) -> dict:
    message = picture.message()
    data = message.pop("data")
    if message["type"] == "uint8":
        # The difference from the cell before, in one long row, around 256: neighbours are alike.
        cells = np.frombuffer(data, np.uint8).reshape(-1, message["shape"][2])
        data = np.diff(cells, axis=0, prepend=np.zeros((1, cells.shape[1]), np.uint8)).tobytes()
    return message | {"packed": base64.b64encode(zlib.compress(data, 9)).decode()}


def _read(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
