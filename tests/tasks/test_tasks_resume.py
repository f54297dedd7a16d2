import os
import signal
import subprocess
import sys

import pytest
import torch
from toy_translate import SMALL, reversal, tiny

from sightline.errors import ConfigError, DataError, ModelFolderError, OutputError, TrainingError
from sightline.tasks.loading import load
from sightline.training import Interrupted, Progress
from sightline.training.checkpoints import checkpoint_path

PAIRS = reversal(60)


def interrupt_after(update):
    def listen(event):
        if isinstance(event, Progress) and event.update == update:
            os.kill(os.getpid(), signal.SIGINT)

    return listen


def weights(translator):
    return {name: tensor.clone() for name, tensor in translator.parts.model.state_dict().items()}


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(tensor, other[name]) for name, tensor in one.items())


@pytest.fixture
def stopped(tmp_path):
    """A folder whose training was interrupted after 7 of 20 updates."""
    with pytest.raises(Interrupted):
        tiny().fit(PAIRS, folder=tmp_path / "m", listeners=[interrupt_after(7)])
    return tmp_path / "m"


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    one, again, other = (weights(tiny(seed=seed).fit(PAIRS)) for seed in (1, 1, 2))
    assert_equal(one, again)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_the_callers_random_numbers_are_left_alone():
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    tiny(updates=2).fit(PAIRS)
    assert torch.equal(torch.rand(3), expected)


def test_a_training_of_which_nothing_was_saved_is_not_to_be_resumed(stopped):
    checkpoint_path(stopped / "training").unlink()
    with pytest.raises(OutputError, match="a training of which nothing was saved: write over it by --overwrite"):
        tiny().fit(PAIRS, folder=stopped)
    with pytest.raises(ModelFolderError, match=r"nothing of its training was saved: begin anew by .* --overwrite"):
        load(stopped)


def test_resumed_is_uninterrupted(stopped, tmp_path):
    with pytest.raises(ModelFolderError, match=r"its training has not ended: go on by  sightline train .*config.yaml"):
        load(stopped)
    resumed = tiny().fit(PAIRS, folder=stopped, resume=True)
    whole = tiny().fit(PAIRS, folder=tmp_path / "whole")
    assert_equal(weights(resumed), weights(whole))
    assert [each.metrics for each in resumed.result.history] == [each.metrics for each in whole.result.history]
    for name in ("source-tokenizer.json", "target-tokenizer.json", "config.yaml"):
        assert (stopped / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert answers(load(stopped)) == answers(whole)


def answers(model):
    return [(each.text, each.score) for each in model.predict(["abc", "fed"])]


def test_what_may_change_is_told_and_what_may_not_is_refused(stopped):
    told = []
    changed = tiny(updates=9, label_smoothing=0.0)
    changed.fit(PAIRS, folder=stopped, resume=True, say=told.append)
    assert told[-2:] == [
        "since then: training.updates is 9, and was 20",
        "since then: training.label_smoothing is 0.0, and was 0.1",
    ]
    assert load(stopped).config == changed.config

    larger = SMALL.model_copy(update={"width": 20})
    with pytest.raises(ConfigError, match=r"and now model.width is 20, and was 16\. Set them as they were"):
        tiny(model=larger).fit(PAIRS, folder=stopped, resume=True)
    with pytest.raises(ConfigError, match="seed is 2, and was 1"):
        tiny(seed=2).fit(PAIRS, folder=stopped, resume=True)
    with pytest.raises(ConfigError, match=r"training.metric is per, and was loss"):
        tiny(metric="per").fit(PAIRS, folder=stopped, resume=True)
    assert answers(load(stopped)) == answers(changed)


def test_other_pairs_are_told_or_refused(tmp_path):
    train, valid = PAIRS[:40], PAIRS[40:]
    tiny(updates=5).fit(train, valid, folder=tmp_path / "m")
    told = []
    tiny(updates=8).fit(train[:30], valid, folder=tmp_path / "m", resume=True, say=told.append)
    assert told[-1] == "since then: the training pairs are others (40 then, 30 now)"
    with pytest.raises(DataError, match=r"the validation pairs are not those .*\(20 pairs then, 19 now\)"):
        tiny(updates=8).fit(train, valid[1:], folder=tmp_path / "m", resume=True)


def test_a_finished_training_says_so_and_goes_on_with_a_larger_limit(tmp_path):
    tiny(updates=10).fit(PAIRS, folder=tmp_path / "m")
    done = tiny(updates=10).fit(PAIRS, folder=tmp_path / "m", resume=True)
    assert (done.result.already_done, done.result.reason) == (True, "reached the limit of 10 updates")
    longer = tiny(updates=20).fit(PAIRS, folder=tmp_path / "m", resume=True)
    assert (longer.result.already_done, longer.result.update) == (False, 20)
    assert_equal(weights(longer), weights(tiny(updates=20).fit(PAIRS)))


def test_a_finished_model_serves_while_it_is_trained_on(tmp_path):
    first = tiny(updates=10).fit(PAIRS, folder=tmp_path / "m")
    with pytest.raises(Interrupted):
        tiny(updates=20).fit(PAIRS, folder=tmp_path / "m", resume=True, listeners=[interrupt_after(15)])
    assert answers(load(tmp_path / "m")) == answers(first)
    last = tiny(updates=20).fit(PAIRS, folder=tmp_path / "m", resume=True)
    assert answers(load(tmp_path / "m")) == answers(last)


def test_nothing_to_resume(tmp_path):
    with pytest.raises(ModelFolderError, match=r"nothing was saved here yet; run without --resume$"):
        tiny().fit(PAIRS, folder=tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()
    tiny(updates=2).fit(PAIRS).save(tmp_path / "saved")
    with pytest.raises(ModelFolderError, match="run without --resume and with --overwrite"):
        tiny().fit(PAIRS, folder=tmp_path / "saved", resume=True)
    with pytest.raises(ConfigError, match="choose one"):
        tiny().fit(PAIRS, folder=tmp_path / "saved", resume=True, overwrite=True)


def test_a_record_that_is_gone(stopped):
    (stopped / "training" / "data.json").unlink()
    with pytest.raises(ModelFolderError, match="train anew with --overwrite"):
        tiny().fit(PAIRS, folder=stopped, resume=True)


def test_without_a_folder_nothing_can_be_resumed():
    with pytest.raises(TrainingError, match=r"stopped after update 3, and nothing is kept: give fit a folder"):
        tiny().fit(PAIRS, listeners=[interrupt_after(3)])


def test_what_cannot_be_learned_from_leaves_the_earlier_model_alone(tmp_path):
    tiny(updates=2).fit(PAIRS, folder=tmp_path / "m")
    before = {path: path.read_bytes() for path in (tmp_path / "m").rglob("*") if path.is_file()}
    with pytest.raises(DataError):
        tiny().fit([("a", "b")], folder=tmp_path / "m", overwrite=True)
    with pytest.raises(ConfigError):
        tiny(batch_tokens=3).fit(PAIRS, folder=tmp_path / "m", overwrite=True)
    with pytest.raises(OutputError, match=r"a trained model: go on with its training by --resume .*, write over"):
        tiny().fit(PAIRS, folder=tmp_path / "m")
    assert {path: path.read_bytes() for path in (tmp_path / "m").rglob("*") if path.is_file()} == before


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not locked there")
def test_two_trainings_at_once_in_one_folder(stopped):
    hold = "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], 0), fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, stopped], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        other.stdout.readline()
        for options in ({"resume": True}, {"overwrite": True}):
            with pytest.raises(OutputError, match="another process is training in this folder"):
                tiny().fit(PAIRS, folder=stopped, **options)
        other.communicate("\n")
    tiny().fit(PAIRS, folder=stopped, resume=True)
