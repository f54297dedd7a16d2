"""Trainings that stop: by Ctrl-C, a full disk, a loss that is not finite; and how they go on."""

import resource
import shlex
import shutil
import signal
import subprocess

import pytest
from cli_runs import SIGHTLINE, settings, shell

from sightline.training import load_tensors


def assert_same_model(one, other):
    weights, others = (load_tensors(folder / "model.safetensors")[0] for folder in (one, other))
    assert weights.keys() == others.keys()
    assert all((tensor == others[name]).all() for name, tensor in weights.items())


def test_ctrl_c_saves_and_the_command_it_names_ends_as_if_nothing_had_been(cli, files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*map(str, files), *settings(updates=120, validate_every=40)]
    with subprocess.Popen(
        [SIGHTLINE, "train", "translate", *words, "-o", "a b", "--overwrite"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as training:
        assert training.stderr.readline().startswith("update 40,")
        training.send_signal(signal.SIGINT)
        err = training.stderr.read()
        assert training.wait(60) == 130
    assert "interrupt again to stop at once" in err
    assert "Traceback" not in err
    unfinished = cli("predict", "a b", stdin=b"aea")
    assert (unfinished.code, "its training has not ended: go on by  sightline train" in unfinished.err) == (1, True)
    assert "holds a training that has not ended: go on" in cli("train", "translate", *words, "-o", "a b").err

    shutil.copytree("a b", "finished")
    ended = cli("train", "a b/config.yaml", "--resume", "--finish", "-o", "finished")
    assert (ended.code, "told to finish" in ended.err) == (0, True)
    assert cli("predict", "finished", stdin=b"aea").code == 0
    shutil.copytree("a b", "moved")
    ended = cli("train", "moved/config.yaml", "--resume", "--finish")
    assert ended.out.splitlines()[-1].startswith("the model is in moved:")
    assert cli("predict", "a b", stdin=b"aea").code == 1
    shutil.copytree("a b/training", "training")  # beside a file that is no model's own
    recipe = (tmp_path / "a b" / "config.yaml").read_text().replace("output: a b", "output: nowhere")
    (tmp_path / "recipe.yaml").write_text(recipe)
    assert "nowhere: there is no training to go on with" in cli("train", "recipe.yaml", "--resume").err

    told, command = err.splitlines()[-2:]
    assert told.startswith("stopped after update ")
    again = shlex.split(command)
    assert again == ["sightline", "train", "translate", *words, "-o", "a b", "--resume"]
    resumed = cli(*again[1:])
    assert (resumed.code, "resuming after update" in resumed.err) == (0, True)
    assert cli("train", "translate", *words, "-o", "whole", "--quiet").code == 0
    assert_same_model(tmp_path / "a b", tmp_path / "whole")


def test_a_full_disk_leaves_the_last_good_checkpoint(cli, files, tmp_path):
    """A limit on the size of files stands for a disk that is full."""
    words = ("train", "translate", *files, "-o", tmp_path / "m")
    assert cli(*words, *settings(updates=10)).code == 0
    checkpoint = (tmp_path / "m" / "training" / "last.safetensors").read_bytes()
    full = shell(
        *words,
        *settings(updates=20),
        "--resume",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
    )
    assert full.code == 1
    assert "last.safetensors: no room to write it" in full.err
    assert "the earlier file of this name is intact" in full.err
    assert (tmp_path / "m" / "training" / "last.safetensors").read_bytes() == checkpoint
    assert cli("predict", tmp_path / "m", stdin=b"aea").code == 0
    assert cli(*words, *settings(updates=20), "--resume", "--quiet").code == 0
    assert cli("train", "translate", *files, "-o", tmp_path / "whole", *settings(updates=20), "-q").code == 0
    assert_same_model(tmp_path / "m", tmp_path / "whole")


def test_a_disk_that_is_full_from_the_first(files, tmp_path):
    full = shell(
        "train",
        "translate",
        *files,
        "-o",
        tmp_path / "m",
        *settings(updates=5),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
    )
    assert full.code == 1
    assert full.err.startswith("error: ")
    assert "data.json: no room to write it" in full.err


def test_output_that_cannot_be_written(model):
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [SIGHTLINE, "predict", model, "--threads", "1"], input=b"aea\n", stdout=full, stderr=subprocess.PIPE
        )
    assert (done.returncode, done.stderr) == (1, b"error: output: No space left on device\n")


def test_a_loss_that_is_not_finite_names_the_update_and_keeps_the_last_good_checkpoint(cli, files, tmp_path):
    words = ("train", "translate", *files, "-o", tmp_path / "m")
    assert cli(*words, *settings(updates=10)).code == 0
    wild = settings(updates=20, learning_rate="1e38", clip_norm="null", validate_every=50)
    outcome = cli(*words, *wild, "--resume")
    assert outcome.code == 1
    assert "update 12 (epoch " in outcome.err
    assert "Try a lower learning_rate (now 1e+38)" in outcome.err
    assert "the last good checkpoint is" in outcome.err
    assert "resuming after update 10" in cli(*words, *settings(updates=12), "--resume").err


@pytest.mark.parametrize(("flags", "message"), [((), "holds a trained model: go on"), (("--overwrite",), None)])
def test_a_second_training_into_the_same_folder(cli, files, tmp_path, flags, message):
    words = ("train", "translate", *files, "-o", tmp_path / "m", *settings(updates=2))
    assert cli(*words).code == 0
    before = (tmp_path / "m" / "model.safetensors").read_bytes()
    outcome = cli(*words, "--seed", 5, *flags)
    assert outcome.code == (1 if message else 0)
    assert message is None or message in outcome.err
    assert ((tmp_path / "m" / "model.safetensors").read_bytes() == before) == bool(message)


def test_resuming_something_else(cli, files, tmp_path):
    words = ("train", "translate", *files, "-o", tmp_path / "m")
    nothing = cli(*words, *settings(), "--resume")
    assert (nothing.code, "nothing was saved here yet; run without --resume" in nothing.err) == (1, True)
    assert cli(*words, *settings(updates=2)).code == 0
    assert "it goes with resume" in cli("train", "translate", *files, "-o", tmp_path / "n", "--finish").err
    assert "choose one" in cli(*words, *settings(), "--resume", "--overwrite").err
    plain = cli(*words, "--resume").err
    assert "and now source_tokenizer.kind is bpe, and was char; model.embedding_width is 128, and was 8" in plain
    other = cli(*words, *settings(updates=4, optimizer="muon"), "--resume").err
    assert "and now training.optimizer is muon, and was adamw" in other
    longer = cli(*words, *settings(updates=4), "--resume")
    assert (longer.code, "since then: training.updates is 4, and was 2" in longer.out) == (0, True)
