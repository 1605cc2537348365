"""The reacting figure that opens chapter 5: what every stage of R1 buys, and what it pays."""

from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num

STAGES = ("R1-Zero", "Dev1", "Dev2", "Dev3", "R1")
MEASURES = {  # name for the reader -> key of the record
    "reasoning": "accuracy",
    "longer chains": "long",
    "readable": "readable",
    "wishes": "wishes",
    "lists": "lists",
}
PAPER = {  # DeepSeek-R1 (arXiv 2501.12948v2), table 3: AIME 2024 pass@1, and IFEval
    "reasoning": ("AIME 2024", (0.779, 0.590, 0.740, 0.781, 0.798)),
    "wishes": ("IFEval", (0.466, 0.717, 0.720, 0.781, 0.833)),
}

Stage = Mapping[str, float]  # key of the record -> share between 0 and 1


def _sentence(measure: str, means: Sequence[float]) -> str:
    steps = [later - before for before, later in zip(means, means[1:], strict=False)]
    best, worst = (pick(range(len(steps)), key=steps.__getitem__) for pick in (max, min))
    told = ", ".join(f"{name} {num(mean)}" for name, mean in zip(STAGES, means, strict=True))
    text = f"Our {measure}: {told}. "
    text += f"{STAGES[best + 1]} gains most ({num(steps[best], plus=True)})"
    if steps[worst] < 0:
        text += f", {STAGES[worst + 1]} loses most ({num(steps[worst])})"
    if measure in PAPER:
        name, values = PAPER[measure]
        text += f". The paper's {name}: {', '.join(num(value) for value in values)}"
    return text + "."


def stages_figure(recorded: Sequence[Mapping[str, Stage]]) -> Picture:
    """What every stage reaches, in each measure, beside the paper's figures.

    recorded: for every seed, stage -> key of the record -> share. Raises ValueError unless each seed
    holds all stages and measures.
    """
    for seed in recorded:
        missing = [
            f"{stage} {key}"
            for stage in STAGES
            for key in MEASURES.values()
            if key not in seed.get(stage, {})
        ]
        if missing:
            raise ValueError(f"every seed needs all stages and measures; one lacks {missing[0]}")
    if not recorded:
        raise ValueError("give at least one seed")
    values = [
        [[round(seed[stage][key], 4) for stage in STAGES] for seed in recorded] for key in MEASURES.values()
    ]
    says: list[tuple[Settings, str]] = []
    for measure, seeds in zip(MEASURES, values, strict=True):
        means = [sum(column) / len(seeds) for column in zip(*seeds, strict=True)]
        says.append(({"m": measure} if says else {}, _sentence(measure, means)))
    options = list(MEASURES)
    return figure(
        "stages",
        "Every stage buys something, and the first one pays for it",
        "Which stage gives the reader an answer as asked?",
        [choice("m", "Measure", options, options[0])],
        asset("ch05/stages.js"),
        {
            "stages": STAGES,
            "measures": options,
            "values": values,
            "paper": [PAPER.get(m) for m in options],
        },
        says=says,
        height=300,
    )
