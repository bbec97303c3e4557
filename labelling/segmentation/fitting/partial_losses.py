"""The losses of labels that say only a part (torch): one sum, whatever kinds are given.

Every term is a mean over the images of the batch that have such labels, so that a step on one kind
does not depend on how many others there are. p is the softmax of the logits.
"""

import torch
from torch.nn.functional import log_softmax

TINY = 1e-6
KEEP = 0.05  # share of the pixels that a tag's score is pooled over: about what the rarest has
HINGE = 10.0  # weight of a squared share out of its bounds: .1 too much costs .1

Targets = dict[str, torch.Tensor]


def partial_loss(logits: torch.Tensor, targets: Targets) -> torch.Tensor:
    """Return the sum of the losses of all labels that the batch has.

    `logits` (n, C, h, w); `targets` as in `labelling.segmentation.targets`.
    """
    logp = log_softmax(logits, dim=1)
    loss = logits.sum() * 0  # where labels contradict each other, nothing may be told
    if _any_told(targets["labels"]):
        loss = loss + cross_entropy(logp, targets["labels"])
    if _any_told(targets["excluded"]):
        loss = loss + not_that_class(logp, targets["excluded"])
    if not targets["allowed"].all():
        loss = loss + allowed_classes(logp, targets["allowed"])
    if targets["box_sides"].any():
        loss = loss + box_projections(logp, targets["box_sides"] > 0)
    if _any_told(targets["regions"]):
        loss = loss + region_majority(logp, targets["regions"], targets["majority"])
    if _any_told(targets["tags"]):
        loss = loss + tagged(logits, targets["tags"])
    if (targets["bounds"] != targets["bounds"].new_tensor([0, 1])).any():
        loss = loss + size_hinges(logp, targets["bounds"])
    return loss


def _any_told(values: torch.Tensor) -> bool:
    return bool((values >= 0).any())


def cross_entropy(logp: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return -log p of the class of the pixels that have one (Tang et al., 2018)."""
    known = labels >= 0
    picked = logp.gather(1, labels.clamp(min=0)[:, None].long())[:, 0]
    return _image_means(-picked, known)


def not_that_class(logp: torch.Tensor, excluded: torch.Tensor) -> torch.Tensor:
    """Return -log(1 - p_k) of the pixels that are not k (Ishida et al., 2017)."""
    known = excluded >= 0
    picked = logp.gather(1, excluded.clamp(min=0)[:, None].long())[:, 0].exp()
    return _image_means(-torch.log((1 - picked).clamp(min=TINY)), known)


def allowed_classes(logp: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Return -log of the sum of p over the classes that a pixel may be of.

    A pixel that no class is allowed to says nothing: boxes and tags may contradict each other.
    """
    some = allowed.any(dim=1) & ~allowed.all(dim=1)
    within = torch.logsumexp(logp.masked_fill(~allowed, -1e4), dim=1)
    return _image_means(-within, some)


def box_projections(logp: torch.Tensor, boxed: torch.Tensor) -> torch.Tensor:
    """Return -log of the largest p_k in each row and each column of the boxes of k.

    A box reaches as far as its class does: each of its rows and columns holds the class (the
    projection of BoxInst, Tian et al., 2021).
    """
    inside = logp.masked_fill(~boxed, -1e4)
    terms = []
    for axis in (2, 3):
        terms.append(_image_means(-inside.amax(dim=axis), boxed.any(dim=axis)))
    return sum(terms) / 2


def region_majority(
    logp: torch.Tensor, regions: torch.Tensor, majority: torch.Tensor
) -> torch.Tensor:
    """Return -log of the mean p over each region of the class of most of its pixels."""
    known = regions >= 0
    most = int(regions.max()) + 1
    place = regions + most * torch.arange(len(regions), device=regions.device)[:, None, None]
    place, label = place[known], majority[known].long()
    p = logp.movedim(1, -1)[known].exp().gather(1, label[:, None])[:, 0]
    size = most * len(regions)
    sums = torch.zeros(size, dtype=p.dtype, device=p.device).index_add(0, place, p)
    counts = torch.zeros(size, dtype=p.dtype, device=p.device).index_add(
        0, place, torch.ones_like(p)
    )
    held = counts > 0
    return -torch.log(sums[held] / counts[held] + TINY).mean()


def tagged(logits: torch.Tensor, tags: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of what is in an image, the score of a class being pooled.

    The score is the mean of the highest share KEEP of the class's log-odds, as WILDCAT pools them
    (Durand, Mordan, Thome and Cord, 2017). Their lowest scores are left out: the softmax has the
    classes compete already, and a class that fills a corner has low odds elsewhere.
    """
    logp = log_softmax(logits, dim=1)
    odds = logp - torch.log((1 - logp.exp()).clamp(min=TINY))
    score = pooled(odds.flatten(2), keep=KEEP)
    wrong = torch.nn.functional.softplus(torch.where(tags == 1, -score, score))
    return _image_means(wrong, tags >= 0)


def pooled(scores: torch.Tensor, *, keep: float) -> torch.Tensor:
    """Return the mean of the highest share `keep` of the last axis."""
    number = max(1, round(keep * scores.shape[-1]))
    return scores.topk(number, dim=-1).values.mean(dim=-1)


def size_hinges(logp: torch.Tensor, bounds: torch.Tensor) -> torch.Tensor:
    """Return the squared excess of a class's mean p over its bounds (Kervadec et al., 2019)."""
    low, high = bounds[..., 0], bounds[..., 1]
    told = (low > 0) | (high < 1)
    share = logp.exp().mean(dim=(2, 3))
    out = (low - share).clamp(min=0) ** 2 + (share - high).clamp(min=0) ** 2
    return HINGE * _image_means(out, told)


def _image_means(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return the mean over the images with something known of the mean over what is known."""
    axes = tuple(range(1, values.ndim))
    counts = known.sum(dim=axes)
    held = counts > 0
    sums = torch.where(known, values, torch.zeros_like(values)).sum(dim=axes)
    return (sums / counts.clamp(min=1)).sum() / held.sum().clamp(min=1)
