"""Measures the model, and writes what other implementations are compared with.

    python report.py                # measures the files in this folder again, on the CPU

- ``held_out.tsv``: every held-out case, as task, prompt and answer;
- ``scores.json``: how many of them are answered right, token for token and with the end;
- ``reference.json``: greedy continuations of some prompts, and the logits after them.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

import data
from model import Config, Llama, greedy
from vocabulary import EOS

PROMPTS = [
    "12 + 30 =",
    "7 + 8 =",
    "99 + 99 =",
    "3 - 10 =",
    "81 - 27 =",
    "count from 10 to 20:",
    "Count from 9 to 3:",
    "1, 2, 3,",
    "The cat is black. The color of the cat is",
    "The dog is in the garden. Tom has a ball. Where is the dog?",
    "Anna has a hat. The box is red. Who has the hat?",
]
REFERENCE_TOKENS = 32
BATCH = 500


@dataclass
class Score:
    """Right answers among those asked for."""

    right: int
    asked: int

    @property
    def share(self) -> float:
        return self.right / self.asked


def encode(tokenizer: Tokenizer, prompt: str, answer: str) -> tuple[list[int], list[int]]:
    """The tokens of a prompt, and those that follow it in the whole text."""
    ids = tokenizer.encode(prompt).ids
    whole = tokenizer.encode(prompt + answer).ids
    assert whole[: len(ids)] == ids, f"{prompt!r} is encoded in another way before {answer!r}"
    return ids, whole[len(ids) :]


@torch.no_grad()
def right_answers(model: Llama, tokenizer: Tokenizer, examples: list[data.Example]) -> int:
    """How many examples greedy decoding answers in full, the end included.

    One pass over prompt and answer tells: decoding goes astray where the likeliest token is another
    than the answer's, and nowhere else.
    """
    device = next(model.parameters()).device
    right = 0
    for start in range(0, len(examples), BATCH):
        rows = [encode(tokenizer, *example) for example in examples[start : start + BATCH]]
        width = max(len(prompt) + len(answer) + 1 for prompt, answer in rows)
        tokens = torch.full((len(rows), width), EOS)
        asked = torch.zeros(len(rows), width - 1, dtype=torch.bool)
        for row, (prompt, answer) in enumerate(rows):
            tokens[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
            asked[row, len(prompt) - 1 : len(prompt) + len(answer)] = True
        tokens = tokens.to(device)
        same = model(tokens[:, :-1]).argmax(-1) == tokens[:, 1:]
        right += int((same | ~asked.to(device)).all(-1).sum())
    return right


def scores(model: Llama, tokenizer: Tokenizer, tasks: list[data.Task], limit=None) -> dict[str, Score]:
    """Of the held-out cases, all or the first ``limit``."""
    result = {}
    for task in tasks:
        examples = task.held_out[:limit]
        result[task.name] = Score(right_answers(model, tokenizer, examples), len(examples))
    return result


def continuation(model: Llama, tokenizer: Tokenizer, prompt: str) -> dict:
    ids = tokenizer.encode(prompt).ids
    tokens = greedy(model, ids, REFERENCE_TOKENS)
    answer = tokens[: tokens.index(EOS)] if EOS in tokens else tokens
    before = tokenizer.decode(ids)
    with torch.no_grad():
        logits = model(torch.tensor([ids + tokens]))[0]
    best = logits[len(ids) - 1 : -1].topk(2).values
    return {
        "prompt": prompt,
        "prompt_tokens": ids,
        "text": tokenizer.decode(ids + answer)[len(before) :],
        "stopped": EOS in tokens,
        "tokens": answer,
        "tokens_past_the_end": tokens,
        "smallest_lead": round(float((best[:, 0] - best[:, 1]).min()), 4),
        "logits": logits[len(ids) - 1].tolist(),
    }


def write_reference(model: Llama, tokenizer: Tokenizer, folder: Path):
    entries = [continuation(model, tokenizer, prompt) for prompt in PROMPTS]
    for entry in entries[1:]:
        del entry["logits"]
    about = (
        "Greedy continuations in float32. tokens: up to the end; tokens_past_the_end: 32 tokens, the "
        "end ignored; text: what the tokens add to the prompt's text; smallest_lead: the least "
        "distance of a chosen token's logit from the next; logits: after the prompt's last token."
    )
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    text = f'{{"about": {json.dumps(about)},\n"continuations": [\n{lines}\n]}}\n'
    (folder / "reference.json").write_text(text)


def write(model: Llama, tokenizer: Tokenizer, tasks: list[data.Task], folder: Path):
    """All of it, from a model on the CPU."""
    rows = [(task.name, *example) for task in tasks for example in task.held_out]
    (folder / "held_out.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    found = {
        task.name: {
            "held_out_right": right_answers(model, tokenizer, task.held_out),
            "held_out": len(task.held_out),
            "trained_right": right_answers(model, tokenizer, task.train),
            "trained": len(task.train),
        }
        for task in tasks
    }
    for name, score in found.items():
        print(f"{name}: {score}", flush=True)
    (folder / "scores.json").write_text(json.dumps(found, indent=2) + "\n")
    write_reference(model, tokenizer, folder)


def main():
    folder = Path(__file__).parent
    model = Llama(Config.read(folder / "config.json"))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    write(model, Tokenizer.from_file(str(folder / "tokenizer.json")), data.tasks(), folder)


if __name__ == "__main__":
    main()
