import errno
import math
import os

import pytest
import torch
from toy_training import Toy, batches, build, loss, train

from sightline.errors import ConfigError, ModelFolderError, OutputError
from sightline.training import Interrupted, Progress, Started, Validated, load_tensors, storage


class StopAfter:
    """Sends this process a signal once an update was made."""

    def __init__(self, update, number):
        self.update, self.number = update, number

    def __call__(self, event):
        if isinstance(event, Progress) and event.update == self.update:
            os.kill(os.getpid(), self.number)


def last(folder):
    """All that a checkpoint holds but the time spent."""
    tensors, about = load_tensors(folder / "last.safetensors")
    about["state"].pop("seconds")
    for entry in about["state"]["history"]:
        entry.pop("seconds")
    return tensors, about


def assert_same_run(one, other):
    (tensors, about), (others, about_other) = last(one), last(other)
    assert about == about_other
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        assert torch.equal(tensor, others[name]), name


# 7 batches in groups of 2 make 4 updates an epoch. After update 1: mid-epoch; 4: at the epoch's end, after the group
# of one batch; 5: a validation is owed; 11: mid-epoch of a later epoch.
@pytest.mark.parametrize("update", [1, 4, 5, 11])
@pytest.mark.parametrize(("validate_every", "optimizer"), [(5, "adamw"), (None, "adamw"), (5, "muon")])
def test_an_interrupted_run_ends_with_the_same_bits(tmp_path, update, validate_every, optimizer):
    settings = {"validate_every": validate_every, "keep_best": 2, "optimizer": optimizer}
    model, result = train(tmp_path / "whole", **settings)
    with pytest.raises(Interrupted) as caught:
        train(tmp_path / "parts", on_event=[StopAfter(update, 2)], **settings)
    assert (caught.value.update, caught.value.signal, caught.value.folder) == (update, 2, tmp_path / "parts")
    other, resumed = train(tmp_path / "parts", model=build(seed=99), resume=True, **settings)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name
    assert [v.metrics for v in resumed.history] == [v.metrics for v in result.history]
    assert (resumed.taken, resumed.averaged, resumed.metrics) == (result.taken, result.averaged, result.metrics)
    assert not resumed.already_done


def test_a_run_killed_between_checkpoints_ends_with_the_same_bits(tmp_path):
    train(tmp_path / "whole", keep_best=2)

    def die(event):
        if isinstance(event, Progress) and event.update == 9:
            raise MemoryError

    with pytest.raises(MemoryError):
        train(tmp_path / "parts", keep_best=2, on_event=[die])
    events = []
    train(tmp_path / "parts", model=build(seed=99), keep_best=2, resume=True, on_event=[events.append])
    assert isinstance(events[0], Started)
    assert events[0].update == 5
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_death_between_the_best_weights_and_the_checkpoint(tmp_path, monkeypatch):
    train(tmp_path / "whole", keep_best=1)
    saves = []

    def replace(source, target, original=os.replace):
        saves.append(target.name)
        if saves.count("last.safetensors") == 2:
            raise KeyboardInterrupt
        original(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            train(tmp_path / "parts", keep_best=1)
    assert sorted(p.name for p in (tmp_path / "parts").glob("best-*")) == ["best-10.safetensors", "best-5.safetensors"]
    train(tmp_path / "parts", model=build(seed=99), keep_best=1, resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")
    assert len(list((tmp_path / "parts").glob("best-*"))) == 1


def test_the_training_does_not_depend_on_how_often_it_is_validated(tmp_path):
    train(tmp_path / "often", validate_every=1, keep_best=0)
    train(tmp_path / "never", validate_every=100, keep_best=0)
    (tensors, _), (others, _) = last(tmp_path / "often"), last(tmp_path / "never")
    assert all(torch.equal(tensor, others[name]) for name, tensor in tensors.items())


def test_the_callers_random_numbers_are_left_alone(tmp_path):
    torch.manual_seed(1)
    train(tmp_path)
    drawn = torch.rand(3)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(3))


def test_a_finished_run_says_that_it_is_done(tmp_path):
    model, result = train(tmp_path, keep_best=2)
    before = (tmp_path / "last.safetensors").read_bytes()
    events = []
    other, again = train(tmp_path, model=build(seed=99), keep_best=2, resume=True, on_event=[events.append])
    assert again.already_done
    assert again.reason == "reached the limit of 12 updates"
    assert not any(isinstance(event, Progress | Validated) for event in events)
    assert (again.update, again.taken, again.metrics) == (result.update, result.taken, result.metrics)
    assert (tmp_path / "last.safetensors").read_bytes() == before
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])


def test_a_finished_run_may_be_made_longer_and_says_what_changed(tmp_path):
    train(tmp_path / "short", max_updates=10)
    events = []
    _, result = train(tmp_path / "short", resume=True, max_updates=15, on_event=[events.append])
    assert events[0].changed == {"max_updates": (10, 15)}
    assert (result.update, result.already_done) == (15, False)
    train(tmp_path / "long", max_updates=15)
    assert_same_run(tmp_path / "short", tmp_path / "long")


def test_an_earlier_run_is_not_overwritten(tmp_path):
    train(tmp_path)
    with pytest.raises(OutputError, match=r"holds the checkpoint of an earlier run.*resume it"):
        train(tmp_path)


def test_what_cannot_be_resumed(tmp_path):
    with pytest.raises(ModelFolderError, match="no checkpoint to resume from"):
        train(tmp_path, resume=True)
    train(tmp_path)
    with pytest.raises(ModelFolderError, match="a model of another shape"):
        train(tmp_path, model=torch.nn.Linear(3, 2), resume=True)
    with pytest.raises(ConfigError, match="another metric or mode"):
        train(tmp_path, resume=True, metric="draw")
    content = bytearray((tmp_path / "last.safetensors").read_bytes())
    content[-100] ^= 1
    (tmp_path / "last.safetensors").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"last\.safetensors: damaged"):
        train(tmp_path, resume=True)


def test_a_checkpoint_of_another_version(tmp_path):
    train(tmp_path)
    tensors, about = load_tensors(tmp_path / "last.safetensors")
    storage.save_tensors(tmp_path / "last.safetensors", tensors, about | {"version": 99})
    with pytest.raises(ModelFolderError, match="of version 99"):
        train(tmp_path, resume=True)


def test_a_full_disk_in_mid_run_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    train(tmp_path / "whole")
    fsyncs = []

    def fsync(descriptor, original=os.fsync):
        fsyncs.append(descriptor)
        if len(fsyncs) > 4:  # a file and its folder, for the best weights and for the checkpoint: one validation
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(OutputError, match="no room"):
            train(tmp_path / "parts")
    assert last(tmp_path / "parts")[1]["state"]["update"] == 5
    assert not list((tmp_path / "parts").glob(".*"))
    train(tmp_path / "parts", resume=True)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


def test_tied_weights_are_resumed_as_tied(tmp_path):
    def tied():
        model = build()
        model.output.weight = model.embedding.weight
        return model

    train(tmp_path / "whole", model=tied())
    train(tmp_path / "parts", model=tied(), max_updates=5)
    model, _ = train(tmp_path / "parts", model=tied(), resume=True)
    assert model.output.weight is model.embedding.weight
    assert torch.equal(model.output.weight, train(tmp_path / "whole", model=tied(), resume=True)[0].output.weight)


def test_a_resumed_epoch_skips_what_was_used_also_without_a_length(tmp_path):
    taken = []

    def stream(epoch):
        for batch in batches(epoch):
            yield epoch, batch

    def note(model: Toy, item):
        taken.append(item[0])
        return loss(model, item[1])

    parts = {"batches": stream, "loss": note, "validate_every": 1}
    train(tmp_path, max_updates=2, **parts)
    train(tmp_path, max_updates=5, resume=True, **parts)
    assert taken == [1] * 7 + [2] * 2


def test_a_run_that_ended_with_an_epoch_is_made_longer_without_a_second_validation(tmp_path):
    settings = {"validate_every": None, "patience": 2}
    epoch = math.ceil(len(batches(1)) / 2)  # two batches an update
    train(tmp_path / "two", max_updates=epoch, **settings)
    _, resumed = train(tmp_path / "two", max_updates=2 * epoch, resume=True, **settings)
    _, whole = train(tmp_path / "one", max_updates=2 * epoch, **settings)
    assert [validated.update for validated in resumed.history] == [validated.update for validated in whole.history]
    assert [validated.metrics for validated in resumed.history] == [validated.metrics for validated in whole.history]
