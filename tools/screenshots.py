"""Take the documentation's pictures of the web page: python tools/screenshots.py (it needs chromium)."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bot.surfaces.web.page import EXAMPLES

FOLDER = Path(__file__).parent.parent / "docs" / "images"
WORDS = "/imagine a big red circle on a yellow background --seed 7"
# File name, the window's width and height in pixels, what is typed, and whether the result goes below the brush.
SCENES = (
    ("page.png", 1280, 800, WORDS, False),
    ("page-phone.png", 390, 844, WORDS, False),
    ("page-brush.png", 1280, 800, WORDS, True),
    ("page-brush-phone.png", 390, 844, WORDS, True),
)
# The browser's own errands would be requests to the outside.
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
# A picture from a file: previews come without one.
DRAWN = "[...document.querySelectorAll('#chat img')].some(img => img.naturalWidth && !img.src.startsWith('data:'))"
PATIENCE_MS = 120_000
# For what moves on the page to come to rest.
CALM_MS = 800
LARGEST_BYTES = 300_000
COLOURS = 256


def main() -> None:
    """Write every picture of `SCENES`, and what the model makes of the page's examples."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    examples().save(FOLDER / "examples.png", optimize=True)
    with running_demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        for name, width, height, words, brushes in SCENES:
            data = smaller(photograph(browser, address, (width, height), words, brushes))
            (FOLDER / name).write_bytes(data)
            print(f"{FOLDER / name}  {width}x{height}  {len(data):,} bytes")
        browser.close()


def examples() -> Image.Image:
    """Draw the page's examples in the shell, and lay them side by side."""
    with tempfile.TemporaryDirectory() as folder:
        prompts = Path(folder, "prompts.txt")
        prompts.write_text("\n".join(EXAMPLES), encoding="utf-8")
        command = (sys.executable, "-m", "bot", "generate", "--file", str(prompts), "-o", folder, "--seed", "7")
        subprocess.run(command, check=True)
        pictures = [Image.open(file).convert("RGB") for file in sorted(Path(folder).glob("*.png"))]
    width, height = pictures[0].size
    strip = Image.new("RGB", (width * len(pictures), height))
    for index, picture in enumerate(pictures):
        strip.paste(picture, (index * width, 0))
    return strip


def chromium() -> str:
    """Find the browser, or end with what to install."""
    return shutil.which("chromium") or sys.exit("No chromium is installed: apt-get install chromium")


@contextmanager
def running_demo() -> Iterator[str]:
    """Run the demo on a free port and an empty store; yield its address."""
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        command = (sys.executable, "-m", "bot", "demo", "--port", str(free_port()))
        with subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, text=True) as bot:
            try:
                yield bot.stdout.readline().strip() or sys.exit("The demo did not start.")
            finally:
                bot.terminate()


def environment(folder: str) -> dict[str, str]:
    """Take this environment without the owner's settings, and keep the store in `folder`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KANDINSKY_BOT_")}
    return own | {"KANDINSKY_BOT_STORE__PATH": folder, "KANDINSKY_BOT_ENGINE__CACHE_DIR": folder}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def photograph(browser: Browser, address: str, size: tuple[int, int], words: str, brushes: bool) -> bytes:
    """Type `words` into the page as a new visitor; return the window's PNG once the picture stands.

    With `brushes` its button Inpaint is pressed, and the middle of the picture is brushed over.
    """
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.locator("#line textarea").fill(words)
    page.locator("#line textarea").press("Enter")
    page.wait_for_function(DRAWN)
    page.wait_for_timeout(CALM_MS)
    if brushes:
        brush(page)
    page.evaluate("document.activeElement.blur()")
    data = page.screenshot()
    context.close()
    return data


def brush(page: Page) -> None:
    """Load the result below the form's brush, and draw a line through its middle."""
    page.get_by_role("button", name="Inpaint").click()
    page.locator("#canvas canvas").first.wait_for()
    page.locator("#canvas").get_by_text("Upload an image").wait_for(state="hidden")
    page.wait_for_timeout(3 * CALM_MS)
    box = page.locator("#canvas canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 50, y)
    page.mouse.down()
    page.mouse.move(x + 50, y, steps=8)
    page.mouse.up()
    page.mouse.move(0, 0)


def smaller(data: bytes) -> bytes:
    """Optimise a PNG; with fewer colours where it would be too large for a document."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    whole = encode(image)
    return whole if len(whole) <= LARGEST_BYTES else encode(image.quantize(COLOURS))


def encode(image: Image.Image) -> bytes:
    """Write `image` as the smallest PNG that Pillow makes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


if __name__ == "__main__":
    main()
