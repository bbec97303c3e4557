"""The question that tells most for its price, against mutual information in plain sums."""

import numpy as np

from labelling import acquire
from labelling.acquisition.priced_questions import information
from toolbox.core.streams import generator

CONFUSION = np.array([[0.8, 0.15, 0.05], [0.1, 0.85, 0.05], [0.2, 0.1, 0.7]])
P = generator(0, "priced").dirichlet(np.ones(3), size=8)


def mutual(p, answers):
    """Return I(class; answer) of a table P(answer | class), sum by sum."""
    joint = p[:, None] * answers
    marginal = joint.sum(axis=0)
    return sum(
        joint[c, a] * np.log(joint[c, a] / (p[c] * marginal[a]))
        for c in range(len(p))
        for a in range(answers.shape[1])
    )


def test_information_is_mutual_information():
    found = information(P, CONFUSION)
    for i, p in enumerate(P):
        top = p.argmax()
        same = [sum(CONFUSION[c, k] * CONFUSION[top, k] for k in range(3)) for c in range(3)]
        yes = CONFUSION[:, top]
        wanted = {
            "label": mutual(p, CONFUSION),
            "yes/no": mutual(p, np.stack([yes, 1 - yes], axis=1)),
            "pair": mutual(p, np.stack([same, 1 - np.array(same)], axis=1)),
        }
        for kind, value in wanted.items():
            np.testing.assert_allclose(found[kind][i], value, rtol=1e-9)


def test_a_cheap_pair_is_asked_with_an_item_that_has_the_class():
    labelled = np.array([-1, -1, 0, 1, 2, -1, -1, -1])
    options = {"labelled": labelled, "batch": 3, "by": "uncertain", "error": 0.05, "seed": 0}
    asked = acquire(P, cost={"label": 3, "yes/no": 1, "pair": 0.2}, **options)
    assert set(asked.question) == {"pair"}
    assert (labelled[asked.others] == asked.proposed).all()
    dear = acquire(P, cost={"label": 3, "yes/no": 1, "pair": 1}, **options)
    assert "pair" not in dear.question  # an equal price buys less from two impressions than one
    assert (dear.others == -1).all()


def test_a_label_is_asked_where_classes_are_many_and_even():
    even = np.full((2, 10), 0.1)
    prices = {"label": 3, "yes/no": 1}
    asked = acquire(even, labelled=[-1, -1], batch=1, by="uncertain", cost=prices, seed=0)
    assert asked.question.tolist() == ["label"]
