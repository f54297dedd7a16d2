"""A recurrent encoder-decoder with attention that forecasts, step by step or all steps at once."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.errors import ConfigError
from sightline.layers import Dropout, RecurrentEncoder
from sightline.models.forecast.patches import patches
from sightline.models.forecast.protocol import Maps, Window
from sightline.models.recurrent.decoders import Bridge, DecoderState, build_decoder
from sightline.models.recurrent.reading import Memory, Read, build_reader

__all__ = ["RecurrentCore"]


def patches_ahead(x: Float[Tensor, "B H *F"], size: int) -> Float[Tensor, "B M X *F"]:
    """Pieces of `size` steps, the first of which begins where the horizon does; the last is filled with zeros."""
    lacking = -x.shape[1] % size
    filled = torch.cat([x, x.new_zeros(len(x), lacking, *x.shape[2:])], 1) if lacking else x
    return filled.unflatten(1, (-1, size))


class RecurrentCore(nn.Module):
    """Recurrent encoder-decoder with attention (Bahdanau et al. 2015, Luong et al. 2015), over segments of a series.

    Encoder and decoder go in segments: one step each, or several (SegRNN, Lin et al. 2023). What the decoder reads at a
    segment is the one before, the truth in training with teacher forcing and its own answer otherwise, and what is
    known ahead. In parallel it reads a learned place instead, each from the encoder's last state, and all segments go
    at once: the errors of one do not enter the next.

    Args:
        look_back: L.
        horizon: H.
        numbers: P.
        centre: which of the numbers is read on as the answer.
        past_covariates: C.
        future_covariates: F.
        static: K.
        segment: steps in one.
        parallel: all segments at once.
        cell: `"lstm"` or `"gru"`.
        attention: a name in `SCORES`, or `"none"`.
        selection: a name in `SELECTIONS` of those that learn by themselves.
        decoder: `"bahdanau"` or `"luong"`.
        width: D.
        layers: of the encoder, and of the decoder.
        bidirectional: let the encoder read both ways.
        dropout: of inputs, between layers, of features.
        sampling: in training, how often the decoder reads its own answer in place of the truth: 0 is teacher forcing,
            1 free running, between them scheduled sampling (Bengio et al. 2015).

    Raises:
        ConfigError: for a segment longer than look-back or horizon, an odd width with two directions, an unknown name.
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
        segment: int = 1,
        parallel: bool = False,
        cell: str = "gru",
        attention: str = "additive",
        selection: str = "softmax",
        decoder: str = "luong",
        width: int = 64,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.1,
        sampling: float = 0.0,
    ) -> None:
        super().__init__()
        if segment > min(look_back, horizon):
            raise ConfigError(
                f"a segment of {segment} steps is longer than the look-back of {look_back} or the horizon of "
                f"{horizon}: make it shorter"
            )
        if bidirectional and width % 2:
            raise ConfigError(f"an encoder of two directions needs an even width, not {width}")
        self.horizon, self.numbers, self.centre = horizon, numbers, centre
        self.segment, self.parallel, self.sampling = segment, parallel, sampling
        self.segments = -(-horizon // segment)
        self.embedding = nn.Linear(segment * (2 + past_covariates), width)
        self.static = nn.Linear(static, width) if static else None
        self.encoder = RecurrentEncoder(
            cell,
            input_width=width,
            width=width // 2 if bidirectional else width,
            layers=layers,
            bidirectional=bidirectional,
            dropout=dropout,
        )
        memory_width = self.encoder.output_width
        reader = build_reader(
            attention,
            selection=selection,
            coverage=False,
            query_width=width,
            memory_width=memory_width,
            width=width,
            longest=max(-(-look_back // segment), self.segments),
            temperature=1.0,
            radius=10,
            estimator="gumbel",
        )
        if parallel and isinstance(reader, Read) and reader.attention.counts:
            raise ConfigError(f"the selection {selection!r} looks back at what was read before: set parallel to false")
        self.decoder = build_decoder(
            decoder,
            reader=reader,
            cell=cell,
            embedding_width=width,
            memory_width=memory_width,
            width=width,
            layers=layers,
            input_feeding=decoder == "luong" and not parallel,
            dropout=dropout,
        )
        self.bridge = Bridge(memory_width, self.decoder.stack)
        self.before = nn.Linear(segment, width)
        self.places = nn.Parameter(0.02 * torch.randn(self.segments, width)) if parallel else None
        self.ahead = nn.Linear(segment * future_covariates, width) if future_covariates else None
        self.dropout = Dropout(dropout)
        self.readout = nn.Linear(width, segment * numbers)
        for part in (self.embedding, self.static, self.before, self.ahead, self.readout):
            if part is not None:
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)

    def forward(
        self, window: Window, target: Float[Tensor, "B H"] | None, need_weights: bool
    ) -> tuple[Float[Tensor, "B H P"], Maps]:
        """The numbers; the map is `"cross"`, `[B, M, N]`, from each segment ahead to those of the past.

        Without a target it reads its own answers.
        """
        memory, state = self._begin(window)
        known = self._known_ahead(window)
        if self.parallel:
            numbers, weights = self._together(known, memory, state)
        elif target is None or self.sampling > 0:
            numbers, weights = self._one_by_one(window, target, known, memory, state)
        else:
            last, later = self._last(window), patches_ahead(target, self.segment)[:, :-1]
            embedded = self.before(torch.cat([last.unsqueeze(1), later], 1)) + known
            decoded = self.decoder(self.dropout(embedded), memory, state)
            numbers, weights = self._numbers(decoded.features), decoded.seen.weights
        steps = numbers.flatten(1, 2)[:, : self.horizon]
        return steps, {"cross": weights} if need_weights and weights is not None else {}

    def _begin(self, window: Window) -> tuple[Memory, DecoderState]:
        seen = torch.stack([window.past, window.mask.to(window.past.dtype)], -1)
        pieces = patches(torch.cat([seen, window.past_covariates], -1), self.segment, self.segment)
        x = self.embedding(pieces)
        if self.static is not None:
            x = x + self.static(window.static).unsqueeze(1)
        everywhere = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        states, last = self.encoder(self.dropout(x), everywhere)
        states = self.dropout(states)
        reader = self.decoder.reader
        nothing = torch.zeros(x.shape[:2], dtype=torch.int64, device=x.device)
        memory = Memory(nothing, states, reader.prepare(states), everywhere.unsqueeze(1), last)
        fed = x.new_zeros(len(x), self.decoder.fed_width)
        return memory, DecoderState(self.bridge.states(last), fed, reader.start(memory))

    def _known_ahead(self, window: Window) -> Tensor:
        """What each segment's input holds whatever was answered, `[B, M, D]`."""
        rows = len(window.past)
        if self.ahead is None:
            known = self.before.bias.new_zeros(rows, self.segments, self.before.out_features)
        else:
            known = self.ahead(patches_ahead(window.future_covariates, self.segment).flatten(2))
        if self.static is not None:
            known = known + self.static(window.static).unsqueeze(1)
        return known if self.places is None else known + self.places

    def _last(self, window: Window) -> Tensor:
        return window.past[:, -self.segment :]

    def _numbers(self, features: Tensor) -> Tensor:
        """`[B, M, D] -> [B, M, segment, P]`."""
        return self.readout(features).unflatten(-1, (self.segment, self.numbers))

    def _together(self, known: Tensor, memory: Memory, state: DecoderState) -> tuple[Tensor, Tensor | None]:
        """All segments of an input ask as the beams of one do, from one state."""
        rows, count, _ = known.shape
        layers = tuple(tuple(part.repeat_interleave(count, 0) for part in layer) for layer in state.layers)
        state = DecoderState(layers, state.fed.repeat_interleave(count, 0), None)
        decoded = self.decoder(self.dropout(known.reshape(rows * count, 1, -1)), memory, state)
        weights = decoded.seen.weights
        return (
            self._numbers(decoded.features.view(rows, count, -1)),
            None if weights is None else weights.view(rows, count, -1),
        )

    def _one_by_one(
        self, window: Window, target: Tensor | None, known: Tensor, memory: Memory, state: DecoderState
    ) -> tuple[Tensor, Tensor | None]:
        """Each segment after the one before, which is its own answer where the truth is not known or not shown."""
        before, truth = self._last(window), None if target is None else patches_ahead(target, self.segment)
        numbers: list[Tensor] = []
        weights: list[Tensor] = []
        for j in range(self.segments):
            embedded = self.before(before) + known[:, j]
            decoded = self.decoder(self.dropout(embedded).unsqueeze(1), memory, state)
            state = decoded.state
            numbers.append(self._numbers(decoded.features))
            before = numbers[-1][:, 0, :, self.centre]
            if truth is not None:
                own = torch.rand(len(before), 1, device=before.device) < self.sampling
                before = torch.where(own, before, truth[:, j])
            if decoded.seen.weights is not None:
                weights.append(decoded.seen.weights)
        return torch.cat(numbers, 1), torch.cat(weights, 1) if weights else None
