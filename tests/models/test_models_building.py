import pytest
import torch
from models_toys import V_SOURCE, V_TARGET, inputs, recurrent, transformer
from torch.testing import assert_close

from sightline.errors import ConfigError, DataError
from sightline.models import Recurrent, Transformer

pytestmark = pytest.mark.usefixtures("float64")


@pytest.mark.parametrize(
    "make", [transformer, lambda **o: recurrent(embedding_width=10, **o)], ids=["transformer", "recurrent"]
)
def test_a_tied_output_is_the_embedding(make):
    model = make(tied_output=True)
    assert model.output.weight is model.target_embedding.weight
    features, _ = model(*inputs())
    assert_close(model.output(features), features @ model.target_embedding.weight.T + model.output.bias)
    apart = make()
    assert apart.output.weight.data_ptr() != apart.target_embedding.weight.data_ptr()
    sizes = [sum(weight.numel() for weight in m.parameters()) for m in (apart, model)]
    assert sizes[0] - sizes[1] == model.output.weight.numel()


@pytest.mark.parametrize(
    "make",
    [
        lambda **o: Transformer(13, 13, width=6, heads=3, hidden=5, encoder_layers=1, decoder_layers=1, **o),
        lambda **o: Recurrent(13, 13, cell="gru", attention="dot", decoder="luong", embedding_width=6, width=6, **o),
    ],
    ids=["transformer", "recurrent"],
)
def test_shared_embeddings_are_one_table(make):
    model = make(shared_embeddings=True, tied_output=True)
    assert model.source_embedding is model.target_embedding
    assert model.output.weight is model.source_embedding.weight


@pytest.mark.parametrize("make", [transformer, recurrent])
def test_initialisation_of_embeddings_and_output(make):
    model = make()
    for embedding in (model.source_embedding, model.target_embedding):
        size, width = embedding.weight.shape
        assert not embedding.weight[0].any()
        assert embedding.weight[1:].any(1).all()
        assert_close(embedding.weight[1:].std().item(), width**-0.5, rtol=4 / (2 * size * width) ** 0.5, atol=0.0)
    bound = (6 / (model.output.in_features + V_TARGET)) ** 0.5
    assert 0.9 * bound < model.output.weight.abs().max() <= bound
    assert not model.output.bias.any()


def test_padding_learns_nothing():
    model = recurrent()
    source, mask, target = inputs()
    source[~mask], target[:, -1] = 0, 0
    model(source, mask, target)[0].sum().backward()
    for embedding in (model.source_embedding, model.target_embedding):
        assert not embedding.weight.grad[0].any()


def test_pre_norm_ends_in_a_normalisation():
    features, _ = transformer(norm="pre")(*inputs())
    assert_close(features.mean(-1), torch.zeros(features.shape[:2]))
    assert_close(features.var(-1, correction=0), torch.ones(features.shape[:2]), rtol=1e-3, atol=0)


def test_learned_positions_end_in_training_and_in_search():
    model = transformer(positions="learned", longest=7).eval()
    source, mask, target = inputs()
    memory = model.encode(source, mask)
    state = model.start(memory)
    for _ in range(7):
        _, state = model.step(target[:, 0], memory, state)
    with pytest.raises(DataError, match="8 tokens is longer than the 7 learned positions"):
        model.step(target[:, 0], memory, state)
    with pytest.raises(DataError, match="15 tokens is longer"):
        model(source, mask, target.repeat(1, 3))


def test_steps_go_on_beyond_the_lengths_of_training_with_other_positions():
    for positions in ("sinusoidal", "rotary"):
        model = transformer(positions=positions, longest=3).eval()
        assert torch.isfinite(model(*inputs())[0]).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: transformer(shared_embeddings=True), f"source has {V_SOURCE} tokens and the target {V_TARGET}"),
        (lambda: recurrent(tied_output=True), "they are 5 and 10"),
        (lambda: transformer(width=7), "even width, not 7"),
        (lambda: transformer(width=8), "a width of 8 cannot be split into 3 heads"),
        (lambda: transformer(positions="polar"), "unknown positions 'polar'"),
        (lambda: transformer(norm="middle"), "unknown norm 'middle': choose one of pre, post"),
        (lambda: transformer(dropout=1.0), "a dropout of 1.0 is not possible"),
        (lambda: recurrent(cell="rnn"), "unknown cell 'rnn'"),
        (lambda: recurrent(attention="cosmic"), "unknown attention 'cosmic': choose one of none, additive"),
        (lambda: recurrent(decoder="cho"), "unknown decoder 'cho': choose one of bahdanau, luong"),
        (lambda: recurrent(width=11), "two directions needs an even width, not 11"),
        (lambda: transformer(width=2), "a width of 2 cannot be split into 3 heads"),
        (lambda: recurrent(attention="none", coverage=True), "without attention there is no place for coverage"),
        (lambda: recurrent(attention="none", selection="argmax"), "no place for the selection 'argmax'"),
        (
            lambda: recurrent(selection="argmax", estimator="marginal", input_feeding=False, coverage=True),
            "input_feeding and coverage to false",
        ),
    ],
)
def test_what_does_not_fit_says_what_to_do(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_covered_choices_have_a_say_in_later_ones():
    """Hard attention that learns from rewards has to be told so."""
    options = {"selection": "argmax", "estimator": "reinforce", "input_feeding": False}
    assert not recurrent(**options).reads_ahead
    assert recurrent(**options, coverage=True).reads_ahead


def test_no_weight_is_registered_twice():
    for model in (transformer(), recurrent()):
        assert len(model.state_dict()) == len(dict(model.named_parameters()))


def test_a_search_of_more_steps_than_the_location_score_has_positions_says_so():
    model = transformer(attention="location", longest=4, positions="sinusoidal").eval()
    memory = model.encode(torch.randint(4, V_SOURCE, (1, 3)), torch.ones(1, 3, dtype=torch.bool))
    state = model.start(memory)
    for _ in range(4):
        _, state = model.step(torch.tensor([5]), memory, state)
    with pytest.raises(DataError, match="5 tokens are more than the 4 positions"):
        model.step(torch.tensor([5]), memory, state)
