"""Trains the demo model and writes its files into this folder.

    pip install -r requirements.txt
    python train.py                 # on a GPU if PyTorch sees one, else on the CPU

Every random choice comes from fixed seeds: the same machine and versions give the same weights.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

import data
import report
from model import Config, Llama
from vocabulary import BOS, EOS, build_tokenizer

SHORT, LONG = 12, 64
PADDING_WEIGHT = 0.05


class Pool:
    """Examples as one table of tokens: the input, what should follow each token, and how much it counts."""

    def __init__(self, tokenizer, examples: list[data.Example], width: int, device):
        rows = [report.encode(tokenizer, prompt, answer) for prompt, answer in examples]
        tokens = torch.full((len(rows), width + 1), EOS)
        weights = torch.full((len(rows), width + 1), PADDING_WEIGHT)
        for row, (prompt, answer) in enumerate(rows):
            whole = [*prompt, *answer, EOS]
            assert len(whole) <= width, f"{examples[row]} needs {len(whole)} tokens"
            tokens[row, : len(whole)] = torch.tensor(whole)
            weights[row, : len(prompt)] = 0.0
            weights[row, len(prompt) : len(whole)] = 1.0
        self.tokens, self.weights = tokens.to(device), weights.to(device)

    def sample(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        rows = torch.randint(len(self.tokens), (count,), generator=generator).to(self.tokens.device)
        return self.tokens[rows], self.weights[rows]


def loss_of(model: Llama, tokens: Tensor, weights: Tensor) -> Tensor:
    """The mean loss of the answers: what a prompt says is not to be learnt."""
    logits = model(tokens[:, :-1])
    losses = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def rate(step: int, options) -> float:
    """A short rise, then half a cosine down to nothing."""
    warm = min(1.0, (step + 1) / options.warmup)
    return warm * 0.5 * (1 + math.cos(math.pi * step / options.steps))


def optimizer_of(model: Llama, options) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.dim() > 1]
    scales = [p for p in model.parameters() if p.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": options.weight_decay},
        {"params": scales, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98))


def train(model: Llama, tokenizer, tasks: list[data.Task], options, device):
    by_name = {task.name: task.train for task in tasks}
    sums = by_name["addition"] + by_name["subtraction"]
    short = Pool(tokenizer, sums, SHORT, device)
    # The wide table has arithmetic too, so that it is learnt that after the end comes nothing more.
    long = [Pool(tokenizer, task.train, LONG, device) for task in tasks]
    generator = torch.Generator().manual_seed(data.SEED)
    optimizer = optimizer_of(model, options)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate(step, options))
    start = time.monotonic()
    for step in range(options.steps):
        share = options.text_batch // len(long)
        texts = [pool.sample(share, generator) for pool in long]
        text = (torch.cat([t for t, _ in texts]), torch.cat([w for _, w in texts]))
        loss = loss_of(model, *short.sample(options.batch, generator)) + loss_of(model, *text)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if (step + 1) % options.report_every == 0:
            scores = " ".join(
                f"{name} {score.share:.4f}" for name, score in report.scores(model, tokenizer, tasks, 500).items()
            )
            print(f"{step + 1} {time.monotonic() - start:.0f}s loss {loss.item():.5f} {scores}", flush=True)


def write(model: Llama, tokenizer, folder: Path):
    shape = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **model.config.as_json(),
        "head_dim": model.config.head_dim,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
        "torch_dtype": "float32",
        "bos_token_id": BOS,
        "eos_token_id": EOS,
    }
    (folder / "config.json").write_text(json.dumps(shape, indent=2) + "\n")
    ending = {"bos_token_id": BOS, "eos_token_id": EOS, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(ending, indent=2) + "\n")
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    weights = {name: value.detach().cpu().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def options_of_command_line():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=16000)
    parser.add_argument("--batch", type=int, default=512, help="sums a step")
    parser.add_argument("--text-batch", type=int, default=112, help="examples of all tasks a step")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--weight-decay", type=float, default=0.1)
    parser.add_argument("--layers", type=int, default=Config.num_hidden_layers)
    parser.add_argument("--inner", type=int, default=Config.intermediate_size)
    parser.add_argument("--report-every", type=int, default=2000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    return parser.parse_args()


def main():
    options = options_of_command_line()
    torch.manual_seed(data.SEED)
    torch.use_deterministic_algorithms(True)
    tokenizer, tasks = build_tokenizer(), data.tasks()
    config = Config(
        vocab_size=tokenizer.get_vocab_size(),
        num_hidden_layers=options.layers,
        intermediate_size=options.inner,
    )
    model = Llama(config).to(options.device)
    print(f"{sum(p.numel() for p in model.parameters())} parameters, {config}", flush=True)
    train(model, tokenizer, tasks, options, options.device)
    options.out.mkdir(parents=True, exist_ok=True)
    write(model, tokenizer, options.out)
    report.write(model.to("cpu"), tokenizer, tasks, options.out)


if __name__ == "__main__":
    main()
