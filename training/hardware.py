"""How training uses this machine: accelerator, devices, precision, threads."""

import os
from dataclasses import dataclass
from typing import Literal

import torch

from lake.configuration import TrainingSpec
from lake.errors import ConfigurationError

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]


@dataclass(frozen=True, slots=True)
class Hardware:
    """What one node gives to training."""

    accelerator: Literal["cpu", "cuda"]
    devices: int  # processes on this node, each with one GPU, or with a share of the processor's cores
    precision: Precision
    threads: int  # of torch, for each process
    loader_threads: int  # that decode crops, for each process

    def in_words(self) -> str:
        """Say it in one line of a log."""
        threads = f"{self.threads} threads and {self.loader_threads} loader threads"
        return f"{self.devices} x {self.accelerator}, {self.precision}, {threads} each"


def choose_hardware(spec: TrainingSpec) -> Hardware:
    """Choose how to train on this machine.

    All GPUs are used where there are some; a processor is one device unless the settings ask for more.

    Raises:
        ConfigurationError: More nodes or devices are asked for than there are, or a precision that this machine cannot do.
    """
    if spec.nodes > 1:
        raise ConfigurationError(
            f"training.nodes is {spec.nodes}, and fit trains on the devices of one machine; set it to 1, or start the ranks "
            "with torchrun on every node (docs/training.md, Several devices)"
        )
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cores = _cores()
    if gpus:
        devices = gpus if spec.devices == "auto" else spec.devices
        if devices > gpus:
            raise ConfigurationError(f"training.devices asks for {devices} devices, this machine has {gpus} GPUs")
        return Hardware("cuda", devices, _precision(spec), max(1, cores // devices), max(2, cores // devices - 1))
    devices = 1 if spec.devices == "auto" else spec.devices
    if devices > cores:
        raise ConfigurationError(f"training.devices asks for {devices} processes, this machine has {cores} cores and no GPU")
    share = max(1, cores // devices)
    return Hardware("cpu", devices, _precision(spec), share, min(4, share))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _precision(spec: TrainingSpec) -> Precision:
    on_gpu = torch.cuda.is_available()
    if spec.precision == "auto":
        fast = torch.cuda.is_bf16_supported() if on_gpu else _processor_has_bf16()
        return "bf16-mixed" if fast else "32-true"
    if spec.precision == "16-mixed" and not on_gpu:
        raise ConfigurationError("training.precision is 16-mixed, which needs a GPU; use auto, bf16-mixed or 32-true")
    return spec.precision


def _processor_has_bf16() -> bool:
    # without these instructions bfloat16 is emulated, several times slower than float32
    capability = torch.cpu.get_capabilities()
    return bool(capability.get("amx_bf16") or capability.get("amx_tile") or capability.get("avx512_bf16"))
