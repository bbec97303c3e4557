"""Strategies of scikit-activeml, where it is installed: asked through the adapter and directly."""

import numpy as np
import pytest

from labelling import acquire, acquisition_from
from toolbox.core.streams import generator

pool = pytest.importorskip("skactiveml.pool")
X = generator(0, "query strategies").standard_normal((60, 5))
LABELLED = np.where(np.arange(60) < 6, np.arange(60) % 3, -1)
Y = np.where(LABELLED >= 0, LABELLED, np.nan)


def chosen(by):
    return acquire(None, labelled=LABELLED, features=X, batch=7, by=by, seed=0).items.tolist()


def test_a_core_set_is_theirs_and_our_farthest_first():
    theirs = pool.CoreSet(random_state=0).query(X, Y, batch_size=7)
    assert chosen(acquisition_from(pool.CoreSet(random_state=0))) == theirs.tolist()
    assert chosen("far") == theirs.tolist()


def test_a_strategy_that_trains_gets_its_classifier():
    from skactiveml.classifier import SklearnClassifier
    from sklearn.linear_model import LogisticRegression

    classifier = SklearnClassifier(LogisticRegression(), classes=[0, 1, 2])
    theirs = pool.UncertaintySampling(random_state=0).query(X, Y, clf=classifier, batch_size=7)
    by = acquisition_from(pool.UncertaintySampling(random_state=0), classifier=classifier)
    assert chosen(by) == theirs.tolist()
