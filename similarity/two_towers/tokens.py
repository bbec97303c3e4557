"""Texts as numbers: whole words, or pairs of bytes merged as a user's file says (CLIP's way)."""

import gzip
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from toolbox.core.checks import describe_value, refuse

WORD = re.compile(r"\w+")
ENDINGS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")  # of English words, tokens of their own
LAST = "</w>"  # marks the end of a word
SPECIAL = 2  # start and end


def texts_of(value: Any, argument: str) -> list[str]:
    """Return texts, none of them empty, from a list or from one text."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple | np.ndarray) or not len(listed):
        refuse(argument, "texts", describe_value(value))
    for number, text in enumerate(listed):
        if not isinstance(text, str):
            refuse(argument, "texts", f"{describe_value(text)} at {number}", item=number)
        if not text.strip():
            refuse(argument, "texts that are not empty", f"an empty one at {number}", item=number)
    return [str(text) for text in listed]


# ----------------------------------------------------------------------------------------- words


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return WORD.findall(text.lower())


def known_words(texts: list[str]) -> tuple[str, ...]:
    """Return all words of these texts, sorted."""
    return tuple(sorted({word for text in texts for word in words(text)}))


def word_numbers(texts: list[str], vocabulary: tuple[str, ...], argument: str) -> list[list[int]]:
    """Return the numbers of each text's known words, from 1; one of unknown words is refused."""
    number = {word: i for i, word in enumerate(vocabulary, start=1)}
    found = [[number[w] for w in words(text) if w in number] for text in texts]
    for i, numbers in enumerate(found):
        if not numbers:
            got = f"only unknown ones in {describe_value(texts[i])}"
            refuse(argument, "words that the network was trained on", got, item=i)
    return found


# ------------------------------------------------------------------------------------ byte pairs


def read_merges(path: Any, number: int) -> tuple[str, ...]:
    """Return the first merges of a file, each two tokens with a space between them.

    The file is CLIP's ``bpe_simple_vocab_16e6.txt``, gzipped or not, or a ``merges.txt``: a first
    line that says its version, then a merge a line.
    """
    if not isinstance(path, str | Path) or not Path(path).is_file():
        refuse("merges", "a file that exists", describe_value(path))
    try:
        raw = Path(path).read_bytes()
        lines = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        refuse("merges", "a file of merges, as text or gzipped", f"{Path(path).name} ({error})")
    merges = tuple(lines.split("\n")[1 : 1 + number])
    if len(merges) < number or any(len(line.split()) != 2 for line in merges):
        wanted = f"a first line, then {number} merges of two tokens, as the weights have"
        refuse("merges", wanted, f"{Path(path).name}, of {len(merges)} lines or other ones")
    return tuple(" ".join(line.split()) for line in merges)


def pair_numbers(texts: list[str], merges: tuple[str, ...]) -> list[list[int]]:
    """Return the numbers of each text's tokens, between a start and an end (Sennrich et al., 2016).

    The vocabulary is the 256 bytes, the same at the end of a word, what the merges make, start and
    end: the end has the highest number.
    """
    ranks, number = _tables(merges)
    start = len(number)
    found = []
    for text in texts:
        tokens = [number[part] for piece in _pieces(text) for part in _merged(piece, ranks)]
        found.append([start, *tokens, start + 1])
    return found


@lru_cache(maxsize=4)
def _tables(merges: tuple[str, ...]) -> tuple[dict[tuple[str, str], int], dict[str, int]]:
    """Return the rank of each merge, and the number of each token."""
    signs = list(_byte_signs().values())
    pairs = [tuple(line.split()) for line in merges]
    tokens = [*signs, *(sign + LAST for sign in signs), *("".join(pair) for pair in pairs)]
    return (
        {pair: rank for rank, pair in enumerate(pairs)},
        {token: i for i, token in enumerate(tokens)},
    )


@lru_cache(maxsize=1)
def _byte_signs() -> dict[int, str]:
    """Return a visible letter for each byte: itself where it is one, else one above 255."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    visible += range(ord("®"), ord("ÿ") + 1)
    hidden = [byte for byte in range(256) if byte not in visible]
    signs = {byte: chr(byte) for byte in visible}
    return signs | {byte: chr(256 + i) for i, byte in enumerate(hidden)}


def _pieces(text: str) -> list[str]:
    """Return runs of letters, single digits, runs of other signs, and English endings."""
    rest, found = " ".join(text.split()).lower(), []
    while rest := rest.lstrip():
        ending = next((e for e in ENDINGS if rest.startswith(e)), "")
        kind = _kind(rest[0])
        size = len(ending) or 1
        if not ending and kind != "number":
            while size < len(rest) and _kind(rest[size]) == kind:
                size += 1
        found.append(rest[:size])
        rest = rest[size:]
    return found


def _kind(sign: str) -> str:
    if sign.isspace():
        return "space"
    return {"L": "letter", "N": "number"}.get(unicodedata.category(sign)[0], "other")


def _merged(piece: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """Return a word's tokens: of all neighbours, those of the lowest rank are merged first."""
    signs = _byte_signs()
    parts = [signs[byte] for byte in piece.encode("utf-8")]
    parts[-1] += LAST
    while len(parts) > 1:
        best = min(pairwise(parts), key=lambda p: ranks.get(p, len(ranks)))
        if best not in ranks:
            break
        joined, i = [], 0
        while i < len(parts):
            both = tuple(parts[i : i + 2]) == best
            joined.append("".join(best) if both else parts[i])
            i += 1 + both
        parts = joined
    return parts


# ----------------------------------------------------------------------------------- as an array


def padded(
    numbers: list[list[int]], length: int | None = None, argument: str = "texts"
) -> np.ndarray:
    """Return tokens (n, length) filled up with 0; longer ones are refused."""
    longest = length or max(map(len, numbers))
    table = np.zeros((len(numbers), longest), dtype=np.int64)
    for i, tokens in enumerate(numbers):
        if len(tokens) > longest:
            wanted = f"texts of at most {longest} tokens, start and end among them"
            refuse(argument, wanted, f"{len(tokens)} in the text at {i}", item=i)
        table[i, : len(tokens)] = tokens
    return table
