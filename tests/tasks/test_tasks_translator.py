import math

import numpy as np
import polars as pl
import pytest
import torch
from toy_translate import SMALL, reversal, tiny

from sightline import Translator, load
from sightline.errors import ConfigError, DataError, OutputError
from sightline.tasks.translate import DecodingConfig, TextTooLongError, TransformerConfig, Translation

TEXTS = ["abc", "fedcba", "", "a", "bbbb", "  ", "abc", "xyz"]
TRANSFORMER = TransformerConfig(width=16, heads=2, hidden=32, encoder_layers=2, decoder_layers=2)


@pytest.fixture(scope="module", params=["recurrent", "transformer"])
def trained(request):
    options = {"model": TRANSFORMER} if request.param == "transformer" else {}
    return tiny(updates=60, **options).fit(reversal())


def answers(translations):
    return [(each.text, each.score) for each in translations]


def test_order_is_kept_and_blank_stays_blank(trained):
    found = trained.predict(TEXTS)
    assert [each.source for each in found] == TEXTS
    assert [each.text for each in found if not each.source.strip()] == ["", ""]
    assert not found[2].attention
    assert answers(found)[0] == answers(found)[6]
    assert trained.predict([]) == []


@pytest.mark.parametrize("method", ["beam", "greedy", "exact"])
def test_together_is_one_by_one(trained, method):
    decoding = DecodingConfig(method=method, batch_size=3, budget=50)
    together = trained.predict(TEXTS, decoding=decoding)
    for text, one in zip(TEXTS, together, strict=True):
        (alone,) = trained.predict([text], decoding=decoding)
        assert alone.text == one.text
        assert alone.score == pytest.approx(one.score, abs=1e-4)
        for name, each in alone.attention.items():
            np.testing.assert_allclose(each.weights, one.attention[name].weights, atol=1e-5)


def test_what_is_loaded_is_what_was_saved(trained, tmp_path):
    trained.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert isinstance(loaded, Translator)
    assert answers(loaded.predict(TEXTS)) == answers(trained.predict(TEXTS))
    assert loaded.config == trained.config
    assert loaded.metrics == trained.metrics
    loaded.save(tmp_path / "again")
    assert answers(load(tmp_path / "again").predict(TEXTS)) == answers(trained.predict(TEXTS))
    for name in ("config.yaml", "source-tokenizer.json", "target-tokenizer.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()


def test_attention_belongs_to_the_pieces(trained):
    (result,) = trained.predict(["abcd"])
    assert [piece.text for piece in result.source_pieces] == ["a", "b", "c", "d", "<eos>"]
    assert "".join(piece.text for piece in result.pieces[:-1]) == result.text
    assert result.pieces[-1].text == "<eos>"
    for pieces, text in ((result.pieces, result.text), (result.source_pieces, result.source)):
        assert all(text[piece.start : piece.end] == piece.text for piece in pieces[:-1])
    for each in result.attention.values():
        assert each.weights.shape[-2:] == (len(each.queries), len(each.keys))
        np.testing.assert_allclose(each.weights.sum(-1), 1, atol=1e-5)
    assert result.attention["cross"].queries == result.pieces
    assert result.attention["cross"].keys == result.source_pieces


def test_a_translation_goes_through_json_and_a_table(trained):
    for result in (*trained.explain(["abcd"]), *trained.predict([""]), trained.predict(["ab"], attention=False)[0]):
        again = Translation.from_json(result.to_json())
        assert again.to_dict() == result.to_dict()
        assert (again.text, again.pieces, again.source_pieces) == (
            result.text,
            list(result.pieces),
            list(result.source_pieces),
        )
        for name, each in result.attention.items():
            np.testing.assert_array_equal(again.attention[name].weights, each.weights)
            assert again.attention[name].weights.dtype == np.float32
            rows = result.to_frame().filter(pl.col("map") == name)
            np.testing.assert_array_equal(rows["weight"].to_numpy(), each.weights.ravel())
            place = tuple(part - 1 for part in each.weights.shape)
            last = rows.row(-1, named=True)
            assert (last["query"], last["key"]) == place[-2:]
            assert (last["layer"], last["head"]) == (place[:2] if len(place) == 4 else (None, None))
            assert (last["query_text"], last["key_text"]) == (each.queries[-1].text, each.keys[-1].text)
        assert len(result.to_frame()) == sum(each.weights.size for each in result.attention.values())
        assert ("<table" in result._repr_html_()) == bool(result.attention)


def test_without_attention_the_answers_are_the_same(trained):
    found = trained.predict(TEXTS, attention=False)
    assert answers(found) == answers(trained.predict(TEXTS))
    assert not any(each.attention for each in found)


def test_the_score_is_the_log_probability_under_the_model(trained):
    (result,) = trained.predict(["abc"])
    model, source, target = trained.parts
    ids = torch.tensor([[*source.encode("abc").ids, 3]])
    written = [*target.encode(result.text).ids, 3]
    with torch.inference_mode():
        features, _ = model(ids, torch.ones_like(ids, dtype=torch.bool), torch.tensor([[2, *written[:-1]]]))
        log_probs = model.output(features)[0].log_softmax(-1)
    assert result.score == pytest.approx(sum(log_probs[t, i].item() for t, i in enumerate(written)), abs=1e-3)


def test_the_n_best_differ_and_come_in_order(trained):
    (result,) = trained.predict(["abcd"], decoding=DecodingConfig(beam=5, n_best=4, length_penalty=0.0))
    texts = [result.text, *(other.text for other in result.alternatives)]
    scores = [result.score, *(other.score for other in result.alternatives)]
    assert len(set(texts)) == 4
    assert scores == sorted(scores, reverse=True)


def test_an_exact_search_says_whether_it_is_certain(trained):
    texts = ["abc", "fed"]
    beams = trained.predict(texts, decoding=DecodingConfig(length_penalty=0.0))
    exact = trained.predict(texts, decoding=DecodingConfig(method="exact", length_factor=1, length_extra=1))
    assert [each.certified for each in exact] == [True, True]
    assert [each.certified for each in beams] == [None, None]
    (hasty,) = trained.predict(["fed"], decoding=DecodingConfig(method="exact", budget=1))
    assert hasty.certified is False
    assert hasty.score <= exact[1].score + 1e-4


def test_sampling_repeats_with_its_seed_and_never_within_a_call(trained):
    decoding = DecodingConfig(method="sample", batch_size=4, temperature=1.5)
    first = answers(trained.predict(["abcdef"] * 16, decoding=decoding))
    assert answers(trained.predict(["abcdef"] * 16, decoding=decoding)) == first
    assert first[:4] != first[4:8]


def test_an_answer_that_had_to_end_says_so(trained):
    short = DecodingConfig(length_factor=0.01, length_extra=2)
    assert [each.cut_off for each in trained.predict(["abcdef", ""], decoding=short)] == [True, False]


def test_a_text_too_long_is_refused_and_nothing_is_cut(trained):
    limit = trained.config.data.max_length - 1
    (result,) = trained.predict(["a" * limit], decoding=DecodingConfig(method="greedy", length_factor=0.01))
    assert len(result.source_pieces) == limit + 1
    with pytest.raises(TextTooLongError, match=r"^input 3: the text has 256 tokens, .* at most 255 ") as caught:
        trained.predict(["a", "b", "a" * (limit + 1)])
    assert caught.value.index == 2
    with pytest.raises(DataError, match=r"^pair 3: the text has 256 tokens"):
        trained.evaluate([("a", "b"), ("a", "c"), ("a" * 256, "b")])


def test_several_references_for_one_source(trained):
    (answer,) = trained.predict(["abc"])
    wrong = answer.text + "a"
    both = trained.evaluate([("abc", wrong), ("abc", answer.text)], ["exact_match", "per"])
    assert both["exact_match"].value == 1
    assert both["per"].value == 0
    assert trained.evaluate([("abc", wrong)], ["exact_match"])["exact_match"].value == 0
    with pytest.raises(ConfigError, match=r"unknown metric 'blue': choose among bleu, chrf"):
        trained.evaluate([("a", "b")], ["blue"])


def test_one_text_in_place_of_a_list(trained):
    with pytest.raises(DataError, match=r"write \[text\]"):
        trained.predict("abc")


def test_before_training(tmp_path):
    with pytest.raises(ConfigError, match="not trained: call fit"):
        Translator().predict(["a"])
    with pytest.raises(ConfigError, match="not trained"):
        Translator().save(tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_options_that_do_not_fit():
    with pytest.raises(ConfigError, match=r"model.attention: input should be 'additive', "):
        Translator(attention="addditive")
    with pytest.raises(ConfigError, match=r"model.type: expected 'transformer', 'recurrent', and here it is 'rnn'"):
        Translator(model="rnn")


def test_a_model_without_attention_has_no_maps():
    model = tiny(updates=2, model=SMALL.model_copy(update={"attention": "none"})).fit(reversal(20))
    (result,) = model.predict(["abc"])
    assert dict(result.attention) == {}
    assert math.isfinite(result.score)


def test_saving_spares_what_is_there(trained, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="holds files that are no model of ours"):
        trained.save(tmp_path, overwrite=True)
    trained.save(tmp_path / "model")
    with pytest.raises(OutputError, match=r"holds a trained model: write over it by --overwrite"):
        trained.save(tmp_path / "model")
    trained.save(tmp_path / "model", overwrite=True)
