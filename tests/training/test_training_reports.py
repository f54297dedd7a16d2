import io
import os
import subprocess
import sys
import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from toy_training import train, validate

from sightline.errors import ModelFolderError, TrainingError
from sightline.training import Interrupted, Progress, TensorBoard, Validated, show_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def interrupt_at_7(event):
    if isinstance(event, Progress) and event.update == 7:
        os.kill(os.getpid(), 2)


def test_plain_lines_come_with_validations(tmp_path):
    text = io.StringIO()
    train(tmp_path, on_event=[show_progress(text)], validate=lambda model: {"loss": 2.0, "bleu": 12.345})
    lines = text.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("update 5, epoch 2, 0:00:0")
    assert lines[0].endswith("; loss 2, bleu 12.35 (best)")
    assert lines[-1].startswith("done: reached the limit of 12 updates, 0:00:0")
    assert lines[-1].endswith("weights of update 5: loss 2, bleu 12.35")


def test_a_slow_run_gives_a_sign_of_life_every_half_minute():
    text = io.StringIO()
    tell = show_progress(text, counted="documents")
    for update in range(1, 9):
        tell(Progress(update, 1, 2.5, 0.1, 1.0, 1234.0, 100.0 + 11 * update, None))
        if update == 4:
            tell(Validated(4, 1, 2.0, {"loss": 1.5}, best=True, seconds=145.0))
    assert text.getvalue().splitlines() == [
        "update 4, epoch 1, 0:02:24: its loss 2.5, 1,234 documents/s",
        "update 4, epoch 1, 0:02:25: training loss 2; loss 1.5 (best)",
        "update 7, epoch 1, 0:02:57: its loss 2.5, 1,234 documents/s",
    ]


def test_a_run_that_was_still_getting_better_says_so(tmp_path):
    text, losses = io.StringIO(), iter([3.0, 2.0, 1.0])
    train(tmp_path, keep_best=1, on_event=[show_progress(text)], validate=lambda model: {"loss": next(losses)})
    assert text.getvalue().splitlines()[-1] == "it was still getting better: a longer training is likely to pay"


def test_what_is_said_of_interruptions_and_of_runs_resumed(tmp_path):
    text = io.StringIO()
    with pytest.raises(Interrupted):
        train(tmp_path, on_event=[show_progress(text), interrupt_at_7])
    assert text.getvalue().splitlines()[-1] == "stopping after update 7: saving; interrupt again to stop at once"
    text = io.StringIO()
    train(tmp_path, resume=True, max_updates=13, keep_best=2, on_event=[show_progress(text)])
    first, *_ = text.getvalue().splitlines()
    assert first.startswith("resuming after update 7, epoch 2")
    assert "; max_updates changed from 12 to 13; keep_best changed from 1 to 2" in first
    assert "; weights of the average of updates" in text.getvalue() or "; weights of update" in text.getvalue()
    text = io.StringIO()
    train(tmp_path, resume=True, max_updates=13, keep_best=0, on_event=[show_progress(text)])
    assert "nothing left to train: reached the limit of 13 updates" in text.getvalue()
    assert "weights of the last update, 13" in text.getvalue()


@pytest.mark.parametrize("fails", [False, True])
def test_a_terminal_gets_a_live_line_that_ends_with_the_run(tmp_path, fails):
    def fail(event):
        if fails and isinstance(event, Progress) and event.update == 7:
            raise TrainingError("enough")

    text = Terminal()
    listener = show_progress(text)
    if fails:
        with pytest.raises(TrainingError):
            train(tmp_path, on_event=[listener, fail])
    else:
        train(tmp_path, on_event=[listener])
        assert "done: reached the limit of 12 updates" in text.getvalue()
    assert not listener._bars.live.is_started
    assert "update 5, epoch 2" in text.getvalue()


def test_a_run_that_cannot_start_leaves_the_terminal_alone(tmp_path):
    text = Terminal()
    with pytest.raises(ModelFolderError):
        train(tmp_path / "run", resume=True, on_event=[show_progress(text), TensorBoard(tmp_path / "log")])
    assert text.getvalue() == ""
    assert not (tmp_path / "log").exists()


def scalars(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return {tag: [event.step for event in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:tensorboard")
def test_curves_have_each_step_once_also_after_a_crash(tmp_path):
    def crash(event):
        if isinstance(event, Progress) and event.update == 9:
            raise MemoryError

    def measured(model):
        return validate(model) | {"entropy/cross": 0.5}

    board = {"validate": measured}
    with pytest.raises(MemoryError):
        train(tmp_path / "run", on_event=[TensorBoard(tmp_path / "log", every=1), crash], **board)
    time.sleep(1)  # files are named by the second, and read in the order of their names
    train(tmp_path / "run", resume=True, on_event=[TensorBoard(tmp_path / "log", every=1)], **board)
    found = scalars(tmp_path / "log")
    assert found.pop("validation/loss") == found.pop("validation/draw") == [5, 10, 12]
    assert found.pop("validation/entropy/cross") == [5, 10, 12]
    assert set(found) == {f"train/{name}" for name in ("loss", "learning_rate", "gradient_norm", "counted_per_second")}
    assert all(steps == list(range(1, 13)) for steps in found.values())


def test_curves_may_be_thinned(tmp_path):
    train(tmp_path / "run", on_event=[TensorBoard(tmp_path / "log", every=5)])
    assert scalars(tmp_path / "log")["train/loss"] == [5, 10]


def test_neither_tensorboard_nor_rich_is_imported_before_it_is_used():
    code = "import sys, sightline.training; print([m for m in ('tensorboard', 'rich') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
