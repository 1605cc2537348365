# ruff: noqa
# %% row by row, one token after another
def top_p_probs(logits, p):
    rows = []
    for row in logits:
        probs = row.softmax(0).tolist()
        kept, total = [0.0] * len(probs), 0.0
        for i in sorted(range(len(probs)), key=lambda i: -probs[i]):
            kept[i] = probs[i]
            total += probs[i]
            if total >= p:
                break
        rows.append([k / total for k in kept])
    return rows


def min_p_probs(logits, p):
    far = logits < logits.max(1, keepdim=True).values + math.log(p) - 1e-6
    return logits.masked_fill(far, -math.inf).softmax(1).numpy()
