"""Fonts of PNG pictures written by fontTools, independently of the reader."""

import io

import numpy as np
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib import newTable
from fontTools.ttLib.tables import C_B_D_T_, E_B_L_C_, BitmapGlyphMetrics
from PIL import Image

WOMAN, FIRE, JOINER, FACE = "\U0001f469", "\U0001f692", "\u200d", "\U0001f600"
GLYPHS = [".notdef", "woman", "joiner", "fire", "face", "firefighter"]
LIGATURE = "feature ccmp { sub woman joiner fire by firefighter; } ccmp;"
LINE = ("ascender", "descender", "widthMax", "caretSlopeNumerator", "caretSlopeDenominator")
LINE += ("caretOffset", "minOriginSB", "minAdvanceSB", "maxBeforeBL", "minAfterBL", "pad1", "pad2")


def png(colour, size=8, opacity=255):
    """Return a PNG of one colour."""
    pixels = np.full((size, size, 4), (*colour, opacity), np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def written_font(path, pictures, *, index=1, kind=17, sizes=(20, 109)):
    """Write a font; the pictures of its largest size are these, of others blue."""
    builder = FontBuilder(1024, isTTF=True)
    builder.setupGlyphOrder(GLYPHS)
    characters = {WOMAN: "woman", JOINER: "joiner", FIRE: "fire", FACE: "face"}
    builder.setupCharacterMap({ord(c): glyph for c, glyph in characters.items()})
    builder.setupHorizontalMetrics(dict.fromkeys(GLYPHS, (1024, 0)))
    builder.setupHorizontalHeader()
    builder.setupMaxp()
    builder.setupPost(keepGlyphNames=False)
    addOpenTypeFeaturesFromString(builder.font, LIGATURE)
    data, places = newTable("CBDT"), newTable("CBLC")
    data.version = places.version = 3.0
    data.strikeData, places.strikes = [], []
    for size in sizes:
        shown = pictures if size == max(sizes) else dict.fromkeys(pictures, png((0, 0, 255)))
        data.strikeData.append({name: _picture(content, kind) for name, content in shown.items()})
        places.strikes.append(_strike(size, list(shown), index, kind))
    builder.font["CBDT"], builder.font["CBLC"] = data, places
    builder.font.save(path)
    return path


def _picture(content, kind):
    of_kind = {17: C_B_D_T_.cbdt_bitmap_format_17, 18: C_B_D_T_.cbdt_bitmap_format_18}[kind]
    picture = of_kind(b"", None)
    names = ("height", "width", "BearingX", "BearingY", "Advance")
    picture.metrics = BitmapGlyphMetrics.SmallGlyphMetrics()
    if kind == 18:
        names = ("height", "width", "horiBearingX", "horiBearingY", "horiAdvance")
        names += ("vertBearingX", "vertBearingY", "vertAdvance")
        picture.metrics = BitmapGlyphMetrics.BigGlyphMetrics()
    for name in names:
        setattr(picture.metrics, name, 8)
    picture.imageData = content
    return picture


def _strike(size, names, index, kind):
    strike = E_B_L_C_.Strike()
    table = strike.bitmapSizeTable = E_B_L_C_.BitmapSizeTable()
    for name in ("colorRef", "flags"):
        setattr(table, name, 1 if name == "flags" else 0)
    table.ppemX = table.ppemY = size
    table.bitDepth = 32
    for direction in ("hori", "vert"):
        line = E_B_L_C_.SbitLineMetrics()
        for name in LINE:
            setattr(line, name, 0)
        setattr(table, direction, line)
    of_index = {1: E_B_L_C_.eblc_index_sub_table_1, 3: E_B_L_C_.eblc_index_sub_table_3}[index]
    rows = of_index(b"", None)
    rows.indexFormat, rows.imageFormat, rows.names = index, kind, names
    rows.firstGlyphIndex, rows.lastGlyphIndex = GLYPHS.index(names[0]), GLYPHS.index(names[-1])
    table.startGlyphIndex, table.endGlyphIndex = rows.firstGlyphIndex, rows.lastGlyphIndex
    strike.indexSubTables = [rows]
    return strike
