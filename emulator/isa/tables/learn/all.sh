#!/bin/sh
# Learns the tables of all generations anew: needs llvm-mc-22 and llvm-objdump-22.
set -e
cd "$(dirname "$0")"
for pair in gfx90a:cdna2 gfx942:cdna3 gfx1100:rdna3; do
    python3 learn.py "${pair%:*}" > "/tmp/${pair#*:}.txt"
    mv "/tmp/${pair#*:}.txt" "../${pair#*:}.txt"
done
