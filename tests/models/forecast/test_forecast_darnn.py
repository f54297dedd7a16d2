"""The dual-stage attention network beside its equations, written out."""

import pytest
import torch
from torch.testing import assert_close

from sightline.models.forecast import DualStageCore, Window

pytestmark = pytest.mark.usefixtures("float64")
L, H, C = 5, 3, 2


def test_it_is_what_the_equations_say():
    core = DualStageCore(look_back=L, horizon=H, numbers=1, past_covariates=C, width=7, dropout=0.0)
    given = Window.of_values(torch.randn(1, L), H)._replace(past_covariates=torch.randn(1, L, C))
    numbers, maps = core(given, None, True)
    driving = torch.cat([given.past.unsqueeze(-1), given.past_covariates], -1)[0]  # L V
    score = core.inputs.score
    h = s = torch.zeros(1, 7)
    states = []
    for t in range(L):
        asked = score.query(torch.cat([h, s], -1))[0]
        e = torch.stack([score.vector @ torch.tanh(asked + score.key(driving[:, k])) for k in range(1 + C)])
        alpha = e.exp() / e.exp().sum()
        assert_close(maps["inputs"][0, t], alpha)
        h, s = core.encoder.step((alpha * driving[t]).unsqueeze(0), (h, s))
        states.append(h[0])
    d, cell, before = h, s, given.past[:, -1]
    score = core.cross.score
    for j in range(H):
        asked = score.query(torch.cat([d, cell], -1))[0]
        scores = torch.stack([score.vector @ torch.tanh(asked + score.key(state)) for state in states])
        beta = scores.exp() / scores.exp().sum()
        assert_close(maps["cross"][0, j], beta)
        context = sum(weight * state for weight, state in zip(beta, states, strict=True))
        read = core.before(torch.cat([before, context])).unsqueeze(0)
        d, cell = core.decoder.step(read, (d, cell))
        before = core.readout(core.features(torch.cat([d[0], context])))
        assert_close(numbers[0, j], before)
