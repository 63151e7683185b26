"""Devices and precision follow the settings, or say why they cannot."""

import pytest
import torch

from lake.configuration import TrainingSpec
from lake.errors import ConfigurationError
from training.hardware import choose_hardware

without_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")


@without_gpu
def test_a_processor_is_one_device_with_all_its_cores() -> None:
    hardware = choose_hardware(TrainingSpec())
    assert (hardware.accelerator, hardware.devices) == ("cpu", 1)
    assert hardware.threads >= 1


@without_gpu
def test_processes_share_the_cores() -> None:
    whole, halves = choose_hardware(TrainingSpec()), choose_hardware(TrainingSpec(devices=1))
    assert whole == halves
    if whole.threads >= 2:
        assert choose_hardware(TrainingSpec(devices=2)).threads == whole.threads // 2


@without_gpu
def test_more_processes_than_cores_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="asks for 4096 processes, this machine has"):
        choose_hardware(TrainingSpec(devices=4096))


def test_a_fit_does_not_pretend_to_train_on_several_nodes() -> None:
    with pytest.raises(ConfigurationError, match="nodes is 2, and fit trains on the devices of one machine"):
        choose_hardware(TrainingSpec(nodes=2))


@without_gpu
def test_half_precision_of_gpus_is_refused_on_a_processor() -> None:
    with pytest.raises(ConfigurationError, match="16-mixed, which needs a GPU"):
        choose_hardware(TrainingSpec(precision="16-mixed"))


def test_a_stated_precision_is_kept_and_auto_is_resolved() -> None:
    assert choose_hardware(TrainingSpec(precision="32-true")).precision == "32-true"
    assert choose_hardware(TrainingSpec(precision="bf16-mixed")).precision == "bf16-mixed"
    assert choose_hardware(TrainingSpec(precision="auto")).precision in ("32-true", "bf16-mixed")
