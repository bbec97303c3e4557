"""Files written byte by byte, after their specifications: the truth that no library decides."""

import struct
import zlib

import numpy as np

# TIFF 6.0: tags, and the types of their values
_TYPES = {"H": 3, "I": 4, "B": 1, "2I": 5, "s": 2}
WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
OFFSETS, SAMPLES, ROWS, COUNTS, PLANAR, PREDICTOR = 273, 277, 278, 279, 284, 317
COLOURS, EXTRA, FORMAT, KIND, ORIENTATION = 320, 338, 339, 254, 274
NODATA, INKS = 42113, 332


def packed(pixels, bits):
    """Return rows of samples of so many bits, each row filled up to whole bytes."""
    if bits >= 8 and bits % 8 == 0:
        own = pixels.dtype.itemsize * 8 == bits
        return pixels.astype(pixels.dtype.newbyteorder("<") if own else f"<u{bits // 8}").tobytes()
    rows = pixels.reshape(len(pixels), -1).astype(np.uint32)
    shifts = np.arange(bits - 1, -1, -1, dtype=np.uint32)
    digits = (rows[..., None] >> shifts & 1).reshape(len(rows), -1).astype(np.uint8)
    return np.packbits(digits, axis=1).tobytes()


def compressed(data, code):
    """Return data in a compression of TIFF, by libraries that do not know TIFF."""
    import imagecodecs

    packers = {1: bytes, 8: zlib.compress, 5: imagecodecs.lzw_encode}
    packers |= {32773: imagecodecs.packbits_encode, 50000: imagecodecs.zstd_encode}
    return bytes(packers[code](data))


def page(data, width, height, *, bits=8, code=1, photometric=1, samples=1, tags=()):
    """Return the tags of one page, and the pixels that its strip holds."""
    own = {
        WIDTH: ("I", [width]),
        LENGTH: ("I", [height]),
        BITS: ("H", [bits] * samples),
        COMPRESSION: ("H", [code]),
        PHOTOMETRIC: ("H", [photometric]),
        SAMPLES: ("H", [samples]),
        ROWS: ("I", [height]),
        PLANAR: ("H", [1]),
    }
    return own | dict(tags), compressed(data, code)


def tiff(*pages):
    """Return a TIFF of pages, each of one strip."""
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for tags, strip in pages:
        tags = tags | {OFFSETS: ("I", [len(out)]), COUNTS: ("I", [len(strip)])}
        out += strip + bytes(len(strip) % 2)
        entries = b""
        for tag, (kind, values) in sorted(tags.items()):
            value = values if kind == "s" else b"".join(struct.pack("<" + kind, v) for v in values)
            count = len(value) if kind == "s" else len(values)
            if len(value) > 4:
                place, value = len(out), value + bytes(len(value) % 2)
                out += value
                value = struct.pack("<I", place)
            entries += struct.pack("<HHI", tag, _TYPES[kind], count) + value.ljust(4, b"\0")
        out[link : link + 4] = struct.pack("<I", len(out))
        out += struct.pack("<H", len(tags)) + entries
        link = len(out)
        out += bytes(4)
    return bytes(out)


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(rows, width, *, bits=8, colour=0, more=(), pixels=None, interlaced=0):
    """Return a PNG of rows of packed samples; `pixels` replaces the compressed rows."""
    head = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, interlaced)
    if pixels is None:
        pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", head), *more, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def png_rows(pixels, bits):
    """Return the rows of a PNG, whose samples of 16 bits have the upper byte first."""
    if bits == 16:
        return [row.astype(">u2").tobytes() for row in pixels]
    return [packed(row[None], bits) for row in pixels]
