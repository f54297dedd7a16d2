import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import padding_mask
from sightline.errors import ConfigError, DataError
from sightline.layers import CELLS, CellStack, GRUCell, LSTMCell, RecurrentEncoder
from sightline.layers.cells import Cell

pytestmark = pytest.mark.usefixtures("float64")

B, S, INPUT, D = 3, 7, 5, 11
PEERS = {"lstm": nn.LSTM, "gru": nn.GRU}
every_cell = pytest.mark.parametrize("cell", CELLS)


def _randomised(module: nn.Module) -> None:
    """With biases that are not zero, so that one forgotten or doubled shows."""
    for name, weight in module.named_parameters():
        if "bias" in name:
            nn.init.normal_(weight)


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _gates(cell: nn.Module, x: list[float], hidden: list[float]) -> tuple[list[float], list[float]]:
    """The input's and the state's share of every gate."""
    return tuple(
        [sum(w * v for w, v in zip(row, vector, strict=True)) + bias for row, bias in zip(weight, biases, strict=True)]
        for weight, biases, vector in (
            (cell.weight_ih_l0.tolist(), cell.bias_ih_l0.tolist(), x),
            (cell.weight_hh_l0.tolist(), cell.bias_hh_l0.tolist(), hidden),
        )
    )


@torch.no_grad()
def test_lstm_cell_is_the_equations():
    cell = LSTMCell(INPUT, D)
    _randomised(cell)
    x, hidden, memory = torch.randn(B, INPUT), torch.randn(B, D), torch.randn(B, D)
    new_hidden, new_memory = cell.step(x, (hidden, memory))
    for b in range(B):
        own, back = _gates(cell, x[b].tolist(), hidden[b].tolist())
        a = [left + right for left, right in zip(own, back, strict=True)]
        for j in range(D):
            entry, forget, new, out = (a[gate * D + j] for gate in range(4))
            c = _sigmoid(forget) * float(memory[b, j]) + _sigmoid(entry) * math.tanh(new)
            assert math.isclose(new_memory[b, j], c, rel_tol=1e-9)
            assert math.isclose(new_hidden[b, j], _sigmoid(out) * math.tanh(c), rel_tol=1e-9)


@torch.no_grad()
def test_gru_cell_is_the_equations():
    cell = GRUCell(INPUT, D)
    _randomised(cell)
    x, hidden = torch.randn(B, INPUT), torch.randn(B, D)
    (new_hidden,) = cell.step(x, (hidden,))
    for b in range(B):
        own, back = _gates(cell, x[b].tolist(), hidden[b].tolist())
        for j in range(D):
            reset, update = (_sigmoid(own[gate * D + j] + back[gate * D + j]) for gate in range(2))
            new = math.tanh(own[2 * D + j] + reset * back[2 * D + j])
            h = (1 - update) * new + update * float(hidden[b, j])
            assert math.isclose(new_hidden[b, j], h, rel_tol=1e-9)


def _run(stack: CellStack, x: Tensor, states: tuple) -> tuple[Tensor, tuple]:
    loop, outputs = stack.loop(x), []
    for _ in range(x.shape[1]):
        output, states = loop(states)
        outputs.append(output)
    return torch.stack(outputs, 1), states


def _copy(cell: Cell, peer: nn.Module, suffix: str) -> None:
    for name, weight in cell.named_parameters():
        getattr(peer, name.replace("l0", suffix)).data.copy_(weight.data)


@every_cell
def test_a_stack_is_torchs(cell):
    layers = 2
    stack = CellStack(cell, input_width=INPUT, width=D, layers=layers, fed_width=0, dropout=0.0)
    _randomised(stack)
    peer = PEERS[cell](INPUT, D, layers, batch_first=True)
    for i, own in enumerate(stack.cells):
        _copy(own, peer, f"l{i}")
    x = torch.randn(B, S, INPUT)
    start = [torch.randn(layers, B, D) for _ in range(stack.carried)]
    outputs, states = _run(stack, x, tuple(tuple(part[i] for part in start) for i in range(layers)))
    expected, last = peer(x, tuple(start) if cell == "lstm" else start[0])
    assert_close(outputs, expected)
    for k, part in enumerate(last if cell == "lstm" else [last]):
        assert_close(torch.stack([states[i][k] for i in range(layers)]), part)


def _fed(cell: Cell, x: Tensor, state: tuple[Tensor, ...], fed: Tensor) -> tuple[Tensor, ...]:
    """The next state where something joins the input."""
    own = nn.functional.linear(state[0], cell.weight_hh_l0, cell.bias_hh_l0)
    return cell.gate(cell.project(x) + fed, own, state)


@every_cell
def test_a_loop_is_its_cells_one_by_one(cell):
    """With something fed at each step, and the same gradients: the loop gathers those of its weights at the end."""
    fed_width = 3
    stack = CellStack(cell, input_width=INPUT, width=D, layers=2, fed_width=fed_width, dropout=0.0)
    _randomised(stack)
    x, fed = torch.randn(B, S, INPUT, requires_grad=True), torch.randn(B, S, fed_width, requires_grad=True)
    start = tuple(tuple(torch.randn(B, D, requires_grad=True) for _ in range(stack.carried)) for _ in range(2))
    everything = [x, fed, *start[0], *start[1], *stack.parameters()]

    def by_loop() -> Tensor:
        loop, states, outputs = stack.loop(x), start, []
        for t in range(S):
            output, states = loop(states, fed[:, t])
            outputs.append(output)
        return torch.stack(outputs, 1)

    def one_by_one() -> Tensor:
        states, outputs = list(start), []
        for t in range(S):
            states[0] = _fed(stack.cells[0], x[:, t], states[0], stack.fed(fed[:, t]))
            states[1] = stack.cells[1].step(states[0][0], states[1])
            outputs.append(states[1][0])
        return torch.stack(outputs, 1)

    assert_close(by_loop(), one_by_one())
    weights = torch.randn(B, S, D)
    found, expected = (torch.autograd.grad((run() * weights).sum(), everything) for run in (by_loop, one_by_one))
    for gradient, other in zip(found, expected, strict=True):
        assert_close(gradient, other)


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
def test_a_run_is_its_loop(cell, layers):
    """And so are its gradients, those of the first states too."""
    stack = CellStack(cell, input_width=INPUT, width=D, layers=layers, fed_width=0, dropout=0.0)
    _randomised(stack)
    x = torch.randn(B, S, INPUT, requires_grad=True)
    start = tuple(tuple(torch.randn(B, D, requires_grad=True) for _ in range(stack.carried)) for _ in range(layers))
    everything = [x, *(part for state in start for part in state), *stack.parameters()]
    found, expected = stack.run(x, start), _run(stack, x, start)
    assert_close(found, expected)
    weights = torch.randn(B, S, D)
    gradients, others = (torch.autograd.grad((y * weights).sum(), everything) for y, _ in (found, expected))
    for gradient, other in zip(gradients, others, strict=True):
        assert_close(gradient, other)


@every_cell
def test_gradients_are_those_of_the_cell(cell):
    own = CELLS[cell](3, 5)
    states = [torch.randn(2, 5, requires_grad=True) for _ in range(own.carried)]
    x = torch.randn(2, 3, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *states: own.step(x, states), (x, *states))


def test_dropout_stands_between_the_layers_alone():
    one, two = (CellStack("gru", input_width=INPUT, width=D, layers=n, fed_width=0, dropout=0.5) for n in (1, 2))
    x, state = torch.randn(B, 1, INPUT), (torch.randn(B, D),)
    assert torch.equal(one.loop(x)((state,))[0], one.loop(x)((state,))[0])
    first, second = (two.loop(x)((state, state)) for _ in range(2))
    assert torch.equal(first[1][0][0], second[1][0][0])
    assert not torch.equal(first[0], second[0])


def test_dropout_stands_between_the_layers_of_the_encoder():
    x, mask = torch.randn(B, S, INPUT), torch.ones(B, S, dtype=torch.bool)
    for layers, same in ((1, True), (2, False)):
        encoder = RecurrentEncoder("gru", input_width=INPUT, width=D, layers=layers, bidirectional=True, dropout=0.5)
        assert torch.equal(encoder(x, mask)[0], encoder(x, mask)[0]) == same


def _encoder(cell: str, *, bidirectional: bool, layers: int = 1) -> RecurrentEncoder:
    encoder = RecurrentEncoder(
        cell, input_width=INPUT, width=D, layers=layers, bidirectional=bidirectional, dropout=0.0
    )
    _randomised(encoder)
    return encoder


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_encoder_reads_each_sequence_as_torch_reads_it_alone(cell, bidirectional, layers):
    encoder, lengths, x = (
        _encoder(cell, bidirectional=bidirectional, layers=layers),
        [3, S, 1],
        torch.randn(B, S, INPUT),
    )
    peer = PEERS[cell](INPUT, D, layers, batch_first=True, bidirectional=bidirectional)
    for i, layer in enumerate(encoder.layers):
        for own, suffix in zip(layer, (f"l{i}", f"l{i}_reverse"), strict=False):
            _copy(own, peer, suffix)
    states, last = encoder(x, padding_mask(torch.tensor(lengths), S))
    directions = 2 if bidirectional else 1
    assert states.shape == (B, S, encoder.output_width) == (B, S, D * directions)
    for b, length in enumerate(lengths):
        alone, state = peer(x[b : b + 1, :length])
        assert_close(states[b, :length], alone[0])
        assert not states[b, length:].any()
        hidden = state[0] if cell == "lstm" else state
        assert_close(last[b], torch.cat(list(hidden[-directions:, 0])))


@every_cell
def test_the_last_state_has_read_everything(cell):
    """Forwards it stands at the last token, backwards at the first."""
    encoder, lengths = _encoder(cell, bidirectional=True), torch.tensor([3, S, 1])
    states, last = encoder(torch.randn(B, S, INPUT), padding_mask(lengths, S))
    assert_close(last[:, :D], states[torch.arange(B), lengths - 1, :D])
    assert_close(last[:, D:], states[:, 0, D:])


@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_row_without_tokens_gives_zeros(cell, bidirectional):
    encoder, x = _encoder(cell, bidirectional=bidirectional), torch.randn(B, S, INPUT)
    states, last = encoder(x, padding_mask(torch.tensor([0, S, 2]), S))
    assert not states[0].any()
    assert not last[0].any()
    assert last[1:].all()


def test_padding_before_a_token_is_refused():
    encoder, x = _encoder("gru", bidirectional=True), torch.randn(B, S, INPUT)
    with pytest.raises(DataError, match="put padding behind the tokens, not before"):
        encoder(x, padding_mask(torch.tensor([1, S, 2]), S).flip(1))


@given(st.sampled_from(sorted(CELLS)), st.booleans(), st.lists(st.integers(1, 5), min_size=1, max_size=5), st.data())
def test_padding_has_no_effect(cell, bidirectional, lengths, data):
    encoder, size = _encoder(cell, bidirectional=bidirectional), max(lengths)
    longer = size + data.draw(st.integers(0, 5))
    x = torch.randn(len(lengths), size, INPUT)
    garbage = torch.cat([x, torch.zeros(len(lengths), longer - size, INPUT)], 1)
    behind = ~padding_mask(torch.tensor(lengths), longer)
    garbage[behind] = 1e3 * torch.randn_like(garbage[behind])
    expected_states, expected_last = encoder(x, ~behind[:, :size])
    states, last = encoder(garbage, ~behind)
    assert_close(states[:, :size], expected_states)
    assert_close(last, expected_last)
    assert not states[:, size:].any()


def _check_gates(inputs: Tensor, states: Tensor, gates: int, width: int) -> None:
    """State matrices orthogonal gate by gate, input matrices within the bound of Xavier gate by gate."""
    bound = (6 / (inputs.shape[1] + width)) ** 0.5
    assert len(inputs) == len(states) == gates * width
    for matrix in states.split(width):
        assert_close(matrix @ matrix.T, torch.eye(width))
    for matrix in inputs.split(width):
        assert 0.97 * bound < matrix.abs().max() <= bound


def _check_biases(cell: str, inputs: Tensor, states: Tensor, width: int) -> None:
    """Zero, but that the forget gate of an LSTM gets 1 in all."""
    total = torch.zeros(len(inputs))
    if cell == "lstm":
        total[width : 2 * width] = 1
    assert torch.equal(inputs + states, total)


@every_cell
def test_initialisation_of_the_cells(cell):
    own = CELLS[cell](31, 37)
    _check_gates(own.weight_ih_l0, own.weight_hh_l0, own.gates, 37)
    _check_biases(cell, own.bias_ih_l0, own.bias_hh_l0, 37)


@every_cell
def test_initialisation_of_what_is_fed(cell):
    stack = CellStack(cell, input_width=31, width=37, layers=2, fed_width=29, dropout=0.0)
    bound = (6 / (29 + len(stack.fed.weight))) ** 0.5
    assert 0.97 * bound < stack.fed.weight.abs().max() <= bound
    assert stack.fed.bias is None


def test_an_unknown_cell_says_what_to_do():
    with pytest.raises(ConfigError, match="unknown cell 'rnn': choose one of lstm, gru"):
        CellStack("rnn", input_width=3, width=5, layers=1, fed_width=0, dropout=0.0)
    with pytest.raises(ConfigError, match="unknown cell 'rnn'"):
        RecurrentEncoder("rnn", input_width=3, width=5, layers=1, bidirectional=False, dropout=0.0)
