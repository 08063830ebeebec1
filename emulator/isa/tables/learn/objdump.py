"""Runs LLVM's assembler and disassembler over words and over text."""
import os
import re
import subprocess
import tempfile

S_NOP = 0xBF800000
SLOT = 6
LINE = re.compile(r"\s+(.*?)\s*// ([0-9A-F]{12,}): ([0-9A-F ]+?)(?:\s*<.*>)?$")


def dump(cpu, source):
    """Assembles `source` and returns {address: (text, size)} as llvm-objdump reads it back."""
    with tempfile.TemporaryDirectory() as folder:
        asm, obj = os.path.join(folder, "a.s"), os.path.join(folder, "a.o")
        with open(asm, "w") as file:
            file.write(source)
        triple = ["-triple=amdgcn-amd-amdhsa", "-mcpu=" + cpu]
        subprocess.run(["llvm-mc-22", *triple, "-filetype=obj", asm, "-o", obj], check=True)
        command = ["llvm-objdump-22", "-d", "--mcpu=" + cpu, obj]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = {}
    for line in out.splitlines():
        if hit := LINE.match(line):
            found[int(hit[2], 16)] = (hit[1].strip(), 4 * len(hit[3].split()))
    return found


def accepted(cpu, texts):
    """Which of the instructions LLVM's assembler takes."""
    with tempfile.TemporaryDirectory() as folder:
        asm = os.path.join(folder, "a.s")
        with open(asm, "w") as file:
            file.write("\n".join(texts) + "\n")
        command = ["llvm-mc-22", "-triple=amdgcn-amd-amdhsa", "-mcpu=" + cpu, "-filetype=null", asm]
        errors = subprocess.run(command, capture_output=True, text=True).stderr
    wrong = {int(line) for line in re.findall(r"a\.s:(\d+):\d+: error", errors)}
    return [number not in wrong for number in range(1, len(texts) + 1)]


def disassemble(cpu, probes):
    """(text, size) for each list of words, None where LLVM knows no instruction."""
    try:
        return all_at_once(cpu, probes)
    except subprocess.CalledProcessError:
        # LLVM's disassembler dies of some words.
        if len(probes) == 1:
            return [None]
        half = len(probes) // 2
        return disassemble(cpu, probes[:half]) + disassemble(cpu, probes[half:])


def all_at_once(cpu, probes):
    lines = [".text"]
    for words in probes:
        padded = list(words) + [S_NOP] * (SLOT - len(words))
        lines.append(".long " + ",".join(map(hex, padded)))
    found = dump(cpu, "\n".join(lines) + "\n")
    hits = [found.get(i * SLOT * 4) for i in range(len(probes))]
    return [None if hit and hit[0].startswith((".long", ".byte")) else hit for hit in hits]
