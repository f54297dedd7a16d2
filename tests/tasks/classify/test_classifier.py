"""A classifier from texts to labels: what it learns, says, keeps, and refuses."""

import random
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch

from sightline import load
from sightline.errors import ConfigError, DataError, MissingExtraError, ModelFolderError
from sightline.explain.faithfulness import erasure
from sightline.models.classify import OneHead, SeveralHead
from sightline.tasks.classify import (
    Classifier,
    ClassifyConfig,
    ClassifyTraining,
    HierarchicalConfig,
    NgramsConfig,
    RecurrentConfig,
    TransformerConfig,
    WordsConfig,
    cross_validate,
)
from sightline.tasks.classify.believing import asking
from sightline.tasks.classify.combining import fit_mixture
from sightline.tasks.classify.cutting import number
from sightline.tasks.classify.linear import fit_nbsvm, fit_tfidf
from sightline.tasks.classify.predicting import cut_all
from sightline.tasks.classify.starting import Labelled, hold_out
from sightline.tasks.config import parse_config
from sightline.training import Interrupted, Progress

QUICK = ClassifyTraining(epochs=6, batch_documents=16, learning_rate=0.01, warmup=5, keep_best=1)
SHARED = {"embedding_width": 12, "embedding_dropout": 0.0, "dropout": 0.0, "word_dropout": 0.0}
MODELS = {
    "recurrent": RecurrentConfig(width=8, **SHARED),
    "sentences": RecurrentConfig(width=8, reads="sentences", **SHARED),
    "hierarchical": HierarchicalConfig(width=8, **SHARED),
    "own hierarchy": HierarchicalConfig(width=8, reads_out="words", **SHARED),
    "transformer": TransformerConfig(width=16, heads=2, hidden=16, layers=1, **SHARED),
    "ngrams": NgramsConfig(buckets=512, **SHARED),
}
MARKS = {"good": ("pos", "truly"), "bad": ("neg", "sadly")}


def planted(count: int, seed: int) -> tuple[list[str], list[str], list[int]]:
    """Documents whose label depends on one word in one sentence: texts, labels, where the word stands."""
    chance = random.Random(seed)
    texts, labels, places = [], [], []
    for _ in range(count):
        word = chance.choice(sorted(MARKS))
        sentences = [[f"w{chance.randrange(40)}" for _ in range(chance.randint(3, 7))] for _ in range(4)]
        chosen = chance.choice(sentences)
        chosen[chance.randrange(1, len(chosen))] = word
        text = " ".join(" ".join(sentence).capitalize() + "." for sentence in sentences)
        texts.append(text)
        labels.append(MARKS[word][0])
        places.append(text.lower().index(word))
    return texts, labels, places


@pytest.fixture(scope="module", params=MODELS)
def trained(request: pytest.FixtureRequest) -> Classifier:
    texts, labels, _ = planted(300, 1)
    return Classifier(model=MODELS[request.param], wide=False, training=QUICK).fit(texts, labels)


def test_a_planted_word_is_learned_and_found(trained):
    texts, labels, places = planted(60, 2)
    assert trained.score(texts, labels) >= 0.95
    words = sentences = right = 0
    for result, label, place in zip(trained.explain(texts, verdict=False), labels, places, strict=True):
        if result.label == label:
            right += 1
            evidence = result.evidence() @ ([-1, 1] if label == "pos" else [1, -1])
            best = result.words[int(evidence.argmax())]
            words += best.start == place
            sentences += "." not in result.source[min(best.start, place) : max(best.start, place)]
    model = trained.config.model
    own = model.type == "ngrams" or model.reads_out == "words"
    # States have seen their neighbours, those of sentences too.
    assert sentences >= (0.85 if own else 0.6) * right
    if own:
        assert words >= 0.95 * right


def test_evidence_adds_up_to_the_scores(trained):
    texts, _, _ = planted(9, 3)
    for result in trained.explain([*texts, "w1", ""], verdict=False):
        total = result.constant + result.evidence().sum(0)
        np.testing.assert_allclose(total, result.scores, atol=1e-4)
        assert set(result.probabilities) == {"neg", "pos"}


def test_explaining_says_what_predicting_says(trained):
    texts, _, _ = planted(9, 4)
    said = trained.predict_proba(texts)
    for row, result in zip(said, trained.explain(texts, verdict=False), strict=True):
        np.testing.assert_allclose(list(result.probabilities.values()), row, atol=1e-5)
    assert trained.predict(texts).tolist() == [result.label for result in trained.explain(texts, verdict=False)]
    np.testing.assert_allclose(said.sum(1), 1, atol=1e-6)


def test_saved_and_loaded_it_says_the_same(trained, tmp_path):
    trained.save(tmp_path / "m")
    texts, labels, _ = planted(9, 5)
    again = load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict_proba(texts), trained.predict_proba(texts))
    assert again.score(texts, labels) == trained.score(texts, labels)
    (tmp_path / "m" / "labels.json").write_text("{}")
    with pytest.raises(ModelFolderError, match="damaged or was changed"):
        load(tmp_path / "m")


def test_beside_a_linear_model_shares_still_add_up(tmp_path):
    texts, labels, _ = planted(200, 6)
    classifier = Classifier(model=MODELS["recurrent"], training=QUICK).fit(texts, labels, folder=tmp_path / "m")
    again = load(tmp_path / "m")
    np.testing.assert_array_equal(again.predict_proba(texts[:9]), classifier.predict_proba(texts[:9]))
    for result in again.explain(texts[:9], verdict=False):
        assert result.phrases
        total = result.constant + result.word_contributions.sum(0) + sum(phrase.shares for phrase in result.phrases)
        np.testing.assert_allclose(total, result.scores, atol=1e-4)
        np.testing.assert_allclose(result.constant + result.evidence().sum(0), result.scores, atol=1e-5)
        assert all(result.source[p.piece.start : p.piece.end] == p.piece.text for p in result.phrases)


def test_the_linear_model_is_that_of_the_paper():
    sklearn = pytest.importorskip("sklearn.linear_model")
    documents = [text.lower().split() for text in planted(80, 7)[0]]
    labels = np.array([label == "pos" for label in planted(80, 7)[1]], np.int64)
    wide = fit_nbsvm(documents, labels, 2, orders=(1, 2), min_count=1, strength=1.0)
    matrix = wide.index.matrix(documents).toarray()
    p, q = 1 + matrix[labels == 1].sum(0), 1 + matrix[labels == 0].sum(0)
    ratio = np.log(p / p.sum()) - np.log(q / q.sum())
    theirs = sklearn.LogisticRegression(C=1.0, solver="liblinear", tol=1e-8, random_state=0, max_iter=1000)
    rows = ratio * matrix / np.sqrt(matrix.sum(1, keepdims=True))
    theirs.fit(rows, labels)
    scores, expected = wide.scores(documents), theirs.decision_function(rows)
    np.testing.assert_allclose(scores[:, 1] - scores[:, 0], expected, rtol=1e-3, atol=1e-3)


def test_tfidf_is_that_of_scikit_learn():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    linear = pytest.importorskip("sklearn.linear_model")
    texts, names, _ = planted(80, 15)
    labels = np.array([name == "pos" for name in names], np.int64)
    documents = [text.lower().replace(".", "").split() for text in texts]
    ours = fit_tfidf(documents, labels, 2).scores(documents)
    counts = text.TfidfVectorizer(analyzer=lambda words: [*words, *map(" ".join, pairwise(words))], sublinear_tf=True)
    everything = counts.fit_transform(documents)
    names = counts.get_feature_names_out()
    kept = [i for i, name in enumerate(names) if " " not in name or (everything[:, i] > 0).sum() >= 2]
    matrix = everything[:, kept].toarray()
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    theirs = linear.LogisticRegression(C=10.0, solver="liblinear", random_state=0, max_iter=1000).fit(matrix, labels)
    np.testing.assert_allclose(ours[:, 1] - ours[:, 0], theirs.decision_function(matrix), atol=1e-3)


def test_several_and_ordered_labels():
    texts, labels, _ = planted(200, 8)
    middle = sorted(map(len, texts))[100]
    both = [(label, "long") if len(text) > middle else (label,) for text, label in zip(texts, labels, strict=True)]
    classifier = Classifier(model=MODELS["recurrent"], kind="several", training=QUICK).fit(texts, both)
    assert classifier.classes_.tolist() == ["long", "neg", "pos"]
    found = classifier.predict(texts[:20])
    assert sum(label in names for names, label in zip(found, labels, strict=False)) >= 18
    stars = [{"pos": 5, "neg": 1}[label] for label in labels]
    classifier = Classifier(model=MODELS["recurrent"], kind="ordered", training=QUICK).fit(texts, stars)
    assert classifier.score(texts, [str(star) for star in stars]) > 0.9
    assert "mean_absolute_error" in classifier.evaluate(texts, [str(star) for star in stars]).metrics


def test_in_the_company_of_scikit_learn():
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import GridSearchCV, cross_val_score
    from sklearn.pipeline import Pipeline

    texts, names, _ = planted(60, 16)
    labels = np.array([int(name == "pos") for name in names])
    quick = QUICK.model_copy(update={"epochs": 1})
    classifier = Classifier(model=MODELS["ngrams"], wide=False, training=quick)
    grid = {"label__training__learning_rate": [1e-6, 0.02], "label__model__embedding_width": [8]}
    assert is_classifier(classifier)
    assert clone(classifier).get_params() == classifier.get_params()
    search = GridSearchCV(Pipeline([("label", classifier)]), grid, cv=2, error_score="raise")
    search.fit(np.array(texts), labels)
    assert search.best_estimator_.predict(texts[:3]).dtype.kind == "i"
    assert search.classes_.tolist() == [0, 1]
    assert search.best_estimator_["label"].config.model.embedding_width == 8
    scores = cross_val_score(classifier, np.array(texts), labels, cv=2, scoring="accuracy", error_score="raise")
    assert len(scores) == 2
    with pytest.raises(ConfigError, match="a classifier has no 'modle'"):
        classifier.set_params(modle="ngrams")


def test_options_are_set_by_their_way():
    classifier = Classifier(training=ClassifyTraining(epochs=3), seed=7)
    assert classifier.get_params(deep=True)["training__epochs"] == 3
    assert "training__epochs" not in classifier.get_params(deep=False)
    classifier.set_params(model="ngrams", model__buckets=512, training__learning_rate=0.5, wide__orders=[1])
    assert classifier.config.model.buckets == 512
    assert (classifier.config.training.epochs, classifier.config.training.learning_rate) == (3, 0.5)
    assert (classifier.config.wide.orders, classifier.config.seed) == ((1,), 7)
    assert classifier.set_params(wide=False).config.wide is None
    words = Classifier(model=RecurrentConfig(reads_out="words"))
    assert words.set_params(model__pooling="max", model__reads_out="states").config.model.pooling == "max"
    for wrong, said in (
        ({"training__epoch": 1}, "epoch"),
        ({"wide__orders": [1]}, "it is off: set wide=True too"),
        ({"seed__x": 1}, "'seed' has no options to set"),
        ({"training__": 5}, "unknown"),
        ({"training__epochs": -1}, "epochs"),
    ):
        with pytest.raises(ConfigError, match=said):
            classifier.set_params(**wrong)


def test_figures_of_known_documents(trained):
    texts, labels, _ = planted(60, 9)
    judgement = trained.evaluate(texts, labels)
    assert judgement.metrics["accuracy"] == trained.score(texts, labels)
    assert judgement.confusion.sum() == 60
    assert sum(count for _, count, _ in judgement.lengths) == 60
    assert 0 <= judgement.metrics["ece"] <= 1


def test_an_adversary_and_class_weights_change_the_training():
    texts, labels, _ = planted(80, 10)
    plain, weighted, adversarial = (
        Classifier(model=MODELS["recurrent"], wide=False, training=QUICK.model_copy(update={"epochs": 2, **more})).fit(
            texts[:60] + texts[60:][:4], labels[:60] + labels[60:][:4]
        )
        for more in ({}, {"class_weights": "balanced"}, {"adversarial": 0.5})
    )
    said = plain.predict_proba(texts[:5])
    assert not np.array_equal(said, adversarial.predict_proba(texts[:5]))
    assert not np.array_equal(said, weighted.predict_proba(texts[:5]))


def test_a_resumed_training_ends_with_the_same_bits(tmp_path):
    texts, labels, _ = planted(120, 11)

    def fit(folder, **options):
        classifier = Classifier(model=MODELS["ngrams"], training=QUICK.model_copy(update={"epochs": 3}))
        return classifier.fit(texts, labels, folder=folder, **options)

    whole = fit(tmp_path / "whole")

    def stop(event):
        if isinstance(event, Progress) and event.update == 9:
            import os
            import signal

            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted):
        fit(tmp_path / "part", listeners=[stop])
    resumed = fit(tmp_path / "part", resume=True)
    np.testing.assert_array_equal(resumed.predict_proba(texts), whole.predict_proba(texts))
    with pytest.raises(DataError, match="training documents are not those of the training"):
        Classifier(model=MODELS["ngrams"], training=QUICK.model_copy(update={"epochs": 9})).fit(
            texts[1:], labels[1:], folder=tmp_path / "part", resume=True
        )


def test_same_seed_same_numbers():
    texts, labels, _ = planted(60, 12)
    training = QUICK.model_copy(update={"epochs": 1})
    first, second, other = (
        Classifier(model=MODELS["recurrent"], training=training, seed=seed).fit(texts, labels).predict_proba(texts)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_one_text_is_never_on_both_sides():
    texts = [f"text {i % 30}" for i in range(90)]
    labels = ["a" if i % 30 < 20 else "b" for i in range(90)]
    train, valid = hold_out(Labelled(texts, labels), 0.2, 1)
    assert not set(train.texts) & set(valid.texts)
    assert len(train.texts) + len(valid.texts) == 90
    assert sorted(set(valid.labels)) == ["a", "b"]
    assert valid.labels.count("a") == 12


def test_few_documents_that_are_all_right_do_not_make_it_sure_of_all():
    scores = torch.tensor([[1.0, -1.0], [-1.0, 1.0]] * 5)
    mixture = fit_mixture(OneHead(1, 2), scores, None, torch.tensor([0, 1] * 5))
    assert 1 < mixture.deep < 5


def test_long_documents_are_read_in_full_or_cut_as_asked():
    texts, labels, _ = planted(60, 13)
    lines: list[str] = []
    classifier = Classifier(model=MODELS["ngrams"], training=QUICK.model_copy(update={"epochs": 1}))
    classifier.config = classifier.config.model_copy(
        update={"data": classifier.config.data.model_copy(update={"longest": 10, "keep": "both"})}
    )
    classifier.fit(texts, labels, say=lines.append)
    assert "words left out of those above 10" in lines[0]
    result = classifier.explain(["a b c d e f g h i j k l m n"])[0]
    assert "".join(word.text for word in result.words) == "abcdejklmn"


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (["x y", "z"], ["a", "a"], "all documents have the label 'a'"),
        (["x", "y", "z"], ["a", "a", "b"], "the class 'b' has 1 document"),
        (["x", "x", "y", "y"], ["a", "a", "b", "b"], "the class 'a' has 1 document"),
        ([], [], "there are no documents"),
        (["x"], ["a", "b"], "there are 1 documents and 2 labels"),
        (["x", " "], ["a", "b"], "document 2 is empty"),
        (["x", 3], ["a", "b"], "document 2 is 3: expected a text"),
        (["x", "y"], ["a", None], "document 2 has the label None"),
        ("text", "a", "this is one text"),
    ],
)
def test_documents_that_nothing_can_be_learned_from(texts, labels, message):
    with pytest.raises(DataError, match=message):
        Classifier(training=QUICK).fit(texts, labels)


def test_refusals():
    with pytest.raises(ConfigError, match="not trained"):
        Classifier().predict(["x"])
    with pytest.raises(ConfigError, match=r"model.type: expected 'recurrent'"):
        Classifier(model="recurent")


def test_a_document_of_a_million_characters(trained):
    text = "w1 good. " * 112_000 if trained.config.model.type == "ngrams" else "w1 good. " * 200
    assert trained.predict([text]).shape == (1,)


def test_other_tokens(tmp_path):
    texts, labels, _ = planted(120, 14)
    for kind in ("bpe", "char"):
        classifier = Classifier(
            model=MODELS["recurrent"], words=WordsConfig(kind=kind, size=120, min_count=1), training=QUICK
        ).fit(texts, labels)
        for result in classifier.explain(texts[:3], verdict=False):
            np.testing.assert_allclose(result.constant + result.evidence().sum(0), result.scores, atol=1e-5)


def test_words_begin_with_the_vectors_of_a_file(tmp_path):
    texts, labels, _ = planted(60, 17)
    path = tmp_path / "v.txt"
    path.write_text("good " + " ".join(["3"] * 12) + "\n")
    lines: list[str] = []
    quick = QUICK.model_copy(update={"updates": 1, "learning_rate": 1e-9})
    words = WordsConfig(vectors=path)
    classifier = Classifier(model=MODELS["recurrent"], words=words, training=quick).fit(texts, labels, say=lines.append)
    network, tokenizer, *_ = classifier.parts
    np.testing.assert_allclose(network.embedding.tokens.weight[tokenizer.places()["good"]].detach(), 3, atol=1e-3)
    assert any(line.startswith("vectors: 1 of") for line in lines)
    with pytest.raises(ConfigError, match="'vectors' gives vectors to words"):
        parse_config({"words": {"kind": "char", "vectors": path}}, ClassifyConfig)


def test_words_and_their_vectors_are_learned_from_documents_without_labels(tmp_path):
    """Words that stand in the same places have like vectors, also those that no labelled document has."""
    chance = random.Random(1)
    kinds = {"red": "car house door", "blue": "car house door", "two": "times days again", "three": "times days again"}
    lines = [" ".join([word, *chance.sample(around.split(), 2)]) for word, around in kinds.items() for _ in range(1500)]
    chance.shuffle(lines)
    path = tmp_path / "more.txt"
    path.write_text("\n".join(lines))
    texts, labels, _ = planted(60, 17)
    quick = QUICK.model_copy(update={"updates": 1, "learning_rate": 1e-9})
    told: list[str] = []
    words = WordsConfig(unlabelled=path)
    classifier = Classifier(model=MODELS["recurrent"], words=words, training=quick).fit(texts, labels, say=told.append)
    network, tokenizer, *_ = classifier.parts
    table, places = network.embedding.tokens.weight.detach(), tokenizer.places()
    red, blue, two, three = (torch.nn.functional.normalize(table[places[word]], dim=0) for word in kinds)
    assert min(red @ blue, two @ three) > max(red @ two, red @ three, blue @ two, blue @ three)
    assert told[0].startswith("vectors: learned first, from 6,0")
    assert any("begin with one from the documents without labels" in line for line in told)
    again = Classifier(model=MODELS["recurrent"], words=words, training=quick).fit(texts, labels)
    assert torch.equal(again.parts.network.embedding.tokens.weight, network.embedding.tokens.weight)
    with pytest.raises(ConfigError, match="leave one out"):
        parse_config({"words": {"unlabelled": path, "vectors": path}}, ClassifyConfig)


def test_vectors_of_documents_without_labels_need_gensim(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gensim.models", None)
    texts, labels, _ = planted(60, 17)
    with pytest.raises(MissingExtraError, match=r"words\.unlabelled needs gensim: install it by"):
        Classifier(words=WordsConfig(unlabelled=tmp_path / "not read")).fit(texts, labels)


def test_pieces_stand_where_their_text_is_whatever_they_are():
    texts, labels, _ = planted(80, 18)
    text = "It's  GOOD,w1 — good!\nSecond. Line"
    for kind, model in (
        ("bpe", "hierarchical"),
        ("char", "sentences"),
        ("char", "own hierarchy"),
        ("unigram", "ngrams"),
    ):
        words = WordsConfig(kind=kind, size=160)
        quick = QUICK.model_copy(update={"epochs": 1})
        classifier = Classifier(model=MODELS[model], words=words, training=quick).fit(texts, labels)
        (result,) = classifier.explain([text], verdict=False)
        assert len(result.pieces) == len(result.word_attention)
        for piece in result.pieces:
            word = result.words[piece.word]
            assert word.start <= piece.start <= piece.end <= word.end
            assert text[piece.start : piece.end].lower() in ("", piece.text)
        np.testing.assert_allclose(result.constant + result.evidence().sum(0), result.scores, atol=1e-5)


def test_every_class_keeps_a_text_to_train_on():
    texts = [f"t{i}" for i in range(14)]
    labels = ["a"] * 10 + ["b", "b", "c", "c"]
    for seed in range(5):
        train, valid = hold_out(Labelled(texts, labels), 0.1, seed)
        assert set(train.labels) == set(valid.labels) == {"a", "b", "c"}
    several = [("a",), ("b",), ("a", "b"), ("c", "a"), ("c", "b"), ("d",)]
    for seed in range(5):
        train, valid = hold_out(Labelled(texts[:6], several), 0.4, seed)
        assert {name for label in train.labels for name in label} == {"a", "b", "c", "d"}
        assert valid.texts


@pytest.mark.parametrize(
    ("label", "kind", "message"),
    [
        (np.array([0, 1]), "several", "give a list of names"),
        (None, "several", "give a list of names"),
        (float("nan"), "one", "has the label nan: expected one"),
    ],
)
def test_labels_that_mean_something_else_are_refused(label, kind, message):
    with pytest.raises(DataError, match=message):
        Classifier(kind=kind).fit(["x", "y"], [label, label])


def test_no_documents_are_answered_and_not_judged(trained):
    assert trained.predict([]).tolist() == []
    assert trained.predict_proba([]).shape == (0, 2)
    with pytest.raises(DataError, match="there are no documents"):
        trained.evaluate([], [])


def test_cross_validation_judges_every_document_by_another_classifier():
    texts, labels, _ = planted(120, 5)
    classifier, lines = Classifier(model="ngrams", training=QUICK), []
    found = cross_validate(classifier, texts, labels, folds=3, say=lines.append)
    assert found.confusion.sum() == 120
    assert found.metrics["accuracy"] > 0.9
    assert [line.split(":")[0] for line in lines] == [f"fold {n} of 3" for n in (1, 2, 3)]
    assert all("40 documents" in line for line in lines)
    with pytest.raises(ConfigError, match="not trained"):
        classifier.predict(["w1"])


def test_cross_validation_keeps_equal_texts_together():
    """Labels at random, each document twice: what was learned by heart must not help."""
    texts = [f"a{i} b{i} c{i}" for i in range(30)] * 2
    labels = [str(int(i * 0.618 % 1 < 0.5)) for i in range(30)] * 2
    found = cross_validate(Classifier(model="ngrams", training=QUICK), texts, labels, folds=3)
    assert found.metrics["accuracy"] < 0.8


def test_cross_validation_refuses_too_few():
    texts, labels, _ = planted(20, 5)
    with pytest.raises(ConfigError, match="must be two at least"):
        cross_validate(Classifier(), texts, labels, folds=1)
    with pytest.raises(DataError, match=r"the class 'rare' has 2 different documents, fewer than 3 folds"):
        cross_validate(Classifier(), [*texts, "x", "y", "x"], [*labels, "rare", "rare", "rare"], folds=3)


@pytest.mark.parametrize(
    ("names", "kind"), [((True, False), bool), ((1.5, 2.0), np.floating), ((3, 7), np.integer), (("a", "b"), str)]
)
def test_labels_are_answered_as_they_were_given(names, kind, tmp_path):
    texts, labels, _ = planted(80, 21)
    given = [names[label == "pos"] for label in labels]
    classifier = Classifier(model="ngrams", training=QUICK).fit(texts, given)
    assert sorted(classifier.classes_.tolist()) == sorted(names)
    assert all(isinstance(label, kind | np.bool_ if kind is bool else kind) for label in classifier.predict(texts[:5]))
    assert classifier.score(texts, given) > 0.9
    classifier.save(tmp_path / "m")
    assert Classifier.load(tmp_path / "m").predict(texts[:9]).tolist() == classifier.predict(texts[:9]).tolist()


def test_ordered_labels_have_a_linear_part_and_the_middle_class():
    """What only n-grams of the linear part know; and evidence adds up with it."""
    chance = random.Random(3)
    marks = ["awful", "poor", "fair", "fine"]
    stars = [chance.randrange(4) for _ in range(240)]
    texts = [" ".join([*(f"w{chance.randrange(30)}" for _ in range(6)), marks[star]]) for star in stars]
    told: list[str] = []
    classifier = Classifier(model=MODELS["recurrent"], kind="ordered", training=QUICK)
    classifier.fit(texts, stars, say=told.append)
    found = classifier.evaluate(texts, stars)
    assert found.metrics["accuracy"] > 0.9
    assert found.metrics["mean_absolute_error"] < 0.15
    assert {"network", "n-grams", "tf-idf"} == set(found.beside)
    assert any(line.startswith("right in validation: network ") and "together " in line for line in told)
    for result in classifier.explain(texts[:5], verdict=False):
        np.testing.assert_allclose(result.constant + result.evidence().sum(0), result.scores, atol=1e-5)
        assert sum(result.probabilities.values()) == pytest.approx(1, abs=1e-3)
    low = texts[stars.index(0)]
    (result,) = classifier.explain([low])
    (rows,) = number(cut_all([low], classifier.config), classifier.parts.tokenizer)
    (side,) = result.sides
    ask = asking(classifier.parts.network, rows, side.weights, classifier.config.training)
    assert result.label == "0"
    with torch.no_grad():  # of what the page shows words for: a higher label
        np.testing.assert_allclose(result.effects, erasure(ask, len(result.pieces))[0], atol=1e-5)


def test_a_few_right_answers_make_nobody_sure():
    """Of ten that are all right, probabilities stay below eleven in twelve on average."""
    scores = torch.tensor([[-50.0, 50.0]] * 5 + [[50.0, -50.0]] * 5)
    labels = torch.tensor([1] * 5 + [0] * 5)
    head = OneHead(3, 2)
    mixture = fit_mixture(head, scores, None, labels)
    assert head.probabilities(mixture.join(scores, None)).amax(1).mean() == pytest.approx(11 / 12, abs=0.03)


def test_few_right_answers_near_the_border_do_not_make_others_near_it_sure():
    labels = torch.arange(20) % 3
    scores = torch.nn.functional.one_hot(labels, 3) * torch.linspace(0.1, 3, 20).unsqueeze(1)
    head, near = OneHead(1, 3), torch.tensor([[0.3, 0.0, 0.0]])
    mixture = fit_mixture(head, scores, None, labels)
    assert mixture.probabilities(head, mixture.join(near, None)).max() < 0.6


@pytest.mark.parametrize("kind", ["one", "several"])
def test_what_is_sometimes_wrong_however_sure_is_doubted(kind):
    """Of 600 answers, all as sure as can be, a tenth is wrong."""
    labels = torch.arange(600) % 3
    held = torch.nn.functional.one_hot(torch.where(torch.arange(600) % 10 == 0, (labels + 1) % 3, labels), 3)
    scores = 40 * torch.nn.functional.one_hot(labels, 3).float() - 20
    if kind == "one":
        head, truth, wrong = OneHead(1, 3), held.argmax(1), 1 / 10
    else:
        head, truth, wrong = SeveralHead(1, 3), held.float(), 2 / 30
    mixture = fit_mixture(head, scores, None, truth)
    found = mixture.probabilities(head, mixture.join(scores, None))
    assert torch.maximum(found, 1 - found if kind == "several" else found).amax(1).mean() == pytest.approx(
        1 - wrong, abs=0.01
    )


def test_pictures_and_pages_of_a_classification(trained, tmp_path):
    texts, _, _ = planted(1, 9)
    (result,) = trained.explain(texts)
    result.plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    page = result.to_html(tmp_path / "a.html")
    assert (tmp_path / "a.html").read_text() == page
    assert result.sides[0].meaning in page.replace("&#39;", "'")
    assert str(result.verdict) in page.replace("&#39;", "'")


def test_several_labels_are_explained_one_by_one():
    texts = [f"{word} w{i % 7}" for i in range(60) for word in ("red", "big", "red big", "none")]
    labels = [names for _ in range(60) for names in (("red",), ("big",), ("red", "big"), ())]
    classifier = Classifier(model="ngrams", kind="several", training=QUICK).fit(texts, labels)
    both, nothing = classifier.explain(["red big w1", "none w2"], verdict=False)
    assert both.label == ("big", "red")
    assert [side.meaning for side in both.sides] == [
        "words for 'big', and against it",
        "words for 'red', and against it",
    ]
    assert both.score == min(both.probabilities.values())
    assert nothing.label == ()
    assert nothing.score == 1 - max(nothing.probabilities.values())
    assert nothing.score > 0.5


def test_texts_that_contradict_themselves_are_told():
    texts, labels, _ = planted(40, 1)
    said: list[str] = []
    quick = Classifier(wide=False, training=ClassifyTraining(epochs=1, warmup=2))
    quick.fit([*texts, "so so", "so so", "so so"], [*labels, "pos", "neg", "pos"], say=said.append)
    assert "note: 1 text has different labels in different places, such as 'so so': neg and pos" in said
    said.clear()
    quick.fit(texts, labels, say=said.append)
    assert not any("different labels" in line for line in said)
