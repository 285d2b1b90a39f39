# 65-random: 2,000 random operations by four processes on one sequence and its scratch names, against a model of the contract
# (tests/stress/mount_ops.py). RANDOM_OPERATIONS and RANDOM_SEED repeat a run.
load lib

random_operations() { # DIALECT
  start_sandbox --rate=0 "--dialect=$1"
  # One process removes more here than a person would.
  mount_sl -o "dialect=$1,max_deletes=100000"
  local at=$M/campaigns/700001-Bakers-north
  echo PAUSED >"$at/status"
  # A step for each process, and ids for all variants.
  printf -- '---\nsubject: s\ndelay_in_days: 2\n---\n<p>x</p>\n' >"$T/4-A"
  cp "$T/4-A" "$at/sequences/4-A.html"
  /usr/bin/python3 "$root/tests/stress/mount_ops.py" "$at/sequences" "$CONTROL" "${RANDOM_OPERATIONS:-2000}" ${RANDOM_SEED:-}
}

@test "2,000 random operations, reference" {
  random_operations reference
}

@test "2,000 random operations, live" {
  random_operations live
}
