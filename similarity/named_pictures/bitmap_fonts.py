"""PNG pictures inside a colour font: characters and sequences of them to the bytes of a picture.

Only what a font of emoji needs is read, of OpenType 1.9: the table of characters (cmap, format 12),
ligatures of the feature ccmp (GSUB, types 4 and 7), where each glyph's picture lies (CBLC, formats
1 and 3) and the pictures (CBDT, formats 17 and 18).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from toolbox.core.checks import refuse

Ligatures = dict[tuple[int, ...], int]
LIGATURE, EXTENSION = 4, 7  # kinds of lookup
OFFSETS = {1: "I", 3: "H"}  # how wide an offset is, by the format of an index
METRICS = {17: 5, 18: 8}  # bytes before the length of a picture, by its format
VARIATION = 0xFE0F  # asks for colour; fonts of emoji leave it out of their ligatures


class PictureFont(NamedTuple):
    """Which glyph a character has, which several have together, and a glyph's picture."""

    characters: dict[int, int]
    ligatures: Ligatures
    pictures: dict[int, bytes]

    def picture(self, text: str) -> bytes | None:
        """Return the PNG of one emoji, of one or several characters; None where it has none."""
        glyphs = [self.characters.get(ord(sign)) for sign in text if ord(sign) != VARIATION]
        if not glyphs or None in glyphs:
            return None
        glyph = glyphs[0] if len(glyphs) == 1 else self.ligatures.get(tuple(glyphs))
        return self.pictures.get(glyph)


def read_picture_font(path: Path, argument: str) -> PictureFont:
    """Read a font of PNG pictures; any damage is refused under the argument's name."""
    try:
        data = path.read_bytes()
        tables = _tables(data)
        return PictureFont(
            _characters(tables["cmap"]),
            dict(_ligatures(tables["GSUB"])) if "GSUB" in tables else {},
            dict(_pictures(tables["CBLC"], tables["CBDT"])),
        )
    except (OSError, struct.error, KeyError, ValueError) as error:
        got = f"{path.name} ({type(error).__name__}: {error})"
        refuse(argument, "a font of PNG pictures (tables cmap, CBLC, CBDT), undamaged", got)


def _numbers(data: bytes, place: int, form: str) -> tuple[int, ...]:
    return struct.unpack_from(f">{form}", data, place)


def _tables(data: bytes) -> dict[str, bytes]:
    found = {}
    for i in range(_numbers(data, 4, "H")[0]):
        tag, _, start, length = _numbers(data, 12 + 16 * i, "4sIII")
        if start + length > len(data):
            raise ValueError(f"table {tag.decode('latin-1')} ends behind the file")
        found[tag.decode("latin-1")] = data[start : start + length]
    return found


# ---------------------------------------------------------------------------- characters, ligatures


def _characters(cmap: bytes) -> dict[int, int]:
    """Return the glyph of each character, of the table of all of Unicode (format 12)."""
    for i in range(_numbers(cmap, 2, "H")[0]):
        start = _numbers(cmap, 4 + 8 * i + 4, "I")[0]
        if _numbers(cmap, start, "H")[0] == 12:
            break
    else:
        raise ValueError("no cmap of format 12")
    found = {}
    for i in range(_numbers(cmap, start + 12, "I")[0]):
        first, last, glyph = _numbers(cmap, start + 16 + 12 * i, "III")
        if last > 0x10FFFF or len(found) + last - first > 0x10FFFF:
            raise ValueError("a range of characters beyond Unicode")
        found |= {first + j: glyph + j for j in range(last - first + 1)}
    return found


def _ligatures(gsub: bytes) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield glyphs that together are one, of every ligature table."""
    lookups = _numbers(gsub, 8, "H")[0]
    for offset in _listed(gsub, lookups):
        lookup = lookups + offset
        kind = _numbers(gsub, lookup, "H")[0]
        for place in _listed(gsub, lookup + 4):
            table, of = lookup + place, kind
            if kind == EXTENSION:
                of, further = _numbers(gsub, table + 2, "HI")
                table += further
            if of == LIGATURE:
                yield from _of_one_table(gsub, table)


def _of_one_table(gsub: bytes, table: int) -> Iterator[tuple[tuple[int, ...], int]]:
    firsts = _covered(gsub, table + _numbers(gsub, table + 2, "H")[0])
    for first, offset in zip(firsts, _listed(gsub, table + 4), strict=True):
        for place in _listed(gsub, table + offset):
            glyph, size = _numbers(gsub, table + offset + place, "HH")
            rest = _numbers(gsub, table + offset + place + 4, f"{max(0, size - 1)}H")
            yield (first, *rest), glyph


def _listed(data: bytes, place: int) -> tuple[int, ...]:
    """Return the numbers of a list that begins with their count."""
    return _numbers(data, place + 2, f"{_numbers(data, place, 'H')[0]}H")


def _covered(gsub: bytes, place: int) -> list[int]:
    """Return the glyphs of a coverage table: listed one by one, or as ranges."""
    form, count = _numbers(gsub, place, "HH")
    if form == 1:
        return list(_numbers(gsub, place + 4, f"{count}H"))
    ranges = [_numbers(gsub, place + 4 + 6 * i, "HHH") for i in range(count)]
    return [glyph for first, last, _ in ranges for glyph in range(first, last + 1)]


# -------------------------------------------------------------------------------------- pictures


def _pictures(index: bytes, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each glyph and its PNG, of the largest size (strike) that the font has."""
    sizes = _numbers(index, 4, "I")[0]
    strikes = [8 + 48 * i for i in range(sizes)]
    if not strikes:
        raise ValueError("no pictures")
    strike = max(strikes, key=lambda place: index[place + 44])  # pixels an em
    start, _, tables = _numbers(index, strike, "III")
    for i in range(tables):
        first, last, place = _numbers(index, start + 8 * i, "HHI")
        form, kind, beginning = _numbers(index, start + place, "HHI")
        if form not in OFFSETS or kind not in METRICS:
            raise ValueError(f"pictures of format {kind}, listed by format {form}")
        offsets = _numbers(index, start + place + 8, f"{last - first + 2}{OFFSETS[form]}")
        for glyph, here, end in zip(range(first, last + 1), offsets, offsets[1:], strict=False):
            if end > here:  # an empty place is a glyph without a picture
                yield glyph, _png(data, beginning + here, METRICS[kind])


def _png(data: bytes, place: int, metrics: int) -> bytes:
    size = _numbers(data, place + metrics, "I")[0]
    begin = place + metrics + 4
    if begin + size > len(data):
        raise ValueError("a picture that ends behind its table")
    return data[begin : begin + size]
