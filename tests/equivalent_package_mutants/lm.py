"""Mutants of `lm/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, EITHER, FALL, LAST, ONE, STRICT

PLANES = "there is no letter or number at U+3FFFF, nor in the planes 4 to 7"
AROUND = "what is taken off for a pair outside of the merge is added again"

START = "nobody reads the score of the empty text"
MORE = "of 2 W texts W go on already, and only the first W may end"
NOTHING = "there is no number in it"

EQUIVALENT: dict[str, dict[str, str]] = {
    "lm/beam_search": {
        "continuations: min(count, len(total)) -> min(len(total), count)": EITHER,
        "continuations: zip(best.values.tolist(), best.indices.tolist(), strict=True) -> "
        "zip(best.values.tolist(), best.indices.tolist())": STRICT,
        "continuations: True -> False": STRICT,
        "beam_search: 0.0 -> 1.0 #2": START,
        "beam_search: 0.0 -> -1.0 #2": START,
        "beam_search: 2 -> 3": MORE,
        "beam_search: 2 -> 4": MORE,
        "beam_search: zip(best[:W], ended, strict=False) -> zip(best[:W], ended)": "False is the default",
        "beam_search: zip(best, ended, strict=True) -> zip(best, ended)": STRICT,
        "beam_search: True -> False": STRICT,
        "greedy_search: torch.zeros(count, 0, dtype=torch.long) -> "
        "torch.ones(count, 0, dtype=torch.long)": NOTHING,
    },
    "lm/cache": {
        "Cache: True -> False #2": "`start` sets it before anybody reads it",
        "Cache: 0 -> -1 #6": ONE,
        "Cache: 0 -> -1 #7": "of one token it is nothing, and of more nothing is read",
        "Cache: 0 -> -1 #11": ONE,
        "Cache: 0 -> -1 #12": ONE,
        "attend_by_step: if cache.padded:… -> if True:…": "the same, slower",
    },
    "lm/decoding": {
        "keep_top_k: logits.topk(min(k, logits.shape[-1]), dim=-1) -> "
        "logits.topk(min(k, logits.shape[-1]))": "the last axis is the default",
        "keep_top_k: min(k, logits.shape[-1]) -> min(logits.shape[-1], k)": EITHER,
        "keep_top_p: logits.sort(dim=-1) -> logits.sort()": "the last axis is the default",
    },
    "lm/model": {
        "ModelSettings: 0 -> -1 #2": "no token is below 0",
        "rotation_angles: torch.arange(context).float() -> torch.arange(context)": "floats once multiplied",
        "Block: F.relu(self.up(rms_norm(x)), inplace=True) -> F.relu(self.up(rms_norm(x)))": "the "
        "same, slower",
        "Block: True -> False": "the same, slower",
        "LanguageModel: zip(self.embeddings[1:], neighbours, strict=True) -> "
        "zip(self.embeddings[1:], neighbours)": STRICT,
        "LanguageModel: True -> False": STRICT,
        "LanguageModel: torch.zeros_like(prompts, dtype=torch.bool) -> "
        "torch.zeros_like(prompts)": "the same, slower: nobody reads these logits",
        "LanguageModel: torch.zeros_like(prompts, dtype=torch.bool) -> "
        "torch.ones_like(prompts, dtype=torch.bool)": "the same, slower: nobody reads these logits",
    },
    "lm/pretraining": {
        "pack: 0 -> 1": "as many weights as tokens",
        "pack: 0 -> -1": "as many weights as tokens",
        "pack: 1 -> 2 #4": "no document has this number either",
        "pack: zip(*r, strict=True) -> zip(*r)": STRICT,
        "pack: True -> False #2": STRICT,
        "pack: zip(*columns, strict=True) -> zip(*columns)": STRICT,
        "pack: True -> False #3": STRICT,
        "make_optimizers: Muon(matrices, lr=settings.muon_rate, weight_decay=0.0) -> "
        "Muon(matrices, lr=settings.muon_rate)": "0 is the default",
        "pretrain: 0 -> -1": ONE,
        "pretrain: min(1.0, (update + 1) / 30) -> min((update + 1) / 30, 1.0)": EITHER,
        "pretrain: zip(optimizers, peak, strict=True) -> zip(optimizers, peak)": STRICT,
        "pretrain: True -> False": STRICT,
        "pretrain: 0 -> -1 #2": ONE,
    },
    "lm/reuse": {
        "write_plainly: -1 -> 1 #2": LAST,
        "write_with_cache: 1 -> 2 #4": "logits of one word: its last is its first",
        "write_with_cache: 1 -> 0 #4": "logits of one word: its last is its first",
        "write_after_prefix: torch.zeros(len(prompts), dtype=torch.long, device=prefix.device) -> "
        "torch.zeros(len(prompts), dtype=torch.long)": DEVICE,
    },
    "lm/sampling": {
        "draw: F.log_softmax(logits.float(), dim=-1) -> F.log_softmax(logits.float())": "of two axes torch "
        "takes the last one",
        "draw: -1 -> 1": LAST,
        "draw: torch.tensor(forbidden, device=logits.device, dtype=torch.long) -> "
        "torch.tensor(forbidden, dtype=torch.long)": DEVICE,
        "draw: torch.rand(scores.shape, generator=generator, device=scores.device) -> "
        "torch.rand(scores.shape, generator=generator)": DEVICE,
        "draw: 1e-20 -> 2e-20": "both lie below all that float32 draws, but 0",
        "draw: -1 -> 1 #2": LAST,
        "draw: 0 -> -1 #3": ONE,
        "generate: prompts = prompts.to(next(policy.parameters()).device) -> nothing": DEVICE,
        "generate: torch.arange(len(prompts), device=prompts.device) -> torch.arange(len(prompts))": DEVICE,
        "generate: 1 -> 2 #2": "only the last two are read",
        "generate: 0 -> -1 #3": ONE,
        "generate: running.float().mean() < 0.85 -> running.float().mean() <= 0.85": "only speed",
        "response_log_probs: -1 -> 1 #4": LAST,
        "response_log_probs: 0 -> -1 #2": ONE,
        "response_log_probs: torch.zeros(mask.shape, device=mask.device) -> torch.zeros(mask.shape)": DEVICE,
    },
    "lm/text_training": {
        "text_optimizers: torch.optim.AdamW(others, lr=s.learning_rate, betas=(0.9, 0.95), weigh… -> "
        "torch.optim.AdamW(others, lr=s.learning_rate, betas=(0.9, 0.95), weigh…": "the same, slower",
        "text_optimizers: True -> False": "the same, slower",
        "train_on_text: 0 -> -1": ONE,
        "train_on_text: max(1, settings.updates - settings.warm_up) -> "
        "max(settings.updates - settings.warm_up, 1)": EITHER,
        "train_on_text: 1 -> 2": FALL,
        "train_on_text: 1 -> 0": FALL,
        "train_on_text: zip(optimizers, peaks, strict=True) -> zip(optimizers, peaks)": STRICT,
        "train_on_text: True -> False": STRICT,
        "train_on_text: 0 -> -1 #2": ONE,
        "held_out_loss: min(rows, (len(text) - 1) // length) -> min((len(text) - 1) // length, rows)": EITHER,
        "held_out_loss: text[1:count * length + 1].view(count, length) -> "
        "text[1:count * length + 1].view(length, count)": "the loss reads them as one line",
    },
    "lm/tokenizers": {
        "characters: 262144 -> 262145": PLANES,
        "characters: 262144 -> 262143": PLANES,
        "characters: 262144 -> 524288": PLANES,
        "apply_merge: if first < 0:… -> if False:…": AROUND,
        "apply_merge: 0 -> -1": AROUND,
        "apply_merge: continue -> nothing": AROUND,
        "apply_merge: max(0, first - 1) -> max(first - 1, 0)": EITHER,
        "apply_merge: 1 -> 2": AROUND,
        "apply_merge: 3 -> 4": AROUND,
        "apply_merge: 3 -> 6": AROUND,
        "apply_merge: if new in come:… -> if True:…": "an old pair queued twice: merged, it counts 0",
        "train_bpe: break -> nothing": "the same, slower: what is left counts less",
        "Tokenizer: sorted(self.special, key=len, reverse=True) -> sorted(self.special, reverse=True)": ""
        "where two begin, one is the beginning of the other, and comes after it in reverse order",
        "Tokenizer: if word not in self.known:… -> if True:…": "only speed",
    },
}
