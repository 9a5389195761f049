#include "engine/load/calibration_texts.h"

namespace quern::engine {
namespace {

constexpr const char* kTexts[] = {
    // Questions and search queries.
    "how do i reset the password of my router",
    "best way to freeze fresh basil without losing flavour",
    "What causes the northern lights to change colour during the night?",
    "train from Lyon to Turin with bicycle",
    "difference between mutex and semaphore",
    "Is it safe to take ibuprofen together with a low dose of aspirin?",
    "who painted the ceiling of the opera in Paris",
    "convert miles per gallon to litres per 100 km",
    // Everyday prose.
    "The bakery on the corner opens at six, but the smell of bread reaches our street an hour "
    "earlier. My grandmother used to say that a town is awake when its ovens are.",
    "We missed the last ferry and spent the night in the waiting room, playing cards with two "
    "fishermen who never once looked at their hands before betting.",
    "He sharpened the pencil until nothing was left to write with, and then he was ready to begin.",
    "After the storm the children collected branches from the whole park and built a fort that "
    "stood until the gardeners came on Monday morning.",
    // News and business.
    "The central bank left its key rate unchanged at 2.25 percent on Thursday, saying that core "
    "inflation had eased for a third month while wage growth remained above its forecast.",
    "Quarterly revenue rose 14% to $3.1 billion, driven by subscriptions; operating margin fell "
    "to 21.7% because of one-off restructuring costs of $85 million.",
    "A fire at a warehouse near the port closed two motorway lanes for most of the afternoon. "
    "Nobody was hurt, the fire service said.",
    "The city council voted 9 to 4 to convert the disused tram depot into a library and a covered "
    "market, with work to start next spring.",
    // Science and medicine.
    "Mitochondria carry a small genome of their own, a trace of the bacterium that an ancestral "
    "cell took in about two billion years ago; most of its genes have since moved to the nucleus.",
    "We measured the thermal conductivity of porous silica between 90 K and 400 K and found a "
    "weak maximum near 250 K, which the effective-medium model does not predict.",
    "Patients in the treatment arm received 40 mg once daily for twelve weeks. The primary end "
    "point, a reduction of systolic pressure by at least 10 mmHg, was met in 61% (95% CI 54-68).",
    "Let f be continuous on [a, b] and differentiable on (a, b). Then there is a point c in (a, b) "
    "with f'(c) = (f(b) - f(a)) / (b - a).",
    "Glaciers on the eastern slope lost 0.8 metres of water equivalent a year, twice the rate of "
    "those that drain to the west, where cloud cover shields them in late summer.",
    "The spectrum shows a broad absorption line at 656.3 nm together with weaker helium lines, "
    "which suggests a white dwarf with a thin hydrogen atmosphere.",
    // Law, manuals, formal language.
    "The lessee shall keep the premises in good repair and shall not, without prior written "
    "consent of the lessor, make any alteration thereto or assign this agreement in whole or part.",
    "Caution: disconnect the power supply before opening the housing. Loosen the four screws "
    "(A) with a 4 mm hexagon key, lift the cover and remove the filter (B) upwards.",
    "Pursuant to Article 17, the data subject may obtain the erasure of personal data without "
    "undue delay where the data are no longer necessary for the purposes of their collection.",
    "Ingredients: 500 g flour, 320 ml water, 10 g salt, 2 g dried yeast. Mix, rest for 30 minutes, "
    "fold three times, prove overnight in the refrigerator, bake at 240 C for 35 minutes.",
    // Chat and opinion.
    "lol no way!! did she really say that?? call me when ur home :)",
    "I wanted to love this phone but the battery barely lasts until lunch. Two stars for the "
    "camera, which is honestly brilliant in low light.",
    "Hi Tom, thanks for the quick reply. Could we move the call to Wednesday 3pm? Best, Anna",
    "Unpopular opinion: the second film is better than the first. Fight me.",
    // Code and logs.
    "def moving_average(values, window):\n    \"\"\"Mean of the last `window` values.\"\"\"\n    "
    "total = "
    "0.0\n    for i, v in enumerate(values):\n        total += v\n        if i >= window:\n        "
    " "
    "   total -= values[i - window]\n        yield total / min(i + 1, window)\n",
    "template <typename K, typename V>\nclass LruMap {\n public:\n  explicit LruMap(std::size_t "
    "capacity) : capacity_(capacity) {}\n  V* find(const K& key) {\n    auto it = "
    "index_.find(key);\n    if (it == index_.end()) return nullptr;\n    "
    "order_.splice(order_.begin(), "
    "order_, it->second);\n    return &it->second->second;\n  }\n",
    "SELECT c.name, SUM(o.amount) AS total FROM customers c JOIN orders o ON o.customer_id = c.id "
    "WHERE o.created_at >= '2021-01-01' GROUP BY c.name HAVING SUM(o.amount) > 1000 ORDER BY 2 "
    "DESC;",
    "func (s *Server) handleUpload(w http.ResponseWriter, r *http.Request) {\n\tif r.Method != "
    "http.MethodPost {\n\t\thttp.Error(w, \"method not allowed\", 405)\n\t\treturn\n\t}\n",
    "2023-04-11T08:15:02.114Z WARN [pool-3] retry 2/5 for shard 17: connection reset by peer "
    "(10.0.3.8:9300)",
    "const debounce = (fn, ms) => { let t; return (...a) => { clearTimeout(t); t = setTimeout(() "
    "=> "
    "fn(...a), ms); }; };",
    // Lists, tables, markup, numbers.
    "| model | weight | price |\n|---|---|---|\n| A-100 | 1.2 kg | 89 EUR |\n| A-200 | 1.9 kg | "
    "129 "
    "EUR |\n",
    "{\"id\": 4711, \"tags\": [\"blue\", \"outdoor\"], \"price\": {\"amount\": 19.99, "
    "\"currency\": "
    "\"CHF\"}, \"in_stock\": true}",
    "<ul><li><a href=\"/docs/start\">Getting started</a></li><li>Reference</li></ul>",
    "3.14159 2.71828 1.41421 0.57721 1.61803 299792458 6.022e23",
    // Other languages.
    "Der Zug nach Dresden fährt heute wegen Bauarbeiten zwanzig Minuten später von Gleis sieben "
    "ab.",
    "La bibliothèque restera fermée jusqu'à lundi ; les livres peuvent être rendus à l'accueil.",
    "El río creció tanto durante la noche que el puente viejo amaneció bajo el agua.",
    "Il museo conserva una collezione di strumenti a corda del Settecento, quasi tutti ancora "
    "suonabili.",
    "Поезд прибыл вовремя, но на перроне никого не было.",
    "今日は雨が降っているので、図書館で本を読むことにしました。",
    "這座橋建於一九三二年，全長四百公尺。",
    "تقع المدينة القديمة على تل يطل على البحر.",
    "इस गाँव में हर साल मेला लगता है।",
    "Trường học đóng cửa vì bão, học sinh được nghỉ hai ngày.",
    // Odd ones.
    "ok",
    "!!! ??? ... --- ###",
    "AAAAAAAAAA bbbbbbbbbb 0000000000",
    "Zażółć gęślą jaźń; naïve café; Straße; ½ ± 3 µm",
};

std::vector<std::string> make_texts() {
  std::vector<std::string> texts(std::begin(kTexts), std::end(kTexts));
  // Long ones: the prose, science and manuals in a row, whole and in halves.
  constexpr std::size_t kFirst = 8;
  constexpr std::size_t kEnd = 26;
  std::string whole;
  for (std::size_t i = kFirst; i < kEnd; ++i) {
    whole += whole.empty() ? "" : " ";
    whole += kTexts[i];
    if (i == (kFirst + kEnd) / 2) texts.push_back(whole);
  }
  texts.push_back(whole);
  return texts;
}

}  // namespace

const std::vector<std::string>& calibration_texts() {
  static const std::vector<std::string> texts = make_texts();
  return texts;
}

}  // namespace quern::engine
