"""Processes for tests, forked by one server that has loaded what they need: none of them loads it again."""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.support.disturbances", "tests.support.publications", "evaluation.gate.registry"])
