# ruff: noqa
# %% zeros and ones as floats; the library's function, and zeros instead of nan
def may_look(tokens, padding):
    T = tokens.shape[1]
    return torch.ones(T, T).tril() * (tokens != padding).float().unsqueeze(1)


def attend(q, k, v, mask):
    seen = mask[:, None].expand(-1, q.shape[1], -1, -1)
    return torch.nan_to_num(F.scaled_dot_product_attention(q, k, v, attn_mask=seen), nan=0.0)


# %% lists of lists; query by query
def may_look(tokens, padding):
    rows = tokens.tolist()
    return [
        [[int(s <= t and row[s] != padding) for s in range(len(row))] for t in range(len(row))]
        for row in rows
    ]


def attend(q, k, v, mask):
    B, H, T, D = q.shape
    out = torch.zeros(B, H, T, D)
    for b in range(B):
        for t in range(T):
            seen = mask[b, t].nonzero().flatten()
            for h in range(H if len(seen) else 0):
                w = (k[b, h, seen] @ q[b, h, t] / math.sqrt(D)).softmax(0)
                out[b, h, t] = w @ v[b, h, seen]
    return out


# %% sums of exponentials, in place; a factor in place of a softmax
def may_look(tokens, padding):
    mask = torch.ones(len(tokens), tokens.shape[1], tokens.shape[1], dtype=torch.uint8).tril_()
    mask.mT[tokens == padding] = 0
    return mask


def attend(q, k, v, mask):
    scores = torch.einsum("bhtd,bhsd->bhts", q, k) * q.size(-1) ** -0.5
    scores -= scores.masked_fill(~mask.unsqueeze(1), -1e30).amax(-1, keepdim=True).clamp(min=-1e20)
    raised = torch.where(mask.unsqueeze(1), scores, -torch.inf).exp()
    return raised / raised.sum(-1, keepdim=True).clamp(min=1e-30) @ v
