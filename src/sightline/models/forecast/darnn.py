"""The dual-stage attention network: which series at each step of the past, then which of these steps."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import Additive, Attention
from sightline.layers import Dropout, build_cell
from sightline.models.forecast.protocol import Maps, Window

__all__ = ["DualStageCore"]

State = tuple[Tensor, ...]


class DualStageCore(nn.Module):
    """DA-RNN: input attention over driving series in the encoder, temporal attention in the decoder.

        e_t^k = v_e . tanh(W_e [h_(t-1); s_(t-1)] + U_e x^k),   alpha_t = softmax_k(e_t)               (8), (9)
        h_t = cell(h_(t-1), (alpha_t^1 x_t^1, ..., alpha_t^V x_t^V))                                   (10), (11)
        l_j^i = v_d . tanh(W_d [d_(j-1); s'_(j-1)] + U_d h_i),  beta_j = softmax_i(l_j)                (12), (13)
        c_j = sum_i beta_j^i h_i,   d_j = cell(d_(j-1), w [y_(j-1); c_j; known_j] + b)                 (14)-(16)
        numbers_j = readout(W_y [d_j; c_j] + b_y)                                                      (22)

    Qin et al. 2017, "A Dual-Stage Attention-Based Recurrent Neural Network for Time Series Prediction", section 3. x^k
    is a driving series' whole look-back. Where it differs: the series' own values are a driving series too, the first;
    the paper's decoder goes through the past, whose values it is given, to say one number, and here it goes through the
    steps ahead from the encoder's last state, and reads the truth in training with teacher forcing and its own answer
    otherwise; what it reads is D wide, not one number, since it holds what is known ahead and of the series, and the
    context of its own step, not of the one before.

    What the weights of the inputs do not say: the encoder's cell has a matrix of its own over the same series and can
    choose with it, and where it does these weights stay alike.

    Initialisation: matrices outside the cells Xavier uniform, biases zero.

    Args:
        look_back: L.
        horizon: H.
        numbers: P.
        centre: which of the numbers is read on as the answer.
        past_covariates: C, so that V = 1 + C series drive.
        future_covariates: F.
        static: K.
        cell: `"lstm"` or `"gru"`, whose state is one vector.
        width: D, of encoder and decoder.
        dropout: of the encoder's states and of features.
        sampling: in training, how often the decoder reads its own answer in place of the truth.

    Raises:
        ConfigError: for an unknown cell.
    """

    def __init__(
        self,
        *,
        look_back: int,
        horizon: int,
        numbers: int,
        centre: int = 0,
        past_covariates: int = 0,
        future_covariates: int = 0,
        static: int = 0,
        cell: str = "lstm",
        width: int = 64,
        dropout: float = 0.1,
        sampling: float = 0.0,
    ) -> None:
        super().__init__()
        self.horizon, self.centre, self.sampling = horizon, centre, sampling
        self.encoder = build_cell(cell, 1 + past_covariates, width)
        self.decoder = build_cell(cell, width, width)
        asked = self.encoder.carried * width
        self.inputs = Attention(Additive(asked, look_back, look_back))
        self.cross = Attention(Additive(asked, width, width))
        self.before = nn.Linear(1 + width, width)
        known = future_covariates + static
        self.known = nn.Linear(known, width, bias=False) if known else None
        self.features = nn.Linear(2 * width, width)
        self.dropout = Dropout(dropout)
        self.readout = nn.Linear(width, numbers)
        for part in (self.before, self.features, self.readout):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
        if self.known is not None:
            nn.init.xavier_uniform_(self.known.weight)

    def forward(
        self, window: Window, target: Float[Tensor, "B H"] | None, need_weights: bool
    ) -> tuple[Float[Tensor, "B H P"], Maps]:
        """The numbers; maps are `"inputs"`, `[B, L, V]`, of each step back over series, and `"cross"`, `[B, H, L]`.

        Without a target it reads its own answers.
        """
        states, state, inputs = self._encode(window)
        numbers, cross = self._decode(window, target, self.dropout(states), state)
        return numbers, {"inputs": inputs, "cross": cross} if need_weights else {}

    def _encode(self, window: Window) -> tuple[Tensor, State, Tensor]:
        """States `[B, L, D]`, the last one whole, and the weights of the series `[B, L, V]`."""
        driving = torch.cat([window.past.unsqueeze(-1), window.past_covariates], -1)
        rows, length, _ = driving.shape
        weigh = self.inputs.loop(self.inputs.prepare(driving.transpose(1, 2)), None, length, 1)
        state: State = (driving.new_zeros(rows, self.encoder.hidden_size),) * self.encoder.carried
        states: list[Tensor] = []
        weights: list[Tensor] = []
        for now in driving.unbind(1):
            weights.append(weigh(torch.cat(state, -1).unsqueeze(1), None).weights.squeeze(1))
            state = self.encoder.step(weights[-1] * now, state)
            states.append(state[0])
        return torch.stack(states, 1), state, torch.stack(weights, 1)

    def _decode(self, window: Window, target: Tensor | None, states: Tensor, state: State) -> tuple[Tensor, Tensor]:
        """The numbers `[B, H, P]`, and the weights of the steps back `[B, H, L]`."""
        weigh = self.cross.loop(self.cross.prepare(states), None, self.horizon, 1)
        known, before = self._known(window), window.past[:, -1:]
        numbers: list[Tensor] = []
        weights: list[Tensor] = []
        for j in range(self.horizon):
            weights.append(weigh(torch.cat(state, -1).unsqueeze(1), None).weights)
            context = (weights[-1] @ states).squeeze(1)
            read = self.before(torch.cat([before, context], -1))
            if known is not None:
                read = read + known[:, j]
            state = self.decoder.step(read, state)
            numbers.append(self.readout(self.dropout(self.features(torch.cat([state[0], context], -1)))))
            before = numbers[-1][:, self.centre : self.centre + 1]
            if target is not None:
                own = torch.rand_like(before) < self.sampling
                before = torch.where(own, before, target[:, j : j + 1])
        return torch.stack(numbers, 1), torch.cat(weights, 1)

    def _known(self, window: Window) -> Tensor | None:
        """What is known ahead and of the series, `[B, H, D]`."""
        if self.known is None:
            return None
        static = window.static.unsqueeze(1).expand(-1, self.horizon, -1)
        return self.known(torch.cat([window.future_covariates, static], -1))
