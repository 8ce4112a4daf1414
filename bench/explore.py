"""How smooth the kernel explorer is: frames in Chromium while a weight is dragged.

    .venv/bin/python bench/explore.py [--frames 300] [--side 5]

The page is opened with a photo of 256 × 256 and a kernel of 5 × 5. In each frame one weight changes, and the whole map
is computed and drawn anew. Printed are the time that our own code takes for it, the processor time of the page's
thread, which does not count what others on the machine take, and how far apart the frames are. For 60 a second they
must be 16.7 ms apart, so a frame must take less.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from cnnkit.explore import page

GOAL_MILLISECONDS = 1000 / 60
NAMES = ("chromium", "chromium-browser", "google-chrome")
_DRAG = """async (frames) => {
  const inputs = [...document.querySelectorAll(".explore-weights input")];
  const next = () => new Promise(requestAnimationFrame);
  const work = [], apart = [];
  const map = document.querySelector(".explore-map canvas").getContext("2d");
  let before = await next();
  for (let frame = 0; frame < frames; frame++) {
    const input = inputs[frame % inputs.length];
    input.value = String((frame % 19) - 9);
    let begin = 0;
    requestAnimationFrame(() => (begin = performance.now()));
    // The view asks for its callback here: what is asked for first is called first, so it comes between our two.
    input.dispatchEvent(new Event("input", { bubbles: true }));
    const at = await new Promise((done) => requestAnimationFrame((at) => done({ at, end: performance.now() })));
    work.push(at.end - begin);
    apart.push(at.at - before);
    before = at.at;
  }
  map.getImageData(0, 0, 1, 1); // all of it was drawn
  return { work, apart };
}"""


def main() -> int:
    """Open the page, drag, print the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--side", type=int, default=5, help="rows and columns of the kernel (default: 5)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-explore-") as folder, sync_playwright() as playwright:
        path = Path(folder) / "explorer.html"
        path.write_text(page.build(), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1200, "height": 1000})
        tab.goto(path.as_uri())
        for label in ("Kernel rows", "Kernel columns"):
            tab.get_by_label(label, exact=True).fill(str(options.side))
            tab.keyboard.press("Enter")
        tab.get_by_label("Border", exact=True).select_option("symmetric")
        tab.get_by_text("256 × 256").last.wait_for()
        shape = tab.locator(".explore-map .explore-name").inner_text()
        tab.evaluate(_DRAG, 30)  # until the engine has compiled it
        devtools = tab.context.new_cdp_session(tab)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _seconds(devtools)
        found = tab.evaluate(_DRAG, options.frames)
        processor = (_seconds(devtools) - before) / options.frames * 1000
        version = browser.version
        browser.close()
    work, apart = found["work"], found["apart"][1:]
    kernel = f"kernel {options.side} × {options.side}"
    print(f"Chromium {version}: {shape}, {kernel}, {len(work)} frames, each with another weight")
    print(f"our code in a frame: {_show(work)}")
    print(f"the page's thread, all that it does for a frame: {processor:.1f} ms of processor time")
    print(f"from frame to frame: {_show(apart)}, {1000 / statistics.mean(apart):.1f} frames a second")
    good = processor < GOAL_MILLISECONDS
    print(f"goal, {GOAL_MILLISECONDS:.1f} ms of processor time a frame: {'reached' if good else 'missed'}")
    return 0 if good else 1


def _seconds(devtools) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def _chromium() -> str:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        raise SystemExit("bench/explore.py needs Chromium; type: sudo apt-get install chromium")
    return program


def _show(milliseconds: list[float]) -> str:
    """Median, the 95th of 100, and the largest."""
    late = statistics.quantiles(milliseconds, n=20)[-1]
    return f"{statistics.median(milliseconds):.1f} ms, 95 of 100 below {late:.1f}, at most {max(milliseconds):.1f}"


if __name__ == "__main__":
    sys.exit(main())
