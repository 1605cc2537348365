"""Kinds of text to count tokens in: the same sentences in three languages, written for
this book, and code, numbers and emoji.
"""

ENGLISH = (
    "A model does not read words, it reads tokens.",
    "Yesterday it rained all day, so we stayed at home and read.",
    "The price of a question grows with the number of its tokens.",
    "She has learned to write small programs and likes to test them.",
    "Please translate this sentence and explain every step.",
    "Mathematics is hard for those who never draw a picture.",
)
CHINESE = (
    "模型读的不是词，而是词元。",
    "昨天下了一整天雨，所以我们待在家里看书。",
    "一个问题的价格随着词元的数量增长。",
    "她学会了写小程序，也喜欢测试它们。",
    "请翻译这个句子，并解释每一步。",
    "对于从来不画图的人，数学很难。",
)
HINDI = (
    "मॉडल शब्द नहीं, टोकन पढ़ता है।",
    "कल पूरे दिन बारिश हुई, इसलिए हम घर पर रहे और पढ़ते रहे।",
    "सवाल की कीमत उसके टोकनों की संख्या के साथ बढ़ती है।",
    "उसने छोटे प्रोग्राम लिखना सीखा है और उन्हें जाँचना पसंद करती है।",
    "कृपया इस वाक्य का अनुवाद करें और हर कदम समझाएँ।",
    "जो कभी चित्र नहीं बनाते, उनके लिए गणित कठिन है।",
)
CODE = """def greedy(next_word, end, longest):
    words = []
    while len(words) < longest:
        words.append(next_word(words))
        if words[-1] == end:
            break
    return words
"""
KINDS = {
    "English prose": " ".join(ENGLISH),
    "Chinese prose": "".join(CHINESE),
    "Hindi prose": " ".join(HINDI),
    "Python code": CODE,
    "digits": " ".join(str(7**power) for power in range(2, 22)),
    "emoji": "😀🚀🎉🧠📚🌏🐼🍜🎨🔬👩‍💻👨‍👩‍👧‍👦🇨🇳🇮🇳❤️👍🏽",
}
"""Each kind of text by its name; the prose is the same in all three languages."""

PARALLEL = {
    "English": f"{ENGLISH[0]} {ENGLISH[1]}",
    "Chinese": CHINESE[0] + CHINESE[1],
    "Hindi": f"{HINDI[0]} {HINDI[1]}",
}
"""Two of the sentences in each language, to look at token by token."""
