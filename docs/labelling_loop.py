"""From textures to labels with a stated risk: pairs, networks, synthesis, an audit."""

import numpy as np

from confidence import ensemble
from labelling import acquire, answers, audit, audit_plan, choose_pairs, ledger, settle_pairs, tell
from similarity import evidence, siamese
from synthesis import oversample
from toolbox import fractional_field

kinds = zip((0.9, 0.5, 0.2), (70, 70, 20), strict=True)  # the third texture is rare
images = np.concatenate([fractional_field((32, 32), hurst=h, n=n, seed=7).values for h, n in kinds])
truth, real, ada = np.repeat([0, 1, 2], (70, 70, 20)), len(images), {"who": "Ada", "cost": 1}
book, alike = ledger(), evidence(images, dim=2, family="spectrum", seed=0)
for time in range(6):  # an expert judges pairs; the answers settle many more
    asked = choose_pairs(alike, ledger=book, batch=20, by=("alike", "random")[time % 2], seed=0)
    pair = {"items": asked.items, "others": asked.others, "time": time}
    book = tell(book, kind="pair", **pair, values=truth[asked.items] == truth[asked.others], **ada)
pairs = settle_pairs(alike, ledger=book).pairs
network = siamese(images, dim=2, pairs=pairs, steps=60, seed=0, progress=False)
x, votes = network.embed(images), None
for time in range(6, 13):  # labels, where retrained networks are unsure
    y = answers(book, n=real, classes=[0, 1, 2]).labels.copy()
    items = acquire(votes, labelled=y, batch=10, features=x, seed=0).items
    book = tell(book, kind="label", items=items, values=truth[items], time=time, **ada)
    y[items], votes = truth[items], np.zeros((3, real, 3))
    model = ensemble(x[y >= 0], y[y >= 0], dim=0, members=3, seed=0, progress=False)
    votes[..., model.classes] = model.votes(x)
rest = (y >= 0) & (y != 2)
options = {"majority": images[rest], "majority_labels": y[rest], "dim": 2, "alpha": 0.2, "seed": 0}
made = oversample(images[y == 2], n=8, **options)  # what passes the gate counts with its quality
for k in range(len(made.samples)):
    new = {"items": real + k, "weights": min(1, 1 / made.quality.index), "time": 13}
    book = tell(book, kind="label", values=2, who="synthesis", **new)
every = np.concatenate([x, network.embed(made.samples)]) if len(made.samples) else x
said, left = answers(book, n=len(every), classes=[0, 1, 2]), np.flatnonzero(y < 0)
told, options = said.labels >= 0, {"dim": 0, "members": 3, "progress": False}
model = ensemble(every[told], said.labels[told], weights=said.weights[told], seed=1, **options)
guess = model.classes[model.votes(x[left]).mean(axis=0).argmax(axis=1)]
plan = audit_plan(guess, tolerance=0.1, seed=0)  # an audit stops, with a stated risk
found = audit(plan, (guess != truth[left])[plan.order])
print(f"{(y == 2).sum()} rare found, {len(made.samples)} made, certified: {found.certified}")
