"""The kit of the front end: colours that can be read, templates that the content security policy lets work, pages that stay small."""

import gzip
import re
from pathlib import Path

import pytest

from portal.web.assets import FOLDER as STATIC
from portal.web.assets import manifest
from portal.web.templates import FOLDER as TEMPLATES
from portal.web.templates import environment

ASSETS = TEMPLATES.parent / "assets"
TONES = ("wait", "move", "good", "end", "stop", "draft")
READABLE = 4.5
KILOBYTE = 1024
FORBIDDEN = {
    "an inline style": r"\sstyle=",
    "an inline script": r"<script(?![^>]*\ssrc=)",
    "a style element": r"<style\b",
    "an event attribute": r"\son[a-z]+=",
    "hx-on": r"\bhx-on\b",
    "a script in an htmx attribute": r"hx-[a-z:]+=[\"']js:",
    "a trigger filter": r"hx-trigger=[\"'][^\"']*\[",
}


def tokens(theme: str) -> dict[str, str]:
    """Return a theme's tokens; the dark one says only what differs."""
    css = (ASSETS / "css" / "tokens.css").read_text()
    blocks = {"light": css.split("[data-bs-theme=light]{")[1], "dark": css.split("[data-bs-theme=dark]{")[1]}
    read = {
        name: dict(re.findall(r"--p-([a-z0-9-]+):(#[0-9a-f]{3,6})", block.split("}")[0]))
        for name, block in blocks.items()
    }
    return read["light"] | read[theme]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tone_can_be_read_on_its_tint_and_on_every_ground(theme: str) -> None:
    colours = tokens(theme)
    pairs = [(tone, ground) for tone in TONES for ground in (f"{tone}-bg", "ground", "surface", "surface-2")]
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < READABLE] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_links_and_buttons_can_be_read_on_what_they_stand_on(theme: str) -> None:
    colours = tokens(theme)
    grounds = ("ground", "surface", "surface-2", "sunken", "accent-soft")
    pairs = [(text, ground) for text in ("ink", "ink-2", "accent-ink") for ground in grounds]
    pairs += [("on-accent", "accent"), ("on-mark", "mark"), ("on-toast", "toast")]
    assert [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < READABLE] == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_template_holds_what_the_content_security_policy_forbids(what: str) -> None:
    guilty = [path.name for path in TEMPLATES.rglob("*.html") if re.search(FORBIDDEN[what], path.read_text())]
    assert guilty == []


def test_every_template_can_be_compiled() -> None:
    for path in TEMPLATES.rglob("*.html"):
        environment.get_template(path.relative_to(TEMPLATES).as_posix())


def test_what_a_customer_page_loads_leaves_room_below_sixty_kilobytes() -> None:
    sizes = {name: size_of(name) for name in ("customer.css", "customer.js", "icons.svg")}
    assert sum(sizes.values()) < 36 * KILOBYTE, sizes


def test_no_stylesheet_loads_a_picture_that_the_policy_refuses() -> None:
    assert [name for name in ("customer.css", "desk.css") if "data:" in file_of(name).read_text()] == []


def test_every_picture_a_stylesheet_names_was_written() -> None:
    for name in ("customer.css", "desk.css"):
        named = re.findall(r"url\(\"?([^)\"]+)\"?\)", file_of(name).read_text())
        assert named
        assert [one for one in named if not (file_of(name).parent / one).resolve().exists()] == []


def file_of(name: str) -> Path:
    return STATIC / manifest()[name]


def size_of(name: str) -> int:
    return len(gzip.compress(file_of(name).read_bytes(), 9))
