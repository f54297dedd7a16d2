"""Which words belong together, found and taught, where it is known."""

import random

import pytest
import torch
from torch.testing import assert_close
from toy_translate import SMALL, reversal, tiny

from sightline import Translator
from sightline.errors import ConfigError, DataError
from sightline.metrics import alignment_error_rate
from sightline.tasks.config import parse_config
from sightline.tasks.translate import (
    Alignment,
    RecurrentConfig,
    TextTooLongError,
    TrainingConfig,
    TransformerConfig,
    View,
)
from sightline.tasks.translate.config import TranslateConfig

MODELS = {
    "recurrent": RecurrentConfig(embedding_width=16, width=32, dropout=0.0, input_feeding=False),
    "transformer": TransformerConfig(width=32, heads=2, hidden=64, encoder_layers=2, decoder_layers=2, dropout=0.0),
}


def turned(count: int, seed: int) -> tuple[list[tuple[str, str]], list[set[tuple[int, int]]]]:
    """Sentences, word by word in another language from the back, and their links."""
    chance = random.Random(seed)
    pairs, links = [], []
    for _ in range(count):
        words = [chance.randrange(20) for _ in range(chance.randint(3, 7))]
        pairs.append((" ".join(f"from{word}" for word in words), " ".join(f"to{word}" for word in reversed(words))))
        links.append({(i, len(words) - 1 - i) for i in range(len(words))})
    return pairs, links


def taught(model: RecurrentConfig | TransformerConfig, updates: int, guided: float = 0.0) -> Translator:
    training = TrainingConfig(
        updates=updates, learning_rate=0.01, warmup=20, batch_tokens=384, patience=None, guided_alignment=guided
    )
    pairs, links = turned(1200, 1)
    return Translator(model=model, tokenizer="word", training=training).fit(pairs, links=links if guided else None)


@pytest.mark.parametrize("name", MODELS)
def test_links_are_learned_from_links(name):
    """Long before the translation is; and the model knows where they are."""
    translator = taught(MODELS[name], 120, 1.0)
    pairs, links = turned(60, 2)
    found = translator.align(pairs)
    assert alignment_error_rate([each.links for each in found], links, links).error_rate < 0.05
    assert translator.view_of(pairs) == (View() if name == "recurrent" else View(0, 0, shifted=True))
    one = found[0]
    assert (one.source, one.target) == pairs[0]
    assert [key.text for key in one.attention.keys] == one.source.split()
    again = Alignment.from_json(one.to_json())
    assert (again.source, again.target, again.links) == (one.source, one.target, one.links)
    assert again.to_json() == one.to_json()
    assert sorted(map(int, str(one).replace("-", " ").split()))[-1] == len(one.source.split()) - 1


def test_links_are_found_where_none_were_given():
    """The view is chosen by what the words rest on: not shifted, since attention writes what it reads."""
    translator = taught(MODELS["recurrent"], 200)
    pairs, links = turned(60, 2)
    assert not translator.view_of(pairs).shifted
    found = translator.align(pairs)
    assert alignment_error_rate([each.links for each in found], links, links).error_rate < 0.1
    shifted = translator.align(pairs, view=View(shifted=True))
    assert alignment_error_rate([each.links for each in shifted], links, links).error_rate > 0.5
    # both directions at once; this one is its own other one, of pairs the other way round
    back = Translator(model=SMALL, tokenizer="word", training=TrainingConfig(updates=1, warmup=1))
    back.fit([(b, a) for a, b in pairs])
    for both, alone in zip(translator.align(pairs, reverse=back, symmetrisation="union"), found, strict=True):
        assert both.links >= alone.links


def test_the_part_of_the_attention_that_is_read():
    cross = torch.rand(3, 2, 4, 6, 5)  # pairs, layers, heads, tokens of the target and of the source with <eos>
    assert_close(View(1, 2, shifted=True).rows(cross), cross[:, 1, 2, 1:, :-1])
    assert_close(View(0).rows(cross), cross[:, 0].mean(1)[:, :-1, :-1])
    assert_close(View(shifted=True).rows(cross[0, 0, 0]), cross[0, 0, 0, 1:, :-1])
    assert str(View(1, 2, shifted=True)) == "layer 2, head 3, as a token is read"
    assert str(View()) == "attention as a token is written"


def test_what_cannot_be_aligned():
    translator = tiny(2).fit(reversal())
    with pytest.raises(TextTooLongError, match="the target has 300 tokens, and the model was trained on at most 255"):
        translator.align([("ab", "ba"), ("ab", "a" * 300)])
    with pytest.raises(ConfigError, match="unknown symmetrisation 'both'"):
        translator.align([("ab", "ba")], reverse=translator, symmetrisation="both")
    with pytest.raises(ConfigError, match="unknown symmetrisation 'both'"):
        translator.align([("ab", "ba")], symmetrisation="both")
    with pytest.raises(DataError, match="there are no given pairs"):
        translator.align([])
    for pair in (("", "ba"), ("ab", " ")):
        with pytest.raises(DataError, match="given pair 2 has a blank side"):
            translator.align([("ab", "ba"), pair])
    for view in (View(0), View(3, 1), View(None, 1)):
        with pytest.raises(ConfigError, match="this model's attention has no layers"):
            translator.align([("ab", "ba")], view=view)
    layered = tiny(1, model=MODELS["transformer"]).fit(reversal(40))
    for view in (View(), View(2), View(0, 2), View(-1)):
        with pytest.raises(ConfigError, match="has layers 0 to 1 with heads 0 to 1"):
            layered.align([("ab", "ba")], view=view)
    blind = tiny(2, model=RecurrentConfig(embedding_width=8, width=16, attention="none")).fit(reversal())
    with pytest.raises(ConfigError, match="this model has no attention to align by"):
        blind.align([("ab", "ba")])


def test_links_that_do_not_fit():
    pairs = reversal(40)
    with pytest.raises(ConfigError, match="links guide a training by training"):
        tiny(2).fit(pairs, links=[()] * 40)
    guided = tiny(2, guided_alignment=0.1)
    with pytest.raises(ConfigError, match="links guide a training by training"):
        guided.fit(pairs)
    with pytest.raises(DataError, match="there are links of 39 pairs, and 40 pairs to train on"):
        guided.fit(pairs, links=[()] * 39)
    for link in ("0-0", (0, 1, 2), (0.0, 1), [0]):
        with pytest.raises(DataError, match=r"of pair 2: expected a source word and a target word, such as \(0, 1\)"):
            guided.fit(pairs, links=[(), [link], *[()] * 38])
    with pytest.raises(DataError, match=r"link 0-1 of pair 3: its target has 1 words, counted from 0"):
        guided.fit(pairs, links=[(), (), [(0, 1)], *[()] * 37])


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"data": {"train": {"source": "a", "target": "b", "links": "c"}}}, "both are needed"),
        ({"data": {"train": {"source": "a", "target": "b"}}, "training": {"guided_alignment": 1}}, "both are needed"),
        ({"data": {"valid": {"source": "a", "target": "b", "links": "c"}}}, "leave out 'data.valid.links'"),
        ({"training": {"guided_alignment": 1}, "model": {"type": "recurrent", "attention": "none"}}, "soft attention"),
        ({"training": {"guided_alignment": 1}, "model": {"type": "transformer", "selection": "sparsemax"}}, "soft"),
        ({"training": {"guided_alignment": 1}, "source_tokenizer": {"dropout": 0.1}}, "without dropout of merges"),
    ],
)
def test_options_that_do_not_fit(values, what):
    with pytest.raises(ConfigError, match=what):
        parse_config(values, TranslateConfig)


def test_attention_that_draws_is_the_same_again_and_has_no_verdict():
    model = RecurrentConfig(embedding_width=8, width=16, selection="sample")
    translator = tiny(5, model=model).fit(reversal(40))
    state = torch.random.get_rng_state()
    pairs = [("abc", "cba"), ("abcd", "dcba")]
    assert [str(each) for each in translator.align(pairs)] == [str(each) for each in translator.align(pairs)]
    assert torch.equal(torch.random.get_rng_state(), state)
    (result,) = translator.explain(["abc"])
    assert result.verdict is None
    assert result.text == translator.predict(["abc"])[0].text
