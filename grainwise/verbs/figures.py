"""``grainwise figures``: regenerate the figures, in a checkout."""

from pathlib import Path
from typing import Annotated

import tyro

from toolbox.core.checks import refuse


def figures(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    /,
    *,
    quick: bool = False,
    full: bool = False,
    check: bool = False,
    list: bool = False,
    jobs: int | None = None,
    images: Path | None = None,
    records: Path | None = None,
    rare: str | None = None,
    size: int | None = None,
    out: Path | None = None,
    cache: Path | None = None,
) -> int:
    """Regenerate figures into paper_figures/out, all of them without a name.

    Parameters
    ----------
    names
        Names of figures; --list tells them.
    quick
        The quick setting, minutes on two cores: the default.
    full
        The full setting, hours on two cores, instead of the quick one.
    check
        Make the quick figures aside; status 1 where a claim does not hold, or where arrays are not
        as the committed reference says.
    list
        List the figures and stop.
    jobs
        Figures made at a time; as many as there are cores without.
    images
        Your own images for the figures rare_class, paper_challenge and papers_expert.
    records
        Your own recordings for the figures fetal_evaluation and fetal_retraining.
    rare
        The rare class of your images; the one with fewest crops without.
    size
        Pixels of a crop; 36 without.
    out
        Where figures go.
    cache
        Where results are kept.
    """
    try:
        from paper_figures.__main__ import main
    except ImportError:
        refuse("figures", "a checkout of the project, whose figures are not installed", "none here")
    switches = {"quick": quick, "full": full, "check": check, "list": list}
    values = {"jobs": jobs, "images": images, "records": records, "rare": rare, "size": size}
    values |= {"out": out, "cache": cache}
    words = [f"--{name}" for name, asked in switches.items() if asked]
    words += [f"--{name}={value}" for name, value in values.items() if value is not None]
    return main([*names, *words])
