#!/bin/sh
# Learns the tables and corpora of all generations anew: needs llvm-mc-22 and llvm-objdump-22.
# A third name is a generation of which the table holds only what is different.
set -e
cd "$(dirname "$0")"
for names in gfx90a:cdna2: gfx942:cdna3: gfx950:cdna4:cdna3 gfx1030:rdna2: gfx1100:rdna3: gfx1151:rdna35:rdna3 gfx1201:rdna4:; do
    target=${names%%:*} rest=${names#*:}
    table=../${rest%:*}.txt corpus=../../tests/corpus/${rest%:*}.txt base=${rest#*:}
    python3 -B learn.py "$target" ${base:+"../$base.txt"} > "$table.new" && mv "$table.new" "$table"
    python3 -B corpus.py "$target" "$table" > "$corpus.new" && mv "$corpus.new" "$corpus"
done
