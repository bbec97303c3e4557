#!/bin/sh
# cdlib 0.4.1: out-degree fractions are numbers of links, and significance takes links for nodes.
#
# avg_odf and max_odf, by their documentation and by Yang & Leskovec (2012), are the mean and the largest
# fraction of a node's links that leave its community, at most 1. The source does not divide by the degree:
# they are numbers of links, and grow with the degrees. significance (Traag, Krings & Van Dooren 2013)
# compares the density within each community with that of the graph, m links over the n (n - 1) / 2 pairs of
# its nodes; the source divides by m (m - 1) / 2 instead, whatever n is, and a partition whose parts are
# no denser than the graph comes out significant. No warning.
#
# Seen, of two rings with links between, for the rings and for parts across both: "mean 2.00 (0.25),
# 4.40 (0.55); largest 2.00 (0.25), 6.00 (0.75); significance 164.1 (11.0), 73.2 (0.1)", the right ones in
# brackets
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: no function of ours scores communities of a graph.
set -eu
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet --no-deps cdlib==0.4.1 eva-lcd==0.1.1 networkx==3.6.1 \
    scipy==1.12.0 pandas==2.3.3 numpy==1.26.4 python-dateutil==2.9.0.post0 pytz==2025.2 six==1.17.0
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

import networkx as nx
import numpy as np
from cdlib import NodeClustering, evaluation
from scipy.special import rel_entr

graph = nx.Graph()
for i in range(10):
    graph.add_edges_from((ring + i, ring + (i + step) % 10) for ring in (0, 10) for step in (1, 2, 3))
    graph.add_edges_from([(i, 10 + i), (i, 10 + (i + 1) % 10)])
links = nx.to_numpy_array(graph, nodelist=range(20))
first_ring = np.arange(20) < 10
across = np.isin(np.arange(20) % 10, [0, 1, 5, 6, 7])


def right(first):
    """Return the mean and largest out-degree fraction, the latter over one community, and significance."""
    away = first[:, None] != first
    fractions = (links * away).sum(axis=1) / links.sum(axis=1)
    largest = np.mean([fractions[first].max(), fractions[~first].max()])
    density, pairs, significance = links.sum() / (20 * 19), 45, 0
    for nodes in (first, ~first):
        within = links[np.ix_(nodes, nodes)].sum() / (2 * pairs)
        significance += pairs * (rel_entr(within, density) + rel_entr(1 - within, 1 - density))
    return fractions.mean(), largest, significance


def found(first):
    both = [np.flatnonzero(nodes).tolist() for nodes in (first, ~first)]
    parts = NodeClustering(both, graph, "by hand")
    scores = (evaluation.avg_odf, evaluation.max_odf, evaluation.significance)
    return [score(graph, parts).score for score in scores]


told = []
for name, place, form in (("mean", 0, ".2f"), ("largest", 1, ".2f"), ("significance", 2, ".1f")):
    pairs = ((found(first)[place], right(first)[place]) for first in (first_ring, across))
    told.append(name + " " + ", ".join(f"{one:{form}} ({other:{form}})" for one, other in pairs))
said = "; ".join(told)
print("cdlib", importlib.metadata.version("cdlib"))
print(said)
seen = "mean 2.00 (0.25), 4.40 (0.55); largest 2.00 (0.25), 6.00 (0.75); "
sys.exit(said != seen + "significance 164.1 (11.0), 73.2 (0.1)")
PYTHON
"$place/venv/bin/python" "$place/see.py"
