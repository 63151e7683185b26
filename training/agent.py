"""Runs torchrun so that it ends with the process that started it, whatever that one dies of.

`python -m training.agent PARENT --standalone …`: the process id of who started it, then torchrun's own arguments.
"""

import runpy
import sys

from lake.publishing.processes import die_with

if __name__ == "__main__":
    die_with(int(sys.argv.pop(1)))
    runpy.run_module("torch.distributed.run", run_name="__main__", alter_sys=True)
