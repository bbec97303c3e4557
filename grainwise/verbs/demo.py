"""``grainwise demo`` writes a page for the public, which any browser opens without a network."""

from pathlib import Path
from typing import Annotated, Literal

import tyro


def demo(
    what: Annotated[Literal["satellite"], tyro.conf.Positional],
    *,
    out: Path,
    members: int = 10,
    seed: int = 0,
) -> int:
    """Write a demonstration for the public: one file, in French and English, without a network.

    Parameters
    ----------
    what
        "satellite": which crop grows on a field, and how sure are networks that were trained anew.
    out
        The page, an .html file.
    members
        How many networks are trained, 2 to 20: seconds for ten.
    seed
        Seed of the fields and of the networks.
    """
    from grainwise.demonstration.satellite import satellite_demonstration, satellite_page
    from toolbox.core import checks
    from toolbox.core.atomic_files import written_whole

    members = checks.count(members, "members", minimum=2, maximum=20)
    seed = checks.seed(seed)
    if out.suffix.lower() not in (".html", ".htm") or not out.absolute().parent.is_dir():
        checks.refuse("out", "an .html file in an existing folder", repr(str(out)))
    shown = satellite_demonstration(members=members, seed=seed)
    page = satellite_page(shown).encode("utf-8")
    with written_whole(out) as handle:
        handle.write(page)
    print(f"{out}: {len(page) / 1e6:.2f} MB, {members} networks trained in {shown.seconds:.1f} s")
    return 0
