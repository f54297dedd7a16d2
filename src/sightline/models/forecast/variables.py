"""Attention from each step ahead to each variable at each lag."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import Attention, build_score
from sightline.errors import ConfigError
from sightline.layers import Dropout, FeedForward
from sightline.models.forecast.protocol import Maps, Window

__all__ = ["VariableCore"]


class VariableCore(nn.Module):
    """Each step ahead reads numbers of the past, every one of which is a token by itself.

        value(v, l)  = x(v, l) a_v                                what is read: the number, and nothing besides
        key(v, l)    = W_k [x(v, l) a_v + n_v + p_l] + b_k        which variable, how long ago, and how much
        query(h)     = W_q [s_h + known(h)] + b_q                 the step, and what is known ahead and of the series
        numbers(h)   = readout(attention(query, key, value) + s_h + known(h))

    Variables are the series' own values, then each past covariate; lags go as time does, and the last is the last step.
    No encoder stands between a number and who reads it, so that a weight is about that very number, and behind the
    attention all is linear, so that an answer is the sum of what each number gave to it. A value that is missing is no
    token.

    Initialisation: slopes nearly zero (normal, standard deviation 0.01), so that a variable finds its sign before
    attention has chosen: one that begins with the wrong sign drives attention away from the evidence, for good where
    there is one head. Names, places and steps normal, 0.3; matrices Xavier uniform, biases zero.

    Args:
        look_back: L.
        horizon: H.
        numbers: P.
        past_covariates: C, so that there are V = 1 + C variables.
        future_covariates: F.
        static: K.
        lags: the last steps that are seen; None for all.
        attention: a name in `SCORES`.
        selection: `"softmax"`, `"sparsemax"` or `"entmax15"`.
        width: D.
        heads: each with keys and values of its own; one finds a single piece of evidence, several need several.
        dropout: of what was read, and of what is known.

    Raises:
        ConfigError: for more lags than the look-back has, heads that do not divide the width, or an unknown name.
    """

    def __init__(
        self,
        *,
        look_back: int,
        horizon: int,
        numbers: int,
        past_covariates: int = 0,
        future_covariates: int = 0,
        static: int = 0,
        lags: int | None = None,
        attention: str = "scaled_dot",
        selection: str = "softmax",
        width: int = 32,
        heads: int = 8,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.lags = look_back if lags is None else lags
        if not 1 <= self.lags <= look_back:
            raise ConfigError(f"{lags} lags do not fit into a look-back of {look_back}: make them fewer")
        if width % heads:
            raise ConfigError(f"a width of {width} cannot be split into {heads} heads: choose a multiple of {heads}")
        variables, inner, known = 1 + past_covariates, width // heads, future_covariates + static
        self.heads = heads
        self.slopes = nn.Parameter(0.01 * torch.randn(variables, width))
        self.names = nn.Parameter(0.3 * torch.randn(variables, width))
        self.places = nn.Parameter(0.3 * torch.randn(self.lags, width))
        self.steps = nn.Parameter(0.3 * torch.randn(horizon, width))
        self.embedding = nn.Linear(known, width) if known else None
        self.known = FeedForward(width, width, dropout) if known else None
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        score = build_score(attention, query_width=inner, key_width=inner, width=width, longest=variables * self.lags)
        self.attention = Attention(score, selection)
        self.dropout = Dropout(dropout)
        self.readout = nn.Linear(width, numbers)
        for part in (self.embedding, self.query, self.key, self.readout):
            if part is not None:
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)

    def forward(
        self, window: Window, target: Float[Tensor, "B H"] | None, need_weights: bool
    ) -> tuple[Float[Tensor, "B H P"], Maps]:
        """The numbers; maps are `"variables"`, `[B, H, V, lags]`, and `"shares"`, `[B, H, P, V, lags]`.

        The first holds weights, of all heads on average, which add up to 1 for each step ahead; the second the share of
        each number in each answer.
        """
        x, seen = self._numbers(window)
        values = x.unsqueeze(-1) * self.slopes.unsqueeze(1)
        keys = self.key((values + self.names.unsqueeze(1) + self.places).flatten(1, 2))
        asked = self._asked(window)
        value = self._by_head(values.flatten(1, 2))
        context, weights = self.attention(
            self._by_head(self.query(asked)),
            self.attention.prepare(self._by_head(keys)),
            value,
            seen.flatten(1)[:, None, None],
        )
        numbers = self.readout(self.dropout(context.transpose(1, 2).flatten(2)) + asked)
        if not need_weights:
            return numbers, {}
        readout = self.readout.weight.unflatten(1, (self.heads, -1))
        shares = torch.einsum("bnhs,bnsk,pnk->bhps", weights, value, readout)
        grid = x.shape[1:]
        return numbers, {"variables": weights.mean(1).unflatten(-1, grid), "shares": shares.unflatten(-1, grid)}

    def _numbers(self, window: Window) -> tuple[Tensor, Tensor]:
        """What is known of the past and where it was observed, `[B, V, lags]` both."""
        covariates = window.past_covariates[:, -self.lags :].transpose(1, 2)
        x = torch.cat([window.past[:, -self.lags :].unsqueeze(1), covariates], 1)
        seen = torch.ones_like(x, dtype=torch.bool)
        seen[:, 0] = window.mask[:, -self.lags :]
        return x, seen

    def _asked(self, window: Window) -> Tensor:
        """What each step ahead has to ask with, `[B, H, D]`."""
        if self.embedding is None or self.known is None:
            return self.steps.expand(len(window.past), -1, -1)
        static = window.static.unsqueeze(1).expand(-1, len(self.steps), -1)
        known = torch.cat([window.future_covariates, static], -1)
        return self.steps + self.known(self.embedding(known))

    def _by_head(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
