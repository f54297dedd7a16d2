import os
import signal
import sys

import pytest
import torch
from toy_training import batches, build, loss, train

from sightline.errors import ConfigError, TrainingError
from sightline.training import Interrupted, Place, Progress, TrainSettings, Workers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several processes need Linux")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def children():
    with open(f"/proc/{os.getpid()}/task/{os.getpid()}/children") as file:
        return file.read().split()


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


# 7 batches an epoch: the last group of an epoch has fewer batches than there are workers.
@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_give_the_bits_of_one(tmp_path, count):
    alone, result = train(tmp_path / "alone", accumulate=count)
    shared, other = train(tmp_path / "shared", accumulate=count, workers=count)
    assert same_weights(alone, shared)
    assert [v.metrics for v in result.history] == [v.metrics for v in other.history]
    assert (result.tokens, result.update) == (other.tokens, other.update)
    assert not children()


def test_more_batches_than_workers(tmp_path):
    alone, _ = train(tmp_path / "alone", accumulate=4)
    shared, _ = train(tmp_path / "shared", accumulate=4, workers=2)
    for a, b in zip(alone.parameters(), shared.parameters(), strict=True):
        torch.testing.assert_close(a, b)  # the sums are in another order


def test_gradients_are_those_of_the_sum():
    model, group = build(dropout=0.0), batches(1)[:5]
    torch.stack([loss(model, batch).total for batch in group]).sum().backward()
    wanted = [parameter.grad.clone() for parameter in model.parameters()]
    with Workers(model, batches, loss, seed=1, count=2) as workers:
        for _ in range(2):
            losses = workers.backward(group, Place(epoch=1, batch=0, update=1))
            for parameter, gradient in zip(model.parameters(), wanted, strict=True):
                torch.testing.assert_close(parameter.grad, gradient)
    assert sum(each.count for each in losses) == sum(batch.count_nonzero() for batch in group)


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path):
    def stop(event):
        if isinstance(event, Progress) and event.update == 5:
            os.kill(os.getpid(), signal.SIGINT)

    settings = {"accumulate": 2, "workers": 2}
    whole, _ = train(tmp_path / "whole", **settings)
    with pytest.raises(Interrupted):
        train(tmp_path / "parts", on_event=[stop], **settings)
    assert not children()
    resumed, _ = train(tmp_path / "parts", model=build(seed=99), resume=True, **settings)
    assert same_weights(whole, resumed)


def test_a_worker_that_dies_ends_the_training(tmp_path):
    def kill(event):
        if isinstance(event, Progress) and event.update == 3:
            os.kill(int(children()[0]), signal.SIGKILL)

    with pytest.raises(TrainingError, match=r"worker 1 \(process \d+\) died.*resume with fewer workers"):
        train(tmp_path, workers=2, on_event=[kill])
    assert not children()


def test_a_worker_that_fails_says_why(tmp_path):
    first = os.getpid()

    def fails_elsewhere(model, batch):
        if os.getpid() != first:
            raise ValueError("no such token")
        return loss(model, batch)

    with pytest.raises(TrainingError, match="worker 1 failed: ValueError: no such token"):
        train(tmp_path, workers=2, loss=fails_elsewhere)
    assert not children()


def test_the_weights_are_the_models_own_again(tmp_path):
    model, _ = train(tmp_path, workers=2)
    addresses = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    assert len(addresses) == len(list(model.parameters()))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_more_workers_than_batches_are_refused():
    with pytest.raises(ConfigError, match="workers is 3; at most accumulate, 2, can share an update's batches"):
        TrainSettings(max_updates=1, accumulate=2, workers=3)


def test_where_processes_cannot_share_one_computes_all(tmp_path, monkeypatch):
    shared, _ = train(tmp_path / "shared", workers=2)
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "fork")
    alone, _ = train(tmp_path / "alone", workers=2)
    assert same_weights(shared, alone)
