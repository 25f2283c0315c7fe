#!/usr/bin/env python3
"""Copies qemu-system-aarch64 with one byte changed, so that counters overflow on time.

    patch_qemu_pmu.py IN OUT

QEMU counts in software. When a counter is written, it arms a timer for the moment of the overflow.
For event counters (target/arm, pmevcntr_op_finish()) QEMU 7.2 to 10.0 takes

    delta = -(counter + 1)      the complement, NOT, where it should be    delta = -counter      NEG

so the timer comes one event early, finds no overflow, and is not armed again: `instructions` then
overflows only when something else makes QEMU look. The cycle counter is right. The change is the
last byte of `not rbx` (48 f7 d3), which becomes `neg rbx` (48 f7 db).

The place is known by the instructions around it, which depend on the build. Fails, and writes
nothing, unless exactly one place matches.
"""
import os
import re
import sys

# not rbx; call pmevcntr_is_64_bit; mov edx, eax; mov eax, ebx; test dl, dl; cmove rbx, rax;
# shl r14, 5: the overflow of 32 bits is taken where the counter is no 64-bit one.
PLACE = re.compile(
    rb"\x48\xf7\xd3(?=\xe8....\x89\xc2\x89\xd8\x84\xd2\x48\x0f\x44\xd8\x49\xc1\xe6\x05)", re.S
)

source, target = sys.argv[1:]
with open(source, "rb") as file:
    program = bytearray(file.read())
places = [match.start() for match in PLACE.finditer(program)]
if len(places) != 1:
    sys.exit(
        f"{source}: the code to mend is found {len(places)} times instead of once: this is not a"
        " QEMU that is known; QEMU_ARM64=/path/to/qemu-system-aarch64 names one that needs no"
        " mending (later than 10.0)"
    )
program[places[0] + 2] = 0xDB
with open(target + ".new", "wb") as file:
    file.write(program)
os.chmod(target + ".new", 0o755)
os.replace(target + ".new", target)
