"""Decoding: greedy, beam, exact and sampling, over a step function and a tree of state.

Nothing here knows a model. A search is given `step(tokens, memory, state) -> (log_probs, state)`, calls it until every
sequence has ended, and gives back `Hypothesis` objects. All searches share one space: the sequences of up to
`max_length - 1` allowed tokens, followed by the end symbol.
"""

from sightline.decoding.beam import beam_search
from sightline.decoding.exact import ExactResult, exact_search
from sightline.decoding.greedy import greedy
from sightline.decoding.protocol import Hypothesis, Step
from sightline.decoding.sample import sample
from sightline.decoding.tree import expand, select

__all__ = ["ExactResult", "Hypothesis", "Step", "beam_search", "exact_search", "expand", "greedy", "sample", "select"]
