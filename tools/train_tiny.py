"""A few seconds of training for the tiny models of the fixtures: weights as training leaves them, with
logits that are sure of something and rows that point somewhere, where random ones are all alike.
"""
import torch


def train(modules, loss_of, seed, n_steps=200, rate=3e-3):
    """Minimises loss_of(generator), which draws its examples from the generator."""
    generator = torch.Generator().manual_seed(seed)
    parameters = [p for m in modules for p in m.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=rate)
    for m in modules:
        m.train(False)  # No dropout: the same numbers each time.
    first = last = None
    for _ in range(n_steps):
        loss = loss_of(generator)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        last = loss.item()
        first = last if first is None else first
    assert last < 0.7 * first, f"nothing was learnt: {first} to {last}"
    print(f"trained {n_steps} steps: loss {first:.3f} to {last:.3f}")


def random_ids(generator, n_texts, length, lowest, n_vocab):
    return torch.randint(lowest, n_vocab, (n_texts, length), generator=generator)
