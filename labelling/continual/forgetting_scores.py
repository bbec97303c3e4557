"""How much a sequence of tasks teaches, costs and gains: the scores of continual learning."""

from typing import Any

import numpy as np

from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.panels import panels
from toolbox.core.records import record

PERCENT = 100
SCORES = ("average", "last", "transfer", "forgetting", "backward", "forward")


@record
class ContinualScores:
    """Scores of a sequence of tasks, each with its interval over retrainings.

    Every one is in the unit of the accuracies given (shares or percent).

    Attributes
    ----------
    average : float
        Mean accuracy over all tasks and all times; higher is better.
    last : float
        Mean accuracy over the tasks after the last one; higher is better.
    transfer : float
        Mean accuracy on tasks before they were learned; higher is better.
    forgetting : float
        By how much tasks are below their best, after the last; lower is better.
    backward : float
        Change of a task's accuracy from when it was learned to the end; higher is better.
    forward : float
        Accuracy just before a task is learned, less that of zero-shot; higher is better, NaN
        without `zero_shot`.
    intervals : dict of ndarray (2,)
        Of each score by its name, over retrainings; NaN with one of them.
    by_task : dict of ndarray (T,)
        "average", "last", "transfer", "forgetting", task by task, means over retrainings; NaN where
        a task has none (transfer of the first, forgetting of the last).
    accuracies : ndarray (T, T)
        Mean over retrainings of the accuracies.
    spread : ndarray (T, T)
        Their standard deviation over retrainings; NaN with one of them.
    retrainings : int
    level : float
    note : str
    """

    average: float
    last: float
    transfer: float
    forgetting: float
    backward: float
    forward: float
    intervals: dict[str, np.ndarray]
    by_task: dict[str, np.ndarray]
    accuracies: np.ndarray
    spread: np.ndarray
    retrainings: int
    level: float
    note: str = ""

    def plot(self, ax: Any = None) -> Any:
        """Return a matplotlib Figure: the accuracy on each task after each one was learned."""
        figure, axes = panels(ax, size=(4.5, 4))
        shown = axes.imshow(self.accuracies, cmap="viridis")
        axes.set(xlabel="tested on task", ylabel="learned up to task")
        axes.set_title(f"last {self.last:.3g}, forgetting {self.forgetting:.3g}")
        figure.colorbar(shown, ax=axes)
        return figure


def continual_scores(
    accuracies: Any, *, zero_shot: Any = None, level: float = 0.95
) -> ContinualScores:
    r"""Score a sequence of tasks from the accuracy on every task after each one was learned.

    Parameters
    ----------
    accuracies : array (T, T) or (R, T, T)
        Row i, column j: accuracy on task j once tasks 0 to i were learned; of R retrainings, each
        from scratch, where there are several. Shares, or percent.
    zero_shot : array (T,) or (R, T), optional
        Accuracy on each task before anything was learned; gives `.forward`.
    level : float
        Of the intervals, in (0, 1).

    Returns
    -------
    ContinualScores

    Raises
    ------
    InputError
        Fewer than two tasks, a table that is not square, accuracies below 0 or above 100, zero-shot
        accuracies of other tasks, or in percent beside shares.

    Notes
    -----
    With A_ij the accuracy on task j after task i, i, j = 0, ..., T - 1:

    - average: mean of all A_ij; last: mean over j of :math:`A_{T-1,j}`;
    - transfer: mean over j >= 1 of the mean over i < j of A_ij (Zheng et al., 2023);
    - forgetting: mean over j < T - 1 of :math:`\max_{j \le i < T - 1} A_{ij} - A_{T-1,j}`, the best
      being taken from when the task was learned on (Chaudhry et al., 2018);
    - backward: mean over j < T - 1 of :math:`A_{T-1,j} - A_{jj}`; forward: mean over j >= 1 of
      :math:`A_{j-1,j}` less zero-shot (Lopez-Paz and Ranzato, 2017).

    The intervals are Student's, of the mean over retrainings: they say how far another training
    would differ, not other test items.

    References
    ----------
    Z. Zheng et al., Preventing zero-shot transfer degradation in continual learning of
    vision-language models, ICCV 2023.
    D. Lopez-Paz, M. Ranzato, Gradient episodic memory for continual learning, NeurIPS 2017.
    A. Chaudhry et al., Riemannian walk for incremental learning, ECCV 2018.

    Examples
    --------
    >>> from labelling import continual_scores
    >>> found = continual_scores([[0.9, 0.3], [0.6, 0.8]], zero_shot=[0.2, 0.2])
    >>> round(found.last, 2), round(found.forgetting, 2), round(found.forward, 2)
    (0.7, 0.3, 0.1)
    """
    table = checks.real_array(accuracies, "accuracies").astype(np.float64)
    if table.ndim not in (2, 3) or table.shape[-1] != table.shape[-2] or table.shape[-1] < 2:
        wanted = "(tasks, tasks) or (retrainings, tasks, tasks), two tasks or more"
        refuse("accuracies", wanted, f"shape {table.shape}")
    _accuracies(table, "accuracies")
    runs = table.reshape(-1, *table.shape[-2:])
    before = _before(zero_shot, runs)
    confidence = checks.number(level, "level", above=0, below=1)
    tasks = _by_task(runs)
    each = {name: tasks[name].mean(axis=1) for name in ("average", "last")}
    each["transfer"] = tasks["transfer"][:, 1:].mean(axis=1)
    each["forgetting"] = tasks["forgetting"][:, :-1].mean(axis=1)
    each["backward"] = (runs[:, -1] - np.diagonal(runs, axis1=1, axis2=2))[:, :-1].mean(axis=1)
    each["forward"] = (np.diagonal(runs, 1, 1, 2) - before[:, 1:]).mean(axis=1)
    return ContinualScores(
        **{name: float(each[name].mean()) for name in SCORES},
        intervals={name: _interval(each[name], confidence) for name in SCORES},
        by_task={name: values.mean(axis=0) for name, values in tasks.items()},
        accuracies=runs.mean(axis=0),
        spread=runs.std(axis=0, ddof=1) if len(runs) > 1 else np.full(runs.shape[1:], np.nan),
        retrainings=len(runs),
        level=confidence,
        note="no intervals: they need two retrainings" if len(runs) == 1 else "",
    )


def _accuracies(values: np.ndarray, argument: str) -> None:
    if values.min() < 0 or values.max() > PERCENT:
        wanted = "shares from 0 to 1, or percent from 0 to 100"
        refuse(argument, wanted, f"{values.min():g} to {values.max():g}")


def _before(zero_shot: Any, runs: np.ndarray) -> np.ndarray:
    number, tasks = runs.shape[:2]
    if zero_shot is None:
        return np.full((number, tasks), np.nan)
    found = checks.real_array(zero_shot, "zero_shot").astype(np.float64)
    if found.shape not in ((tasks,), (number, tasks)):
        refuse("zero_shot", f"({tasks},) or ({number}, {tasks}) accuracies", f"{found.shape}")
    _accuracies(found, "zero_shot")
    if runs.max() <= 1 < found.max():
        refuse("zero_shot", "shares, as the accuracies", f"up to {found.max():g}: percent")
    return np.broadcast_to(found, (number, tasks))


def _by_task(runs: np.ndarray) -> dict[str, np.ndarray]:
    """Return the scores of each task, (R, T)."""
    tasks = runs.shape[1]
    transfer, lost = np.full((2, *runs.shape[:2]), np.nan)
    for j in range(tasks):
        if j:
            transfer[:, j] = runs[:, :j, j].mean(axis=1)
        if j < tasks - 1:
            lost[:, j] = runs[:, j:-1, j].max(axis=1) - runs[:, -1, j]
    average, last = runs.mean(axis=1), runs[:, -1]
    return {"average": average, "last": last, "transfer": transfer, "forgetting": lost}


def _interval(values: np.ndarray, level: float) -> np.ndarray:
    """Return Student's interval of the mean over retrainings."""
    from scipy.stats import t

    if len(values) < 2:
        return np.full(2, np.nan)
    half = t.ppf((1 + level) / 2, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return values.mean() + half * np.array([-1.0, 1.0])
