#!/bin/sh
# Learns the tables and corpora of all generations anew: needs llvm-mc-22 and llvm-objdump-22.
set -e
cd "$(dirname "$0")"
for pair in gfx90a:cdna2 gfx942:cdna3 gfx950:cdna4 gfx1030:rdna2 gfx1100:rdna3 gfx1151:rdna35 gfx1201:rdna4; do
    target=${pair%:*} table=../${pair#*:}.txt corpus=../../tests/corpus/${pair#*:}.txt
    python3 -B learn.py "$target" > "$table.new" && mv "$table.new" "$table"
    python3 -B corpus.py "$target" "$table" > "$corpus.new" && mv "$corpus.new" "$corpus"
done
