"""``grainwise figures``: regenerate the figures, in a checkout."""

from typing import Annotated

import tyro

from toolbox.doors import refuse


def figures(
    names: Annotated[tuple[str, ...], tyro.conf.Positional] = (), /, *, full: bool = False
) -> int:
    """Regenerate figures into paper_figures/out, all of them without a name.

    Parameters
    ----------
    names
        Names of figures; python -m paper_figures --list tells them.
    full
        The full setting, hours on two cores, instead of the quick one.
    """
    try:
        from paper_figures.__main__ import main
    except ImportError:
        refuse("figures", "a checkout of the project, whose figures are not installed", "none here")
    return main([*names, *(["--full"] if full else [])])
