"""A campaign: an expert is asked until an audit certifies, or the money is spent."""

from typing import Any

import numpy as np

from labelling.acquisition.acquiring import item_features
from labelling.answers_ledger.ledgers import Ledger
from labelling.answers_ledger.ledgers import ledger as new_ledger
from labelling.answers_ledger.telling import tell
from labelling.experts.campaign_steps import Step, campaign_next
from labelling.experts.simulated_experts import Expert, Replies, ask_expert
from toolbox.core import checks
from toolbox.core.checks import refuse
from toolbox.core.item_blocks import ROUNDING
from toolbox.core.records import is_record, record

ANSWERS = ("label", "not", "pair", "cannot_tell")


@record
class Campaign:
    """What a campaign came to.

    Attributes
    ----------
    labels : ndarray (n,)
        The class of each item: told, else the model's; the first one as long as there is no model,
        and then `note` says so.
    certified : bool
        At most the tolerance of them is wrong, with 95 % confidence.
    asked : int
        Items about which the expert was asked.
    cost : float
    ledger : Ledger
        All that was said; hand it in again to go on.
    note : str
    """

    labels: np.ndarray
    certified: bool
    asked: int
    cost: float
    ledger: Ledger
    note: str


def campaign(
    features: Any,
    expert: Expert,
    *,
    tolerance: float,
    budget: float,
    batch: int = 10,
    by: Any = "uncertain-and-far",
    error: Any = 0.0,
    ledger: Ledger | None = None,
    seed: int,
) -> Campaign:
    """Ask a simulated expert until the labels are certified or the money is spent.

    Parameters
    ----------
    features : array (n, F) or (n,)
        A description of each item.
    expert : Expert
        Of `simulated_expert`; all kinds of question are asked that have a price. With a person,
        ask what `campaign_next` says and `tell` the answers.
    tolerance : float
        Share of wrong labels that is tolerated, in (0, 1).
    budget : float
        No batch is asked that would cost more than is left of it.
    batch : int
        Items asked about at a time.
    by : str or callable
        How items are chosen, as for `acquire`.
    error : float or array (C, C)
        Probability that the expert is thought to be wrong, as for `class_posteriors`.
    ledger : Ledger, optional
        Of a campaign of the same arguments that was interrupted: it goes on where it stopped. On
        disk, it survives a kill. By default a new one in memory.
    seed : int

    Returns
    -------
    Campaign

    Raises
    ------
    InputError
        A budget that is not positive, an expert for other items, and what `campaign_next` refuses.

    Examples
    --------
    >>> import numpy as np
    >>> from labelling import campaign, simulated_expert
    >>> y = np.arange(300) % 2
    >>> x = np.stack([y + 0.1 * np.sin(np.arange(300)), np.cos(np.arange(300))], axis=1)
    >>> done = campaign(x, simulated_expert(y, seed=0), tolerance=0.05, budget=200, seed=0)
    >>> done.certified, done.asked < 130, float((done.labels != y).mean()) <= 0.05
    (True, True, True)
    """
    x = item_features(features, "features")
    if not is_record(expert) or not isinstance(expert, Expert):
        refuse("expert", "an Expert", checks.describe_value(expert))
    if len(expert.labels) != len(x):
        refuse("expert", f"one of {len(x)} items, as features has", len(expert.labels))
    money = checks.number(budget, "budget", above=0)
    book = new_ledger() if ledger is None else ledger
    prices = expert.prices()
    options = {"classes": expert.classes, "tolerance": tolerance, "batch": batch, "by": by}
    # A label's price alone decides nothing, and may be 0.
    options |= {"cost": prices if len(prices) > 1 else None, "error": error}
    while True:
        step = campaign_next(x, book, **options, seed=seed)
        spent = float(book.cost.sum())
        price = sum(prices[kind] for kind in step.question.tolist())
        if step.phase == "stopped" or spent + price > money * (1 + ROUNDING):
            break
        book = _taken(step, book, expert)
    poor = "" if step.phase == "stopped" else "the budget is spent"
    unknown = step.predicted < 0
    labels = np.where(unknown, 0, step.predicted)
    guessed = f"nothing is known of {unknown.sum()} items: they have the first class, unseen"
    return Campaign(
        labels=expert.classes[labels],
        certified=step.certified,
        asked=len(np.unique(book.items[np.isin(book.kind, ANSWERS)])),
        cost=spent,
        ledger=book,
        note="; ".join(filter(None, (step.note or poor, guessed if unknown.any() else ""))),
    )


def _taken(step: Step, book: Ledger, expert: Expert) -> Ledger:
    """Return the ledger after a step: its plan or undo, and the expert's answers."""
    time = float(book.time[-1]) if len(book.time) else 0.0
    if step.plan:
        book = tell(book, kind="plan", values=step.plan, who="campaign", time=time)
    if step.undoes:
        book = tell(book, kind="undo", undoes=step.undoes, who="campaign", time=time)
    if not len(step.items):
        return book
    asked = {"question": step.question, "proposed": step.proposed, "others": step.others}
    return _answered(book, ask_expert(expert, step.items, time=time, **asked))


def _answered(book: Ledger, replies: Replies) -> Ledger:
    """Tell the answers in the order in which they come."""
    order = np.argsort(replies.time, kind="stable")
    for i in order:
        kind = str(replies.kind[i])
        values = {"pair": bool(replies.same[i]), "cannot_tell": None}
        book = tell(
            book,
            kind=kind,
            items=replies.items[i],
            others=replies.others[i] if replies.others[i] >= 0 else None,
            values=values.get(kind, replies.values[i].item()),
            who="expert",
            time=replies.time[i],
            cost=replies.cost[i],
        )
    return book
