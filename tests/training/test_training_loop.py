import math
import os
import signal
import threading

import pytest
import torch
from torch import nn
from toy_training import SIZE, batches, build, loss, train, validate

from sightline.errors import ConfigError, SightlineError, TrainingError
from sightline.training import (
    Failed,
    Finished,
    Interrupted,
    Loss,
    Progress,
    Started,
    Stopping,
    Validated,
    build_optimizers,
    run,
    scale_gradients,
)


def test_accumulated_batches_are_one_big_batch(tmp_path):
    """Rows of length 3 in uneven batches, some padded: the same updates as with all of them in one batch."""
    whole = [torch.cat(batches(1))]
    parts = list(torch.split(whole[0], 5))
    settings = {"max_updates": 3, "clip_norm": 0.1, "keep_best": 0}
    one, result = train(
        tmp_path / "one", model=build(dropout=0).double(), batches=lambda epoch: whole, accumulate=1, **settings
    )
    other, accumulated = train(
        tmp_path / "other",
        model=build(dropout=0).double(),
        batches=lambda epoch: parts,
        accumulate=len(parts),
        **settings,
    )
    assert result.tokens == accumulated.tokens == 3 * int((whole[0] != 0).sum())
    for name, tensor in one.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], tensor, rtol=1e-9, atol=1e-9)


def test_the_update_by_hand(tmp_path):
    """w = 1, inputs 1 and 3: the mean gradient of (w x)^2 is (2 + 18) / 2 = 10; AdamW's first step is the rate."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    events = []
    train(
        tmp_path,
        model=model,
        batches=lambda epoch: [torch.tensor([[1.0]]), torch.tensor([[3.0]])],
        loss=lambda model, batch: Loss(model(batch).square().sum(), len(batch)),
        validate=lambda model: {"loss": model.weight.item()},
        on_event=[events.append],
        max_updates=1,
        warmup=4,
        learning_rate=0.1,
        weight_decay=0.5,
    )
    progress = events[1]
    assert isinstance(progress, Progress)
    assert progress.gradient_norm == pytest.approx(10)
    assert progress.loss == pytest.approx(5)
    assert progress.learning_rate == pytest.approx(0.025)
    assert model.weight.item() == pytest.approx(1 - 0.025 * 0.5 - 0.025)


def test_clipping_by_hand():
    model = nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.tensor([[6.0, 8.0]])
    assert scale_gradients(model, 2, 1.0).item() == pytest.approx(5)
    torch.testing.assert_close(model.weight.grad, torch.tensor([[0.6, 0.8]]))
    assert scale_gradients(model, 4, 1.0).item() == pytest.approx(0.25)
    torch.testing.assert_close(model.weight.grad, torch.tensor([[0.15, 0.2]]))
    assert scale_gradients(model, 1, None).item() == pytest.approx(0.25)
    torch.testing.assert_close(model.weight.grad, torch.tensor([[0.15, 0.2]]))


def test_a_gradient_of_zero_is_not_divided_by():
    model = nn.Linear(2, 1, bias=False)
    model.weight.grad = torch.zeros(1, 2)
    assert scale_gradients(model, 1, 1.0).item() == 0
    assert not model.weight.grad.any()


def test_what_decays():
    model = build()
    model.frozen = nn.Linear(3, 3).requires_grad_(False)
    model.output.weight = model.embedding.weight
    (adamw,) = build_optimizers(model, optimizer="adamw", learning_rate=1.0, betas=(0.9, 0.98), weight_decay=0.1)
    decayed, spared = adamw.param_groups
    assert [id(p) for p in decayed["params"]] == [id(model.hidden.weight)]
    assert (decayed["weight_decay"], spared["weight_decay"]) == (0.1, 0.0)
    wanted = {model.embedding.weight, model.hidden.bias, model.norm.weight, model.norm.bias, model.output.bias}
    assert set(spared["params"]) == wanted


def test_events_in_their_order(tmp_path):
    events = []
    _, result = train(tmp_path, max_updates=6, on_event=[events.append])
    kinds = [type(event) for event in events]
    assert kinds == [Started, *[Progress] * 5, Validated, Progress, Validated, Finished]
    assert [event.update for event in events if isinstance(event, Progress)] == [1, 2, 3, 4, 5, 6]
    assert [event.epoch for event in events if isinstance(event, Progress)] == [1, 1, 1, 1, 2, 2]
    assert [event.fraction for event in events if isinstance(event, Progress)] == [n / 6 for n in range(1, 7)]
    assert events[-1].result is result
    assert result.history == tuple(event for event in events if isinstance(event, Validated))
    assert (result.update, result.epoch, result.reason) == (6, 2, "reached the limit of 6 updates")
    assert result.best in result.history


def test_epochs_end_and_are_validated(tmp_path):
    events = []
    _, result = train(tmp_path, max_updates=None, max_epochs=2, validate_every=None, on_event=[events.append])
    assert [(v.update, v.epoch) for v in result.history] == [(4, 1), (8, 2)]
    assert (result.epoch, result.reason) == (2, "reached the limit of 2 epochs")
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert fractions == pytest.approx([batch / 14 for batch in (2, 4, 6, 7, 9, 11, 13, 14)])


def test_minutes_count_earlier_runs(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(run, "monotonic", lambda: now[0])

    def tick(event):
        if isinstance(event, Progress):
            now[0] += 20.0

    settings = {"max_updates": None, "validate_every": 100, "on_event": [tick]}
    _, result = train(tmp_path, max_minutes=1.5, **settings)
    assert (result.reason, result.update) == ("reached the limit of 1.5 minutes", 6)
    assert [v.update for v in result.history] == [6]
    now[0] = 5000.0
    _, longer = train(tmp_path, max_minutes=2.5, resume=True, **settings)
    assert longer.update == 9
    assert longer.seconds == pytest.approx(180)


def test_patience_counts_validations_without_a_new_best(tmp_path):
    metrics = iter([3.0, 2.0, 2.0, 2.5, math.nan, 1.0])
    _, result = train(
        tmp_path, validate=lambda model: {"loss": next(metrics)}, max_updates=100, validate_every=1, patience=3
    )
    assert [v.best for v in result.history] == [True, True, False, False, False]
    assert result.reason == "loss has not improved for 3 validations (patience)"
    assert (result.best.update, result.taken) == (2, "best")


@pytest.mark.parametrize("stop", [None, 0, 2])
def test_weights_that_begin_best_may_end_best(tmp_path, stop):
    """Validated before the first update; also where the run is interrupted right then, and goes on."""
    seen: list[int] = []

    def worse(model):
        seen.append(1)
        return {"loss": float(len(seen))}

    def interrupt(event):
        if isinstance(event, Validated | Progress) and event.update == stop and not seen[1:]:
            os.kill(os.getpid(), signal.SIGINT)

    settings = {"validate": worse, "validate_first": True, "max_updates": 10, "validate_every": 3, "patience": 2}
    if stop is not None:
        with pytest.raises(Interrupted):
            train(tmp_path, **settings, on_event=[interrupt])
    model, result = train(tmp_path, **settings, resume=stop is not None)
    assert [validated.update for validated in result.history] == [0, 3, 6]
    assert result.taken == "best"
    for weight, first in zip(model.state_dict().values(), build().state_dict().values(), strict=True):
        assert torch.equal(weight, first)


def test_a_higher_metric_can_be_the_better_one(tmp_path):
    metrics = iter([1.0, 5.0, 4.0])
    _, result = train(
        tmp_path,
        validate=lambda model: {"bleu": next(metrics)},
        metric="bleu",
        mode="max",
        max_updates=3,
        validate_every=1,
    )
    assert [v.best for v in result.history] == [True, True, False]
    assert result.best.update == 2


def test_it_learns_and_ends_in_evaluation_mode(tmp_path):
    model, result = train(tmp_path, max_updates=150, validate_every=50, keep_best=3)
    assert result.metrics["loss"] < 1.8 < math.log(SIZE)
    assert not any(module.training for module in model.modules())
    assert validate(model)["loss"] == result.metrics["loss"]


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_with_the_last_checkpoint_intact(tmp_path, poison):
    seen = []

    def poisoned(model, batch):
        seen.append(batch)
        total, count = loss(model, batch)
        return Loss(total * (poison if len(seen) == 15 else 1.0), count)

    events = []
    with pytest.raises(TrainingError, match=r"update 9 \(epoch 3\): the loss per token is .*learning_rate.*clip_norm"):
        train(tmp_path, loss=poisoned, on_event=[events.append])
    assert isinstance(events[-1], Failed)
    model, result = train(tmp_path, resume=True)
    assert result.update == 12
    assert all(tensor.isfinite().all() for tensor in model.state_dict().values())


def test_a_gradient_that_is_not_finite_stops_before_the_update(tmp_path):
    def poisoned(model, batch):
        total, count = loss(model, batch)
        return Loss(total + torch.sqrt(model.output.bias.sum() * 0), count)

    model = build()
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(TrainingError, match=r"update 1 .*the norm of the gradient is nan.*no checkpoint had been"):
        train(tmp_path, model=model, loss=poisoned)
    assert all(torch.equal(new, old) for new, old in zip(model.parameters(), before, strict=True))


def test_nothing_to_train_on(tmp_path):
    with pytest.raises(TrainingError, match="epoch 1 has no batches"):
        train(tmp_path, batches=lambda epoch: [])
    with pytest.raises(TrainingError, match="count no token"):
        train(tmp_path, batches=lambda epoch: [torch.zeros(2, 3, dtype=torch.long)])


def test_the_metric_must_be_among_those_validated(tmp_path):
    with pytest.raises(ConfigError, match="metric is 'bleu'; validation gives loss, draw"):
        train(tmp_path, metric="bleu")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_the_old_handlers_come_back(tmp_path, number):
    before = signal.getsignal(number)
    events = []

    def send(event):
        events.append(event)
        if isinstance(event, Progress) and event.update == 3:
            os.kill(os.getpid(), number)

    with pytest.raises(SightlineError, match="stopped after update 3; saved in"):
        train(tmp_path, on_event=[send])
    assert [type(event) for event in events[-2:]] == [Stopping, Failed]
    assert events[-2].signal == number
    assert signal.getsignal(number) is before
    assert (tmp_path / "last.safetensors").exists()


def test_a_second_signal_stops_at_once(tmp_path):
    def send_two(model, batch):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not reached")

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, loss=send_two)
    assert signal.getsignal(signal.SIGINT) is before
    assert not list(tmp_path.iterdir())


def test_outside_the_main_thread_signals_are_left_alone(tmp_path):
    results = []
    thread = threading.Thread(target=lambda: results.append(train(tmp_path, max_updates=2)[1]))
    thread.start()
    thread.join()
    assert results[0].update == 2


@pytest.mark.parametrize("end", [{"max_epochs": 9}, {"max_minutes": 0.02}])
def test_a_cosine_ends_where_the_run_does(tmp_path, end):
    rates: list[float] = []

    def note(event):
        if isinstance(event, Progress):
            rates.append(event.learning_rate)

    train(tmp_path, max_updates=None, schedule="cosine", warmup=0, validate_every=None, on_event=[note], **end)
    assert rates[0] == 0.01
    assert 0.001 < rates[len(rates) // 2] < 0.009
    assert rates[-1] < 0.001
