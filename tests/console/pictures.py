"""How the console looks: the pictures in `docs/console/`, with which its pages are compared.

A page and its picture are laid over each other, coarsely: what has moved, vanished or another colour is seen, another time
of day is not. Letters are wider in one font than in another, so the page wears fonts that every machine can have.
`STEPWELL_PICTURES=write` writes the pictures anew.
"""

import base64
import os
from typing import Final

from playwright.sync_api import Page

from tests.console.bundle import ROOT

FOLDER: Final = ROOT / "docs" / "console"
DIFFERENT_MAX: Final = 0.06
"""Share of the tiles that may differ."""
_TILE: Final = 20
_SHADE: Final = 20
_DRESS: Final = """async () => {
  const style = document.documentElement.style;
  style.setProperty("--sw-font", '"DejaVu Sans", NanumGothic, sans-serif');
  style.setProperty("--sw-mono", '"DejaVu Sans Mono", NanumGothicCoding, monospace');
  await document.fonts.ready;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}"""
_COMPARE: Final = """async ([pictures, tile, shade]) => {
  const tilesOf = async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const [width, height] = [Math.ceil(image.width / tile), Math.ceil(image.height / tile)];
    const small = await createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
    const canvas = new OffscreenCanvas(width, height).getContext("2d");
    canvas.drawImage(small, 0, 0);
    return canvas.getImageData(0, 0, width, height).data;
  };
  const [one, other] = await Promise.all(pictures.map(tilesOf));
  if (one.length !== other.length) return 1;
  let different = 0;
  for (let at = 0; at < one.length; at += 4) {
    const far = Math.max(...[0, 1, 2].map((channel) => Math.abs(one[at + channel] - other[at + channel])));
    if (far > shade) different += 1;
  }
  return different / (one.length / 4);
}"""


def difference(page: Page, name: str) -> float:
    """The share of tiles in which a page differs from the picture of a name."""
    page.evaluate(_DRESS)
    shown = page.screenshot(animations="disabled", caret="hide")
    file = FOLDER / f"{name}.png"
    if os.environ.get("STEPWELL_PICTURES") == "write":
        file.write_bytes(shown)
    pictures = [base64.b64encode(picture).decode() for picture in (shown, file.read_bytes())]
    share: float = page.evaluate(_COMPARE, [pictures, _TILE, _SHADE])
    return share
