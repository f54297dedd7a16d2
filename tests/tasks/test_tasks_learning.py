"""Toy tasks with bars that a broken attention fails."""

import pytest
from toy_translate import reversal, tiny

from sightline import Translator
from sightline.tasks.translate import DecodingConfig, RecurrentConfig, TrainingConfig, TransformerConfig

GREEDY = DecodingConfig(method="greedy")


def exact_match(model, pairs, updates):
    training = TrainingConfig(
        updates=updates,
        learning_rate=0.01,
        warmup=30,
        batch_tokens=384,
        label_smoothing=0.0,
        validate_every=100,
        patience=None,
    )
    train, test = pairs[:-200], pairs[-200:]
    translator = Translator(model=model, tokenizer="char", training=training).fit(train, test[:40])
    return translator.evaluate(test, ["exact_match"], decoding=GREEDY)["exact_match"].value


def test_additive_attention_learns_to_reverse():
    """Without attention the same network is right on less than 0.85, in twice the time."""
    model = RecurrentConfig(embedding_width=16, width=48, dropout=0.0)
    assert exact_match(model, reversal(2200, 8), 260) >= 0.95


def test_a_transformer_learns_to_copy():
    model = TransformerConfig(width=32, heads=2, hidden=64, encoder_layers=1, decoder_layers=1, dropout=0.0)
    pairs = [(source, source) for source, _ in reversal(2200, 8)]
    assert exact_match(model, pairs, 420) >= 0.9


def test_scheduled_sampling_changes_the_training_and_stays_finite():
    pairs = reversal()
    plain, sampled = (tiny(scheduled_sampling=s).fit(pairs).result for s in (0.0, 0.5))
    assert sampled.metrics["loss"] != plain.metrics["loss"]
    assert sampled.metrics["loss"] < sampled.history[0].metrics["loss"]


@pytest.mark.parametrize("metric", ["bleu", "chrf", "exact_match", "per"])
def test_each_metric_can_decide(metric):
    result = tiny(updates=10, metric=metric).fit(reversal(40)).result
    assert 0 <= result.metrics[metric] <= 100
