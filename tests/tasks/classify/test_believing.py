"""Whether attention is to be believed: what is asked of the network, and what comes of it."""

import json
import random

import numpy as np
import pytest
import torch

from sightline.data.documents import Labels
from sightline.explain.faithfulness import erasure
from sightline.tasks.classify import Classification, Classifier, ClassifyTraining, HierarchicalConfig, RecurrentConfig
from sightline.tasks.classify.believing import asking, believe
from sightline.tasks.classify.cutting import number
from sightline.tasks.classify.predicting import cut_all, network_scores
from sightline.tasks.classify.sides import sides_of

SMALL = {"embedding_width": 12, "embedding_dropout": 0.0, "dropout": 0.0, "word_dropout": 0.0, "reads_out": "words"}
MODELS = {"recurrent": RecurrentConfig(width=8, **SMALL), "hierarchical": HierarchicalConfig(width=8, **SMALL)}
TRAINING = ClassifyTraining(epochs=8, batch_documents=16, learning_rate=0.01, warmup=5, keep_best=1)


def planted(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Documents of four sentences in which one word decides."""
    chance = random.Random(seed)
    texts, labels = [], []
    for i in range(count):
        words = [f"w{chance.randrange(60)}" for _ in range(40)]
        words[chance.randrange(40)] = ("bad", "good")[i % 2]
        texts.append(" ".join(" ".join(words[k : k + 10]).capitalize() + "." for k in range(0, 40, 10)))
        labels.append(("neg", "pos")[i % 2])
    return texts, labels


@pytest.fixture(scope="module", params=MODELS)
def trained(request: pytest.FixtureRequest) -> Classifier:
    return Classifier(model=MODELS[request.param], wide=False, training=TRAINING).fit(*planted(400, 1))


def test_attention_to_the_word_that_decides_is_supported(trained):
    texts, labels = planted(20, 2)
    found = [result.verdict for result in trained.explain(texts)]
    assert trained.score(texts, labels) == 1
    assert sum(each is not None and each.kind == "supported" for each in found) >= 19


def test_other_attention_to_the_same_answer_is_not(trained):
    texts, _ = planted(20, 3)
    parts, config = trained.parts, trained.config
    draw, kinds = np.random.default_rng(1), []
    results = trained.explain(texts, verdict=False)
    for result, rows in zip(results, number(cut_all(texts, config), parts.tokenizer), strict=True):
        weights = result.sides[0].weights
        for other in (draw.permutation(result.attended()), np.full(len(result.pieces), 0.1, np.float32)):
            found = believe(parts.network, rows, other, result.word_contributions, weights, config.training)
            kinds.append(found is not None and found[0].kind)
    assert kinds.count("not supported") >= 38


def test_what_is_asked_is_what_the_network_says_without_the_words(trained):
    """The effect of the likeliest piece, by hand."""
    (text,), _ = planted(1, 4)
    (result,) = trained.explain([text])
    assert result.verdict is not None
    parts, config = trained.parts, trained.config
    (rows,) = number(cut_all([text], config), parts.tokenizer)
    weights = torch.from_numpy(result.sides[0].weights)

    def score(kept: list[list[int]]) -> float:
        return float((network_scores(parts.network.eval(), [kept], config.training) @ weights)[0])

    place = int(result.attended().argmax())
    without, done = [], 0
    for row in rows:
        without.append([token for i, token in enumerate(row, done) if i != place])
        done += len(row)
    fall = score(rows) - score(without)
    assert fall > 1
    assert result.verdict.comprehensiveness["attention"] == pytest.approx(fall, rel=0.5)
    assert result.attended().sum() == pytest.approx(1, abs=1e-5)


def test_nothing_to_read_has_no_verdict_and_a_long_document_is_asked_in_blocks(trained):
    assert trained.explain([""])[0].verdict is None
    (long,) = trained.explain([" ".join(["good", *(f"w{i % 60}" for i in range(1500))])])
    assert long.verdict is not None
    assert json.loads(json.dumps(long.to_dict()))["verdict"]["kind"] == long.verdict.kind


def test_sides_say_what_is_explained():
    probabilities = [0.2, 0.7, 0.6]
    (one,) = sides_of(Labels(("a", "b", "c"), "one"), "b", probabilities)
    np.testing.assert_allclose(one.weights, [-0.5, 1, -0.5])
    assert one.meaning == "words for 'b', and against it"
    several = Labels(("a", "b", "c"), "several")
    for label, places in ((("b", "c"), [1, 2]), ((), [1])):
        assert [side.weights.argmax() for side in sides_of(several, label, probabilities)] == places
        assert all(side.weights.sum() == 1 for side in sides_of(several, label, probabilities))
    (scale,) = sides_of(Labels(("1", "2", "3"), "ordered"), "2", probabilities)
    np.testing.assert_allclose(scale.weights, [0.5, 0.5])
    assert "from 1 to 3" in scale.meaning


def test_effects_are_what_the_score_loses_without_each_piece(trained):
    (result,) = trained.explain([planted(1, 5)[0][0]])
    (rows,) = number(cut_all([result.source], trained.config), trained.parts.tokenizer)
    ask = asking(trained.parts.network, rows, result.sides[0].weights, trained.config.training)
    with torch.no_grad():
        np.testing.assert_allclose(result.effects, erasure(ask, len(result.pieces))[0], atol=1e-5)
    (unasked,) = trained.explain([result.source], verdict=False)
    assert unasked.effects is None
    assert unasked.to_frame()["effect"].is_null().all()
    assert Classification.from_json(unasked.to_json()).effects is None


def test_a_classification_goes_through_json_and_a_table(trained):
    for result in trained.explain([*planted(2, 5)[0], "nothing known here"]):
        again = Classification.from_json(result.to_json())
        assert again.to_dict() == result.to_dict()
        np.testing.assert_array_equal(again.evidence(), result.evidence())
        np.testing.assert_array_equal(again.attended(), result.attended())
        assert (again.label, again.verdict, again.words) == (result.label, result.verdict, list(result.words))
        frame = result.to_frame()
        assert frame["text"].to_list() == [word.text for word in result.words]
        assert frame["attention"].sum() == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(frame["evidence"], result.evidence() @ result.sides[0].weights, atol=1e-6)
        np.testing.assert_array_equal(frame["effect"], result.missed_words())
        snippet = again._repr_html_()
        assert result.words[0].text in snippet
        assert "<script" not in snippet
