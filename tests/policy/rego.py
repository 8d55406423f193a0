"""Evaluates data.quorate.deny of a policy with a plan, and fails where anything is denied."""

import pathlib
import sys

import opa_eval

policy, plan = sys.argv[1:]
evaluation = opa_eval.OpaEval(policy, query="data.quorate.deny")
denied = evaluation.evaluate_parsed(pathlib.Path(plan).read_text())
print(denied)
sys.exit(bool(denied))
