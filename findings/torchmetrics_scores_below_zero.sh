#!/bin/sh
# torchmetrics 1.8.2: average precision of retrieval is 0 for scores below zero, and falls with a find.
#
# A ranking does not change when a constant is taken off its scores, and neither does average precision.
# retrieval_average_precision (RetrievalMAP) counts what is scored 0 or less as not relevant: negated
# distances, log-odds and cosines of a perfect ranking give 0, without a word. r-precision, beside it,
# is right. Told top_k, it divides by the relevant ones among the first k instead of by the smaller of k
# and all that there are (as trec_eval and others define AP at k): with three relevant items, the ranking
# (yes, no, no) has AP@3 = 1/3 and (yes, no, yes) has (1 + 2/3)/3 = .56, but 1 and .83 come out: a system
# that finds one more is worse.
#
# Seen: "perfect ranking, scores + 1: 1, scores - 1: 0; at 3, one found: 1, two found: 0.833"
# Exit status: 0 while it is so, 1 once it has changed.
# What we do: similarity.retrieval_scores reads ranks only and divides by what there is;
# tests/similarity/retrieval compare it with brute force.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/python" -m pip install --quiet --constraint "$here/../constraints.txt" \
    torchmetrics==1.8.2 torch==2.13.0 numpy==2.4.6
cat > "$place/see.py" <<'PYTHON'
import importlib.metadata
import sys

from torch import tensor
from torchmetrics.functional.retrieval import retrieval_average_precision as precision

scores = tensor([0.9, 0.7, 0.5, 0.3, 0.2, 0.1])
perfect = tensor([True, True, True, False, False, False])
above, below = precision(scores + 1, perfect), precision(scores - 1, perfect)
one = precision(scores, tensor([True, False, False, True, True, False]), top_k=3)
two = precision(scores, tensor([True, False, True, True, False, False]), top_k=3)
said = f"perfect ranking, scores + 1: {above:.3g}, scores - 1: {below:.3g}; "
said += f"at 3, one found: {one:.3g}, two found: {two:.3g}"
print("torchmetrics", importlib.metadata.version("torchmetrics"))
print(said)
seen = "perfect ranking, scores + 1: 1, scores - 1: 0; at 3, one found: 1, two found: 0.833"
sys.exit(said != seen)
PYTHON
"$place/venv/bin/python" "$place/see.py"
